"""Names for topics: phrases as they stand in the papers, told apart from the siblings'.

A phrase (``phrases.py``) is good if many of the topic's papers use it and few others do, and if
its own vector lies in the topic's direction. A word that mostly stands inside a longer phrase
yields to that phrase (the nesting idea of the C-value, Frantzi, Ananiadou and Mima 2000,
doi:10.1007/s007999900023). Among a topic's best phrases the one is chosen that, read beside all
other names of the level, points to the topic's papers and not to those of others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.embedders import Vectors
from explorer.lexicon import stem
from explorer.paper import Paper
from explorer.phrases import LONGEST, PhraseTable
from explorer.topics import Labels, Topic

EmbedPhrases = Callable[[Sequence[str]], Vectors]
"""Phrases to unit vectors, in the papers' own space."""

_LENGTH_WORTH = (0.0, 0.55, 1.0, 1.05, 0.95)
"""Worth of a phrase by its number of words: one says little, four are a mouthful."""
_TITLE_WORTH = 0.5
"""How much a phrase's share of titles adds to its share of papers."""
_NESTED = 0.7
_LEAST_CENTRAL = 0.05
_MARGIN_WORTH = 6.0
"""How steeply a phrase gains by being nearer to its own topic than to any other."""
_LEAST_SHARE = 0.04
"""A phrase of fewer of a topic's papers names those few, not the topic."""
_CANDIDATES = 30
_KEYWORDS = 8
_CHOICES = 8
"""A topic's best phrases, among which its name is chosen."""
_ASKED = 40
"""Papers of each topic that a name is tried on."""
_POINTING_WORTH = 4.0
"""How steeply a phrase gains by the share of papers that it points to their own topic."""
_FEW = 30
"""Papers; where a topic has fewer, which of them a phrase points to says little."""
_ROUNDS = 3
_MOST_RIVALS = 400
"""Topics of one level whose names are read side by side; beyond that, siblings are."""
_LONGEST_NAME = 80
"""Characters of a name that a naming function gives."""


@dataclass(frozen=True, slots=True)
class TopicName:
    """What a topic is called: its label and further keywords, best first."""

    label: str
    keywords: tuple[str, ...]
    evidence: int = 0
    """In how many of the topic's papers the label stands."""


@dataclass(frozen=True, slots=True)
class NamingCase:
    """What a naming function is told of a topic."""

    level: int
    """0 is the coarsest."""
    parent: str
    """What the topic one level up is called; empty on level 0."""
    siblings: tuple[str, ...]
    """What the other topics below the same parent are called."""
    label: str
    """What this project calls it."""
    keywords: tuple[str, ...]
    size: int
    papers: tuple[Paper, ...]
    """The papers that stand for it."""


Namer = Callable[[NamingCase], str]
"""A function of the user's own, a language model perhaps. An empty answer keeps the label."""


def name_topics(
    table: PhraseTable,
    labels: Labels,
    parents: Labels,
    parent_names: Sequence[TopicName],
    vectors: Vectors,
    embed_phrases: EmbedPhrases,
) -> list[TopicName]:
    """Return a name for each topic of one level.

    Args:
        labels: the topic of each paper on this level, shape (papers,).
        parents: the topic of each paper one level up, all zero for the top level.
        parent_names: names one level up; empty for the top level.
        vectors: unit vectors of the papers, shape (papers, dimension).

    A name that stands on the level already, or is its parent's, is not given again.
    """
    sizes = np.bincount(labels)
    scored = _scores(table, labels, parents)
    shortlist = {
        topic: sorted(scores, key=lambda key: (-scores[key], key))[:_CANDIDATES]
        for topic, scores in scored.items()
    }
    keys = sorted({key for found in shortlist.values() for key in found})
    phrases = embed_phrases([table.display[key] for key in keys]) if keys else vectors[:0]
    vector_of = dict(zip(keys, phrases, strict=True))
    centrality = _centrality(shortlist, vector_of, labels, vectors)
    taken = {_bag(name.label) for name in parent_names}
    ranked: dict[int, list[str]] = {}
    choices: dict[int, list[_Choice]] = {}
    fixed: dict[int, TopicName] = {}
    for topic in range(len(sizes)):
        parent = int(parents[np.argmax(labels == topic)])
        if parent_names and sizes[topic] == np.count_nonzero(parents == parent):
            fixed[topic] = parent_names[parent]  # not divided, so still the same topic
            continue
        scores = {key: scored[topic][key] * centrality[topic, key] for key in shortlist[topic]}
        order = sorted(scores, key=lambda key: (-scores[key], key))
        ranked[topic] = _without_nested(order, table, labels == topic)
        inherited = _bag(parent_names[parent].label) if parent_names else frozenset[str]()
        choices[topic] = [
            _Choice(table.display[key], scores[key], vector_of[key])
            for key in _eligible(ranked[topic], table, taken, inherited)
        ]
    labels_of = _chosen(choices, sizes, labels, parents, vectors)
    names: dict[int, TopicName] = dict(fixed)
    for topic in np.argsort(-sizes, kind="stable").tolist():
        if topic in fixed:
            continue
        written = [table.display[key] for key in ranked[topic]]
        found = _named(labels_of.get(topic, ""), written, taken, topic)
        taken.add(_bag(found.label))
        key = next((k for k in ranked[topic] if table.display[k] == found.label), None)
        members = frozenset(np.flatnonzero(labels == topic).tolist())
        evidence = len(table.papers[key] & members) if key else 0
        names[topic] = replace(found, evidence=evidence)
    return [names[topic] for topic in range(len(sizes))]


@dataclass(frozen=True, slots=True)
class _Choice:
    """A phrase that a topic may be called by."""

    label: str
    score: float
    vector: NDArray[np.float32]


def _eligible(
    ranked: Sequence[str],
    table: PhraseTable,
    taken: set[frozenset[str]],
    inherited: frozenset[str],
) -> list[str]:
    """Return the best phrases that may be a name: several words where there are such phrases."""
    free = [
        key
        for key in ranked
        if (bag := _bag(table.display[key])) not in taken and not bag <= inherited
    ]
    several = [key for key in free if len(re.split(r"[\s-]", table.display[key])) > 1]
    return (several or free)[:_CHOICES]


def _chosen(
    choices: dict[int, list[_Choice]],
    sizes: NDArray[np.int64],
    labels: Labels,
    parents: Labels,
    vectors: Vectors,
) -> dict[int, str]:
    """Return the label of each topic that has a choice; no two topics get the same words.

    Labels start with the best phrase of each topic. Then each topic in turn, the largest first,
    takes the phrase with which most papers of the level find their own topic's label nearest,
    weighed against how good the phrase is in itself.
    """
    order = [t for t in np.argsort(-sizes, kind="stable").tolist() if choices.get(t)]
    picked: dict[int, int] = {}
    used: dict[frozenset[str], int] = {}
    for topic in order:
        bags = [_bag(choice.label) for choice in choices[topic]]
        free = next((i for i, bag in enumerate(bags) if bag not in used), None)
        if free is not None:
            picked[topic] = free
            used[bags[free]] = topic
    groups = [np.array([t for t in order if t in picked], dtype=np.int64)]
    if len(groups[0]) > _MOST_RIVALS:
        above = np.array([int(parents[np.argmax(labels == t)]) for t in groups[0]])
        groups = [groups[0][above == parent] for parent in np.unique(above)]
    for rivals in groups:
        _settle(rivals.tolist(), choices, picked, used, labels, vectors)
    return {topic: choices[topic][place].label for topic, place in picked.items()}


def _settle(
    rivals: Sequence[int],
    choices: dict[int, list[_Choice]],
    picked: dict[int, int],
    used: dict[frozenset[str], int],
    labels: Labels,
    vectors: Vectors,
) -> None:
    """Improve ``picked`` among topics whose names are read side by side."""
    if len(rivals) < 2:
        return
    members = [np.flatnonzero(labels == topic) for topic in rivals]
    asked = [_spread(rows, _ASKED) for rows in members]
    own = np.repeat(np.arange(len(rivals)), [len(rows) for rows in asked])
    weight = np.array([len(rows) / len(some) for rows, some in zip(members, asked, strict=True)])
    weight = weight[own]
    papers = np.asarray(vectors[np.concatenate(asked)])
    every = np.arange(len(own))
    near = np.stack([papers @ choices[t][picked[t]].vector for t in rivals], axis=1)
    for _ in range(_ROUNDS):
        changed = False
        for place, topic in enumerate(rivals):
            inside = own == place
            others = near.copy()
            others[:, place] = -2.0
            to_own = others[every, own]
            others[every, own] = -2.0
            strongest = others.max(axis=1)
            trust = _POINTING_WORTH * len(members[place]) / (len(members[place]) + _FEW)
            best, gain = picked[topic], -np.inf
            for i, choice in enumerate(choices[topic]):
                if used.get(_bag(choice.label), topic) != topic:
                    continue
                to_this = papers @ choice.vector
                right = np.where(
                    inside, to_this > strongest, to_own > np.maximum(strongest, to_this)
                )
                share = float(weight[right].sum()) / float(weight[inside].sum())
                worth = float(np.log(choice.score)) + trust * share
                if worth > gain + 1e-6:
                    best, gain = i, worth
            if best != picked[topic]:
                changed = True
                del used[_bag(choices[topic][picked[topic]].label)]
                picked[topic] = best
                used[_bag(choices[topic][best].label)] = topic
                near[:, place] = papers @ choices[topic][best].vector
        if not changed:
            break


def renamed(
    levels: Sequence[Sequence[Topic]], papers: Sequence[Paper], namer: Namer
) -> list[tuple[Topic, ...]]:
    """Return the topics as ``namer`` names them.

    An answer that is empty, or given to another topic of the level already, changes nothing; one
    that runs over several lines or goes on and on is cut short. Topics that people named are not
    asked about.
    """
    by_id = {paper.id: paper for paper in papers}
    above: dict[str, str] = {}
    result: list[tuple[Topic, ...]] = []
    for level in levels:
        taken = {topic.label.casefold() for topic in level}
        named: list[Topic] = []
        for topic in level:
            if topic.named_by:
                named.append(topic)
                continue
            case = NamingCase(
                level=topic.level,
                parent=above.get(topic.parent, ""),
                siblings=tuple(
                    t.label for t in level if t.parent == topic.parent and t.id != topic.id
                ),
                label=topic.label,
                keywords=topic.keywords,
                size=topic.size,
                papers=tuple(by_id[paper] for paper in topic.representatives),
            )
            answer = " ".join(str(namer(case) or "").split())[:_LONGEST_NAME]
            is_own = answer.casefold() == topic.label.casefold()
            if answer not in ("", topic.label) and (is_own or answer.casefold() not in taken):
                taken.add(answer.casefold())
                named.append(replace(topic, label=answer, named_by="a naming function"))
            else:
                named.append(topic)
        above |= {topic.id: topic.label for topic in named}
        result.append(tuple(named))
    return result


def _scores(table: PhraseTable, labels: Labels, parents: Labels) -> dict[int, dict[str, float]]:
    """Score each topic's phrases by use within it against use in its siblings and everywhere."""
    of_topic = _counts(table.in_paper, labels)
    of_title = _counts(table.in_title, labels)
    of_parent = _counts(table.in_paper, parents)
    sizes, parent_sizes = np.bincount(labels), np.bincount(parents)
    total = len(labels)
    scores: dict[int, dict[str, float]] = {}
    for topic, counts in of_topic.items():
        parent = int(parents[np.argmax(labels == topic)])
        size = int(sizes[topic])
        siblings = int(parent_sizes[parent]) - size
        scores[topic] = {}
        for key, inside in counts.items():
            if inside < min(size, max(2, _LEAST_SHARE * size)):
                continue
            outside = (len(table.papers[key]) - inside + 0.5) / (total - size + 1)
            beside = (of_parent[parent][key] - inside + 0.5) / (siblings + 1)
            contrast = np.log((inside + 0.5) / (size + 1) / max(outside, beside))
            if contrast <= 0:
                continue
            share = (inside + _TITLE_WORTH * of_title[topic][key]) / size
            length = min(len(key.split()), LONGEST)
            worth = _LENGTH_WORTH[length] * table.completeness[key] * table.titleness[key] ** 0.5
            scores[topic][key] = float(share * contrast * worth)
    return scores


def _counts(phrases: Sequence[Sequence[str]], labels: Labels) -> dict[int, Counter[str]]:
    """Return, for each label, in how many of its papers each phrase stands."""
    counts: dict[int, Counter[str]] = {label: Counter() for label in range(int(labels.max()) + 1)}
    for label, found in zip(labels.tolist(), phrases, strict=True):
        counts[label].update(found)
    return counts


def _centrality(
    shortlist: dict[int, list[str]],
    vector_of: dict[str, NDArray[np.float32]],
    labels: Labels,
    vectors: Vectors,
) -> dict[tuple[int, str], float]:
    """Return, for each (topic, phrase), how far it points to this topic and to no other.

    The cosine to the topic's middle counts, and by how much it exceeds that to any other.
    """
    middles = np.stack([vectors[labels == topic].mean(axis=0) for topic in sorted(shortlist)])
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    result: dict[tuple[int, str], float] = {}
    for topic, found in shortlist.items():
        if not found:
            continue
        cosines = np.stack([vector_of[key] for key in found]) @ middles.T
        others = np.delete(cosines, topic, axis=1)
        for place, key in enumerate(found):
            own = float(cosines[place, topic])
            margin = own - float(others[place].max()) if others.shape[1] else 0.0
            result[topic, key] = max(own, _LEAST_CENTRAL) * float(np.exp(_MARGIN_WORTH * margin))
    return result


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most so many of ``rows``, evenly spaced."""
    places = np.linspace(0, len(rows) - 1, min(most, len(rows)))
    return rows[places.astype(np.int64)]


def _without_nested(
    ranked: list[str], table: PhraseTable, in_topic: NDArray[np.bool_]
) -> list[str]:
    """Drop phrases that mostly stand inside a longer one of the list, or repeat a better one."""
    members = frozenset(np.flatnonzero(in_topic).tolist())
    kept: list[str] = []
    for key in ranked:
        inside = table.papers[key] & members
        swallowed = any(
            f" {key} " in f" {other} "
            and other != key
            and len(table.papers[other] & inside) >= _NESTED * len(inside)
            for other in ranked
        )
        contains_better = any(f" {better} " in f" {key} " for better in kept)
        if not swallowed and not contains_better:
            kept.append(key)
    return kept


def _named(label: str, phrases: Sequence[str], taken: set[frozenset[str]], topic: int) -> TopicName:
    """Return the name with its keywords; where no phrase is left, one with a number."""
    number = topic
    # A topic that was not divided brings its number along from the level above.
    while not label or _bag(label) in taken:
        number += 1
        label = f"{phrases[0]} ({number})" if phrases else f"Topic {number}"
    return TopicName(label, tuple([p for p in phrases if p != label][:_KEYWORDS]))


def _bag(phrase: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"\w+", phrase))

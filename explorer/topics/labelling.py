"""Names for topics: phrases as they stand in the papers, told apart from the siblings'.

A phrase (``phrases.py``) is good if many of the topic's papers use it and few others do, and if
its own vector lies in the topic's direction; papers that have its words apart count in part. A word
that mostly stands inside a longer phrase yields to that phrase (the nesting idea of the C-value,
Frantzi, Ananiadou and Mima 2000, doi:10.1007/s007999900023). Among a topic's best phrases the one
is chosen that, read beside all other names of the level, points to the topic's papers and not to
those of others.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels, Rows, Vectors
from explorer.index.full_text import stem
from explorer.papers.paper import Paper
from explorer.topics.communities import LONGEST_NAME, Topic, TopicName, members_of
from explorer.topics.phrases import LONGEST, PhraseTable

EmbedPhrases = Callable[[Sequence[str]], Vectors]
"""Phrases to unit vectors, in the papers' own space."""

_LENGTH_WORTH = (0.0, 0.55, 1.0, 1.05, 0.95)
"""Worth of a phrase by its number of words: one says little, four are a mouthful."""
_TITLE_WORTH = 0.5
"""How much a phrase's share of titles adds to its share of papers."""
_NESTED = 0.7
_BY_WORDS = 0.3
"""What a paper counts that has the words of a phrase, but not the phrase."""
_LEAST_CENTRAL = 0.05
_LEAST_SCORE = 1e-9
_MARGIN_WORTH = 6.0
"""How steeply a phrase gains by being nearer to its own topic than to any other."""
_LEAST_SHARE = 0.04
"""A phrase of fewer of a topic's papers names those few, not the topic."""
_CANDIDATES = 30
_MOST_COMPARED = 4_000
"""Topics of one level whose middles phrases are held against; beyond that, siblings' are."""
_MOST_CANDIDATES = 60_000
"""Phrases of one level whose vectors are compared, about; many topics have fewer each."""
_KEYWORDS = 8
_CHOICES = 8
"""A topic's best phrases, among which its name is chosen."""
_ASKED = 40
"""Papers of each topic that a name is tried on, at least."""
_ASKED_TOGETHER = 8_000
"""Papers of a whole level that names are tried on: where topics are few, more of each."""
_POINTING_WORTH = 8.0
"""How steeply a phrase gains by the share of papers that it points to their own topic."""
_FEW = 60
"""Papers; where a topic has fewer, which of them a phrase points to says little."""
_ROUNDS = 3
_SPELLINGS = (
    (re.compile(r"logu$"), "log"),
    (re.compile(r"our$"), "or"),
    (re.compile(r"(?<=....)i[sz]$"), ""),
    (re.compile(r"ys$"), "yz"),
)
"""How stems of British and American spellings become one: dialogue, colour, optimise, analyse."""
A_FUNCTION = "a naming function"
"""``Topic.named_by`` where a naming function gave the name."""
_MOST_RIVALS = 400
"""Topics of one level whose names are read side by side; beyond that, siblings are."""


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
    kept: Mapping[int, TopicName] | None = None,
    reserved: Iterable[str] = (),
) -> dict[int, TopicName]:
    """Return a name for each topic of one level that has papers here, by its number.

    Args:
        labels: the topic of each paper on this level, shape (papers,).
        parents: the topic of each paper one level up, all zero for the top level.
        parent_names: names one level up; empty for the top level.
        vectors: unit vectors of the papers, shape (papers, dimension).
        kept: names that topics of this level have and go on with.
        reserved: labels that new topics may not take.

    A name that stands on the level already, or is its parent's, is not given again.
    """
    names = dict(kept or {})
    members = members_of(labels)
    present = [topic for topic, rows in enumerate(members) if len(rows)]
    parent_of = {topic: int(parents[members[topic][0]]) for topic in present}
    parent_sizes = np.bincount(parents)
    for topic in present:
        parent = parent_of[topic]
        if topic not in names and parent_names and len(members[topic]) == parent_sizes[parent]:
            names[topic] = parent_names[parent]  # not divided, so still the same topic
    unnamed = [topic for topic in present if topic not in names]
    scored = _scores(table, labels, parents, unnamed)
    candidates = max(_CHOICES, min(_CANDIDATES, _MOST_CANDIDATES // max(1, len(unnamed))))
    shortlist = {
        topic: sorted(scores, key=lambda key: (-scores[key], key))[:candidates]
        for topic, scores in scored.items()
    }
    keys = sorted({key for found in shortlist.values() for key in found})
    phrases = embed_phrases([table.display[key] for key in keys]) if keys else vectors[:0]
    vector_of = dict(zip(keys, phrases, strict=True))
    centrality = _centrality(shortlist, vector_of, members, parent_of, vectors)
    taken = {_bag(name.label) for name in (*parent_names, *names.values())}
    taken |= {_bag(label) for label in reserved}
    ranked: dict[int, list[str]] = {}
    choices: dict[int, list[_Choice]] = {}
    for topic in unnamed:
        scores = {key: scored[topic][key] * centrality[topic, key] for key in shortlist[topic]}
        order = sorted(scores, key=lambda key: (-scores[key], key))
        ranked[topic] = _without_nested(order, table, members[topic])
        inherited = _bag(parent_names[parent_of[topic]].label) if parent_names else frozenset[str]()
        choices[topic] = [
            _Choice(table.display[key], scores[key], vector_of[key])
            for key in _eligible(ranked[topic], table, taken, inherited)
        ]
    if unnamed and kept:
        vectors_of_names = embed_phrases([name.label for name in kept.values()])
        for (topic, name), vector in zip(kept.items(), vectors_of_names, strict=True):
            choices[topic] = [_Choice(name.label, 1.0, vector)]
    labels_of = _chosen(choices, members, parent_of, vectors)
    for topic in sorted(unnamed, key=lambda topic: -len(members[topic])):
        phrases_of = [table.display[key] for key in ranked[topic]]
        found = _named(labels_of.get(topic, ""), phrases_of, taken, topic)
        taken.add(_bag(found.label))
        key = next((k for k in ranked[topic] if table.display[k] == found.label), None)
        rows = frozenset(members[topic].tolist())
        names[topic] = replace(found, evidence=len(table.papers[key] & rows) if key else 0)
    return names


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
    several = [key for key in free if len(table.display[key].split()) > 1]
    return (several or free)[:_CHOICES]


def _chosen(
    choices: Mapping[int, Sequence[_Choice]],
    members: Sequence[Rows],
    parent_of: Mapping[int, int],
    vectors: Vectors,
) -> dict[int, str]:
    """Return the label of each topic that has a choice; no two topics get the same words.

    Labels start with the best phrase of each topic. Then each topic in turn, the largest first,
    takes the phrase with which most papers of the level find their own topic's label nearest,
    weighed against how good the phrase is in itself.
    """
    order = sorted((t for t in choices if choices[t]), key=lambda t: (-len(members[t]), t))
    picked: dict[int, int] = {}
    used: dict[frozenset[str], int] = {}
    for topic in order:
        bags = [_bag(choice.label) for choice in choices[topic]]
        free = next((i for i, bag in enumerate(bags) if bag not in used), None)
        if free is not None:
            picked[topic] = free
            used[bags[free]] = topic
    groups = [[topic for topic in order if topic in picked]]
    if len(groups[0]) > _MOST_RIVALS:
        below: dict[int, list[int]] = defaultdict(list)
        for topic in groups[0]:
            below[parent_of[topic]].append(topic)
        groups = list(below.values())
    for rivals in groups:
        _settle(rivals, choices, picked, used, members, vectors)
    return {topic: choices[topic][place].label for topic, place in picked.items()}


def _settle(
    rivals: Sequence[int],
    choices: Mapping[int, Sequence[_Choice]],
    picked: dict[int, int],
    used: dict[frozenset[str], int],
    members: Sequence[Rows],
    vectors: Vectors,
) -> None:
    """Improve ``picked`` among topics whose names are read side by side."""
    if len(rivals) < 2 or all(len(choices[topic]) == 1 for topic in rivals):
        return
    of_rival = [members[topic] for topic in rivals]
    of_each = max(_ASKED, _ASKED_TOGETHER // len(rivals))
    asked = [spread(rows, of_each) for rows in of_rival]
    own = np.repeat(np.arange(len(rivals)), [len(rows) for rows in asked])
    weight = np.array([len(rows) / len(some) for rows, some in zip(of_rival, asked, strict=True)])
    weight = weight[own]
    papers = np.asarray(vectors[np.concatenate(asked)])
    every = np.arange(len(own))
    near = np.stack([papers @ choices[t][picked[t]].vector for t in rivals], axis=1)
    for _ in range(_ROUNDS):
        changed = False
        for place, topic in enumerate(rivals):
            if len(choices[topic]) == 1:
                continue
            inside = own == place
            others = near.copy()
            others[:, place] = -2.0
            to_own = others[every, own]
            others[every, own] = -2.0
            strongest = others.max(axis=1)
            trust = _POINTING_WORTH * len(of_rival[place]) / (len(of_rival[place]) + _FEW)
            best, gain = picked[topic], -np.inf
            for i, choice in enumerate(choices[topic]):
                if used.get(_bag(choice.label), topic) != topic:
                    continue
                to_this = papers @ choice.vector
                right = np.where(
                    inside, to_this > strongest, to_own > np.maximum(strongest, to_this)
                )
                share = float(weight[right].sum()) / float(weight[inside].sum())
                worth = float(np.log(max(choice.score, _LEAST_SCORE))) + trust * share
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
    wanted = {paper for level in levels for topic in level for paper in topic.representatives}
    by_id = {paper.id: paper for paper in papers if paper.id in wanted}
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
            answer = " ".join(str(namer(case) or "").split())[:LONGEST_NAME]
            is_own = answer.casefold() == topic.label.casefold()
            if answer not in ("", topic.label) and (is_own or answer.casefold() not in taken):
                taken.add(answer.casefold())
                named.append(
                    replace(topic, label=answer, named_by=A_FUNCTION, found=topic.own_name)
                )
            else:
                named.append(topic)
        above |= {topic.id: topic.label for topic in named}
        result.append(tuple(named))
    return result


def _scores(
    table: PhraseTable, labels: Labels, parents: Labels, topics: Sequence[int]
) -> dict[int, dict[str, float]]:
    """Score the phrases of ``topics`` by use within each against use in its siblings and all."""
    if not topics:
        return {}
    of_topic = _counts(table.in_paper, labels)
    of_title = _counts(table.in_title, labels)
    of_parent = _counts(table.in_paper, parents)
    sizes, parent_sizes = np.bincount(labels), np.bincount(parents)
    firsts = np.unique(labels, return_index=True)
    parent_of = dict(zip(firsts[0].tolist(), parents[firsts[1]].tolist(), strict=True))
    total = len(labels)
    scores: dict[int, dict[str, float]] = {}
    everywhere = Counter({key: len(found) for key, found in table.papers.items()})
    support = _Support(table, total)
    for topic in topics:
        parent = parent_of[topic]
        size = int(sizes[topic])
        siblings = int(parent_sizes[parent]) - size
        scores[topic] = {}
        for key, inside in of_topic[topic].items():
            if inside < min(size, max(2, _LEAST_SHARE * size)):
                continue
            within = support.of(key, of_topic[topic])
            outside = (support.of(key, everywhere) - within + 0.5) / (total - size + 1)
            beside = (support.of(key, of_parent[parent]) - within + 0.5) / (siblings + 1)
            contrast = np.log((within + 0.5) / (size + 1) / max(outside, beside))
            if contrast <= 0:
                continue
            share = (within + _TITLE_WORTH * of_title[topic][key]) / size
            length = min(len(key.split()), LONGEST)
            worth = _LENGTH_WORTH[length] * table.completeness[key] * table.titleness[key] ** 0.5
            scores[topic][key] = float(share * contrast * worth)
    return scores


class _Support:
    """How much some papers speak for a phrase, in papers.

    Where papers are few, hardly any phrase stands in more than two of them; its words, each weighed
    by how rare it is, tell more.
    """

    def __init__(self, table: PhraseTable, papers: int) -> None:
        self._words = table.words
        self._weight = {
            key: float(np.log((papers + 1) / len(found))) for key, found in table.papers.items()
        }

    def of(self, key: str, counts: Mapping[str, int]) -> float:
        """Return the support for a phrase by papers of whose phrases ``counts`` tells."""
        words, count = self._words[key], counts[key]
        heavy = sum(self._weight[word] for word in words)
        if words == (key,) or not heavy:
            return float(count)
        by_words = sum(self._weight[word] * counts[word] for word in words) / heavy
        return count + _BY_WORDS * max(by_words - count, 0.0)


def _counts(phrases: Sequence[Sequence[str]], labels: Labels) -> dict[int, Counter[str]]:
    """Return, for each label, in how many of its papers each phrase stands."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for label, found in zip(labels.tolist(), phrases, strict=True):
        counts[label].update(found)
    return counts


def _centrality(
    shortlist: dict[int, list[str]],
    vector_of: dict[str, NDArray[np.float32]],
    members: Sequence[Rows],
    parent_of: Mapping[int, int],
    vectors: Vectors,
) -> dict[tuple[int, str], float]:
    """Return, for each (topic, phrase), how far it points to this topic and to no other.

    The cosine to the topic's middle counts, and by how much it exceeds that to any other; where
    there are very many topics, to any other of the same parent.
    """
    present = [topic for topic, rows in enumerate(members) if len(rows)]
    groups: dict[int, list[int]] = defaultdict(list)
    for topic in present if shortlist else ():
        groups[parent_of[topic] if len(present) > _MOST_COMPARED else 0].append(topic)
    result: dict[tuple[int, str], float] = {}
    for rivals in groups.values():
        middles = np.stack([vectors[members[topic]].mean(axis=0) for topic in rivals])
        middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
        for column, topic in enumerate(rivals):
            found = shortlist.get(topic)
            if not found:
                continue
            cosines = np.stack([vector_of[key] for key in found]) @ middles.T
            others = np.delete(cosines, column, axis=1)
            for place, key in enumerate(found):
                own = float(cosines[place, column])
                margin = own - float(others[place].max()) if others.shape[1] else 0.0
                worth = float(np.exp(_MARGIN_WORTH * margin))
                result[topic, key] = max(own, _LEAST_CENTRAL) * worth
    return result


def spread(rows: Rows, most: int) -> Rows:
    """Return at most so many of ``rows``, evenly spaced."""
    places = np.linspace(0, len(rows) - 1, min(most, len(rows)))
    return rows[places.astype(np.int64)]


def _without_nested(ranked: list[str], table: PhraseTable, rows: Rows) -> list[str]:
    """Drop phrases that mostly stand inside a longer one of the list, or repeat a better one."""
    members = frozenset(rows.tolist())
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
    """Return what is the same for phrases that differ in order, inflection and spelling alone."""
    return frozenset(_one_spelling(stem(word)) for word in re.findall(r"\w+", phrase))


def _one_spelling(word: str) -> str:
    for british, american in _SPELLINGS:
        word = british.sub(american, word)
    return word

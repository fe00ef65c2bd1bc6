"""Names for topics: phrases as they stand in the papers, told apart from the siblings'.

Candidates are runs of one to four words without stop words or the filler of abstracts. A phrase
is good if many of the topic's papers use it and few others do, if it is complete (not mostly
followed or preceded by further words, as "large language" is by "models"), if papers that use it
tend to have it in their title, which parts subjects from means ("computational resources"), and
if its own vector lies in the topic's direction. A word that mostly stands inside a longer phrase
yields to that phrase (the nesting idea of the C-value, Frantzi, Ananiadou and Mima 2000,
doi:10.1007/s007999900023).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.embedders import Vectors
from explorer.lexicon import STOP_WORDS, stem
from explorer.paper import Paper
from explorer.topics import Labels, Topic

EmbedPhrases = Callable[[Sequence[str]], Vectors]
"""Phrases to unit vectors, in the papers' own space."""

_FILLER = frozenset(
    """able accuracy achieve achieved achieves achieving across additional address addresses
    advance advanced advances aim aims allow allowing allows analysis analyze application
    applications apply applied approach approaches art available average baseline baselines based
    benchmark benchmarks best better beyond bridge case cases challenge challenges challenging code
    common compare compared comparison complex component comprehensive conduct consider
    considerable consistent consistently contribution conventional crucial current demonstrate
    demonstrated demonstrates demonstrating despite detail develop developed development
    different difficult direct directly due easily effective effectively effectiveness effect
    effects efficient efficiently efficiency enable enables enabling end enhance enhanced enhances
    enhancing ensure ensuring entire especially essential evaluate evaluated evaluating evaluation
    evaluations evidence example existing experiment experimental experiments explore exploring
    extensive extra fast faster feature features final finally find findings first focus following
    framework frameworks full fully fundamental furthermore future gain gains gap general generally
    given goal great greatly handle hard help hence high higher highly idea impact implement
    implementation implemented importance important importantly improve improved improvement
    improvements improves improving include includes including increase increased increases
    increasing independent information input instance interesting introduce introduced introduces
    introducing investigate issue issues key know known lack large largely larger largest lead
    leading leads level leverage leverages leveraging limit limitation limitations limited line
    low lower main mainly major make makes making manner mean means mechanism mechanisms meet
    method methodology methods metric metrics model models moreover motivated multiple named nature
    necessary need needed needs new non notable notably novel number numerous observe obtain
    obtained offer offers one open order original outperform outperforming outperforms output
    overall overcome paper papers part particular particularly perform performance performing
    performs perspective pipeline popular possible potential potentially powerful practical
    practice precise present presented presents previous previously prior problem problems procedure
    process processes produce produces promising proper propose proposed proposes proposing
    prove provide provided provides providing public publicly purpose quality question range
    rapid rapidly rate ratio real recent recently reduce reduced reduces reducing reduction related
    relative relevant rely remain remains remarkable report require required requirements requires
    requiring research researchers respectively result resulting results reveal rich robust role
    run running scale scales scenario scenarios second seen set sets setting settings several
    show showing shown shows significant significantly similar simple simply single situation size
    small smaller sota source special specific specifically speed standard state states step steps
    strategy strategies strong studied studies study substantial substantially success successful
    successfully suffer suffers suggest suitable superior support survey system systems tackle
    target task tasks technique techniques term terms test tested testing third time times total
    traditional train trained training transform type types typical typically unified unique unlike
    usage useful user users utilize utilizes utilizing validate value values variety various vast
    verify version versus way ways wide widely widespread work works world year years
    github https http www com org available url arxiv abstract et al x""".split()
)
"""Words that abstracts of every field share; no phrase may begin or end with one alone."""

_RUN = re.compile(r"[^\W_]+(?:[-’'+.][^\W_]+)*\+*")
_BREAK = re.compile(
    r"[.,;:!?()\[\]{}\"“”«»/|<>=*•–—]+(?=\s|$|[\"“”(\[])|[()\[\]{}\"“”|<>=*•–—]|\s[-&]\s"
)
_ADJECTIVE = re.compile(
    r"-(?:intensive|efficient|based|aware|free|driven|guided|oriented|level|scale|specific|agnostic"
    r"|friendly|wise|end|time|shot|source|quality|art|par|performance|cost|rank|dimensional|context"
    r"|form|range|grained|fidelity|order|step|world)$"
    r"|(?<!se)(?<!ne)(?<!fe)(?<!spe)(?<!emb)(?<!f)ed$|ly$|(?:consuming|expensive)$"
)
_LONGEST = 4
_LENGTH_WORTH = (0.0, 0.55, 1.0, 1.05, 0.95)
"""Worth of a phrase by its number of words: one says little, four are a mouthful."""
_TITLE_WORTH = 0.5
"""How much a phrase's share of titles adds to its share of papers."""
_DOUBT = 4.0
"""Papers' worth of doubt about how often a phrase stands in titles."""
_NESTED = 0.7
_LEAST_CENTRAL = 0.05
_MARGIN_WORTH = 6.0
"""How steeply a phrase gains by being nearer to its own topic than to any other."""
_LEAST_SHARE = 0.04
"""A phrase of fewer of a topic's papers names those few, not the topic."""
_CANDIDATES = 60
_KEYWORDS = 8
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


@dataclass(frozen=True, slots=True)
class PhraseTable:
    """Which phrases stand in which papers. A key is the phrase's stems, joined by blanks."""

    papers: dict[str, frozenset[int]]
    """The rows that each phrase stands in."""
    in_paper: tuple[tuple[str, ...], ...]
    """The phrases of each row."""
    in_title: tuple[tuple[str, ...], ...]
    """The phrases of each row's title."""
    display: dict[str, str]
    """The usual way of writing each phrase."""
    completeness: dict[str, float]
    """From 0 (always part of something longer) to 1 (always stands by itself)."""
    titleness: dict[str, float]
    """How often papers that use the phrase have it in their title, smoothed; from 0 to 1."""


def phrase_table(papers: Iterable[Paper]) -> PhraseTable:
    """Collect the phrases of all papers that stand in at least two of them."""
    rows: dict[str, set[int]] = defaultdict(set)
    in_paper: list[dict[str, None]] = []
    in_title: list[dict[str, None]] = []
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    usual_case: dict[str, Counter[str]] = defaultdict(Counter)
    followed: Counter[str] = Counter()
    preceded: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for row, paper in enumerate(papers):
        in_paper.append({})
        in_title.append({})
        for text, is_title in ((paper.readable_title, True), (paper.readable_abstract, False)):
            for start_of_run, run in _runs(text):
                if not is_title:
                    for position, word in enumerate(run):
                        if position or not start_of_run:
                            usual_case[word.casefold()][word] += 1
                for start, end in _phrases(run):
                    phrase = run[start:end]
                    key = _key(phrase)
                    seen[key] += 1
                    followed[key] += end < len(run) and run[end].casefold() not in STOP_WORDS
                    preceded[key] += start > 0 and run[start - 1].casefold() not in _WEAK
                    rows[key].add(row)
                    in_paper[row][key] = None
                    forms[key][" ".join(phrase)] += 1 if is_title else 2
                    if is_title:
                        in_title[row][key] = None
    kept = {key: frozenset(found) for key, found in rows.items() if len(found) > 1}
    titled = Counter(key for found in in_title for key in found if key in kept)
    usual = sum(titled.values()) / max(1, sum(map(len, kept.values())))
    return PhraseTable(
        kept,
        tuple(tuple(key for key in found if key in kept) for found in in_paper),
        tuple(tuple(key for key in found if key in kept) for found in in_title),
        {key: _written(forms[key], usual_case) for key in kept},
        {
            key: (1 - followed[key] / (seen[key] + 1)) * (1 - 0.5 * preceded[key] / (seen[key] + 1))
            for key in kept
        },
        {
            key: (titled[key] + _DOUBT * usual) / (len(found) + _DOUBT)
            for key, found in kept.items()
        },
    )


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
    centrality = _centrality(table, shortlist, labels, vectors, embed_phrases)
    taken = {_bag(name.label) for name in parent_names}
    names: dict[int, TopicName] = {}
    for topic in np.argsort(-sizes, kind="stable").tolist():
        scores = {key: scored[topic][key] * centrality[topic, key] for key in shortlist[topic]}
        ranked = sorted(scores, key=lambda key: (-scores[key], key))
        ranked = _without_nested(ranked, table, labels == topic)
        parent = int(parents[np.argmax(labels == topic)])
        if parent_names and sizes[topic] == np.count_nonzero(parents == parent):
            names[topic] = parent_names[parent]  # not cut, so still the same topic
            continue
        inherited = _bag(parent_names[parent].label) if parent_names else frozenset[str]()
        found = _named([table.display[key] for key in ranked], taken, inherited, topic)
        members = frozenset(np.flatnonzero(labels == topic).tolist())
        keys = {table.display[key]: key for key in ranked}
        evidence = len(table.papers[keys[found.label]] & members) if found.label in keys else 0
        names[topic] = replace(found, evidence=evidence)
        taken.add(_bag(names[topic].label))
    return [names[topic] for topic in range(len(sizes))]


def renamed(
    levels: Sequence[Sequence[Topic]], papers: Sequence[Paper], namer: Namer
) -> list[tuple[Topic, ...]]:
    """Return the topics as ``namer`` names them.

    An answer that is empty, or given to another topic of the level already, changes nothing; one
    that runs over several lines or goes on and on is cut short.
    """
    by_id = {paper.id: paper for paper in papers}
    above: dict[str, str] = {}
    result: list[tuple[Topic, ...]] = []
    for level in levels:
        taken = {topic.label.casefold() for topic in level}
        named: list[Topic] = []
        for topic in level:
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
            if answer and answer.casefold() not in taken:
                taken.add(answer.casefold())
                named.append(replace(topic, label=answer, named_by="a naming function"))
            else:
                named.append(topic)
        above |= {topic.id: topic.label for topic in named}
        result.append(tuple(named))
    return result


def _runs(text: str) -> Iterable[tuple[bool, list[str]]]:
    """Yield (begins a sentence, words) for each stretch between punctuation."""
    end = 0
    begins = True
    for mark in [*_BREAK.finditer(text), None]:
        stretch = text[end : mark.start() if mark else len(text)]
        run = [match[0] for match in _RUN.finditer(stretch)]
        if run:
            yield begins, run
        if mark:
            begins = bool(re.search(r"[.!?]", mark[0]))
            end = mark.end()


def _phrases(run: list[str]) -> Iterable[tuple[int, int]]:
    """Yield (start, end) of each candidate within a run of words."""
    for start in range(len(run)):
        for end in range(start + 1, min(start + _LONGEST, len(run)) + 1):
            word = run[end - 1]
            if word.casefold() in STOP_WORDS or not any(c.isalpha() for c in word):
                break
            if _says_something(run[start:end]):
                yield start, end


def _says_something(phrase: list[str]) -> bool:
    lowered = [word.casefold() for word in phrase]
    if len(phrase) == 1:
        return (
            len(lowered[0]) > 2 and lowered[0] not in _FILLER and not _ADJECTIVE.search(lowered[0])
        )
    if lowered[0] in _OPENERS or lowered[0].endswith("ly"):
        return False
    if lowered[-1] in _CLOSERS or _ADJECTIVE.search(lowered[-1]):
        return False
    return any(word not in _FILLER for word in lowered) or tuple(lowered) in _EXCEPTIONS


_OPENERS = _FILLER - frozenset(
    "code large low high real open single multiple feature information time quality world end "
    "model source small training state task first system user test".split()
)
_CLOSERS = _FILLER - frozenset(
    "model models training code system systems quality world analysis evaluation benchmark "
    "benchmarks features reduction search survey states rate".split()
)
_WEAK = STOP_WORDS | _FILLER
_EXCEPTIONS = frozenset({("world", "models"), ("world", "model"), ("code", "quality")})


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
            length = min(len(key.split()), _LONGEST)
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
    table: PhraseTable,
    shortlist: dict[int, list[str]],
    labels: Labels,
    vectors: Vectors,
    embed_phrases: EmbedPhrases,
) -> dict[tuple[int, str], float]:
    """Return, for each (topic, phrase), how far it points to this topic and to no other.

    The cosine to the topic's middle counts, and by how much it exceeds that to any other.
    """
    keys = sorted({key for found in shortlist.values() for key in found})
    if not keys:
        return {}
    phrases = embed_phrases([table.display[key] for key in keys])
    row = {key: i for i, key in enumerate(keys)}
    middles = np.stack([vectors[labels == topic].mean(axis=0) for topic in sorted(shortlist)])
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    cosines: NDArray[np.float32] = phrases @ middles.T
    result: dict[tuple[int, str], float] = {}
    for topic, found in shortlist.items():
        others = np.delete(cosines, topic, axis=1)
        for key in found:
            own = float(cosines[row[key], topic])
            margin = own - float(others[row[key]].max()) if others.shape[1] else 0.0
            result[topic, key] = max(own, _LEAST_CENTRAL) * float(np.exp(_MARGIN_WORTH * margin))
    return result


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


def _named(
    phrases: list[str], taken: set[frozenset[str]], inherited: frozenset[str], topic: int
) -> TopicName:
    free = [p for p in phrases if _bag(p) not in taken and not _bag(p) <= inherited]
    several = [p for p in free if len(re.split(r"[\s-]", p)) > 1]
    label = next(iter(several or free), "")
    number = topic
    # A topic that was not cut brings its number along from the level above.
    while not label or _bag(label) in taken:
        number += 1
        label = f"{phrases[0]} ({number})" if phrases else f"Topic {number}"
    return TopicName(label, tuple([p for p in phrases if p != label][:_KEYWORDS]))


def _key(phrase: list[str]) -> str:
    return " ".join(stem(part) for word in phrase for part in re.split(r"[-’']", word))


def _bag(phrase: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"\w+", phrase))


def _written(forms: Counter[str], usual_case: dict[str, Counter[str]]) -> str:
    """Return the phrase as it is usually written, its words in their usual case."""
    most = max(forms.values())
    form = min(form for form, count in forms.items() if count == most)
    return " ".join(_cased(word, usual_case[word.casefold()]) for word in form.split(" "))


def _cased(word: str, seen: Counter[str]) -> str:
    if seen:
        most = max(seen.values())
        return min(form for form, count in seen.items() if count == most)
    is_acronym = sum(c.isupper() for c in word) > 1 or any(c.isdigit() for c in word)
    return word if is_acronym else word.lower()

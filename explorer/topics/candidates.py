"""Candidate names of topics: phrases of their papers, with scores.

A name is what most of a topic is about, in words that titles use. A phrase (``phrases.py``) scores
by its use: the shares of the topic's papers and titles that have it, how much more often than other
papers they do, and whether it is a whole term that titles use; and by its meaning: how near its
vector is to the topic's centroid, and how much nearer than to those of its siblings. The score is
the logarithm of a product of these; its few exponents were fitted to labels that people gave to
topics (``python -m benchmarks names``) and rounded. Papers that have only the words of a phrase
count in part. A phrase that mostly occurs inside a longer one yields to that (the nesting idea of
the C-value, Frantzi, Ananiadou and Mima 2000, doi:10.1007/s007999900023).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels, Rows, Vectors
from explorer.index.analysis import is_paired, stems
from explorer.papers.language import language_of
from explorer.topics.communities import members_of
from explorer.topics.phrases import PhraseTable

EmbedPhrases = Callable[[Sequence[str]], Vectors]
"""Phrases to unit vectors, in the papers' own space."""

_FEWEST_CANDIDATES = 8
"""Candidates per topic, at least."""
_MOST_CANDIDATES = 30
"""Candidates per topic, at most."""
_CANDIDATES_PER_LEVEL = 60_000
"""Approximate limit on the candidates of one level, all of which are embedded."""
_SHARE_EXPONENT = 0.5
"""Exponent of the share of papers; that of the share of titles and of the contrast is 1."""
_ELSEWHERE = 4
"""Papers with a phrase that are supposed elsewhere, so that rare phrases have no great contrast."""
_COMPLETENESS_EXPONENT = 0.5
_SINGLE_WORD = -1.5
"""Addend to the score of a single word, which is vague."""
_MEANING = 12.0
"""Weight of the cosine to the topic and of its margin over the siblings."""
_LEAST_SHARE = 0.04
"""Share of a topic's papers that use a phrase, at least; fewer do not represent the topic."""
_WORDS_WEIGHT = 0.3
"""Weight of papers that have the words of a phrase, but not the phrase."""
_NESTED_SHARE = 0.7
"""Share of a phrase's papers with a longer phrase around it from which the longer one is used."""
_LONGEST_SINGLE = 2
"""Characters of a Chinese word, usually."""
_SPELLINGS = (
    (re.compile(r"logu$"), "log"),
    (re.compile(r"our$"), "or"),
    (re.compile(r"(?<=....)i[sz]$"), ""),
    (re.compile(r"ys$"), "yz"),
)
"""Stems of British spellings and American ones: dialogue, colour, optimise, analyse."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A phrase as a possible name of a topic."""

    topic: int
    label: str
    words: frozenset[str]
    """Key of :func:`words_of`; two topics with equal keys would have the same name."""
    score: float
    vector: NDArray[np.float32]
    key: str = ""
    """Key in the phrase table; empty for a name from an earlier build."""


@dataclass(frozen=True, slots=True)
class TopicLevel:
    """Topics of one level, by number; those without papers are left out of the mappings."""

    members: Sequence[Rows]
    """Rows of each topic."""
    parent_of: Mapping[int, int]
    is_whole: Mapping[int, bool]
    """Whether a topic has all papers of its parent."""

    @classmethod
    def of(cls, labels: Labels, parents: Labels) -> TopicLevel:
        """Return the topics of ``labels``; both arrays have the shape (papers,)."""
        members = members_of(labels)
        present = [topic for topic, rows in enumerate(members) if len(rows)]
        parent_of = {topic: int(parents[members[topic][0]]) for topic in present}
        sizes = np.bincount(parents)
        is_whole = {t: len(members[t]) == int(sizes[parent_of[t]]) for t in present}
        return cls(members, parent_of, is_whole)

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers of the topics that have papers."""
        return iter(self.parent_of)

    def size(self, topic: int) -> int:
        """Return the number of papers of ``topic``."""
        return len(self.members[topic])


def words_of(phrase: str) -> frozenset[str]:
    """Return a key that ignores the order, inflection and spelling of the words of ``phrase``."""
    words = frozenset(map(_american_stem, stems(phrase, language_of(phrase))))
    return words or frozenset((phrase,))


def is_compound(phrase: str) -> bool:
    """Return whether ``phrase`` has several words, or as many characters without blanks."""
    return " " in phrase or (is_paired(phrase) and len(phrase) > _LONGEST_SINGLE)


def _american_stem(word: str) -> str:
    for british, american in _SPELLINGS:
        word = british.sub(american, word)
    return word


def shortlist(
    table: PhraseTable,
    scores: Mapping[int, Mapping[str, float]],
    level: TopicLevel,
    vectors: Vectors,
    embed_phrases: EmbedPhrases,
) -> dict[int, list[Candidate]]:
    """Return the best candidates of each topic in ``scores``, best first.

    Scores by use (:func:`phrase_scores`) choose them; their order also depends on how near their
    vectors are to the topic. Nested and repetitive phrases are left out.
    """
    count = _CANDIDATES_PER_LEVEL // max(1, len(scores))
    count = max(_FEWEST_CANDIDATES, min(_MOST_CANDIDATES, count))
    keys_of = {topic: _best_first(of_topic)[:count] for topic, of_topic in scores.items()}
    keys = sorted({key for keys in keys_of.values() for key in keys})
    phrases = embed_phrases([table.display[key] for key in keys]) if keys else vectors[:0]
    vector_of = dict(zip(keys, phrases, strict=True))
    nearness = _nearness(keys_of, vector_of, level, vectors)
    candidates: dict[int, list[Candidate]] = {}
    for topic, of_topic in keys_of.items():
        final = {key: scores[topic][key] + nearness[topic, key] for key in of_topic}
        candidates[topic] = [
            Candidate(
                topic,
                table.display[key],
                words_of(table.display[key]),
                final[key],
                vector_of[key],
                key,
            )
            for key in _without_nested(_best_first(final), table, level.members[topic])
        ]
    return candidates


def _best_first(scores: Mapping[str, float]) -> list[str]:
    return sorted(scores, key=lambda key: (-scores[key], key))


def phrase_scores(
    table: PhraseTable, labels: Labels, topics: Sequence[int]
) -> dict[int, dict[str, float]]:
    """Return the scores of phrases by use: within each topic against all other papers.

    ``labels`` has the shape (papers,). Phrases that the topic uses less than others do are left
    out.
    """
    if not topics:
        return {}
    usage = _Usage(table, labels)
    return {topic: usage.scores(topic) for topic in topics}


class _Usage:
    """Use of phrases by the papers of each topic and of all."""

    def __init__(self, table: PhraseTable, labels: Labels) -> None:
        self._table = table
        self._total = len(labels)
        self._in_topic = _counts(table.in_paper, labels)
        self._in_titles = _counts(table.in_title, labels)
        self._in_all = Counter({key: len(rows) for key, rows in table.papers.items()})
        self._sizes = np.bincount(labels)
        self._weight = {
            key: float(np.log((self._total + 1) / len(rows))) for key, rows in table.papers.items()
        }
        self._quality = {key: _quality(table, key) for key in table.papers}
        """Worth of a phrase in itself, as a logarithm."""

    def scores(self, topic: int) -> dict[str, float]:
        """Return the scores of the phrases of one topic."""
        size = int(self._sizes[topic])
        scores: dict[str, float] = {}
        for key, count in self._in_topic[topic].items():
            if count < min(size, max(2, _LEAST_SHARE * size)):
                continue
            within = self._support(key, self._in_topic[topic])
            elsewhere, others = self._in_all[key] - count, self._total - size
            usual = (count + 1) / (size + 1)
            if usual < (elsewhere + 1) / (others + 1):
                continue
            contrast = usual / ((elsewhere + _ELSEWHERE) / (others + _ELSEWHERE))
            # Among few papers shares are left to chance: one more paper softens them.
            scores[key] = float(
                _SHARE_EXPONENT * np.log((within + 1) / size)
                + np.log((self._in_titles[topic][key] + 1) / size)
                + np.log(contrast)
                + self._quality[key]
            )
        return scores

    def _support(self, key: str, counts: Mapping[str, int]) -> float:
        """Return the number of papers with a phrase, those with only its words counted in part.

        ``counts`` has the number of papers for each phrase. Among few papers, hardly any phrase
        occurs in more than two of them; its words, weighted by rarity, are better evidence.
        """
        words, count = self._table.words[key], counts[key]
        total_weight = sum(self._weight[word] for word in words)
        if words == (key,) or not total_weight:
            return float(count)
        by_words = sum(self._weight[word] * counts[word] for word in words) / total_weight
        return count + _WORDS_WEIGHT * max(by_words - count, 0.0)


def _quality(table: PhraseTable, key: str) -> float:
    return float(
        np.log(table.titleness[key])
        + _COMPLETENESS_EXPONENT * np.log(table.completeness[key] + 1e-3)
        + (0.0 if is_compound(table.display[key]) else _SINGLE_WORD)
    )


def _counts(phrases: Sequence[Sequence[str]], labels: Labels) -> dict[int, Counter[str]]:
    """Return, for each label, the number of its papers with each phrase."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for label, keys in zip(labels.tolist(), phrases, strict=True):
        counts[label].update(keys)
    return counts


def _nearness(
    keys_of: Mapping[int, Sequence[str]],
    vector_of: Mapping[str, NDArray[np.float32]],
    level: TopicLevel,
    vectors: Vectors,
) -> dict[tuple[int, str], float]:
    """Return, for each (topic, phrase), how near its vector is to the topic and not to siblings."""
    families: dict[int, list[int]] = defaultdict(list)
    for topic in level:
        families[level.parent_of[topic]].append(topic)
    nearness: dict[tuple[int, str], float] = {}
    for family in families.values():
        if not any(keys_of.get(topic) for topic in family):
            continue
        centroids = np.stack([vectors[level.members[topic]].mean(axis=0) for topic in family])
        centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-9)
        for column, topic in enumerate(family):
            keys = keys_of.get(topic)
            if not keys:
                continue
            cosines = np.stack([vector_of[key] for key in keys]) @ centroids.T
            others = np.delete(cosines, column, axis=1)
            margins = cosines[:, column] - (others.max(axis=1) if len(family) > 1 else 0.0)
            for key, own, margin in zip(keys, cosines[:, column], margins, strict=True):
                nearness[topic, key] = _MEANING * float(own + margin)
    return nearness


def _without_nested(keys: Sequence[str], table: PhraseTable, rows: Rows) -> list[str]:
    """Drop phrases that mostly occur inside a longer one of ``keys``, or extend a better one."""
    members = frozenset(rows.tolist())
    kept: list[str] = []
    for key in keys:
        inside = table.papers[key] & members
        is_nested = any(
            f" {key} " in f" {other} "
            and other != key
            and len(table.papers[other] & inside) >= _NESTED_SHARE * len(inside)
            for other in keys
        )
        extends_better = any(f" {better} " in f" {key} " for better in kept)
        if not is_nested and not extends_better:
            kept.append(key)
    return kept

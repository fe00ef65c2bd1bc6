"""Summaries of topics: sentences that the papers they cite bear out, kept from build to build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.arrays import Labels, Vectors, evenly_spaced
from explorer.topics.candidates import EmbedPhrases
from explorer.topics.communities import SummarySentence, Topic, TopicSummary, members_of
from explorer.topics.tracking import PreviousTopics, TopicMatch

_NULL_PAPERS = 1_000
"""Papers of other topics that a sentence is compared with, at most."""
_FEWEST_NULL_PAPERS = 20
"""Papers of other topics below which all papers are the null distribution."""
NULL_QUANTILE = 0.99
"""Share of other topics' papers that a cited paper must be nearer to the sentence than.

By chance, one of five cited papers is so near in at most 5 % of cases (docs/benchmarks.md).
"""


def with_checked_summaries(
    levels: Sequence[Sequence[Topic]],
    memberships: Sequence[Labels],
    ids: Sequence[str],
    vectors: Vectors,
    embed_phrases: EmbedPhrases,
    quantile: float = NULL_QUANTILE,
) -> list[tuple[Topic, ...]]:
    """Return the topics without what their papers do not bear out in their summaries.

    A citation goes where the paper is not nearer to the sentence than nearly all papers of other
    topics; a sentence goes with its last citation, a summary with its last sentence.

    Args:
        levels: topics from coarse to fine.
        memberships: topic of each paper on each level, each of shape (papers,).
        ids: id of each paper.
        vectors: unit vectors of the papers, shape (papers, dimension).
        embed_phrases: sentences to unit vectors in the papers' space.
        quantile: share of other topics' papers that a cited paper must be nearer than.
    """
    texts = dict.fromkeys(
        sentence.text
        for level in levels
        for topic in level
        if topic.summary
        for sentence in topic.summary.sentences
    )
    if not texts:
        return [tuple(level) for level in levels]
    vector_of = dict(zip(texts, embed_phrases(list(texts)), strict=True))
    row_of = {paper: row for row, paper in enumerate(ids)}
    checked: list[tuple[Topic, ...]] = []
    for level, labels in zip(levels, memberships, strict=True):
        topics: list[Topic] = []
        for number, topic in enumerate(level):
            if topic.summary is None:
                topics.append(topic)
                continue
            sentences: list[SummarySentence] = []
            for sentence in topic.summary.sentences:
                vector = vector_of[sentence.text]
                least = least_cosine(vector, vectors, labels, number, quantile)
                cited = tuple(p for p in sentence.papers if vectors[row_of[p]] @ vector > least)
                if cited:
                    sentences.append(replace(sentence, papers=cited))
            topics.append(_with_sentences(topic, topic.summary.model, sentences))
        checked.append(tuple(topics))
    return checked


def least_cosine(
    sentence: Vectors, vectors: Vectors, labels: Labels, topic: int, quantile: float
) -> float:
    """Return the cosine above which a paper is near to a sentence on a topic.

    It is a quantile of the sentence's cosines with papers of other topics (of all topics, where
    others have too few): the null distribution that the paper has nothing to do with it.

    Args:
        sentence: its unit vector, shape (dimension,).
        vectors: unit vectors of the papers, shape (papers, dimension).
        labels: number of each paper's topic on one level, shape (papers,).
        topic: number of the topic.
        quantile: between 0 and 1.
    """
    others = np.flatnonzero(labels != topic)
    if len(others) < _FEWEST_NULL_PAPERS:
        others = np.arange(len(labels))
    rows = others[evenly_spaced(len(others), _NULL_PAPERS)]
    return float(np.quantile(vectors[rows] @ sentence, quantile))


def with_previous_summaries(
    levels: Sequence[Sequence[Topic]],
    memberships: Sequence[Labels],
    ids: Sequence[str],
    before: PreviousTopics,
    matches: Sequence[TopicMatch],
) -> list[tuple[Topic, ...]]:
    """Return the topics with the summaries of the topics they continue.

    A sentence stays as long as all papers that it cites are in the topic. Where only edits changed,
    a topic with other papers than before has no summary.
    """
    kept: list[tuple[Topic, ...]] = []
    for level, labels, match in zip(levels, memberships, matches, strict=True):
        topics = list(level)
        has_summaries = any(old and old.summary for old in match.same)
        members = members_of(labels) if has_summaries else []
        for number, (old, overlap) in enumerate(zip(match.same, match.overlaps, strict=True)):
            if old is None or old.summary is None or (before.same_papers and overlap < 1.0):
                continue
            here = {ids[row] for row in members[number]}
            sentences = [s for s in old.summary.sentences if here.issuperset(s.papers)]
            topics[number] = _with_sentences(topics[number], old.summary.model, sentences)
        kept.append(tuple(topics))
    return kept


def _with_sentences(topic: Topic, model: str, sentences: Sequence[SummarySentence]) -> Topic:
    summary = TopicSummary(model, tuple(sentences)) if sentences else None
    return replace(topic, summary=summary)

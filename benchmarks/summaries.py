"""Which sentences a summary keeps: ``python -m benchmarks summaries [DIGEST_OR_FOLDER ...]``.

A language model's sentence stays if a paper that it cites is nearer to it, by cosine, than a share
of the papers of other topics (:mod:`explorer.topics.summaries`). Sentences of abstracts stand for
the model's, as it is known which paper they are about: true ones cite the representative paper
that they are from, false ones are from a random paper of another topic and cite all of the topic's
representative papers. Both are tried at several shares, with all topics of the library. The cosine
that a sentence has to reach, at the share in use, shows that no constant could stand for it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.builds.build import build
from explorer.embedders import open_embedder
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.topics.communities import SummarySentence, Topic, TopicSummary
from explorer.topics.summaries import NULL_QUANTILE, least_cosine, with_checked_summaries

_SHARES = (0.5, 0.9, 0.95, 0.99)
_MOST_SENTENCES = 4
"""Sentences of each abstract, after the first; the first is often a commonplace."""
_FALSE_SENTENCES = 20
_SEED = 0


def measure(arguments: list[str]) -> dict[str, object]:
    """Return the shares of true and false sentences that stay."""
    if arguments[:1] == ["--help"]:
        sys.exit(__doc__)
    digests = [Path(argument) for argument in arguments] or [Path("data/digests")]
    with tempfile.TemporaryDirectory() as scratch:
        library = LibraryStore(scratch)
        build(library, digests)
        return _measured(library.open())


def _measured(generation: Generation) -> dict[str, object]:
    embedder = open_embedder(generation.manifest.model)
    draw = np.random.default_rng(_SEED)
    ids = generation.records.ids
    vectors = generation.engine.vectors(np.arange(generation.size))
    sentences = {
        "true": [list(_true(generation, topic)) for topic in _topics(generation)],
        "false": [list(_false(generation, topic, draw)) for topic in _topics(generation)],
    }
    known = {s.text for kind in sentences.values() for of_topic in kind for s in of_topic}
    texts = sorted(known)
    vector_of = dict(zip(texts, embedder.embed(texts), strict=True))

    def share_kept(kind: str, quantile: float) -> float:
        given = iter(sentences[kind])
        levels = [
            [replace(topic, summary=TopicSummary("", tuple(next(given)))) for topic in level]
            for level in generation.levels
        ]
        checked = with_checked_summaries(
            levels,
            generation.memberships,
            ids,
            vectors,
            lambda wanted: np.stack([vector_of[text] for text in wanted]),
            quantile,
        )
        kept = [t.summary.sentences for level in checked for t in level if t.summary]
        return round(sum(map(len, kept)) / sum(map(len, sentences[kind])), 3)

    least = [
        least_cosine(vector_of[sentence.text], vectors, labels, number, NULL_QUANTILE)
        for level, labels in zip(generation.levels, generation.memberships, strict=True)
        for number, topic in enumerate(level)
        for sentence in _true(generation, topic)
    ]
    return {
        "papers": generation.size,
        "topics": len(sentences["true"]),
        "true sentences": sum(map(len, sentences["true"])),
        "false sentences": sum(map(len, sentences["false"])),
        "share of other topics' papers": {
            f"{share:.0%}": {
                "true sentences kept": share_kept("true", share),
                "false sentences kept": share_kept("false", share),
            }
            for share in _SHARES
        },
        "cosine to reach at 99%": {
            f"percentile {percentile}": round(float(np.percentile(least, percentile)), 2)
            for percentile in (5, 50, 95)
        },
    }


def _topics(generation: Generation) -> list[Topic]:
    return [topic for level in generation.levels for topic in level]


def _true(generation: Generation, topic: Topic) -> Iterator[SummarySentence]:
    """Yield sentences of representative papers, each citing its paper."""
    for paper in topic.representatives:
        row = generation.records.find(paper)
        assert row is not None
        for text in generation.records[row].sentences[1 : 1 + _MOST_SENTENCES]:
            yield SummarySentence(text, (paper,))


def _false(
    generation: Generation, topic: Topic, draw: np.random.Generator
) -> Iterator[SummarySentence]:
    """Yield sentences of papers of other topics, citing the representative papers of this one."""
    others = np.setdiff1d(np.arange(generation.size), generation.members(topic))
    for row in draw.choice(others, min(_FALSE_SENTENCES, len(others)), replace=False).tolist():
        for text in generation.records[row].sentences[1:2]:
            yield SummarySentence(text, topic.representatives)

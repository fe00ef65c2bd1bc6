"""Labels of several parts, for topics of which no single phrase is about half of the papers.

A phrase covers a paper if it is nearer to it, by the embedder, than to most papers of the library.
A topic whose label covers fewer than half of its papers is a mixed one or a broad one; it gets the
best further candidates that cover the rest: "Machine translation and parsing".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Vectors, evenly_spaced
from explorer.papers.language import ENGLISH, language_of
from explorer.topics.candidates import Candidate, TopicLevel
from explorer.topics.communities import LONGEST_NAME

COVERED = 0.5
"""Share of a topic's papers that its label covers, at least."""
_NEARER = 1.0
"""Standard deviations above the mean cosine to all papers, from which a phrase covers a paper."""
_SAMPLE = 2_000
"""Papers of the library that this mean is taken of, at most."""
MOST_PARTS = 3
_SEPARATOR = re.compile(r", | and ")


def parts_of(label: str) -> list[str]:
    """Return the phrases that a label is joined of; one for most."""
    return _SEPARATOR.split(label)


def joined_label(parts: Sequence[str]) -> str:
    """Return ``parts`` as one label."""
    if language_of(" ".join(parts)) != ENGLISH:
        return ", ".join(parts)
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


class Coverage:
    """Coverage of papers by phrases: a phrase covers the papers that its vector is near."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self._sample = np.asarray(vectors[evenly_spaced(len(vectors), _SAMPLE)])

    def of(self, phrases: Vectors, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Return whether each phrase covers each paper of ``rows``, shape (phrases, papers)."""
        usual = phrases @ self._sample.T
        least = usual.mean(axis=1) + _NEARER * usual.std(axis=1)
        return np.asarray(phrases @ np.asarray(self._vectors[rows]).T > least[:, None])


def further_parts(
    labels: Mapping[int, Candidate],
    candidates: Mapping[int, Sequence[Candidate]],
    level: TopicLevel,
    vectors: Vectors,
    used: Set[frozenset[str]],
) -> dict[int, list[Candidate]]:
    """Return the parts of the label of each topic, first those in ``labels``.

    A further part has no word of another, and is no other topic's label or part.
    """
    coverage = Coverage(vectors)
    taken = used | {label.words for label in labels.values()}
    parts = {topic: [label] for topic, label in labels.items()}
    for topic in sorted(labels, key=lambda topic: (-level.size(topic), topic)):
        own = parts[topic]
        rows = level.members[topic]
        covered = coverage.of(own[0].vector[None], rows)[0]
        if covered.mean() >= COVERED or len(rows) < 2 * MOST_PARTS:
            continue
        others = [c for c in candidates[topic] if c is not own[0] and c.words not in taken]
        if not others:
            continue
        covers = coverage.of(np.stack([c.vector for c in others]), rows)
        while covered.mean() < COVERED and len(own) < MOST_PARTS:
            words = frozenset().union(*(part.words for part in own))
            shares = (covers | covered).mean(axis=1)
            shares[[bool(c.words & words) for c in others]] = 0.0
            enough = np.flatnonzero(shares >= COVERED)
            best = int(enough[0]) if len(enough) else int(shares.argmax())
            label = joined_label([part.label for part in (*own, others[best])])
            if shares[best] <= covered.mean() or len(label) > LONGEST_NAME:
                break
            own.append(others[best])
            covered |= covers[best]
        taken |= {part.words for part in own}
    return parts

"""Papers and vectors to measure with, made from a digest, so that anybody has the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from explorer.embedders import open_embedder
from explorer.papers.paper import Paper
from explorer.readers import digest_files, read_digests
from explorer.settings import ReadingLimits

DIGESTS = Path("data/digests")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_SENTENCES_A_PAPER = 7


def papers_of(digests: list[Path]) -> list[Paper]:
    """Return all papers with an abstract, in the order of the digests."""
    readings = [
        reading
        for name, path in digest_files(digests)
        for reading in read_digests(path, name, ReadingLimits())
    ]
    return [paper for reading in readings for paper in reading.papers if paper.abstract]


def shuffled_papers(papers: list[Paper], count: int, seed: int = 0) -> list[dict[str, str]]:
    """Return ``count`` papers whose sentences are drawn from those of ``papers``."""
    draw = np.random.default_rng(seed)
    sentences = [text for paper in papers for text in _SENTENCE.split(paper.abstract)]
    titles = [word for paper in papers for word in paper.title.split()]
    made = []
    for number in range(count):
        chosen = draw.choice(len(sentences), _SENTENCES_A_PAPER, replace=False)
        words = draw.choice(len(titles), 8)
        title = f"{' '.join(titles[i] for i in words)} {number}"
        made.append({"title": title, "abstract": " ".join(sentences[i] for i in chosen)})
    return made


def write_digest(papers: list[dict[str, str]], path: Path) -> Path:
    """Write papers as JSON Lines."""
    path.write_text("\n".join(map(json.dumps, papers)) + "\n", encoding="utf-8")
    return path


def write_vectors(count: int, path: Path, groups: int = 40, seed: int = 0) -> Path:
    """Write unit vectors in clusters, as those of papers are, shape (count, the default's)."""
    draw = np.random.default_rng(seed)
    dimension = open_embedder().dimension
    centres = draw.normal(size=(groups, dimension))
    vectors = centres[draw.integers(groups, size=count)] + draw.normal(size=(count, dimension))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(path, vectors.astype(np.float32))
    return path

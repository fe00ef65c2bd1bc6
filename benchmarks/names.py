"""Names beside people's: ``python -m benchmarks names FOLDER [CORPUS.jsonl[.gz] VECTORS.npy ...]``.

``FOLDER`` has, for each set of labels, ``SET.json.gz``: topics with their ``level``, the ``titles``
of their papers, and labels that readers of these titles wrote, ``best`` and ``accept``; and
``SET_partition.json.gz``: for each level the topic of each title. Papers come by title from
``SET_papers.jsonl.gz`` or from a corpus with its vectors. Names are made for exactly these topics.

A name is right if its cosine to one of the readers' labels is at least 0.75 by the default model,
and exact if it has the same stems as one. Rules are developed on a random half of the labelled
topics of each set; the other half checks them.

Names that point are made from four fifths of the papers. A name is right for a paper of the last
fifth if it is nearest of all names on its level. The lists beside them are the words highest in
c-TF-IDF, as many as the name has.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.topics import content_order, pointing
from explorer.arrays import Labels, Vectors
from explorer.builds.stages import phrase_embedder
from explorer.embedders import open_embedder
from explorer.embedders.cache import VectorCache
from explorer.papers.paper import Paper
from explorer.topics.candidates import EmbedPhrases, words_of
from explorer.topics.communities import TopicName
from explorer.topics.kept_and_new_names import hierarchy_names

_RIGHT = 0.75
_SEED = 4
_VECTORS = Path(tempfile.gettempdir()) / "explorer-benchmarks"
"""Vectors of papers and phrases, kept from run to run."""


@dataclass(frozen=True, slots=True)
class LabelledTopic:
    """A topic with labels that people wrote."""

    level: int
    number: int
    """Its number in the partition of its level."""
    wanted: tuple[str, ...]
    """Labels that people wrote, the best first."""
    is_development: bool
    """Whether rules may be developed on it."""


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Papers with a partition, some topics of which people have labelled."""

    name: str
    papers: list[Paper]
    vectors: Vectors
    memberships: list[Labels]
    topics: list[LabelledTopic]


def measure(arguments: list[str]) -> dict[str, object]:
    """Return how many names are right and exact, by set, half and level, and how they point."""
    if not arguments:
        sys.exit(__doc__)
    folder, *given = map(Path, arguments)
    corpora = list(zip(given[::2], given[1::2], strict=True))
    if not list(folder.glob("*_partition.json.gz")):
        print(f"Skipped: no labelled topics in {folder}; they do not come with the project.")
        return {}
    embed = cached_embedder()
    tables: dict[str, object] = {}
    for labelled in labelled_sets(folder, corpora, embed):
        begin = time.perf_counter()
        names = hierarchy_names(
            labelled.papers, labelled.vectors, labelled.memberships, embed, None, []
        )
        seconds = round(time.perf_counter() - begin, 2)
        title = f"{labelled.name}, {len(labelled.papers):,} papers"
        tables[title] = _table(labelled, names, embed)
        tables[f"{title}, seconds for all names"] = seconds
        tables[f"{title}, held-out papers"] = pointing(
            labelled.papers, labelled.vectors, labelled.memberships, embed
        )
    return tables


def cached_embedder() -> EmbedPhrases:
    """Return the default model's function from texts to vectors, each text embedded once."""
    embedder = open_embedder()
    cache = VectorCache(_VECTORS, embedder.identity, embedder.dimension)
    return phrase_embedder(cache, embedder, lambda _done, _all: None)


def labelled_sets(
    folder: Path, corpora: Sequence[tuple[Path, Path]], embed: EmbedPhrases
) -> Iterator[LabelledSet]:
    """Yield each set of labelled topics in ``folder``."""
    for path in sorted(folder.glob("*_partition.json.gz")):
        name = path.name.removesuffix("_partition.json.gz")
        partition = _json(path)
        rows: dict[str, dict[str, Any]] = {}
        vector_of: dict[str, Any] = {}
        for corpus, vectors in corpora:
            listed = list(_rows(corpus))
            rows |= {row["title"]: row for row in listed}
            titles = [row["title"] for row in listed]
            vector_of |= dict(zip(titles, _units(vectors), strict=True))
        own = folder / f"{name}_papers.jsonl.gz"
        if own.exists():
            rows |= {row["title"]: row for row in _rows(own)}
        papers = [
            Paper(id=str(number), title=title, abstract=rows[title].get("abstract", ""))
            for number, title in enumerate(partition[0]["of"])
        ]
        order = content_order(papers)
        papers = [papers[i] for i in order]
        memberships = [
            np.array([level["of"][paper.title] for paper in papers], dtype=np.int32)
            for level in partition
        ]
        missing = [paper for paper in papers if paper.title not in vector_of]
        texts = [paper.text for paper in missing]
        vector_of |= dict(zip((paper.title for paper in missing), embed(texts), strict=True))
        vectors_of_papers = np.stack([vector_of[paper.title] for paper in papers])
        topics = _labelled_topics(_json(folder / f"{name}.json.gz"), papers, memberships)
        yield LabelledSet(name, papers, vectors_of_papers, memberships, topics)


def _labelled_topics(
    rows: list[dict[str, Any]], papers: Sequence[Paper], memberships: Sequence[Labels]
) -> list[LabelledTopic]:
    row_of = {paper.title: row for row, paper in enumerate(papers)}
    shuffled = np.random.default_rng(_SEED).permutation(len(rows))
    development = set(shuffled[: len(rows) // 2].tolist())
    return [
        LabelledTopic(
            row["level"],
            int(
                np.bincount(
                    [memberships[row["level"]][row_of[title]] for title in row["titles"]]
                ).argmax()
            ),
            (row["best"], *row["accept"]),
            number in development,
        )
        for number, row in enumerate(rows)
    ]


def scores(names: Sequence[str], wanted: Sequence[Sequence[str]], embed: EmbedPhrases) -> Any:
    """Return, for each name, its highest cosine to a wanted label and whether it is one of them."""
    flat = sorted({label for labels in wanted for label in labels} | set(names))
    vector_of = dict(zip(flat, embed(flat), strict=True))
    return [
        (
            max(float(vector_of[name] @ vector_of[label]) for label in labels),
            words_of(name) in {words_of(label) for label in labels},
        )
        for name, labels in zip(names, wanted, strict=True)
    ]


def _table(
    labelled: LabelledSet, names: Sequence[dict[int, TopicName]], embed: EmbedPhrases
) -> dict[str, dict[str, Any]]:
    labels = [names[topic.level][topic.number].label for topic in labelled.topics]
    found = scores(labels, [topic.wanted for topic in labelled.topics], embed)
    groups: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for topic, label, (cosine, is_exact) in zip(labelled.topics, labels, found, strict=True):
        mark = "ok " if cosine >= _RIGHT else "BAD"
        exact = "=" if is_exact else " "
        print(f"{topic.level} {mark}{exact}{cosine:.2f} {label} | {topic.wanted[0]}")
        half = "development half" if topic.is_development else "checking half"
        for group in ("all", half, f"level {topic.level + 1}"):
            groups[group].append((cosine, is_exact))
    return {
        group: {
            "topics": len(values),
            "right": round(float(np.mean([cosine >= _RIGHT for cosine, _ in values])), 3),
            "exact": round(float(np.mean([is_exact for _, is_exact in values])), 3),
            "mean cosine": round(float(np.mean([cosine for cosine, _ in values])), 3),
        }
        for group, values in sorted(groups.items())
    }


def _units(path: Path) -> Vectors:
    vectors = np.load(path).astype(np.float32)
    units: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


def _json(path: Path) -> Any:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)

"""What an update does: ``python -m benchmarks growth CORPUS.jsonl[.gz] VECTORS.npy LABEL ...``.

For each corpus of papers that people have labelled (``LABEL`` names the field below ``labels``;
three arguments a corpus), with all vectors in the cache: a library is built on nine tenths of the
papers; then a tenth is added, 2 % are edited and 2 % removed in one update; then the same papers
are built from nothing, and the updated library is compared with that. Another update adds 1 %.
At last the map is redrawn (``--redraw``). Shares of time are of the build from nothing.

Communities are sought from a random start, so topics of a build from nothing are one of many
outcomes: agreement with the labels is told of ten other starts on the same graph, too.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels
from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.builds.progress import Silence
from explorer.embedders import Embedder, open_embedder
from explorer.embedders.cache import VectorCache, embed_missing
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.model import Mode, Query
from explorer.search.search import search
from explorer.settings import Settings
from explorer.topics.communities import edges_of, partition

_MOST_PAPERS = 20_000
_QUERIES = 200
_NEIGHBOURS = 15
_ASKED = 4_000
_STARTS = 10
_SEED = 4

_Row = dict[str, Any]


def measure(arguments: list[str]) -> dict[str, object]:
    """Return what updates changed, how good their result is, and how long they took."""
    if not arguments or len(arguments) % 3:
        sys.exit(__doc__)
    found: dict[str, object] = {}
    for start in range(0, len(arguments), 3):
        corpus, vectors, label = arguments[start : start + 3]
        name = Path(corpus).name.partition(".")[0]
        rows, units = _load(Path(corpus), Path(vectors))
        with tempfile.TemporaryDirectory() as scratch:
            tables = _grown(rows, units, label, Path(scratch))
        found |= {f"{name}, {len(rows):,} papers: {part}": rows_ for part, rows_ in tables.items()}
    return found


def _load(corpus: Path, vectors: Path) -> tuple[list[_Row], NDArray[np.float32]]:
    with (gzip.open if corpus.suffix == ".gz" else open)(corpus, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    units = np.load(vectors).astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    chosen = np.sort(np.random.default_rng(_SEED).permutation(len(rows))[:_MOST_PAPERS])
    return [rows[i] for i in chosen], units[chosen]


def _grown(
    rows: list[_Row], units: NDArray[np.float32], label: str, scratch: Path
) -> dict[str, Any]:
    order = np.random.default_rng(_SEED).permutation(len(rows))
    tenth, fiftieth, hundredth = len(rows) // 10, len(rows) // 50, len(rows) // 100
    late, edited = set(order[:tenth].tolist()), set(order[tenth : tenth + fiftieth].tolist())
    gone = set(order[tenth + fiftieth : tenth + 2 * fiftieth].tolist())
    latest = set(order[:hundredth].tolist())
    everyone = range(len(rows))
    after = [_edited(rows[i]) if i in edited else rows[i] for i in everyone if i not in gone]
    embedder = open_embedder()
    vectors = scratch / "vectors"
    _fill(vectors, embedder, rows, units, after)
    names = ("grown", "fresh", "other", "warm")
    grown, fresh, other, warm = (LibraryStore(scratch / name) for name in names)
    for library in (grown, fresh, other, warm):
        library.folder.mkdir()
        library.vectors.symlink_to(vectors)
    build(grown, [_digest(scratch / "1", [rows[i] for i in everyone if i not in late])])
    before = grown.open()
    digest = _digest(scratch / "2", after)
    build(warm, [digest])  # from here on the vectors of phrases are in the cache, too
    update = build(grown, [digest], BuildOptions(prune=True))
    anew = build(fresh, [digest])
    build(other, [_digest(scratch / "3", [r for i, r in enumerate(rows) if i not in latest])])
    small = build(other, [_digest(scratch / "4", [rows[i] for i in sorted(latest)])])
    one, two = grown.open(), fresh.open()
    labels = {str(row["title"]): str(row["labels"][label]) for row in rows}
    redraw = build(grown, [digest], BuildOptions(prune=True, redraw=True))
    topics = _counted(update)
    return {
        "builds": {
            "from nothing": _facts(anew, anew),
            "update": _facts(update, anew),
            "update of 1 %": _facts(small, anew),
        },
        "what became of topics in the update": topics or "none was new, split, merged or gone",
        "papers that stayed": _survivors(before, one),
        "worth": {
            "built from nothing": _quality(two, two, embedder, labels),
            "updated": _quality(one, two, embedder, labels),
            "redrawn": _quality(grown.open(), two, embedder, labels)
            | {"moved, of the map's radius": redraw.drift.median if redraw.drift else 0.0},
        },
        "AMI of topics from other starts": _other_starts(two, labels),
    }


def _edited(row: _Row) -> _Row:
    return row | {"abstract": f"{row['abstract']} Code and data are released with the paper."}


def _digest(folder: Path, rows: Sequence[_Row]) -> Path:
    folder.mkdir()
    path = folder / "papers.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return path


def _fill(
    folder: Path,
    embedder: Embedder,
    rows: Sequence[_Row],
    units: NDArray[np.float32],
    after: Sequence[_Row],
) -> None:
    """Put the vectors of all papers, edited ones too, into the cache."""
    cache = VectorCache(folder, embedder.identity, embedder.dimension)
    cache.append([_paper(row).fingerprint for row in rows], units)
    texts = {paper.fingerprint: paper.text for paper in map(_paper, after)}
    embed_missing(cache, embedder, texts, Silence().advance)


def _paper(row: _Row) -> Paper:
    return Paper(title=row["title"], abstract=row["abstract"])


def _facts(run: BuildReport, anew: BuildReport) -> dict[str, Any]:
    return {
        "papers": run.papers,
        "added": run.added,
        "changed": run.changed,
        "removed": run.removed,
        **{f"{stage}, s": round(seconds, 2) for stage, seconds in run.seconds.items()},
        "share of time": round(run.seconds["total"] / anew.seconds["total"], 3),
    }


def _counted(run: BuildReport) -> dict[str, int]:
    kinds = [str(event.kind) for event in run.events]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def _survivors(before: Generation, after: Generation) -> dict[str, Any]:
    """Return what papers that were there before have kept."""
    rows = {paper: row for row, paper in enumerate(after.records.ids)}
    pairs = np.array([(i, rows[p]) for i, p in enumerate(before.records.ids) if p in rows])
    was, now = pairs[:, 0], pairs[:, 1]
    same_place = (before.positions[was] == after.positions[now]).all(axis=1)
    kept = {
        f"keep id and name of their topic, level {depth + 1} of {len(before.levels)}": round(
            float(
                np.mean(
                    [
                        (old[i].id, old[i].label) == (new[j].id, new[j].label)
                        for i, j in zip(
                            before.memberships[depth][was],
                            after.memberships[depth][now],
                            strict=True,
                        )
                    ]
                )
            ),
            4,
        )
        for depth, (old, new) in enumerate(zip(before.levels, after.levels, strict=True))
    }
    return {"papers": len(pairs), "at the same place": float(same_place.mean())} | kept


def _quality(
    generation: Generation, fresh: Generation, embedder: Embedder, labels: dict[str, str]
) -> dict[str, Any]:
    agreement = _agreement(generation, generation.memberships, labels)
    return {
        **{f"AMI, level {depth + 1}": round(value, 3) for depth, value in enumerate(agreement)},
        "trustworthiness of the map": _trustworthiness(generation),
        "hits in common with the build from nothing": _in_common(generation, fresh, embedder),
    }


def _agreement(
    generation: Generation, levels: Sequence[Labels], labels: dict[str, str]
) -> list[float]:
    """Return the AMI of each of ``levels`` with the labels of the papers."""
    from sklearn.metrics import adjusted_mutual_info_score

    given = [labels[title] for title in generation.records.titles]
    return [float(adjusted_mutual_info_score(given, level)) for level in levels]


def _other_starts(generation: Generation, labels: dict[str, str]) -> dict[str, Any]:
    settings = Settings().topics
    edges = edges_of(generation.graph, settings)
    found = [
        _agreement(
            generation, partition(edges, replace(settings, seed=settings.seed + start)), labels
        )
        for start in range(1, _STARTS + 1)
    ]
    depth = min(map(len, found))
    levels = np.array([run[:depth] for run in found])
    return {
        name: {f"level {at + 1}": round(float(value), 3) for at, value in enumerate(row)}
        for name, row in (
            ("on average", levels.mean(axis=0)),
            ("at least", levels.min(axis=0)),
            ("at most", levels.max(axis=0)),
        )
    }


def _trustworthiness(generation: Generation) -> float:
    from sklearn.manifold import trustworthiness

    some = np.sort(np.random.default_rng(_SEED).permutation(generation.size)[:_ASKED])
    vectors = generation.engine.vectors(some)
    score = trustworthiness(
        vectors, np.asarray(generation.positions)[some], n_neighbors=_NEIGHBOURS, metric="cosine"
    )
    return round(float(score), 4)


def _in_common(one: Generation, other: Generation, embedder: Embedder) -> float:
    """Return which share of ten hits two libraries have in common, over queries made of titles."""
    titles = one.records.titles[:: max(1, one.size // _QUERIES)][:_QUERIES]
    shares = []
    for title in titles:
        query = Query(text=" ".join(title.split()[:6]), mode=Mode.HYBRID)
        hits = [
            {hit.paper.title for hit in search(g, embedder, query, 10).hits} for g in (one, other)
        ]
        shares.append(len(hits[0] & hits[1]) / max(1, len(hits[1])))
    return round(float(np.mean(shares)), 4)

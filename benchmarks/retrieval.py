"""What faster encoding costs in search: ``python -m benchmarks retrieval BEIR_FOLDER ...``.

Ranks the whole corpus of each judged collection by the cosine of its vectors, with
sentence-transformers on PyTorch in single precision, this project's default, and the 8-bit
variant, and prints nDCG@10 of each and the differences to the first.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

import numpy as np

from explorer.embedders import DEFAULT_MODEL, open_embedder
from explorer.evaluation.beir import Collection, ndcg, read_collection

_WAYS = {
    "sentence-transformers, PyTorch fp32": f"pytorch:{DEFAULT_MODEL}",
    "default": DEFAULT_MODEL,
    "int8": f"int8:{DEFAULT_MODEL}",
}


def measure(arguments: list[str]) -> dict[str, object]:
    """Return nDCG@10 by collection and way, and the mean difference to the reference."""
    folders = [Path(argument) for argument in arguments]
    if not folders:
        sys.exit(__doc__)
    found: dict[str, dict[str, float]] = {}
    for folder in folders:
        collection = read_collection(folder)
        found[folder.name] = {way: _dense(collection, model) for way, model in _WAYS.items()}
        print(folder.name, found[folder.name], file=sys.stderr)
    baseline = next(iter(_WAYS))
    return {
        "ndcg@10": {
            name: {way: round(value, 4) for way, value in ways.items()}
            for name, ways in found.items()
        },
        "mean difference": {
            way: round(statistics.mean(f[way] - f[baseline] for f in found.values()), 4)
            for way in _WAYS
        },
    }


def _dense(collection: Collection, model: str) -> float:
    embedder = open_embedder(model)
    papers = embedder.embed([paper.text for paper in collection.papers])
    queries = embedder.embed_queries([query.text for query in collection.queries])
    ids = np.array([paper.id for paper in collection.papers])
    values = []
    for query, scores in zip(collection.queries, queries @ papers.T, strict=True):
        ranking = ids[np.argsort(-scores, kind="stable")]
        values.append(ndcg(ranking[ranking != query.own_paper].tolist(), query.grades))
    return statistics.mean(values)

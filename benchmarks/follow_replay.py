"""Followed searches replayed: ``python -m benchmarks follow_replay CORPUS.jsonl[.gz] VECTORS.npy``.

A library holds 15,000 papers of the months before one month of a corpus (JSON Lines with ``id``,
``title``, ``abstract`` and ``date``, and its vectors); searches for narrow subjects are followed,
and the papers of that month come in. Shown is what each search reports as new, with and without the
rule that a reported paper must be near or have all words of the query
(:data:`explorer.alerts.followed_search.ON_SUBJECT`), how many of these papers are on the subject,
and which share of those on the subject the rule withholds. One reader judged them by title and
abstract before the rule was chosen. Its threshold was chosen on one half of the searches; the other
half checks it.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.alerts.followed_search import LONGEST_NAME, MOST, find, followed
from explorer.embedders import Embedder, open_embedder
from explorer.evaluation.scratch_library import scratch_generation
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.search.model import Query
from explorer.search.search import search

_SEED = 9
_BEFORE = 15_000
_MONTH = "2026-04"
_DEVELOPMENT = (
    "KV cache compression",
    "sign language translation",
    "mechanism design for ad auctions",
    "hyperspectral unmixing",
    "hallucination detection in medical report generation",
    "how do language models represent syntax internally",
    "decoding of polar codes",
    "tabular data generation with language models",
)
_CHECKING = (
    "re-identification of individual wild animals",
    "speculative decoding",
    "crop disease recognition",
    "machine translation for African languages",
    "reconstruction of hair from images",
    "fair division of indivisible goods",
    "event cameras",
    "can neural networks forecast the weather better than physical models",
)


# Of the papers that are reported without the rule, those that are on the subject.
_ON_SUBJECT: dict[str, str] = {
    "KV cache compression": """\
2604.05887 2604.13556 2604.06746 2604.11288 2604.19769 2604.04722
""",
    "sign language translation": """\
2603.29219 2604.20357 2604.22367
""",
    "mechanism design for ad auctions": """\
2604.12799 2604.03103
""",
    "hyperspectral unmixing": """\
2604.16969 2604.11279 2604.01141 2604.09948
""",
    "hallucination detection in medical report generation": """\
2604.14829
""",
    "how do language models represent syntax internally": """\
2604.13950 2604.03673
""",
    "decoding of polar codes": """\
2604.17999 2604.17482 2604.25552 2604.21614
""",
    "tabular data generation with language models": "",
    "re-identification of individual wild animals": """\
2604.09690
""",
    "speculative decoding": """\
2604.14885 2604.07622 2604.12989 2604.14682 2604.10152 2604.16368 2604.13634
""",
    "crop disease recognition": """\
2604.11332 2604.13835 2604.07814
""",
    "machine translation for African languages": """\
2604.12540 2603.29244
""",
    "reconstruction of hair from images": """\
2604.03716 2604.02867 2604.05794 2604.06467 2604.14782
""",
    "fair division of indivisible goods": """\
2604.08345 2604.18216
""",
    "event cameras": "",
    "can neural networks forecast the weather better than physical models": """\
2604.07928
""",
}


def measure(arguments: list[str]) -> dict[str, object]:
    """Return what is reported with and without the rule, and what of it is on the subject."""
    if len(arguments) != 2:
        sys.exit(__doc__)
    corpus, vectors = map(Path, arguments)
    embedder = open_embedder()
    tables: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as scratch:
        generation = replayed(corpus, vectors, embedder, Path(scratch) / "generation")
        tables["papers"] = {
            "before": int((generation.added_at == 0).sum()),
            "coming": int((generation.added_at == 1).sum()),
        }
        pairs = []
        for half, searches in (
            ("development half", _DEVELOPMENT),
            ("checking half", _CHECKING),
        ):
            found = {text: _reported(generation, embedder, text) for text in searches}
            tables[half] = {text: _facts([pair]) for text, pair in found.items()} | {
                "all": _facts(list(found.values()))
            }
            pairs += list(found.values())
        tables["both halves"] = _facts(pairs)
    return tables


@dataclass(frozen=True, slots=True)
class Reported:
    """Ids of the new papers that a followed search reports, and of those on its subject."""

    without_rule: frozenset[str]
    with_rule: frozenset[str]
    on_subject: frozenset[str]


def _reported(generation: Generation, embedder: Embedder, text: str) -> Reported:
    query = Query(text)
    following = followed(generation, text[:LONGEST_NAME], query, since=0)
    ranked = search(generation, embedder, query, MOST).hits
    return Reported(
        frozenset(hit.paper.id for hit in ranked if generation.added_at[hit.row] == 1),
        frozenset(hit.paper.id for hit in find(generation, embedder, following).new),
        frozenset(_ON_SUBJECT[text].split()),
    )


def _facts(found: Sequence[Reported]) -> dict[str, float]:
    """Return counts and shares over some searches."""
    without = sum(len(one.without_rule) for one in found)
    reported = sum(len(one.with_rule) for one in found)
    right = sum(len(one.without_rule & one.on_subject) for one in found)
    kept = sum(len(one.with_rule & one.on_subject) for one in found)
    facts: dict[str, float] = {
        "reported without the rule": without,
        "of these on the subject": right,
        "reported": reported,
        "on the subject": kept,
    }
    if len(found) > 1:
        facts |= {
            "share on the subject without the rule": round(right / without, 3),
            "share on the subject": round(kept / reported, 3),
            "share of those on the subject that is withheld": round(1 - kept / right, 3),
        }
    return facts


def replayed(corpus: Path, vectors: Path, embedder: Embedder, folder: Path) -> Generation:
    """Return the library after the month, whose papers came at moment 1, the others at 0."""
    with (gzip.open if corpus.suffix == ".gz" else open)(corpus, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    before = [row for row, record in enumerate(records) if record["date"] < _MONTH]
    coming = [row for row, record in enumerate(records) if record["date"].startswith(_MONTH)]
    rows = sorted(random.Random(_SEED).sample(before, _BEFORE)) + coming
    units = np.load(vectors, mmap_mode="r")[rows].astype(np.float32)
    papers = [_paper(records[row]) for row in rows]
    return scratch_generation(
        papers,
        units / np.linalg.norm(units, axis=1, keepdims=True),
        embedder.identity,
        folder,
        embed_queries=embedder.embed_queries,
        added_at=[0] * _BEFORE + [1] * len(coming),
    )


def _paper(record: dict[str, Any]) -> Paper:
    return Paper(
        id=record["id"],
        title=record["title"],
        abstract=record["abstract"],
        authors=tuple(record["authors"]),
        date=record["date"],
    )

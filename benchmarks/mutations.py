"""Damaged digests: what readers make of thousands of mutations, and how many titles are none.

Each format's samples are cut, spliced with others, re-encoded and robbed of fields
(``tests/readers/fuzz_mutation.py``), with a seed that the tests do not use. Each input is read as a
build reads it, and by the readers alone, which must keep the promises of
``tests/readers/fuzz_property.py``. A title counts as wrong if it is markup, a field, an identifier
or an address, begins with the name of a field, or has over 300 characters.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from explorer.errors import DigestError
from explorer.papers.paper import Paper
from explorer.readers import reader_names
from explorer.readers.reading import read_digests
from explorer.readers.shared.titles import LONGEST_TITLE, is_labelled, why_no_title
from tests.readers.fuzz import cases
from tests.readers.fuzz_property import Violation, check_readers

_Row = dict[str, int]
_SEED = "benchmark"
_COUNTED = ("inputs", "refused", "papers", "rejected", "wrong titles", "broken promises")


def measure(arguments: list[str]) -> dict[str, Any]:
    """Return counts by format.

    Args:
        arguments: the number of inputs a format, 2,000 without it, and names of formats; all
            without one.
    """
    count = int(arguments[0]) if arguments else 2_000
    names = arguments[1:] or reader_names()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        done = processes.map(_tried, names, [count] * len(names))
        rows = dict(zip(names, _with_progress(done, names), strict=True))
    total = sum((Counter(row) for row in rows.values()), Counter[str]())
    share = 1_000 * total["wrong titles"] / max(total["papers"], 1)
    return {
        "inputs": total["inputs"],
        "papers": total["papers"],
        "wrong titles in 1,000": round(share, 2),
        "broken promises": total["broken promises"],
        "format": rows,
    }


def _with_progress(done: Iterable[_Row], names: Sequence[str]) -> Iterator[_Row]:
    begin = time.monotonic()
    for number, row in enumerate(done, 1):
        left = (time.monotonic() - begin) / number * (len(names) - number) / 60
        print(f"{number} of {len(names)}: {names[number - 1]} {row}; {left:.0f} min left")
        yield row


def _tried(name: str, count: int) -> _Row:
    counts = dict.fromkeys(_COUNTED, 0)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "digest"
        for content in cases(name, count, _SEED):
            counts["inputs"] += 1
            path.write_bytes(content)
            try:
                readings = read_digests(path)
            except DigestError:
                counts["refused"] += 1
                readings = []
            papers = [paper for reading in readings for paper in reading.papers]
            counts["papers"] += len(papers)
            counts["rejected"] += sum(reading.rejected for reading in readings)
            counts["wrong titles"] += sum(map(_is_wrong, papers))
            try:
                check_readers(name, content, Path(scratch))
            except Violation:
                counts["broken promises"] += 1
    return counts


def _is_wrong(paper: Paper) -> bool:
    title = paper.title
    return bool(why_no_title(title)) or is_labelled(title) or len(title) > LONGEST_TITLE

"""Papers from PDFs: fields that are right, and speed beside other libraries.

    python -m benchmarks pdfs FOLDER

``FOLDER`` holds PDFs and ``truth.tsv`` with their title, first and last words of the abstract, DOI
and arXiv id. Titles count when they are equal but for case, white space and dashes. Pages a
second and memory are those of reading the first six files with lines and places
(in a process of its own) or as plain text (pypdf and pdfminer.six, where they are installed).
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from explorer.errors import DigestError
from explorer.readers import read_digests, stream_digests_apart
from explorer.readers.pdf_pages import PDF_LIMITS

_READ = {
    "pypdfium2, as here": (
        "pypdfium2",
        "from contextlib import closing\n"
        "from explorer.readers.shared.pdf_document import OpenPdf\n"
        "with closing(OpenPdf(path, path)) as pdf:\n"
        "    for page in pdf.pages():\n"
        "        pages += 1; size += sum(len(line.text.encode()) for line in page.lines)\n",
    ),
    "pypdf": (
        "pypdf",
        "from pypdf import PdfReader\n"
        "for page in PdfReader(path).pages:\n"
        "    pages += 1; size += len(page.extract_text().encode())\n",
    ),
    "pdfminer.six": (
        "pdfminer",
        "from pdfminer.high_level import extract_pages\n"
        "from pdfminer.layout import LTTextContainer\n"
        "for page in extract_pages(path):\n"
        "    pages += 1; size += sum(len(part.get_text().encode(errors='replace')) for part in page"
        " if isinstance(part, LTTextContainer))\n",
    ),
}
"""For each library, how it reads all pages of the file ``path``."""


def measure(arguments: Sequence[str]) -> dict[str, Any]:
    """Return shares of fields that are right, and the speed of libraries."""
    if len(arguments) != 1:
        sys.exit(__doc__)
    folder = Path(arguments[0])
    with (folder / "truth.tsv").open(encoding="utf-8") as file:
        truth = list(csv.DictReader(file, delimiter="\t"))
    right: Counter[str] = Counter()
    readable: list[Path] = []
    slowest = 0.0
    unread: dict[str, str] = {}
    for row in truth:
        path = folder / row["file"]
        begin = time.perf_counter()
        try:
            (reading,) = read_digests(path, limits=PDF_LIMITS, streams=stream_digests_apart)
        except DigestError as error:
            unread[path.stem] = error.what
            continue
        finally:
            slowest = max(slowest, time.perf_counter() - begin)
        readable.append(path)
        paper = reading.papers[0]
        right["titles"] += _same(paper.title, row["title"])
        has_abstract = row["abstract_first_words"] not in ("", "no", "multiple")
        right["with an abstract"] += has_abstract
        right["abstracts, first and last words"] += (
            has_abstract
            and _plain(paper.abstract).startswith(_plain(row["abstract_first_words"]))
            and _plain(paper.abstract).endswith(_plain(row["abstract_last_words"]))
        )
        right["abstracts where there is none"] += row["abstract_first_words"] == "no" and bool(
            paper.abstract
        )
        right["several abstracts on a page"] += (
            row["abstract_first_words"] == "multiple" and len(reading.papers) > 1
        )
        for name, key in (("doi", "doi"), ("arxiv", "arxiv_id")):
            value = str(getattr(paper, name))
            right[f"{name}, right"] += bool(row[key]) and value == row[key].lower()
            right[f"{name}, false"] += bool(value) and value != row[key].lower()
            right[f"{name}, missing"] += bool(row[key]) and not value
        right["years"] += bool(row["year"]) and paper.date[:4] == row["year"]
    return {
        "files": len(truth),
        "read": len(readable),
        **right,
        "slowest file, s": round(slowest, 1),
        "not read": unread,
        "all pages of six files": {
            name: _speed(program, readable[:6])
            for name, (module, program) in _READ.items()
            if find_spec(module)
        },
    }


def _speed(program: str, paths: Sequence[Path]) -> dict[str, float]:
    """Return pages a second, bytes of text a page, and peak memory of one process for all."""
    body = "\n".join(f"        {line}" for line in program.splitlines())
    script = (
        "import resource, sys, time\nfrom pathlib import Path\npages = size = failed = 0\n"
        "begin = time.process_time()\nfor path in map(Path, sys.argv[1:]):\n    try:\n"
        f"{body}\n    except Exception:\n        failed += 1\n"
        "seconds = time.process_time() - begin\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "print(pages / seconds, size / max(1, pages), peak, failed)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script, *map(str, paths)], capture_output=True, text=True, check=True
    )
    rate, size, peak, failed = map(float, shown.stdout.split())
    return {
        "pages a second of processor time": round(rate, 1),
        "bytes of text a page": round(size),
        "peak memory, MB": round(peak),
        "files that failed": round(failed),
    }


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[‐-―]", "-", text)).strip()


def _same(one: str, other: str) -> bool:
    return _plain(one).casefold() == _plain(other).casefold()

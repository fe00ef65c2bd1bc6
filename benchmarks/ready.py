"""All that a build loads and compiles, for the server that :mod:`benchmarks.runs` forks from.

Importing UMAP and compiling its loops takes longer than a small build. Whoever kills builds at
random moments wants those moments to lie in the work.
"""

from __future__ import annotations

import io
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from benchmarks.material import DIGESTS, papers_of, shuffled_papers, write_digest
from explorer.cli import main

_ROOT = Path(__file__).resolve().parent.parent

with (
    tempfile.TemporaryDirectory() as _scratch,
    redirect_stdout(io.StringIO()),
    redirect_stderr(io.StringIO()),
):
    _papers = shuffled_papers(papers_of([_ROOT / DIGESTS]), 34)
    _first = str(write_digest(_papers[:30], Path(_scratch) / "first.jsonl"))
    _more = str(write_digest(_papers, Path(_scratch) / "more.jsonl"))
    for _words in (
        ["build", "--model", "hashing", _first],
        ["build", _more],
        ["build", "--redraw", _more],
        ["rename", "t1", "A name of ours"],
        ["search", "a word"],
        ["topics"],
        ["doctor"],
    ):
        main([_words[0], "--library", f"{_scratch}/library", *_words[1:]])

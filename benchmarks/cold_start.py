"""From starting the server to the first hits: ``python -m benchmarks cold_start``.

On a library of 5,000 papers, in a fresh browser, the address of a query is opened and the first
hits by meaning and words are waited for. Three servers take turns: one that shows an empty page
(Streamlit's own share), this page, and the same page whose model runs on PyTorch. Beside them
stands ``explorer search`` with a query of the same kind in a process of its own, from start to end.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.material import DIGESTS, papers_of, shuffled_papers, write_digest, write_vectors
from explorer.builds.build import BuildOptions, build
from explorer.embedders import DEFAULT_MODEL
from explorer.library.store import LibraryStore
from tests.helpers.browser import HINT, find_browser, open_browser
from tests.helpers.serving import serve_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PAPERS = 5_000
_ROUNDS = 3
_QUERY = "?q=efficient+serving+of+language+models"
_WAYS = ("an empty page", "this page", "this page on PyTorch")
_HITS_BY_MEANING = """() => document.querySelector(".st-key-hit-1")
    && !document.body.innerText.includes("the model is still loading")"""
_COMMAND = [sys.executable, "-m", "explorer.cli", "search", "efficient serving", "--json"]


def measure(_: list[str]) -> dict[str, object]:
    """Return seconds of each way, and what of ours comes on top of Streamlit's."""
    if not find_browser():
        sys.exit(HINT)
    seconds: dict[str, list[float]] = {way: [] for way in (*_WAYS, "explorer search")}
    with tempfile.TemporaryDirectory() as scratch, open_browser() as browser:
        folder = Path(scratch)
        digest = write_digest(shuffled_papers(papers_of([DIGESTS]), _PAPERS), folder / "d.jsonl")
        vectors = write_vectors(_PAPERS, folder / "vectors.npy")
        libraries = {}
        for way, model in ((_WAYS[1], DEFAULT_MODEL), (_WAYS[2], f"pytorch:{DEFAULT_MODEL}")):
            libraries[way] = LibraryStore(folder / model.replace("/", "-").replace(":", "-"))
            build(libraries[way], [digest], BuildOptions(model=model, given_vectors=vectors))
        empty = folder / "empty_page.py"
        empty.write_text('import streamlit\n\nstreamlit.text("an empty page")\n', encoding="utf-8")
        for _round in range(_ROUNDS + 1):  # the first warms the file cache and is left out
            seconds[_WAYS[0]].append(_empty(browser, folder, empty))
            for way, library in libraries.items():
                seconds[way].append(_first_hits(browser, library.folder))
            seconds["explorer search"].append(_on_the_command_line(libraries[_WAYS[1]].folder))
    medians = {way: statistics.median(spent[1:]) for way, spent in seconds.items()}
    return {
        "papers": _PAPERS,
        "seconds": {way: round(spent, 2) for way, spent in medians.items()},
        "seconds beyond an empty page": round(medians[_WAYS[1]] - medians[_WAYS[0]], 2),
        "share of the same page on PyTorch": round(medians[_WAYS[1]] / medians[_WAYS[2]], 2),
    }


def _empty(browser: Browser, folder: Path, script: Path) -> float:
    begin = time.perf_counter()
    with serve_page(folder, str(script)) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("text=an empty page")
        spent = time.perf_counter() - begin
        context.close()
    return spent


def _first_hits(browser: Browser, library: Path) -> float:
    begin = time.perf_counter()
    with serve_page(library) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address + _QUERY)
        page.wait_for_function(_HITS_BY_MEANING, timeout=120_000)
        spent = time.perf_counter() - begin
        context.close()
    return spent


def _on_the_command_line(library: Path) -> float:
    begin = time.perf_counter()
    subprocess.run([*_COMMAND, "--library", str(library)], capture_output=True, check=True)
    return time.perf_counter() - begin

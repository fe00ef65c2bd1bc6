"""What all tests share: forty papers on four subjects, digests of them, two libraries.

The papers are short and their subjects far apart, so that even the hashing embedder, which
knows no meaning, tells them from each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from explorer.builds.build import BuildOptions, build
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.papers.table import PaperTable
from tests.helpers.browser import HINT, find_browser, open_browser
from tests.helpers.corpus import (
    ROOT,
    Growing,
    WriteDigest,
    papers,
    scraped_page,
    two_digests,
)
from tests.helpers.milvus_servers import CannotStart, Lite, Standalone, started
from tests.helpers.shared_builds import build_once

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SLOW_FIXTURES = frozenset(("seed_library", "milvus_lite", "milvus_standalone"))
"""They build with the real model or start a server."""

AGAIN = pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError", "Locator expected"])
"""For tests that wait for a browser: on a busy machine, one that waited in vain proves nothing.

It runs once more, which the summary lists; what is seen and wrong fails at once.
"""

settings.register_profile("quick", max_examples=15, deadline=None)


def fixtures_of(item: pytest.Item) -> set[str]:
    """Return the fixtures that a test uses, those that its parameters name included."""
    call = getattr(item, "callspec", None)
    named = [value for value in call.params.values() if isinstance(value, str)] if call else []
    return {*getattr(item, "fixturenames", ()), *named}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their fixtures, skip those without a browser, put long modules first."""
    no_browser = pytest.mark.skip(reason=HINT)
    browser = find_browser() if any(item.get_closest_marker("browser") for item in items) else ""
    for item in items:
        if SLOW_FIXTURES & fixtures_of(item):
            item.add_marker("slow")
        if item.get_closest_marker("browser"):
            item.add_marker(AGAIN if browser else no_browser)
    marks = [{mark.name for mark in item.iter_markers()} for item in items]
    opening = {item.path for item, names in zip(items, marks, strict=True) if "browser" in names}
    slow = {item.path for item, names in zip(items, marks, strict=True) if "slow" in names}
    items.sort(key=lambda item: (item.path not in opening, item.path not in slow))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds ``pyproject.toml``."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> list[Paper]:
    """Forty papers: ten each on liver scans, video diffusion, LLM serving and molecules."""
    return papers()


@pytest.fixture(scope="session")
def write_digest() -> WriteDigest:
    """Write papers to a file as a scraped page, and return the file."""

    def write(path: Path, papers: Sequence[Paper]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(scraped_page(papers), encoding="utf-8")
        return path

    return write


@pytest.fixture
def digest_folder(tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest) -> Path:
    """A folder with two digests, of 2023 and of 2024, that hold the corpus between them."""
    return two_digests(tmp_path / "digests", corpus, write_digest)


@pytest.fixture(scope="session")
def hashing_library(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> LibraryStore:
    """A library of the corpus with the hashing embedder; read it, do not write to it."""

    def make(folder: Path) -> None:
        digests = two_digests(folder / "digests", corpus, write_digest)
        build(LibraryStore(folder / "library"), [digests], BuildOptions(model="hashing"))

    return LibraryStore(build_once("hashing", make, tmp_path_factory) / "library")


@pytest.fixture
def growing(tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest) -> Growing:
    """A library of three quarters of the corpus, from a digest of 2023."""
    folder, digests = tmp_path / "library", tmp_path / "digests"
    write_digest(digests / "2023-05-02.txt", corpus[:30])
    build(LibraryStore(folder), [digests], BuildOptions(model="hashing"))

    def grow() -> None:
        write_digest(digests / "2024-03-11.txt", corpus[30:])
        build(LibraryStore(folder), [digests], BuildOptions(model="hashing"))

    return Growing(folder, digests, grow)


@pytest.fixture(scope="session")
def seed_library(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> LibraryStore:
    """A library of ``data/digests`` with the default model; read it, do not write to it."""

    def make(folder: Path) -> None:
        build(LibraryStore(folder / "library"), [repository / "data" / "digests"])

    return LibraryStore(build_once("seed", make, tmp_path_factory) / "library")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def milvus_lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lite]:
    """A small Milvus server: no password, no TLS."""
    try:
        with started(Lite(tmp_path_factory.mktemp("milvus-lite")), "milvus_lite") as server:
            yield server
    except CannotStart as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def milvus_standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    """The real Milvus server, with password and TLS; what is needed to get in is in place."""
    try:
        with (
            started(Standalone(tmp_path_factory.mktemp("milvus")), "milvus") as server,
            pytest.MonkeyPatch.context() as environment,
        ):
            environment.setenv("EXPLORER_MILVUS_CA", str(server.certificate))
            environment.setenv("EXPLORER_MILVUS_TOKEN", server.new_password())
            yield server
    except CannotStart as reason:
        pytest.skip(str(reason))


@pytest.fixture
def rows_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of the papers that are read, one by one, while a test runs."""
    read: list[int] = []
    get = PaperTable.__getitem__

    def counted(self: PaperTable, row: int) -> Paper:
        read.append(row)
        return get(self, row)

    monkeypatch.setattr(PaperTable, "__getitem__", counted)
    return read

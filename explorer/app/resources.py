"""What all visitors share: the opened library and the model, loaded in the background."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st

from explorer.builds.apply_edits import EditOutcome, all_edits
from explorer.embedders import Embedder, open_embedder
from explorer.errors import ExplorerError
from explorer.insights.trends import Trends, trends
from explorer.library.generation import Generation
from explorer.library.store import DEFAULT_FOLDER, LibraryStore
from explorer.papers.dates import latest
from explorer.topics import edits
from explorer.topics.edits import TopicEdit

_ASKED = 50
"""Papers of a digest that are asked for its date, where no manifest tells it."""


def library_folder() -> Path:
    """Return the folder named on the command line, in the environment, or by default."""
    return _named("library") or DEFAULT_FOLDER


def digests_folder() -> Path:
    """Return the folder that uploads are kept in: as named, or else the library's neighbour."""
    return _named("digests") or library_folder().parent / "digests"


def is_switched_on(variable: str) -> bool:
    """Whether a variable of the environment says yes."""
    return os.environ.get(variable, "").strip().lower() not in ("", "0", "no", "false")


def why_read_only() -> str:
    """Return why the library cannot be changed from the page; empty where it can."""
    if is_switched_on("EXPLORER_READ_ONLY"):
        return "This page only shows the library; nothing can be changed from here."
    if st.user.to_dict().get("is_logged_in") is False:
        return "Guests only look at the library; sign in to change it."
    folder = library_folder()
    for part in (folder, folder / "generations"):
        if not os.access(_nearest(part), os.W_OK | os.X_OK):
            return f"{part}: the folder cannot be written, so this page only shows the library."
    return ""


def _named(what: str) -> Path | None:
    """Return the folder of ``what`` named on the command line or in the environment."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument(f"--{what}", type=Path, dest="folder")
    folder: Path | None = parser.parse_known_args(sys.argv[1:])[0].folder
    set_there = os.environ.get(f"EXPLORER_{what.upper()}", "")
    return folder or (Path(set_there) if set_there else None)


def _nearest(path: Path) -> Path:
    """Return ``path``, or the nearest folder above that exists."""
    return path if path.exists() or path == path.parent else _nearest(path.parent)


def current_generation() -> Generation:
    """Return the live generation, opened once for all visitors.

    Raises:
        LibraryMissing, LibraryDamaged: see :meth:`explorer.library.store.LibraryStore.open`.
    """
    library = LibraryStore(library_folder())
    folder, live = str(library.folder.resolve()), library.live
    found = _opened(folder, live)
    if found.folder.name != live:  # published since: under this name it would come back later
        _opened.clear(folder, live)
    return found


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(folder: str, live: str) -> Generation:  # noqa: ARG001  a new name, a new entry
    return LibraryStore(folder).open()


@lru_cache(maxsize=2)
def trends_of(generation: Generation) -> Trends:
    """Return how topics spread over time, computed once for all visitors."""
    return trends(generation)


@dataclass(frozen=True, slots=True)
class DigestInfo:
    """A digest that the library holds papers of."""

    name: str
    format: str
    """Empty where no generation on disk tells it any more."""
    papers: int
    date: str
    """EDTF; empty if unknown."""


@lru_cache(maxsize=2)
def digests_held(generation: Generation) -> tuple[DigestInfo, ...]:
    """Return the digests that ``generation`` holds papers of, newest first."""
    told = {
        digest["digest"]: digest
        for _, manifest in LibraryStore(library_folder()).history()
        if manifest is not None and manifest.number <= generation.manifest.number
        for digest in manifest.digests
    }
    held = []
    for name, rows in generation.records.digests.items():
        known = told.get(name, {})
        date = known.get("date") or _date_in(generation, name, rows[:_ASKED].tolist())
        held.append(DigestInfo(name, known.get("format", ""), len(rows), date))
    return tuple(sorted(held, key=lambda digest: digest.date, reverse=True))


def _date_in(generation: Generation, digest: str, rows: Sequence[int]) -> str:
    sources = (source for row in rows for source in generation.records[row].sources)
    return latest(source.date for source in sources if source.digest == digest)


def said_of(generation: Generation) -> tuple[EditOutcome, ...]:
    """Return all that was said of the topics of ``generation``, the live one.

    Raises:
        LibraryDamaged, LibraryError: see :func:`explorer.topics.edits.read`.
    """
    return _said(generation, edits.read(library_folder()))


@lru_cache(maxsize=2)
def _said(generation: Generation, statements: tuple[TopicEdit, ...]) -> tuple[EditOutcome, ...]:  # noqa: ARG001  what was said anew is a new entry
    known = generation.topics
    said = all_edits(LibraryStore(library_folder()))
    # Another generation may have been published meanwhile.
    return tuple(one for one in said if one.topic is None or one.topic.id in known)


class Model:
    """An embedder that loads in the background, so that nobody waits for it to see the page."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ready = threading.Event()
        self.embedder: Embedder | None = None
        self.problem = ""
        threading.Thread(target=self._load, daemon=True, name="model").start()

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    def wait(self, seconds: float) -> None:
        """Wait until the model is ready, or cannot be had, but no longer than that."""
        self._ready.wait(seconds)

    def _load(self) -> None:
        try:
            embedder = open_embedder(self._name)
            embedder.embed_queries(["warm up"])
            self.embedder = embedder
        except ExplorerError as error:
            self.problem = str(error)
        except Exception as error:
            self.problem = f"The model cannot be loaded ({type(error).__name__}: {error})."
        finally:
            self._ready.set()


@st.cache_resource(max_entries=2, show_spinner=False)
def model(name: str) -> Model:
    """Return the model of that name, starting to load it with the first call."""
    return Model(name)

"""Resources shared by all visitors: the opened library, its trends and digests, and the model."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from explorer.app import texts
from explorer.builds.apply_edits import EditOutcome, all_edits
from explorer.embedders import Embedder, open_embedder
from explorer.errors import ExplorerError
from explorer.insights.trends import Trends, trends
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.library.store import DEFAULT_FOLDER, LibraryStore
from explorer.papers.dates import latest
from explorer.topics import edits
from explorer.topics.edits import TopicEdit

_DATED_SAMPLE = 50
"""Papers of a digest whose sources are searched for its date, if no manifest has it."""


def library_folder() -> Path:
    """Return the folder named on the command line, in the environment, or by default."""
    return _configured_folder("library") or DEFAULT_FOLDER


def digests_folder() -> Path:
    """Return the folder of uploads: as configured, or else beside the library."""
    return _configured_folder("digests") or library_folder().parent / "digests"


def is_switched_on(variable: str) -> bool:
    """Whether a variable of the environment is set to yes."""
    return os.environ.get(variable, "").strip().lower() not in ("", "0", "no", "false")


def read_only_reason() -> str:
    """Return why the library cannot be changed from the page; empty if it can."""
    if is_switched_on("EXPLORER_READ_ONLY"):
        return texts.READ_ONLY
    if st.user.to_dict().get("is_logged_in") is False:
        return texts.GUESTS_READ_ONLY
    library = library_folder()
    for folder in (library, library / "generations"):
        if not os.access(_nearest_existing(folder), os.W_OK | os.X_OK):
            return texts.folder_read_only(folder)
    return ""


def _configured_folder(name: str) -> Path | None:
    """Return the folder given as the option ``--name``, or in the variable named after it."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument(f"--{name}", type=Path, dest="folder")
    folder: Path | None = parser.parse_known_args(sys.argv[1:])[0].folder
    variable = os.environ.get(f"EXPLORER_{name.upper()}", "")
    return folder or (Path(variable) if variable else None)


def _nearest_existing(path: Path) -> Path:
    """Return ``path``, or the nearest folder above it that exists."""
    return path if path.exists() or path == path.parent else _nearest_existing(path.parent)


def current_generation() -> Generation:
    """Return the live generation, opened once for all visitors.

    Raises:
        LibraryMissing, LibraryDamaged: see :meth:`explorer.library.store.LibraryStore.open`.
    """
    library = LibraryStore(library_folder())
    folder, live = str(library.folder.resolve()), library.live
    generation = _open_generation(folder, live)
    # Another one was published in between; do not keep it under this name.
    if generation.folder.name != live:
        _open_generation.clear(folder, live)
    return generation


@st.cache_resource(max_entries=2, show_spinner=False)
def _open_generation(folder: str, live: str) -> Generation:  # noqa: ARG001  part of the key
    return LibraryStore(folder).open()


@cached_by_owner(1)
def trends_of(generation: Generation) -> Trends:
    """Return the trends of a library's topics, computed once for all visitors."""
    return trends(generation)


@dataclass(frozen=True, slots=True)
class DigestInfo:
    """A digest with papers in the library."""

    name: str
    format: str
    """Empty if no generation on disk records it any more."""
    papers: int
    date: str
    """EDTF; empty if unknown."""


@cached_by_owner(1)
def digests_of(generation: Generation) -> tuple[DigestInfo, ...]:
    """Return the digests with papers in ``generation``, newest first."""
    recorded = {
        digest["digest"]: digest
        for _, manifest in LibraryStore(library_folder()).history()
        if manifest is not None and manifest.number <= generation.manifest.number
        for digest in manifest.digests
    }
    digests = []
    for name, rows in generation.records.digests.items():
        known = recorded.get(name, {})
        date = known.get("date") or _date_of(generation, name, rows[:_DATED_SAMPLE].tolist())
        digests.append(DigestInfo(name, known.get("format", ""), len(rows), date))
    return tuple(sorted(digests, key=lambda digest: digest.date, reverse=True))


def _date_of(generation: Generation, digest: str, rows: Sequence[int]) -> str:
    """Return the latest date of a digest's entries in these rows."""
    sources = (source for row in rows for source in generation.records[row].sources)
    return latest(source.date for source in sources if source.digest == digest)


def edit_outcomes(generation: Generation) -> tuple[EditOutcome, ...]:
    """Return all topic edits and the topics of ``generation``, the live one, they apply to.

    Raises:
        LibraryDamaged, LibraryError: see :func:`explorer.topics.edits.read`.
    """
    return _edit_outcomes(generation, edits.read(library_folder()))


@cached_by_owner(1)
def _edit_outcomes(
    generation: Generation,
    recorded: tuple[TopicEdit, ...],  # noqa: ARG001  part of the key
) -> tuple[EditOutcome, ...]:
    outcomes = all_edits(LibraryStore(library_folder()))
    # Another generation may have been published in between.
    return tuple(one for one in outcomes if one.topic is None or one.topic.id in generation.topics)


class Model:
    """An embedder that loads in the background, so that the page is shown at once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ready = threading.Event()
        self.embedder: Embedder | None = None
        self.problem = ""
        threading.Thread(target=self._load, daemon=True, name="model").start()

    @property
    def is_ready(self) -> bool:
        """Whether loading has ended, with an embedder or a problem."""
        return self._ready.is_set()

    def wait(self, seconds: float) -> None:
        """Wait until loading has ended, but no longer than ``seconds``."""
        self._ready.wait(seconds)

    def _load(self) -> None:
        try:
            embedder = open_embedder(self._name)
            embedder.embed_queries(["warm up"])
            self.embedder = embedder
        except ExplorerError as error:
            self.problem = str(error)
        except Exception as error:
            self.problem = texts.model_failed(f"{type(error).__name__}: {error}")
        finally:
            self._ready.set()


@st.cache_resource(max_entries=2, show_spinner=False)
def model(name: str) -> Model:
    """Return the model of this name; the first call starts to load it."""
    return Model(name)

"""What all visitors share: the opened library and the model, loaded in the background."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from functools import lru_cache
from pathlib import Path

import streamlit as st

from explorer import curation
from explorer.curation import Statement
from explorer.embedders import Embedder, open_embedder
from explorer.errors import ExplorerError
from explorer.generation import Generation
from explorer.library import DEFAULT_FOLDER, Library
from explorer.retopic import Said, everything_said
from explorer.trends import Trends, trends


def library_folder() -> Path:
    """Return the folder named on the command line, in the environment, or by default."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--library", type=Path)
    named: Path | None = parser.parse_known_args(sys.argv[1:])[0].library
    return named or Path(os.environ.get("EXPLORER_LIBRARY", DEFAULT_FOLDER))


def current_generation() -> Generation:
    """Return the live generation, opened once for all visitors.

    Raises:
        LibraryMissing, LibraryDamaged: see :meth:`explorer.library.Library.open`.
    """
    library = Library(library_folder())
    return _opened(str(library.folder.resolve()), library.live)


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(folder: str, live: str) -> Generation:  # noqa: ARG001  a new name, a new entry
    return Library(folder).open()


@lru_cache(maxsize=2)
def trends_of(generation: Generation) -> Trends:
    """Return how topics spread over time, computed once for all visitors."""
    return trends(generation)


def said_of(generation: Generation) -> tuple[Said, ...]:
    """Return all that was said of the topics of ``generation``, the live one.

    Raises:
        LibraryDamaged, LibraryError: see :func:`explorer.curation.read`.
    """
    return _said(generation, curation.read(library_folder()))


@lru_cache(maxsize=2)
def _said(generation: Generation, statements: tuple[Statement, ...]) -> tuple[Said, ...]:  # noqa: ARG001  what was said anew is a new entry
    known = generation.topics
    said = everything_said(Library(library_folder()))
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

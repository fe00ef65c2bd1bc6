"""Errors that the explorer raises on purpose, with the file, the cause and the next step.

::

    ExplorerError
    ├── UnusableInput         an input of the user cannot be used
    │   ├── DigestError       a digest file cannot be read at all
    │   ├── UnknownPaper      no paper goes by this id
    │   └── UnknownTopic      no topic goes by this id or name
    ├── LibraryError          the library's folder cannot be used as it is
    │   ├── LibraryMissing    there is no published generation yet
    │   ├── LibraryBusy       another build holds the lock
    │   ├── LibraryNewer      a later version of the explorer wrote it
    │   └── LibraryDamaged    a stored file is torn, altered or from too old a version
    ├── EmbedderError         a model cannot be loaded or does not fit the library
    ├── EngineError           a vector index on a server cannot be reached
    │   └── EngineLost        the server answers, but has lost the index
    └── ClusterError          the machines for the work cannot be reached
"""

from __future__ import annotations

import re
from pathlib import Path


def installing(extra: str) -> str:
    """Return the advice to install an optional part."""
    return f"run `pip install --editable '.[{extra}]'` in the project's folder"


_SURROGATES = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    """Return ``text`` without lone surrogates, which names of files hold that are not UTF-8.

    They can be neither printed nor stored.
    """
    return _SURROGATES.sub("\ufffd", text)


class ExplorerError(Exception):
    """Root of the errors; ``str()`` of one is a message to show as it is.

    Args:
        what: what is wrong, as one sentence or more; it begins in lower case after a path.
        path: the file or folder it is about, or the name of one, where there is one.
        line: the line in that file, counted from 1; 0 where the whole file is meant.
        advice: the next step, as one sentence or more.
    """

    def __init__(
        self, what: str, *, path: Path | str = "", line: int = 0, advice: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.path = path
        self.line = line
        self.advice = advice

    @property
    def sentence(self) -> str:
        """``what``, capitalized, for where the path is shown apart and the advice is another."""
        return self.what[:1].upper() + self.what[1:]

    @property
    def without_path(self) -> str:
        """``what`` and ``advice``, for where the path is shown apart."""
        return printable(f"{self.what} {self.advice}" if self.advice else self.what)

    def __str__(self) -> str:
        place = f"{self.path}, line {self.line}" if self.line else f"{self.path}"
        return f"{printable(place)}: {self.without_path}" if place else self.without_path


class UnusableInput(ExplorerError):
    """Unusable input from the user; nothing was changed."""


class DigestError(UnusableInput):
    """A digest file cannot be read at all."""


class UnknownPaper(UnusableInput):
    """No paper in the library goes by this id."""


class UnknownTopic(UnusableInput):
    """No topic in the library goes by this id or name."""


class LibraryError(ExplorerError):
    """The library's folder cannot be used as it is."""


class LibraryMissing(LibraryError):
    """The folder holds no published generation yet."""


class LibraryBusy(LibraryError):
    """Another build holds the lock on this library."""


class LibraryDamaged(LibraryError):
    """A stored file is torn, altered, or written by a version too old to be read."""


class LibraryNewer(LibraryError):
    """A stored file was written by a later version of the explorer."""


class EngineError(ExplorerError):
    """A vector index on a server cannot be reached, or the server refuses."""


class EngineLost(EngineError):
    """A server that answers has lost the vector index, or a part of it."""


class EmbedderError(ExplorerError):
    """A model cannot be loaded, or does not fit the library's vectors."""


class ClusterError(ExplorerError):
    """The machines for the work cannot be reached, or are lost."""

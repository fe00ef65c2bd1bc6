"""Everything that can go wrong on purpose.

Each message names the file or thing, the place in it, and the next step::

    ExplorerError
    ├── UnusableInput         what the user handed over cannot be used
    │   ├── DigestError       a digest file cannot be read at all
    │   ├── UnknownPaper      no paper goes by this id
    │   └── UnknownTopic      no topic goes by this id or name
    ├── LibraryError          the library folder is not what it should be
    │   ├── LibraryMissing    there is no published generation yet
    │   ├── LibraryBusy       another build holds the lock
    │   ├── LibraryNewer      a later version of the explorer wrote it
    │   └── LibraryDamaged    a stored file is torn, altered or from too old a version
    ├── EmbedderError         a model cannot be loaded or does not fit the library
    ├── EngineError           a vector index on a server cannot be had
    │   └── EngineLost        the server is there, and what it held is not
    └── ClusterError          the machines that were to do the work cannot be had
"""


def installing(extra: str) -> str:
    """Return how to install an optional part, for the end of a message."""
    return f"run `pip install --editable '.[{extra}]'` in the project's folder"


class ExplorerError(Exception):
    """Root of all errors that the explorer raises on purpose."""


class UnusableInput(ExplorerError):
    """Unusable input from the user; nothing was changed."""


class DigestError(UnusableInput):
    """A digest file cannot be read at all."""


class UnknownPaper(UnusableInput):
    """No paper in the library goes by this id."""


class UnknownTopic(UnusableInput):
    """No topic in the library goes by this id or name."""


class LibraryError(ExplorerError):
    """The library folder is not what it should be."""


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
    """The machines that were to do the work cannot be reached, or are lost."""

"""Search paper digests by meaning and see them as a map of named topics.

The journey, one station a module::

    digest file --readers/--> Paper --identity--> record --embedders/, vectors--> unit vector
       --> engines/ and lexicon --> graph --> projection, topics, names ==> generation
    query --> search --> hits --> app/, terminal, http/, assistant

``docs/architecture.md`` tells the whole of it. From Python, ``from explorer import Library`` asks
a library whatever the page does (``docs/scripting.md``).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.api.library import Library

__version__ = "0.1.0"
__all__ = ["Library", "__version__"]


def __getattr__(name: str) -> Any:
    """Import :class:`explorer.api.library.Library` when it is asked for: commands need not wait."""
    if name == "Library":
        from explorer.api.library import Library

        return Library
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

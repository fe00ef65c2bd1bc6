"""Search paper digests by meaning and see them as a map of named topics.

From digests to hits, with the folders that do each step::

    digest file --readers--> Paper --papers--> record --embedders--> unit vector
       --index--> nearest neighbours --topics, map--> topics and positions ==library==> generation
    query --search--> hits --app, cli, servers, api--> people and programs

``docs/architecture.md`` describes all folders. ``from explorer import Library`` is the way in
from Python (``docs/scripting.md``).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.api.library import Library

__version__ = "0.2.0"
__all__ = ["Library", "__version__"]


def __getattr__(name: str) -> Any:
    """Import :class:`explorer.api.library.Library` on first use, so that commands need not wait."""
    if name == "Library":
        from explorer.api.library import Library

        return Library
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

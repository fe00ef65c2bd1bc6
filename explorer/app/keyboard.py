"""Keys of the page: ``/`` searches, ``j``, ``k`` and arrows go through hits, Escape goes back.

In a literature review ``i``, ``e``, ``l`` and ``u`` include, exclude, put off and undo.
"""

from __future__ import annotations

from explorer.app.components import script_component

_mount = script_component("keyboard")


def listen_to_keys(calls: int) -> None:
    """Listen to keys in the browser; focus the search box whenever ``calls`` has grown."""
    _mount(key="keys", data={"calls": calls})

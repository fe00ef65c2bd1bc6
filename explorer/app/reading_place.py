"""The reader's place in the list: its top for new results, the row one came from on return."""

from __future__ import annotations

from explorer.app import url
from explorer.app.components import script_component

_mount = script_component("reading_place")
_LIST = (
    *(url.VIEW, url.SINCE, url.REFINEMENT, url.MODE, url.SORT, url.VARIED),
    *(url.SELECTION, url.WITHIN, url.SIMILAR_TO, url.PERIOD, url.REVIEW),
)
"""Parameters of what is listed; the query and the topic are added."""


def keep_reading_place(*, is_search: bool) -> None:
    """Let the browser scroll and focus; call it when the list is drawn.

    Args:
        is_search: whether the list holds results, so that a topic only filters them.
    """
    filters = [url.parameter(name) for name in _LIST]
    topic = url.topic()
    shown = [*filters, url.query(), topic if is_search else ""]
    opened = url.paper() or ("" if is_search else topic)
    _mount(key="place", data={"list": "\n".join(shown), "opened": opened})

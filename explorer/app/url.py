"""The page's state in the URL: what is shown, and how the map is viewed.

``view`` the view, ``q`` the query, ``mode``, ``sort`` and ``varied`` the ranking, ``topic`` the
topic filter, ``paper`` the open paper, ``since`` the start of what is new; ``region`` the selection
on the map, ``within`` and ``alike`` the regions searched in and searched for, by their corners;
``at``, ``by``, ``safe`` and ``when`` the map's view, colours, palette and period.

Streamlit binds ``q`` to the search box. All other widgets take their value from here and write it
back when they change, so the URL is always right.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.search.filters import corners_of

VIEW = "view"
TOPICS = "topics"
NEW = "new"
DESK = "desk"
LIBRARY = "library"
QUERY = "q"
MODE = "mode"
SORT = "sort"
VARIED = "varied"
TOPIC = "topic"
PAPER = "paper"
SINCE = "since"
LAST_VISIT = "visit"
SELECTION = "region"
WITHIN = "within"
SIMILAR_TO = "alike"
MAP_VIEW = "at"
COLOUR_BY = "by"
SAFE_COLOURS = "safe"
PERIOD = "when"
_CONTENT = (VIEW, SINCE, MODE, SORT, VARIED, TOPIC, PAPER, SELECTION, WITHIN, SIMILAR_TO)
"""Parameters of what is shown."""
MAP_PARAMETERS = (MAP_VIEW, COLOUR_BY, SAFE_COLOURS, PERIOD)
_LAST_RUN = "shown"

Corners = tuple[tuple[float, float], ...]


def parameter(name: str) -> str:
    """Return a parameter of the URL; empty if it is absent."""
    return str(st.query_params.get(name, ""))


def set_parameter(name: str, value: str, default: str = "") -> None:
    """Write a parameter; ``default`` stays out of the URL."""
    last_run = st.session_state.get(_LAST_RUN, {})
    if name in last_run:
        last_run[name] = "" if value == default else value
    if value == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def remember() -> None:
    """Remember the content that this run shows."""
    st.session_state[_LAST_RUN] = {name: parameter(name) for name in _CONTENT}


def restore() -> None:
    """Write the content of the last run back into the URL.

    A message of the map may leave the browser before that has the URL of what was opened just now;
    it brings the previous URL along.
    """
    for name, value in st.session_state.get(_LAST_RUN, {}).items():
        set_parameter(name, value)


def query() -> str:
    """Return the text of the search box."""
    return str(st.session_state.get(QUERY) or "")


def set_query(text: str) -> None:
    """Put a text into the search box."""
    st.session_state[QUERY] = text


def paper() -> str:
    """Return the id of the open paper; empty if none is open."""
    return parameter(PAPER)


def topic() -> str:
    """Return the id of the topic filter; empty for all topics."""
    return parameter(TOPIC)


def since() -> str:
    """Return the start of what is new: a date, a moment or ``LAST_VISIT``; empty: last update."""
    return parameter(SINCE)


def is_sorted_by(order: str, default: str) -> bool:
    """Whether hits are in this order; ``default`` is the order of a URL that names none."""
    return (parameter(SORT) or default) == order


def is_varied() -> bool:
    """Whether hits are to differ from each other."""
    return parameter(VARIED) == "1"


def selection() -> Corners:
    """Return the corners of the selection on the map; empty if there is none."""
    return corners_of(parameter(SELECTION))


def within() -> Corners:
    """Return the corners of the region that is searched in; empty for the whole map."""
    return corners_of(parameter(WITHIN))


def similar_to() -> Corners:
    """Return the corners of the region whose papers are the example; empty for none."""
    return corners_of(parameter(SIMILAR_TO))


def set_region(name: str, region: Corners) -> None:
    """Write a region's corners into a parameter."""
    set_parameter(name, ",".join(f"{value:.5g}" for corner in region for value in corner))


def map_view() -> tuple[list[float] | None, str, bool, tuple[int, int] | None]:
    """Return the map's state.

    Left, bottom, right and top of the view, None for the whole map; what papers are coloured by;
    whether the palette is colour-blind safe; the first and last period shown, None for all.
    """
    corners = [value for corner in corners_of(parameter(MAP_VIEW)) for value in corner]
    is_box = len(corners) == 4 and corners[0] < corners[2] and corners[1] < corners[3]
    first, _, last = parameter(PERIOD).partition("-")
    period = (int(first), int(last)) if first.isdecimal() and last.isdecimal() else None
    is_safe = parameter(SAFE_COLOURS) == "1"
    return corners if is_box else None, parameter(COLOUR_BY), is_safe, period


def set_map_view(
    view: Sequence[float] | None, by: str, safe: bool, period: Sequence[int] | None
) -> None:
    """Write the map's state; see :func:`map_view`."""
    set_parameter(MAP_VIEW, ",".join(f"{value:.5g}" for value in view or ()))
    set_parameter(COLOUR_BY, by, "topic")
    set_parameter(SAFE_COLOURS, "1" if safe else "")
    set_parameter(PERIOD, f"{period[0]}-{period[1]}" if period else "")


def reset_map_view() -> None:
    """Forget the view, so that the next map frames what is opened then."""
    set_parameter(MAP_VIEW, "")

"""The page's state in the URL: what is shown, and how the map is viewed.

``view`` the view, ``q`` the query, ``only`` clauses and examples chosen on the page, ``mode``,
``sort`` and ``varied`` the ranking, ``topic`` the topic filter, ``paper`` the open paper,
``since`` the start of what is new; ``region`` the selection on the map, ``within`` and ``alike``
the regions searched in and searched for, by their corners; ``when`` the first and last period that
papers are from; ``review`` the review of topic names, ``screen`` the open literature review;
``scope`` what recommendations are chosen from, ``ask`` questions about papers; ``asis`` parts of
the query that are searched for as typed; ``at``, ``by`` and ``safe`` the map's view, colours and
palette.

Streamlit binds ``q`` to the search box. All other widgets take their value from here and write it
back when they change, so the URL is always right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from explorer.search.filters import corners_of

VIEW = "view"
TOPICS = "topics"
NEW = "new"
FOR_YOU = "for-you"
DESK = "desk"
SCREENING = "screening"
LIBRARY = "library"
QUERY = "q"
REFINEMENT = "only"
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
REVIEW = "review"
SCREENED = "screen"
SCOPE = "scope"
WHOLE_LIBRARY = "all"
QUESTIONS = "ask"
AS_TYPED = "asis"
_CONTENT = (
    *(VIEW, SINCE, REFINEMENT, MODE, SORT, VARIED),
    *(TOPIC, PAPER, SELECTION, WITHIN, SIMILAR_TO, PERIOD, REVIEW, SCREENED, AS_TYPED),
    *(SCOPE, QUESTIONS),
)
"""Parameters of what is shown."""
MAP_PARAMETERS = (MAP_VIEW, COLOUR_BY, SAFE_COLOURS)
_LAST_RUN = "shown"
_STEPS = "steps-back-or-forward"
_BETWEEN_PARTS = "|"
_DATE = r"[0-9]{4}(?:-[0-9]{2}){0,2}"
_PERIOD = re.compile(rf"({_DATE})\.\.({_DATE})")

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


def restore(sent_from: Mapping[str, Any]) -> bool:
    """Write the content of the last run back into the URL, and return True; False if it is newer.

    A message of the map may leave the browser before that has the URL of what was opened just now;
    it brings the previous URL along. Somebody may also have gone back since: then the URL is
    another than the one that the message was sent from, or the message knows of the step.

    Args:
        sent_from: ``search``, the URL's query when the message was sent, and ``steps``, how often
            somebody had gone back or forward.
    """
    steps = int(sent_from.get("steps", 0))
    has_stepped = steps > st.session_state.get(_STEPS, 0)
    st.session_state[_STEPS] = steps
    query = dict(parse_qsl(str(sent_from.get("search", "")).removeprefix("?")))
    if has_stepped or any(query.get(name, "") != parameter(name) for name in _CONTENT):
        return False
    for name, value in st.session_state.get(_LAST_RUN, {}).items():
        set_parameter(name, value)
    return True


def query() -> str:
    """Return the text of the search box."""
    return str(st.session_state.get(QUERY) or "")


def set_query(text: str) -> None:
    """Put a text into the search box."""
    st.session_state[QUERY] = text


def refinement() -> str:
    """Return clauses and examples chosen on the page, which cannot hold them, as they are typed."""
    return parameter(REFINEMENT)


def as_typed() -> tuple[str, ...]:
    """Return the parts of the query that are neither corrected nor interpreted."""
    parts = dict.fromkeys(parameter(AS_TYPED).split(_BETWEEN_PARTS))
    return tuple(part for part in parts if part and part in query())


def set_as_typed(parts: Iterable[str]) -> None:
    """Write the parts of the query that are neither corrected nor interpreted."""
    set_parameter(AS_TYPED, _BETWEEN_PARTS.join(dict.fromkeys(parts)))


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


def period() -> tuple[str, str] | None:
    """Return the first and last period that papers are from; None for all."""
    match = _PERIOD.fullmatch(parameter(PERIOD))
    return (match[1], match[2]) if match else None


def set_period(first: str, last: str) -> None:
    """Write the first and last period that papers are from; two empty ones for all."""
    set_parameter(PERIOD, f"{first}..{last}", "..")


def is_review() -> bool:
    """Whether the Topics view shows the review of names."""
    return parameter(REVIEW) == "names"


def is_whole_library() -> bool:
    """Whether recommendations are chosen from the whole library, not from new papers."""
    return parameter(SCOPE) == WHOLE_LIBRARY


def is_asking() -> bool:
    """Whether the For you view asks about papers."""
    return parameter(QUESTIONS) == "1"


def map_view() -> tuple[list[float] | None, str, bool]:
    """Return the map's state.

    Left, bottom, right and top of the view, None for the whole map; what papers are coloured by;
    whether the palette is colour-blind safe.
    """
    corners = [value for corner in corners_of(parameter(MAP_VIEW)) for value in corner]
    is_box = len(corners) == 4 and corners[0] < corners[2] and corners[1] < corners[3]
    return corners if is_box else None, parameter(COLOUR_BY), parameter(SAFE_COLOURS) == "1"


def set_map_view(view: str, by: str, safe: bool) -> None:
    """Write the map's state; see :func:`map_view`. ``view`` has the corners, empty for all."""
    set_parameter(MAP_VIEW, view)
    set_parameter(COLOUR_BY, by, "topic")
    set_parameter(SAFE_COLOURS, "1" if safe else "")


def reset_map_view() -> None:
    """Forget the view, so that the next map frames what is opened then."""
    set_parameter(MAP_VIEW, "")

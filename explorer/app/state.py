"""What the URL says and what the page remembers.

The URL holds what is worth sharing: ``view``, ``q`` the query, ``mode``, ``sort``, ``varied``,
``topic`` the filter, ``paper`` the open paper, ``since`` when what is new begins; ``region``,
``within`` and ``alike`` what was chosen on the map, by its corners; ``at``, ``by``, ``safe`` and
``when`` how the map is looked at. What is asked or open is shown in any view; the view is what is
shown where nothing is. Streamlit itself binds the query to its box; the rest is kept here, and the
URL is always right: a widget takes its value from there and writes it back when it is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from explorer.search.filters import corners_of

VIEW = "view"
TOPICS = "topics"
NEW = "new"
DESK = "desk"
SINCE = "since"
VISIT = "visit"
LIBRARY = "library"
QUERY = "q"
MODE = "mode"
SORT = "sort"
VARIED = "varied"
TOPIC = "topic"
PAPER = "paper"
MAP = "map"
SUNBURST = "sunburst"
PICTURE = "picture"
HITS_A_PAGE = 10
PAPERS_A_PAGE = 30
_CAUGHT = "region"
_WITHIN = "within"
_ALIKE = "alike"
_AT = "at"
_BY = "by"
_SAFE = "safe"
_WHEN = "when"
_CALLS = "calls-to-search"
_TOLD = "told"
_LATER = "later"
_TRAIL = "trail"
_SHOWN = "shown"
_WANTED = "hits-wanted"
_PAPERS_WANTED = "papers-wanted"
_TURNED = "turned"
_EDITS = "edits"
_UPLOADS = "uploads"
_SHOWING = (VIEW, SINCE, MODE, SORT, VARIED, TOPIC, PAPER, _CAUGHT, _WITHIN, _ALIKE)
"""Parameters of the URL that say what is shown; the others say how the map is looked at."""

Corners = tuple[tuple[float, float], ...]


def opened_paper() -> str:
    """Return the id of the open paper, as the URL has it; empty if none is."""
    return str(st.query_params.get(PAPER, ""))


def note_url() -> None:
    """Remember what this run shows, as the URL has it."""
    st.session_state[_SHOWN] = {name: _parameter(name) for name in _SHOWING}


def keep_url() -> None:
    """Go on with what was shown last, where the URL says something else.

    What the map tells may leave the browser before that has the URL of what was opened just now; it
    brings the one before along.
    """
    for name, value in st.session_state.get(_SHOWN, {}).items():
        _write(name, value, "")


def open_paper(paper: str) -> None:
    """Show one paper; the query stays."""
    if opened_paper() and opened_paper() != paper:
        st.session_state.setdefault(_TRAIL, []).append(opened_paper())
    _write(PAPER, paper, "")


def go_back() -> None:
    """Show the paper that this one was opened from, or else the list."""
    trail: list[str] = st.session_state.get(_TRAIL, [])
    if trail:
        _write(PAPER, trail.pop(), "")
    else:
        close_paper()


def more_like(region: Corners) -> None:
    """Search for papers like those in ``region`` of the map, beside what the box says."""
    _write(_ALIKE, _as_text(region), "")
    close_paper()
    release()


def alike() -> Corners:
    """Return the region of the map whose papers hits are to be like; empty for none."""
    return corners_of(str(st.query_params.get(_ALIKE, "")))


def forget_alike() -> None:
    """Ask no more for papers like those chosen on the map."""
    _write(_ALIKE, "", "")
    release()


def search_within(region: Corners) -> None:
    """Search only in ``region`` of the map, and let the user type what for."""
    _write(_WITHIN, _as_text(region), "")
    st.session_state[_CALLS] = calls_to_search() + 1
    close_paper()
    release()


def within() -> Corners:
    """Return the region of the map that is searched in; empty for all of it."""
    return corners_of(str(st.query_params.get(_WITHIN, "")))


def forget_within() -> None:
    """Search among all papers again."""
    _write(_WITHIN, "", "")
    release()


def calls_to_search() -> int:
    """Return how often the user was led to the search box."""
    return int(st.session_state.get(_CALLS, 0))


def told(question: str) -> dict[int, str]:
    """Return the telling sentences found for ``question`` so far, by row; others are forgotten."""
    kept = st.session_state.get(_TOLD)
    if kept is None or kept[0] != question:
        kept = (question, {})
        st.session_state[_TOLD] = kept
    sentences: dict[int, str] = kept[1]
    return sentences


def put_off() -> None:
    """Leave work for after the page is drawn; see :func:`is_put_off`."""
    st.session_state[_LATER] = True


def is_put_off() -> bool:
    """Whether work was left for later, and it is not later yet."""
    return bool(st.session_state.pop(_LATER, False))


def close_paper() -> None:
    """Show the list."""
    st.session_state.pop(_TRAIL, None)
    _write(PAPER, "", "")


def hits_wanted() -> int:
    """Return how many hits to list."""
    return int(st.session_state.get(_WANTED, HITS_A_PAGE))


def want_more_hits() -> None:
    """List more hits of the same query."""
    st.session_state[_WANTED] = hits_wanted() + HITS_A_PAGE


def papers_wanted() -> int:
    """Return how many papers of a topic to list."""
    return int(st.session_state.get(_PAPERS_WANTED, PAPERS_A_PAGE))


def want_more_papers() -> None:
    """List more papers of the same topic."""
    st.session_state[_PAPERS_WANTED] = papers_wanted() + PAPERS_A_PAGE


def show_view(view: str) -> None:
    """Show a view from its beginning: nothing asked, nothing open."""
    forget_alike()
    forget_within()
    open_topic("")
    show_since("")
    _write(VIEW, view, "")


def since() -> str:
    """Return since when things count as new, as the URL has it; empty for the last update."""
    return str(st.query_params.get(SINCE, ""))


def show_since(moment: str) -> None:
    """Show what is new since a day, a moment or the last ``VISIT``; empty for the last update."""
    _write(SINCE, moment, "")
    release()


def view_of(options: dict[str, str]) -> str:
    """Draw the control between the views, which the URL's ``view`` belongs to; return its value.

    ``options`` tells what each view is called; the first one stays out of the URL.
    """
    return _segments(VIEW, "View", options, lambda: show_view(str(st.session_state[_widget(VIEW)])))


def sort_of(options: dict[str, str]) -> str:
    """Draw the control between orders, which the URL's ``sort`` belongs to; return its value.

    ``options`` tells what each order is called; the first one stays out of the URL.
    """
    first = next(iter(options))
    return _segments(SORT, "Sort by", options, lambda: _write_back(SORT, first))


def _segments(name: str, label: str, options: dict[str, str], on_change: Callable[[], None]) -> str:
    first = next(iter(options))
    asked = str(st.query_params.get(name, first))
    st.session_state[_widget(name)] = asked if asked in options else first
    value = st.segmented_control(
        label,
        list(options),
        format_func=lambda option: options[option],
        key=_widget(name),
        label_visibility="collapsed",
        required=True,
        on_change=on_change,
    )
    return str(value)


def is_sorted_otherwise(first: str) -> bool:
    """Whether the URL asks for another order than ``first``."""
    return str(st.query_params.get(SORT, first)) != first


def is_varied() -> bool:
    """Whether the URL asks for hits that are unlike each other."""
    return str(st.query_params.get(VARIED, "")) == "1"


def vary(label: str, help_text: str, *, disabled: bool) -> None:
    """Draw the switch for hits unlike each other, which the URL's ``varied`` belongs to."""
    st.session_state[_widget(VARIED)] = is_varied()
    st.toggle(
        label, key=_widget(VARIED), help=help_text, disabled=disabled, on_change=_write_varied
    )


def _write_varied() -> None:
    _write(VARIED, "1" if st.session_state[_widget(VARIED)] else "", "")
    close_paper()
    release()


def open_topic(topic: str) -> None:
    """Show the page of one topic; an empty id shows what the view shows."""
    st.session_state[QUERY] = ""
    filter_by(topic)


def ask_within(topic: str, query: str) -> None:
    """Search within one topic."""
    filter_by(topic)
    ask(query)


def is_turned(topic: str) -> bool:
    """Whether a topic of the tree was unfolded or folded since the tree was first seen."""
    return topic in st.session_state.get(_TURNED, ())


def turn(topic: str) -> None:
    """Unfold a topic of the tree, or fold it."""
    st.session_state[_TURNED] = st.session_state.get(_TURNED, frozenset()) ^ {topic}


def asked() -> str:
    """Return what the search box says."""
    return str(st.session_state.get(QUERY) or "")


def ask(query: str) -> None:
    """Put a query into the search box, as if it had been typed."""
    st.session_state[QUERY] = query
    close_paper()
    release()


def open_search(query: str, mode: str, topic: str, region: Corners) -> None:
    """Ask all of a search that was kept, in place of what is asked now."""
    show_view("")
    _write(MODE, mode, "hybrid")
    _write(_WITHIN, _as_text(region), "")
    ask_within(topic, query)


def choice(name: str, options: Sequence[str], label: str, names: dict[str, str], width: int) -> str:
    """Draw a select box that the URL's ``name`` belongs to, and return its value.

    ``names`` tells what each of ``options`` is called; the first option stays out of the URL.
    """
    asked = str(st.query_params.get(name, ""))
    st.session_state[_widget(name)] = asked if asked in options else options[0]
    value = st.selectbox(
        label,
        options=options,
        format_func=lambda option: names[option],
        key=_widget(name),
        label_visibility="collapsed",
        width=width,
        on_change=_write_back,
        args=(name, options[0]),
    )
    return str(value)


def filtered_by() -> str:
    """Return the id of the topic that alone is shown; empty if all are."""
    return _parameter(TOPIC)


def filter_by(topic: str) -> None:
    """Show only one topic; an empty id shows all."""
    _write(TOPIC, topic, "")
    close_paper()
    release()


def _write_back(name: str, default: str) -> None:
    _write(name, str(st.session_state[_widget(name)]), default)
    close_paper()
    release()


def _write(name: str, value: str, default: str) -> None:
    shown = st.session_state.get(_SHOWN, {})
    if name in shown:
        shown[name] = "" if value == default else value
    if value == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def _widget(name: str) -> str:
    return f"{name}-box"


def caught() -> Corners:
    """Return the corners of the lasso or box on the map; none if there is none."""
    return corners_of(str(st.query_params.get(_CAUGHT, "")))


def catch(region: Corners) -> None:
    """Show the papers inside a lasso or box."""
    _write(_CAUGHT, _as_text(region), "")
    close_paper()


def release() -> None:
    """Forget the lasso's catch, and how many hits and papers were wanted."""
    _write(_CAUGHT, "", "")
    for name in (_WANTED, _PAPERS_WANTED):
        st.session_state.pop(name, None)


def look() -> tuple[list[float] | None, str, bool, tuple[int, int] | None]:
    """Return what the URL asks of the map.

    These are left, bottom, right and top of the view, None for all of it; what papers are coloured
    by; whether colours are for colour-blind eyes; the first and last period whose papers are shown.
    """
    corners = [value for corner in corners_of(_parameter(_AT)) for value in corner]
    ordered = len(corners) == 4 and corners[0] < corners[2] and corners[1] < corners[3]
    first, _, last = _parameter(_WHEN).partition("-")
    when = (int(first), int(last)) if first.isdecimal() and last.isdecimal() else None
    return corners if ordered else None, _parameter(_BY), _parameter(_SAFE) == "1", when


def leave_map() -> None:
    """Forget where one looked: the map that is shown next is led to what is opened then."""
    _write(_AT, "", "")


def look_at(view: Sequence[float] | None, by: str, safe: bool, when: Sequence[int] | None) -> None:
    """Write into the URL what the map shows; see :func:`look`."""
    _write(_AT, ",".join(f"{value:.5g}" for value in view or ()), "")
    _write(_BY, by, "topic")
    _write(_SAFE, "1" if safe else "", "")
    _write(_WHEN, f"{when[0]}-{when[1]}" if when else "", "")


def _parameter(name: str) -> str:
    return str(st.query_params.get(name, ""))


def _as_text(region: Corners) -> str:
    return ",".join(f"{value:.5g}" for corner in region for value in corner)


def edits() -> int:
    """Return how often something was said of a topic; forms of another number are other forms."""
    return int(st.session_state.get(_EDITS, 0))


def start_edits_anew() -> None:
    """Close and empty the forms in which things are said of a topic."""
    st.session_state[_EDITS] = edits() + 1


def uploads() -> int:
    """Return how often files were added; the box of another number is another, empty one."""
    return int(st.session_state.get(_UPLOADS, 0))


def start_uploads_anew() -> None:
    """Empty the box for uploads."""
    st.session_state[_UPLOADS] = uploads() + 1


def is_dark() -> bool:
    """Whether the page is shown in the dark theme."""
    return bool(st.context.theme.type == "dark")

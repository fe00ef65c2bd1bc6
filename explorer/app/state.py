"""What the URL says and what the page remembers.

The URL holds what is worth sharing: ``view``, ``q`` the query, ``mode``, ``topic`` the filter,
``paper`` the open paper, ``since`` when what is new begins. What is asked or open is shown in any
view; the view is what is shown where nothing is. Streamlit itself binds the query to its box; the
rest is kept here, and the URL is always right: a widget takes its value from there and writes it
back when it is changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

VIEW = "view"
TOPICS = "topics"
NEW = "new"
SINCE = "since"
VISIT = "visit"
LIBRARY = "library"
QUERY = "q"
MODE = "mode"
TOPIC = "topic"
PAPER = "paper"
MAP = "map"
SUNBURST = "sunburst"
PICTURE = "picture"
HITS_A_PAGE = 10
PAPERS_A_PAGE = 30
_CAUGHT = "caught"
_TRAIL = "trail"
_WANTED = "hits-wanted"
_PAPERS_WANTED = "papers-wanted"
_TURNED = "turned"
_EDITS = "edits"
_UPLOADS = "uploads"


def opened_paper() -> str:
    """Return the id of the open paper, as the URL has it; empty if none is."""
    return str(st.query_params.get(PAPER, ""))


def open_paper(paper: str) -> None:
    """Show one paper; the query stays."""
    if opened_paper() and opened_paper() != paper:
        st.session_state.setdefault(_TRAIL, []).append(opened_paper())
    st.query_params[PAPER] = paper


def go_back() -> None:
    """Show the paper that this one was opened from, or else the list."""
    trail: list[str] = st.session_state.get(_TRAIL, [])
    if trail:
        st.query_params[PAPER] = trail.pop()
    else:
        close_paper()


def close_paper() -> None:
    """Show the list."""
    st.session_state.pop(_TRAIL, None)
    st.query_params.pop(PAPER, None)


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
    first = next(iter(options))
    asked = str(st.query_params.get(VIEW, first))
    st.session_state[_widget(VIEW)] = asked if asked in options else first
    value = st.segmented_control(
        "View",
        list(options),
        format_func=lambda option: options[option],
        key=_widget(VIEW),
        label_visibility="collapsed",
        required=True,
        on_change=lambda: show_view(str(st.session_state[_widget(VIEW)])),
    )
    return str(value)


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


def ask(query: str) -> None:
    """Put a query into the search box, as if it had been typed."""
    st.session_state[QUERY] = query
    close_paper()
    release()


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
    if value == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def _widget(name: str) -> str:
    return f"{name}-box"


def caught() -> tuple[str, ...]:
    """Return the ids of the papers inside the lasso or box."""
    return tuple(st.session_state.get(_CAUGHT, ()))


def catch(papers: tuple[str, ...]) -> None:
    """Show the papers inside a lasso or box."""
    st.session_state[_CAUGHT] = papers
    close_paper()


def release() -> None:
    """Forget the lasso's catch, and how many hits and papers were wanted."""
    for name in (_CAUGHT, _WANTED, _PAPERS_WANTED):
        st.session_state.pop(name, None)


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

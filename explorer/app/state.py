"""What the URL says and what the page remembers.

The URL holds what is worth sharing: ``q`` the query, ``mode``, ``topic`` the filter, ``paper`` the
open paper. Streamlit itself binds the query to its box; the rest is kept here, and the URL is
always right: a widget takes its value from there and writes it back when it is changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

QUERY = "q"
MODE = "mode"
TOPIC = "topic"
PAPER = "paper"
MAP = "map"
HITS_A_PAGE = 10
_CAUGHT = "caught"
_TRAIL = "trail"
_WANTED = "hits-wanted"


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
    """Forget the lasso's catch, and how many hits were wanted."""
    st.session_state.pop(_CAUGHT, None)
    st.session_state.pop(_WANTED, None)

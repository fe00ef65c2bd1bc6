"""What the URL says and what the page remembers.

The URL holds what is worth sharing: ``q`` the query, ``mode``, ``topic`` the filter, ``paper`` the
open paper. Query, mode and topic are bound to their widgets by Streamlit itself; the paper and
the lasso's catch are kept here.
"""

from __future__ import annotations

import streamlit as st

QUERY = "q"
MODE = "mode"
TOPIC = "topic"
PAPER = "paper"
MAP = "map"
_CAUGHT = "caught"


def opened_paper() -> str:
    """Return the id of the open paper, as the URL has it; empty if none is."""
    return str(st.query_params.get(PAPER, ""))


def open_paper(paper: str) -> None:
    """Show one paper; the query stays."""
    st.query_params[PAPER] = paper


def close_paper() -> None:
    """Go back to the list."""
    st.query_params.pop(PAPER, None)


def ask(query: str) -> None:
    """Put a query into the search box, as if it had been typed."""
    st.session_state[QUERY] = query
    close_paper()
    release()


def filter_by(topic: str) -> None:
    """Show only one topic; an empty id shows all."""
    st.session_state[TOPIC] = topic
    close_paper()
    release()


def caught() -> tuple[str, ...]:
    """Return the ids of the papers inside the lasso or box."""
    return tuple(st.session_state.get(_CAUGHT, ()))


def catch(papers: tuple[str, ...]) -> None:
    """Show the papers inside a lasso or box."""
    st.session_state[_CAUGHT] = papers
    close_paper()


def release() -> None:
    """Forget the lasso's catch."""
    st.session_state.pop(_CAUGHT, None)

"""The line over the hits: how many papers match, and how many of them are listed and shaded."""

from __future__ import annotations

import streamlit as st

from explorer.app import texts
from explorer.library.generation import Generation
from explorer.search.facets import AMONG_BEST
from explorer.search.model import Results


def show_match_count(generation: Generation, results: Results, listed: int) -> None:
    """Draw the number of papers that match.

    Args:
        listed: papers in the list, near-duplicates included.
    """
    is_ranked = results.vector is not None or bool(results.parsed.words.strip())
    if results.allowed is None:
        parts = [texts.best_of(listed, generation.size)]
    elif is_ranked or listed == results.allowed:
        parts = [texts.papers_match(results.allowed)]
    else:
        parts = [texts.newest_of(listed, results.allowed)]
    among = generation.size if results.allowed is None else results.allowed
    if is_ranked and among > AMONG_BEST:
        parts.append(texts.best_are_shaded(AMONG_BEST))
    with st.container(key="match-count", width="content"):
        st.caption(" · ".join(parts), width="content")

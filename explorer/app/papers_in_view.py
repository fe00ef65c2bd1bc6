"""The papers in view on the map, as the list while nothing is searched or opened.

The list follows the map: a script tells what part of it is in view, and only the list is redrawn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from explorer.app import navigation, session, texts, url
from explorer.app.components import script_component
from explorer.app.export_menu import export_menu
from explorer.app.list_rows import show_more_button
from explorer.app.paper_row import show_paper_rows
from explorer.insights.centrality import most_central_first
from explorer.library.generation import Generation
from explorer.search.filters import Filters, allowed_rows

_mount = script_component("papers_in_view")
_FOLLOWED = "followed-view"
_IS_WHOLE_RUN = "draws-whole-page"
_HAS_MOVED = "map-has-moved"


def show_papers_in_view(
    generation: Generation,
    period: tuple[str, str] | None,
    show_whole_map: Callable[[Generation], None],
) -> None:
    """List the papers in view on the map and follow it.

    Args:
        period: first and last period that papers are from; None for all.
        show_whole_map: draws the list while the whole map is in view, without a period.
    """
    st.session_state[_IS_WHOLE_RUN] = True
    _follow(generation, period, show_whole_map)


@st.fragment
def _follow(
    generation: Generation,
    period: tuple[str, str] | None,
    show_whole_map: Callable[[Generation], None],
) -> None:
    has_moved = st.session_state.pop(_HAS_MOVED, False)
    if not st.session_state.pop(_IS_WHOLE_RUN, False) and not has_moved:
        st.rerun()  # something in the list was used, which changes the whole page
    view, _, _ = url.map_view()
    papers = None
    if view is None and period is None:
        show_whole_map(generation)
    else:
        papers = _show_list(generation, Filters(region=_corners(view), period=period))
    data = {"view": url.parameter(url.MAP_VIEW), "papers": papers}
    _mount(key=_FOLLOWED, data=data, on_view_change=_keep_view)


def _keep_view() -> None:
    """Write the view at rest into the URL, from which the list takes it."""
    sent = st.session_state[_FOLLOWED].get("view")
    if sent is not None and url.restore(sent["from"]):
        url.set_parameter(url.MAP_VIEW, sent["view"])
        session.reset_lengths()
        st.session_state[_HAS_MOVED] = True


def _corners(view: list[float] | None) -> url.Corners:
    if view is None:
        return ()
    left, bottom, right, top = view
    return ((left, bottom), (right, bottom), (right, top), (left, top))


def _show_list(generation: Generation, filters: Filters) -> int:
    """List the papers that pass, and return how many they are."""
    allowed = allowed_rows(generation, filters)
    rows = np.arange(generation.size) if allowed is None else allowed
    rows = most_central_first(generation, rows)
    with st.container(horizontal=True, vertical_alignment="center", key="in-view-head"):
        st.markdown(texts.papers_listed(len(rows), in_view=bool(filters.region)))
        if filters.region:
            st.button(
                texts.WHOLE_LIBRARY,
                key="whole-library",
                type="tertiary",
                icon=":material/zoom_out_map:",
                on_click=navigation.show_whole_map,
            )
        export_menu(generation, rows.tolist(), "in-view", texts.PAPERS_IN_VIEW)
    if len(rows):
        st.caption(texts.MOST_CENTRAL_FIRST)
    show_paper_rows(generation, rows[: session.papers_shown()].tolist(), "in-view")
    show_more_button(len(rows))
    return len(rows)

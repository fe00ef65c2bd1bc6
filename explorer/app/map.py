"""The map, and what a click, a box or a lasso on it does."""

from __future__ import annotations

import streamlit as st

from explorer.app import state
from explorer.charts import MAP_CONFIG, Highlights, map_figure
from explorer.generation import Generation


def show_map(generation: Generation, highlights: Highlights) -> None:
    """Draw the map; a click opens a paper, a lasso or box lists what it caught."""
    figure = map_figure(generation, highlights, dark=st.context.theme.type == "dark")
    st.plotly_chart(
        figure,
        key=state.MAP,
        height="stretch",
        theme=None,
        on_select=_selected,
        selection_mode=("points", "box", "lasso"),
        config=MAP_CONFIG,
        alt=f"Map of {generation.size} papers; near points are alike in meaning.",
    )


def _selected() -> None:
    selection = st.session_state[state.MAP]["selection"]
    papers = tuple(dict.fromkeys(_id(point) for point in selection["points"]))
    if selection.get("box") or selection.get("lasso"):
        state.catch(papers)
    elif papers:
        state.release()
        state.open_paper(papers[-1])
    else:
        state.release()


def _id(point: dict[str, object]) -> str:
    data = point.get("customdata")
    return str(data[0] if isinstance(data, list) else data)

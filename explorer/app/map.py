"""The map and the rings of topics, and what a click, a box or a lasso on them does."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import streamlit as st

from explorer.app import state
from explorer.charts import MAP_CONFIG, Highlights, map_figure, spots
from explorer.generation import Generation
from explorer.topic_charts import BARE_CONFIG, sunburst_figure

_PICTURES = ("Rings", "Map")
_discs = st.components.v2.component(
    "literature_explorer_discs", js=Path(__file__).with_name("discs.js").read_text(encoding="utf-8")
)


def show_map(generation: Generation, highlights: Highlights) -> None:
    """Draw the map; a click opens a paper, a lasso or box lists what it caught.

    Streamlit replaces a chart that has changed by another one. So hits, which change as one types,
    are laid over it.
    """
    figure = map_figure(generation, highlights, dark=state.is_dark())
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
    over = spots(generation, highlights, dark=state.is_dark())
    _discs(key="discs", data={"spots": [asdict(spot) for spot in over]})


def show_plain_map(generation: Generation) -> None:
    """Draw the map where nothing is asked."""
    show_map(generation, Highlights())


def show_topics_picture(generation: Generation) -> None:
    """Draw the topics as rings, or as the map, with a switch between them."""
    picture = st.segmented_control(
        "Picture",
        _PICTURES,
        default=_PICTURES[0],
        key=state.PICTURE,
        label_visibility="collapsed",
        required=True,
        persist_state="session",
    )
    if picture == "Map":
        show_plain_map(generation)
    else:
        _show_sunburst(generation)


def _show_sunburst(generation: Generation) -> None:
    st.plotly_chart(
        sunburst_figure(generation, dark=state.is_dark()),
        key=state.SUNBURST,
        height="stretch",
        theme=None,
        on_select=lambda: _sector_chosen(generation),
        selection_mode="points",
        config=BARE_CONFIG,
        alt=f"Topics of {generation.size} papers as rings, the coarsest inside.",
    )


def _sector_chosen(generation: Generation) -> None:
    points = st.session_state[state.SUNBURST]["selection"]["points"]
    sector = str(points[-1].get("id", "")) if points else ""
    if sector in generation.topics:  # the middle is none
        state.open_topic(sector)


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

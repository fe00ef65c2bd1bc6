"""The map and the rings of topics, and what is done on them.

The map asks for the scene of where one looks and gets that alone: only this part of the page runs.
Hits, the open paper and the region are laid over it separately, since they change as one types.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from explorer.app import state
from explorer.app.components import script_component
from explorer.app.search_box import added, without
from explorer.app.user import marks_here
from explorer.library.generation import Generation
from explorer.map import browser
from explorer.map.charts import BARE_CONFIG, sunburst_figure
from explorer.map.colouring import ColourBy, topic_colour
from explorer.map.highlights import Highlights, badges
from explorer.map.palette import DARK, LIGHT
from explorer.map.sampling import Viewport
from explorer.map.scene import SceneRequest, corners, home_view, scene, topic_view
from explorer.search.query import Field, parse

_PICTURES = ("Rings", "Map")
_atlas = st.components.v2.component(
    "literature_explorer_atlas",
    html='<div class="root"></div>',
    css=browser.style(),
    js=browser.script("page"),
)
_over = st.components.v2.component("literature_explorer_over", js=browser.over_script())
_open_sectors = script_component("sunburst")
_ACTED = "acted-on-the-map"
_MOST_STARS = 2_000
"""Starred papers that are shown, those starred last."""


def show_map(generation: Generation, highlights: Highlights) -> None:
    """Draw the map; a click opens a paper or a topic, a lasso or box lists what it caught."""
    marks = marks_here(generation)
    starred = () if marks is None else marks.starred
    _show_scene(generation, highlights)
    _over(key="over", data=_laid_over(generation, replace(highlights, starred=starred)))


@st.fragment
def _show_scene(generation: Generation, highlights: Highlights) -> None:
    if st.session_state.pop(_ACTED, False):
        st.rerun()
    _atlas(
        key=state.MAP,
        data=scene(generation, _look(), highlights),
        height="stretch",
        on_asked_change=_looked,
        on_deed_change=lambda: _acted(generation),
    )


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


def _look() -> SceneRequest:
    """Return what the browser asked for last, or else what the URL says."""
    view, by, safe, when = state.look()
    known = {str(kind): kind for kind in ColourBy}
    return SceneRequest(
        Viewport(*view) if view is not None else None,
        known.get(by, ColourBy.TOPIC),
        safe,
        when,
        dark=state.is_dark(),
    )


def _looked() -> None:
    state.keep_url()
    asked = st.session_state[state.MAP].get("asked") or {}
    state.look_at(
        asked.get("view"), asked.get("by", ""), bool(asked.get("safe")), asked.get("when")
    )


def _acted(generation: Generation) -> None:
    """Do what was done on the map; what came from a map of another generation means nothing."""
    deed = st.session_state[state.MAP].get("deed")
    if not deed or deed.get("generation") != generation.manifest.number:
        return
    st.session_state[_ACTED] = True
    match deed["kind"]:
        case "open":
            state.open_paper(generation.records.ids[int(deed["row"])])
        case "topic":
            state.open_topic(str(deed["topic"]))
        case "region":
            state.catch(tuple((float(x), float(y)) for x, y in deed["region"]))
        case "clause":
            _narrow(str(deed["clause"]))
        case _:
            state.release()


def _narrow(typed: str) -> None:
    """Ask only for what an entry of the legend stands for, or no more for it."""
    clauses = parse(typed).clauses
    if not clauses:
        return
    if clauses[0].field is Field.TOPIC:
        state.open_topic("" if state.filtered_by() == clauses[0].value else clauses[0].value)
    elif clauses[0] in parse(state.asked()).clauses:
        state.ask(without(state.asked(), clauses[0]))
    else:
        state.ask(added(state.asked(), typed))


def _laid_over(generation: Generation, highlights: Highlights) -> dict[str, Any]:
    dark = state.is_dark()
    theme = DARK if dark else LIGHT
    opened = None
    if highlights.opened is not None:
        x, y = (float(value) for value in generation.positions[highlights.opened])
        opened = {"x": x, "y": y, "colour": topic_colour(generation, highlights.opened)}
    flight, goal = highlights.topic, None
    if opened is not None:
        flight, goal = f"{flight} {highlights.opened}", corners(_around(generation, opened))
    elif highlights.topic:
        goal = corners(topic_view(generation, highlights.topic))
    return {
        "over": {
            "hits": [asdict(spot) for spot in badges(generation, highlights, dark=dark)],
            "opened": opened,
            "stars": generation.positions[list(highlights.starred[:_MOST_STARS])].tolist(),
            "region": [list(corner) for corner in highlights.region] or None,
            "grey": bool(highlights.hits) or opened is not None,
        },
        "theme": asdict(theme),
        "flight": flight,
        "goal": goal,
    }


def _around(generation: Generation, opened: dict[str, Any]) -> Viewport:
    """Return a view of a paper that is not in sight, with its neighbourhood."""
    home = home_view(generation)
    width, height = (home.right - home.left) / 12, (home.top - home.bottom) / 12
    x, y = opened["x"], opened["y"]
    return Viewport(x - width, y - height, x + width, y + height)


def _show_sunburst(generation: Generation) -> None:
    state.leave_map()
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
    _open_sectors(key="rings")


def _sector_chosen(generation: Generation) -> None:
    points = st.session_state[state.SUNBURST]["selection"]["points"]
    sector = str(points[-1].get("id", "")) if points else ""
    if sector in generation.topics:  # the middle is none
        state.open_topic(sector)

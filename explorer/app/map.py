"""The map and the sunburst of topics, and the actions of clicks on them.

The map in the browser requests the scene of its view, and only this part of the page runs then.
Hits, the open paper and the selection come separately, since they change as the user types.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from explorer.app import navigation, session, texts, url
from explorer.app.components import script_component
from explorer.app.query_text import with_clause, without_clause
from explorer.app.user import current_marks
from explorer.library.generation import Generation
from explorer.map import browser
from explorer.map.charts import BARE_CONFIG, sunburst_figure
from explorer.map.colouring import ColourBy, topic_colour
from explorer.map.highlights import Highlights, badges
from explorer.map.palette import DARK, LIGHT
from explorer.map.sampling import Viewport
from explorer.map.scene import SceneRequest, corners, home_view, scene, topic_view
from explorer.search.query import Field, parse

_MAP = "map"
_SUNBURST = "sunburst"
_PICTURE = "picture"
_mount_map = st.components.v2.component(
    "literature_explorer_map",
    html=f'<div class="root" data-view-parameters="{" ".join(url.MAP_PARAMETERS)}"></div>',
    css=browser.style(),
    js=browser.script("page"),
)
_mount_overlay = st.components.v2.component(
    "literature_explorer_overlay", js=browser.script("overlay")
)
_open_sectors = script_component("sunburst")
_HAS_ACTED = "acted-on-the-map"
_MOST_STARS = 2_000
"""Stars on the map, the latest first."""


def show_map(generation: Generation, highlights: Highlights) -> None:
    """Draw the map; a click opens a paper or topic, a lasso or box selects papers."""
    marks = current_marks(generation)
    starred = () if marks is None else marks.starred
    _show_scene(generation, highlights)
    _mount_overlay(key="over", data=_overlay(generation, replace(highlights, starred=starred)))


@st.fragment
def _show_scene(generation: Generation, highlights: Highlights) -> None:
    if st.session_state.pop(_HAS_ACTED, False):
        st.rerun()
    _mount_map(
        key=_MAP,
        data=scene(generation, _scene_request(), highlights),
        height="stretch",
        on_request_change=_keep_view,
        on_event_change=lambda: _act(generation),
    )


def show_plain_map(generation: Generation) -> None:
    """Draw the map without highlights."""
    show_map(generation, Highlights())


def show_topics_picture(generation: Generation) -> None:
    """Draw the topics as a sunburst or as the map, with a switch between them."""
    pictures = (texts.SUNBURST, texts.MAP)
    picture = st.segmented_control(
        texts.PICTURE,
        pictures,
        default=pictures[0],
        key=_PICTURE,
        label_visibility="collapsed",
        required=True,
        persist_state="session",
    )
    if picture == texts.MAP:
        show_plain_map(generation)
    else:
        _show_sunburst(generation)


def _scene_request() -> SceneRequest:
    """Return the request for the scene of the view in the URL."""
    view, by, safe, period = url.map_view()
    known = {str(kind): kind for kind in ColourBy}
    return SceneRequest(
        Viewport(*view) if view is not None else None,
        known.get(by, ColourBy.TOPIC),
        safe,
        period,
        dark=session.is_dark(),
    )


def _keep_view() -> None:
    url.restore()
    request = st.session_state[_MAP].get("request") or {}
    url.set_map_view(
        request.get("view"),
        request.get("colourBy", ""),
        bool(request.get("safe")),
        request.get("span"),
    )


def _act(generation: Generation) -> None:
    """Act on a click or a selection; an event on a map of another generation is ignored."""
    event = st.session_state[_MAP].get("event")
    if not event or event.get("generation") != generation.manifest.number:
        return
    st.session_state[_HAS_ACTED] = True
    match event["kind"]:
        case "open":
            navigation.open_paper(generation.records.ids[int(event["row"])])
        case "topic":
            navigation.open_topic(str(event["topic"]))
        case "region":
            navigation.select_region(tuple((float(x), float(y)) for x, y in event["region"]))
        case "clause":
            _toggle_clause(str(event["clause"]))
        case _:
            navigation.clear_selection()


def _toggle_clause(text: str) -> None:
    """Add the clause of a legend entry to the query, or remove it."""
    clauses = parse(text).clauses
    if not clauses:
        return
    if clauses[0].field is Field.TOPIC:
        navigation.open_topic("" if url.topic() == clauses[0].value else clauses[0].value)
    elif clauses[0] in parse(url.query()).clauses:
        navigation.search_for(without_clause(url.query(), clauses[0]))
    else:
        navigation.search_for(with_clause(url.query(), text))


def _overlay(generation: Generation, highlights: Highlights) -> dict[str, Any]:
    dark = session.is_dark()
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
        "overlay": {
            "hits": [asdict(spot) for spot in badges(generation, highlights, dark=dark)],
            "opened": opened,
            "starred": generation.positions[list(highlights.starred[:_MOST_STARS])].tolist(),
            "region": [list(corner) for corner in highlights.region] or None,
            "grey": bool(highlights.hits) or opened is not None,
        },
        "theme": asdict(theme),
        "flight": flight,
        "goal": goal,
    }


def _around(generation: Generation, opened: dict[str, Any]) -> Viewport:
    """Return a view of a paper and its neighbourhood."""
    home = home_view(generation)
    width, height = (home.right - home.left) / 12, (home.top - home.bottom) / 12
    x, y = opened["x"], opened["y"]
    return Viewport(x - width, y - height, x + width, y + height)


def _show_sunburst(generation: Generation) -> None:
    url.reset_map_view()
    st.plotly_chart(
        sunburst_figure(generation, dark=session.is_dark()),
        key=_SUNBURST,
        height="stretch",
        theme=None,
        on_select=lambda: _open_sector(generation),
        selection_mode="points",
        config=BARE_CONFIG,
        alt=texts.sunburst_description(generation.size),
    )
    _open_sectors(key="rings")


def _open_sector(generation: Generation) -> None:
    points = st.session_state[_SUNBURST]["selection"]["points"]
    sector = str(points[-1].get("id", "")) if points else ""
    if sector in generation.topics:  # the centre is not
        navigation.open_topic(sector)

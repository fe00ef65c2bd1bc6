"""The map and the chart of topics, and the actions of clicks on them.

The map in the browser requests the scene of its view, and only this part of the page runs then.
Hits, the open paper and the selection come separately, since they change as the user types.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from explorer.app import navigation, session, texts, url
from explorer.app.query_text import with_clause, without_clause
from explorer.app.resources import trends_of
from explorer.app.user import current_marks
from explorer.insights.trends import time_axis
from explorer.library.generation import Generation
from explorer.map import browser
from explorer.map.charts import growth_points
from explorer.map.colouring import ColourBy, topic_colour
from explorer.map.highlights import Highlights, badges
from explorer.map.palette import DARK, LIGHT
from explorer.map.sampling import Viewport
from explorer.map.scene import SceneRequest, corners, home_view, scene, topic_view
from explorer.search.queries.syntax import Field, parse

_MAP = "map"
_GROWTH = "growth"
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
_mount_growth = st.components.v2.component(
    "literature_explorer_growth_chart",
    html='<div class="chart"></div>',
    css=browser.style("growth_chart"),
    js=browser.script("growth_chart"),
)
_HAS_ACTED = "acted-on-the-map"
_MOST_STARS = 2_000
"""Stars on the map, the latest first."""


def show_map(generation: Generation, highlights: Highlights) -> None:
    """Draw the map; a click opens a paper or topic, a lasso or box selects papers."""
    marks = current_marks(generation)
    starred = () if marks is None else marks.starred
    _show_scene(generation, replace(highlights, marks=marks))
    _mount_overlay(key="over", data=_overlay(generation, replace(highlights, starred=starred)))


@st.fragment
def _show_scene(generation: Generation, highlights: Highlights) -> None:
    if st.session_state.pop(_HAS_ACTED, False):
        st.rerun()
    _mount_map(
        key=_MAP,
        data=scene(generation, _scene_request(generation), highlights),
        height="stretch",
        on_request_change=lambda: _keep_view(generation),
        on_event_change=lambda: _act(generation),
    )


def show_plain_map(generation: Generation) -> None:
    """Draw the map without highlights."""
    show_map(generation, Highlights())


def show_topics_picture(generation: Generation) -> None:
    """Draw growth against size or the map, with a switch; without dates there is the map alone."""
    pictures = (texts.GROWTH, texts.MAP)
    picture = None
    if any(trend.growth is not None for trend in trends_of(generation).of.values()):
        picture = st.segmented_control(
            texts.PICTURE,
            pictures,
            default=pictures[0],
            key=_PICTURE,
            label_visibility="collapsed",
            required=True,
            persist_state="session",
        )
    if picture == texts.GROWTH:
        _show_growth(generation)
    else:
        show_plain_map(generation)


def _scene_request(generation: Generation) -> SceneRequest:
    """Return the request for the scene of the view in the URL."""
    view, by, safe = url.map_view()
    is_whole = view is None
    requested = _last_request()
    if requested.get("at") == url.parameter(url.MAP_VIEW):
        view = requested["view"]  # exact; that of the whole map has the shape of its frame
    known = {str(kind): kind for kind in ColourBy}
    return SceneRequest(
        Viewport(*view) if view is not None else None,
        known.get(by, ColourBy.TOPIC),
        safe,
        _span(generation),
        dark=session.is_dark(),
        is_whole=is_whole,
    )


def _span(generation: Generation) -> tuple[int, int] | None:
    """Return the indices of the first and last period in the URL."""
    period = url.period()
    return None if period is None else time_axis(generation).span(*period)


def _keep_view(generation: Generation) -> None:
    """Write the requested view into the URL; another span of time changes the whole page."""
    request = _last_request()
    if not url.restore(request.get("from", {})):
        return
    url.set_map_view(request.get("at", ""), request.get("colourBy", ""), bool(request.get("safe")))
    span = request.get("span")
    if span == (None if (shown := _span(generation)) is None else list(shown)):
        return
    st.session_state[_HAS_ACTED] = True
    if span is None:
        navigation.clear_period()
    else:
        periods = time_axis(generation).periods
        navigation.filter_by_period(periods[int(span[0])], periods[int(span[1])])


def _last_request() -> dict[str, Any]:
    """Return what the map has requested last; ``at`` is its view as the URL has it."""
    return (st.session_state.get(_MAP) or {}).get("request") or {}


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
        colour = topic_colour(generation, highlights.opened)
        opened = {"row": highlights.opened, "x": x, "y": y, "colour": colour}
    hits = set(highlights.hits)
    shaded = [row for row in highlights.best if row not in hits]
    topic = highlights.topic
    return {
        "overlay": {
            "hits": [asdict(spot) for spot in badges(generation, highlights, dark=dark)],
            "heat": generation.positions[shaded].tolist(),
            "opened": opened,
            "starred": generation.positions[list(highlights.starred[:_MOST_STARS])].tolist(),
            "region": [list(corner) for corner in highlights.region] or None,
            "grey": bool(highlights.hits) or opened is not None,
        },
        "theme": asdict(theme),
        "span": _span(generation),
        "requests": int(_last_request().get("number", 0)),
        "search": highlights.search,
        "flight": topic,
        "wholeMap": session.whole_map_requests(),
        "goal": corners(topic_view(generation, topic)) if topic else None,
        "around": None if opened is None else corners(_around(generation, opened)),
    }


def _around(generation: Generation, opened: dict[str, Any]) -> Viewport:
    """Return a view of a paper and its neighbourhood."""
    home = home_view(generation)
    width, height = (home.right - home.left) / 12, (home.top - home.bottom) / 12
    x, y = opened["x"], opened["y"]
    return Viewport(x - width, y - height, x + width, y + height)


def _show_growth(generation: Generation) -> None:
    url.reset_map_view()
    points = growth_points(generation, trends_of(generation))
    _mount_growth(
        key=_GROWTH,
        data={
            "points": [
                asdict(point) | {"note": texts.topic_growth(point.papers, point.growth)}
                for point in points
            ],
            "theme": asdict(DARK if session.is_dark() else LIGHT),
            "description": texts.GROWTH_DESCRIPTION,
        },
        height="stretch",
        on_topic_change=lambda: _open_point(generation),
    )


def _open_point(generation: Generation) -> None:
    topic = str(st.session_state[_GROWTH].get("topic") or "")
    if topic in generation.topics:
        navigation.open_topic(topic)

"""The frame of the page: header, search box, list and map side by side."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from explorer.app import state
from explorer.app.library import notice_update, show_holdings, show_library
from explorer.app.map import show_map, show_plain_map, show_topics_picture
from explorer.app.news import show_news, show_news_map
from explorer.app.paper import show_paper
from explorer.app.resources import (
    Model,
    current_generation,
    digests_held,
    library_folder,
    model,
    why_read_only,
)
from explorer.app.results import (
    show_caught,
    show_nothing_found,
    show_results,
)
from explorer.app.topics import show_topic, show_tree, show_welcome
from explorer.app.visits import keep_visit
from explorer.charts import Highlights, shown_level
from explorer.dates import latest
from explorer.errors import EmbedderError, ExplorerError, LibraryMissing, UnknownPaper
from explorer.filters import Filters
from explorer.generation import Generation
from explorer.news import news
from explorer.readable import escape_markdown
from explorer.search import (
    Mode,
    Query,
    Results,
    find_paper,
    search,
    similar,
)

_NEAR = 8
_EXAMPLES = 4
_BEGINNING = 760
"""Pixels; a single column is easier to read where it is not as wide as the page."""
_PATIENCE = 1.0
"""Seconds. A model that loads faster is worth waiting for: the list need not change twice."""
_MODES = {Mode.HYBRID: "Meaning + words", Mode.DENSE: "Meaning", Mode.LEXICAL: "Words"}


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows while nothing is asked and nothing is open."""

    name: str
    list: Callable[[Generation], None]
    """Fills the left column."""
    picture: Callable[[Generation], None]
    """Fills the right column."""


_VIEWS = {
    "": View("Explore", show_welcome, show_plain_map),
    state.TOPICS: View("Topics", show_tree, show_topics_picture),
    state.NEW: View("What's new", show_news, show_news_map),
    state.LIBRARY: View("Library", show_library, show_holdings),
}
"""By their names in the URL."""


def main() -> None:
    """Draw the page once; Streamlit calls this on every interaction."""
    here = Path(__file__).parent
    # An icon by name would be fetched from the network; this one comes with the page.
    st.set_page_config("Literature Explorer", page_icon=here / "icon.png", layout="wide")
    st.html(here / "style.css")
    try:
        generation = current_generation()
    except LibraryMissing:
        _show_empty_library()
        return
    except ExplorerError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    embedding = model(generation.manifest.model)
    view = _header(generation)
    keep_visit(wanted=view is _VIEWS[state.NEW])
    query, mode, topic = _search_row(generation)
    list_column, map_column = st.columns([5, 7], gap="medium")
    with list_column, st.container(key="list"):
        highlights = _list(generation, embedding, query, mode, topic)
        if highlights is None:
            view.list(generation)
    with map_column, st.container(key="map-frame"):
        try:
            if highlights is None:
                view.picture(generation)
            else:
                show_map(generation, highlights)
        except Exception:
            logging.getLogger(__name__).exception("the map cannot be drawn")
            st.warning(
                "The map cannot be drawn; the server's log says why. Search works as before."
            )


def _header(generation: Generation) -> View:
    """Draw title, views and facts, and return the chosen view."""
    newest = latest(digest.date for digest in digests_held(generation))
    topics = len(generation.levels[shown_level(generation)])
    facts = [f"{generation.size:,} papers", f"{topics} topics"]
    facts += [f"digest of {_spoken(newest)}"] if newest else []
    with st.container(key="header", horizontal=True, vertical_alignment="center"):
        st.markdown("### Literature Explorer", width="content")
        names = {key: view.name for key, view in _VIEWS.items()}
        newcomers = len(news(generation).rows)
        if newcomers:
            names[state.NEW] += f" · {newcomers:,}"
        chosen = state.view_of(names)
        st.caption(escape_markdown(" · ".join(facts)), width="content")
        with st.container(width="content"):
            notice_update(generation.folder.name)
    return _VIEWS[chosen]


def _search_row(generation: Generation) -> tuple[str, Mode, str]:
    """Draw search box and filters, and return what they say."""
    topics = {topic.id: topic for topic in generation.levels[shown_level(generation)]}
    if st.query_params.get(state.TOPIC, "") in generation.topics:
        wanted = generation.topics[st.query_params[state.TOPIC]]
        topics.setdefault(wanted.id, wanted)
    with st.container(horizontal=True, vertical_alignment="bottom", key="search-row"):
        query = st.text_input(
            "Search",
            key=state.QUERY,
            type="search",
            live="350ms",
            bind="query-params",
            label_visibility="collapsed",
            icon=":material/search:",
            placeholder="Search by meaning, or paste an abstract, a title, an arXiv id",
            on_change=_asked_anew,
        )
        modes = {mode.value: name for mode, name in _MODES.items()}
        mode = state.choice(state.MODE, [*modes], "Rank by", modes, width=190)
        names = {"": "All topics"} | {key: topic.label for key, topic in topics.items()}
        topic = state.choice(state.TOPIC, [*names], "Topic", names, width=240)
    with st.container(horizontal=True, vertical_alignment="center", key="examples", gap="small"):
        st.caption("try", width="content")
        for number, example in enumerate(_examples(generation)):
            label = escape_markdown(example)
            st.button(
                label, key=f"example-{number}", type="tertiary", on_click=state.ask, args=(example,)
            )
    return query or "", Mode(mode), topic


def _list(
    generation: Generation, embedding: Model, query: str, mode: Mode, topic: str
) -> Highlights | None:
    """Fill the left column with what is open or asked, and return what the map should point out.

    Where nothing is, return None: then the view has its say.
    """
    opened = state.opened_paper()
    if opened:
        try:
            row = find_paper(generation, opened)
        except UnknownPaper:
            st.warning(
                f"This link names a paper that is not in the library: {escape_markdown(opened)}.",
                icon=":material/link_off:",
            )
            st.button("Show all papers", key="back", on_click=state.close_paper)
            return Highlights(topic=topic)
        near = similar(generation, opened, _NEAR)
        show_paper(generation, row, near)
        return Highlights(tuple(hit.row for hit in near.hits), row, topic=topic)
    caught = state.caught()
    if caught:
        found = (generation.records.find(paper) for paper in caught)
        rows = [place for place in found if place is not None]
        show_caught(generation, rows)
        return Highlights(topic=topic)
    if query.strip():
        if topic:
            st.button(
                escape_markdown(generation.topics[topic].label),
                key="back-to-topic",
                type="tertiary",
                icon=":material/arrow_back:",
                on_click=state.open_topic,
                args=(topic,),
            )
        results = _search(generation, embedding, query, mode, topic)
        if results.hits:
            show_results(generation, results, query)
            if len(results.hits) == state.hits_wanted():
                st.button("More results", key="more-results", on_click=state.want_more_hits)
        else:
            show_nothing_found(topic)
        return Highlights(tuple(hit.row for hit in results.hits), topic=topic)
    if topic:
        chosen = generation.topics[topic]
        show_topic(generation, chosen)
        return Highlights(focus=tuple(generation.members(chosen).tolist()), topic=topic)
    return None


def _search(
    generation: Generation, embedding: Model, query: str, mode: Mode, topic: str
) -> Results:
    """Search; by words alone while the model is still loading or if it cannot be had."""
    asked = Query(text=query, filters=Filters(topic=topic), mode=mode)
    if mode is not Mode.LEXICAL:
        embedding.wait(_PATIENCE)
    problem = embedding.problem
    if embedding.embedder is not None:
        try:
            return search(generation, embedding.embedder, asked, state.hits_wanted())
        except EmbedderError as error:
            problem = str(error)
    if problem:
        st.warning(escape_markdown(problem), icon=":material/error:")
    elif mode is not Mode.LEXICAL:
        _wait_for(embedding)
    words_only = Query(text=query, filters=Filters(topic=topic), mode=Mode.LEXICAL)
    return search(generation, None, words_only, state.hits_wanted())


@st.fragment(run_every=0.5)
def _wait_for(embedding: Model) -> None:
    """Tell that meaning is on its way, and search again once it is there."""
    if embedding.is_ready:
        st.rerun()
    st.caption(":material/hourglass_top: By words for now; the model is still loading.")


def _asked_anew() -> None:
    state.close_paper()
    state.release()


def _examples(generation: Generation) -> list[str]:
    """Return queries that this library can answer: keywords of its largest topics."""
    level = generation.levels[shown_level(generation)]
    found: list[str] = []
    for topic in sorted(level, key=lambda topic: -topic.size):
        phrases = [phrase for phrase in (topic.label, *topic.keywords) if " " in phrase]
        fresh = [phrase for phrase in phrases if phrase not in found]
        found += fresh[:1]
    return found[:_EXAMPLES]


def _show_empty_library() -> None:
    st.markdown("### Literature Explorer")
    here = "" if why_read_only() else " Drop digests (titles and abstracts) below and it begins."
    st.info(
        f"There is no library yet.{here} On the command line: put digests into `data/digests`, run "
        "`python index_build.py`, then reload this page.",
        icon=":material/library_add:",
    )
    with st.container(width=_BEGINNING):
        show_library(None)
    with st.container():
        notice_update("")
    st.caption(f"Looked in {escape_markdown(str(library_folder()))}.")


def _spoken(edtf: str) -> str:
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    year, *rest = edtf.split("-")
    words = [months[int(rest[0]) - 1]] if rest else []
    words += [str(int(rest[1]))] if len(rest) > 1 else []
    return " ".join([*words, *([year] if year.isdigit() else [])])


if __name__ == "__main__":
    main()

"""The frame of the page: header, search box, list and map side by side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.app import state
from explorer.app.export_menu import offer_export
from explorer.app.hits import (
    Drop,
    show_caught,
    show_nothing_found,
    show_nothing_passes,
    show_related,
    show_results,
    show_within,
)
from explorer.app.keyboard import listen_to_keys
from explorer.app.map import show_map, show_plain_map, show_topics_picture
from explorer.app.resources import (
    Model,
    current_generation,
    digests_held,
    library_folder,
    model,
    why_read_only,
)
from explorer.app.search_box import (
    SearchForm,
    chip_of,
    rows_in,
    search_row,
    show_controls,
    show_examples,
    show_understood,
    without,
)
from explorer.app.user import desk_here, is_admitted, show_user
from explorer.app.views.desk import desk_label, show_desk, show_desk_map, show_following
from explorer.app.views.library import notice_update, show_holdings, show_library
from explorer.app.views.paper import show_paper
from explorer.app.views.topics import show_topic, show_tree, show_welcome
from explorer.app.views.whats_new import show_news, show_news_map
from explorer.app.visits import keep_visit
from explorer.embedders import Embedder
from explorer.errors import EmbedderError, ExplorerError, LibraryMissing, UnknownPaper
from explorer.insights.topic_tree import shown_level
from explorer.insights.whats_new import whats_new
from explorer.library.generation import Generation
from explorer.map.highlights import Highlights
from explorer.map.palette import shares_of_best
from explorer.papers.dates import latest
from explorer.papers.text import escape_markdown
from explorer.search.explain import explain
from explorer.search.facets import loosened, related_topics
from explorer.search.filters import allowed_rows
from explorer.search.near_duplicates import Fold, folded_results
from explorer.search.search import Mode, Results, check_model, find_paper, search, similar

_NEAR = 8
_BEGINNING = 760
"""Pixels; a single column is easier to read where it is not as wide as the page."""
_PATIENCE = 1.0
"""Seconds. A model that loads faster is worth waiting for: the list need not change twice."""
_SETTLED = 0.4
"""Seconds after which a query that has not changed is worth more work."""


@dataclass(frozen=True, slots=True)
class PageView:
    """What the page shows while nothing is asked and nothing is open."""

    name: str
    list: Callable[[Generation], None]
    """Fills the left column."""
    picture: Callable[[Generation], None]
    """Fills the right column."""


_VIEWS = {
    "": PageView("Explore", show_welcome, show_plain_map),
    state.TOPICS: PageView("Topics", show_tree, show_topics_picture),
    state.NEW: PageView("What's new", show_news, show_news_map),
    state.DESK: PageView("Desk", show_desk, show_desk_map),
    state.LIBRARY: PageView("Library", show_library, show_holdings),
}
"""By their names in the URL."""


def main() -> None:
    """Draw the page once; Streamlit calls this on every interaction."""
    here = Path(__file__).parent
    # An icon by name would be fetched from the network; this one comes with the page.
    st.set_page_config("Literature Explorer", page_icon=here / "icon.png", layout="wide")
    st.html(here / "style.css")
    state.note_url()
    if not is_admitted():
        return
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
    listen_to_keys(state.calls_to_search())
    asked = search_row(generation)
    below = st.container(horizontal=True, vertical_alignment="center", key="below", gap="small")
    list_column, map_column = st.columns([5, 7], gap="medium")
    with list_column, st.container(key="list"):
        try:
            highlights = _list(generation, embedding, asked, below)
            if highlights is None:
                view.list(generation)
        except ExplorerError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            highlights = Highlights()
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


def _header(generation: Generation) -> PageView:
    """Draw title, views and facts, and return the chosen view."""
    newest = latest(digest.date for digest in digests_held(generation))
    topics = len(generation.levels[shown_level(generation)])
    facts = [f"{generation.size:,} papers", f"{topics} topics"]
    facts += [f"digest of {_spoken(newest)}"] if newest else []
    with st.container(key="header", horizontal=True, vertical_alignment="center"):
        st.markdown("### Literature Explorer", width="content")
        names = {key: view.name for key, view in _VIEWS.items()}
        newcomers = len(whats_new(generation).rows)
        if newcomers:
            names[state.NEW] += f" · {newcomers:,}"
        names[state.DESK] = desk_label(generation)
        if desk_here() is None:
            del names[state.DESK]
        chosen = state.view_of(names)
        st.caption(escape_markdown(" · ".join(facts)), width="content")
        show_user()
        with st.container(width="content"):
            notice_update(generation.folder.name)
    return _VIEWS[chosen]


def _list(
    generation: Generation, embedding: Model, asked: SearchForm, below: DeltaGenerator
) -> Highlights | None:
    """Fill the left column with what is open or asked, and return what the map should point out.

    Where nothing is, return None: then the view has its say. ``below`` is the row under the search
    box.
    """
    opened = state.opened_paper()
    if opened:
        with below:
            show_understood(generation, asked, None)
        return _show_opened(generation, opened, asked)
    if state.caught():
        with below:
            show_understood(generation, asked, None)
        rows = rows_in(generation, state.caught())
        show_caught(generation, rows)
        return Highlights(focus=tuple(rows), topic=asked.topic, region=state.caught())
    if asked.is_search:
        return _show_found(generation, embedding, asked, below)
    with below:
        if asked.within:
            show_understood(generation, asked, None)
        else:
            show_examples(generation)
    if asked.within:
        rows = rows_in(generation, asked.within)
        show_within(generation, rows)
        return Highlights(focus=tuple(rows), topic=asked.topic, region=asked.within)
    if asked.topic:
        chosen = generation.topics[asked.topic]
        show_topic(generation, chosen)
        return Highlights(focus=tuple(generation.members(chosen).tolist()), topic=asked.topic)
    return None


def _show_opened(generation: Generation, opened: str, asked: SearchForm) -> Highlights:
    try:
        row = find_paper(generation, opened)
    except UnknownPaper:
        st.warning(
            f"This link names a paper that is not in the library: {escape_markdown(opened)}.",
            icon=":material/link_off:",
        )
        st.button("Show all papers", key="back", on_click=state.close_paper)
        return Highlights(topic=asked.topic)
    near = similar(generation, opened, _NEAR)
    show_paper(generation, row, near)
    found = _numbered([Fold(hit) for hit in near.hits], asked.topic)
    return replace(found, opened=row)


def _numbered(folds: Sequence[Fold], topic: str) -> Highlights:
    shares = shares_of_best([fold.hit.score for fold in folds])
    return Highlights(tuple(fold.hit.row for fold in folds), shares, topic=topic)


def _show_found(
    generation: Generation, embedding: Model, asked: SearchForm, below: DeltaGenerator
) -> Highlights:
    if asked.topic:
        st.button(
            escape_markdown(generation.topics[asked.topic].label),
            key="back-to-topic",
            type="tertiary",
            icon=":material/arrow_back:",
            on_click=state.open_topic,
            args=(asked.topic,),
        )
    results, folds = folded_results(
        generation, _searching(generation, embedding, asked), state.hits_wanted()
    )
    with below:
        show_understood(generation, asked, results)
        if results.hits:
            show_controls(generation, asked, results)
            offer_export(generation, _listed(folds), "hits", asked.text or "papers like these")
            show_following(generation, asked)
    if results.hits:
        if results.only_nearest:
            st.caption(
                "None of these words stands in the papers below; they are nearest in meaning."
            )
        sought = b"" if results.vector is None else results.vector.tobytes()
        told = state.told(f"{generation.manifest.number} {hash(sought)}")
        show_results(generation, folds, results.parsed.words, told)
        if len(folds) == state.hits_wanted():
            st.button("More results", key="more-results", on_click=state.want_more_hits)
        rows = [fold.hit.row for fold in folds]
        show_related(related_topics(generation, rows, shown_level(generation)))
        hits = tuple(fold.hit for fold in folds if fold.hit.row not in told)
        if embedding.embedder is not None and results.vector is not None and hits:
            state.put_off()
            _tell_more(embedding.embedder, replace(results, hits=hits), told)
    elif results.allowed == 0:
        show_nothing_passes(_drops(generation, asked, results))
    else:
        show_nothing_found()
    passing = allowed_rows(generation, replace(asked.query.filters, clauses=results.parsed.clauses))
    return replace(
        _numbered(folds, asked.topic),
        focus=() if passing is None else tuple(passing.tolist()),
        region=asked.within,
        query=results.vector,
    )


def _listed(folds: Sequence[Fold]) -> list[int]:
    """Return the rows of all hits in the list, those folded away included."""
    return [hit.row for fold in folds for hit in (fold.hit, *fold.same)]


def _searching(
    generation: Generation, embedding: Model, asked: SearchForm
) -> Callable[[int], Results]:
    """Return the search; by words alone while the model is loading or if it cannot be had."""
    query = asked.query
    if asked.mode is not Mode.LEXICAL:
        embedding.wait(_PATIENCE)
    embedder, problem = embedding.embedder, embedding.problem
    if embedder is not None:
        try:
            check_model(embedder, generation)
        except EmbedderError as error:
            embedder, problem = None, str(error)
    if problem:
        st.warning(escape_markdown(problem), icon=":material/error:")
    elif embedder is None and asked.mode is not Mode.LEXICAL:
        _wait_for(embedding)
    if embedder is None:
        query = replace(query, mode=Mode.LEXICAL)
    return lambda k: search(generation, embedder, query, k)


@st.fragment(run_every=0.5)
def _wait_for(embedding: Model) -> None:
    """Tell that meaning is on its way, and search again once it is there."""
    if embedding.is_ready:
        st.rerun()
    st.caption(":material/hourglass_top: By words for now; the model is still loading.")


@st.fragment(run_every=_SETTLED)
def _tell_more(embedder: Embedder, results: Results, told: dict[int, str]) -> None:
    """Find the telling sentences while the list is read already, then draw it with them.

    The first run is part of drawing the list, which does not wait.
    """
    if state.is_put_off():
        return
    for hit in results.hits:
        [better] = explain(embedder, replace(results, hits=(hit,))).hits
        told[hit.row] = better.why.sentence
        st.empty()  # where a new query can step in
    st.rerun()


def _drops(generation: Generation, asked: SearchForm, results: Results) -> list[Drop]:
    """Return the filters any of which stands in the way of all papers."""
    filters = replace(asked.query.filters, clauses=results.parsed.clauses)
    found: list[Drop] = []
    for looser in loosened(generation, filters):
        if looser.left_out is not None:
            label = chip_of(generation, looser.left_out)
            args = (without(asked.text, looser.left_out),)
            found.append(Drop(label, looser.papers, state.ask, args))
        elif looser.filters.topic != asked.topic:
            label = rf"topic\: {escape_markdown(generation.topics[asked.topic].label)}"
            found.append(Drop(label, looser.papers, state.filter_by, ("",)))
        else:
            found.append(Drop("the selection", looser.papers, state.forget_within))
    return found


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

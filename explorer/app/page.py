"""The frame of the page: header, search box, list and map side by side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.app import navigation, session, texts, url
from explorer.app.chips import clause_label, clause_removal, period_label, show_chips
from explorer.app.controls import view_control
from explorer.app.export_menu import RankedPapers, export_menu
from explorer.app.headings import page_title
from explorer.app.hits import (
    FilterRemoval,
    badge_strengths,
    show_filter_removals,
    show_hits,
    show_no_match,
    show_related_topics,
)
from explorer.app.keyboard import listen_to_keys
from explorer.app.map import show_map, show_plain_map, show_topics_picture
from explorer.app.match_count import show_match_count
from explorer.app.papers_in_view import show_papers_in_view
from explorer.app.reading_place import keep_reading_place
from explorer.app.refine import show_controls
from explorer.app.resources import (
    Model,
    current_generation,
    digests_of,
    library_folder,
    model,
    read_only_reason,
)
from explorer.app.review_menu import show_review_menu
from explorer.app.search_box import SearchForm, filters_of, rows_in, search_row, show_examples
from explorer.app.selection import show_region, show_selection
from explorer.app.understanding import show_understanding
from explorer.app.upload_guard import dismiss as dismiss_uploads
from explorer.app.user import current_desk, is_admitted, show_user
from explorer.app.views.desk import desk_label, show_desk, show_desk_map, show_follow_menu
from explorer.app.views.explore import show_explore
from explorer.app.views.for_you import show_for_you, show_for_you_map
from explorer.app.views.library import show_contents, show_library, show_update_notice
from explorer.app.views.paper import show_paper
from explorer.app.views.screening import show_screening, show_screening_map
from explorer.app.views.topic import show_topic
from explorer.app.views.topics import show_topic_tree
from explorer.app.views.whats_new import show_whats_new, show_whats_new_map
from explorer.app.visits import has_read_news, keep_visit
from explorer.embedders import Embedder
from explorer.errors import EmbedderError, ExplorerError, LibraryMissing, UnknownPaper
from explorer.insights.topic_tree import count_topics, shown_level
from explorer.insights.whats_new import whats_new
from explorer.library.generation import Generation
from explorer.library.lookup import find_paper
from explorer.map.highlights import Highlights
from explorer.papers.dates import latest
from explorer.papers.text import escape_markdown
from explorer.search.explain import explain
from explorer.search.facets import AMONG_BEST, loosened, related_topics, rows_to_count
from explorer.search.filters import Filters, allowed_rows
from explorer.search.model import Explanation, Mode, Results
from explorer.search.near_duplicates import Fold, folded_results
from explorer.search.queries.syntax import Field
from explorer.search.query_vector import check_model
from explorer.search.ranking import by_words
from explorer.search.search import search
from explorer.search.similar import similar

_NEIGHBOURS = 8
_LONGEST_NAME = 60
"""Characters of a query that a review is named after."""
_COLUMN_WIDTH = 760
"""Pixels; a single column is easier to read where it is narrower than the page."""
_MODEL_PATIENCE = 1.0
"""Seconds to wait for the model before searching by words: the list need not change twice."""
_TYPING_PAUSE = 0.4
"""Seconds for which a query must not have changed before its key sentences are computed."""
_PENDING = '<span class="pending" hidden></span>'
"""An invisible mark while the list waits for its key sentences, for scripts in the browser."""


@dataclass(frozen=True, slots=True)
class PageView:
    """A view: its name, and what fills the columns while there is no search."""

    name: str
    show_list: Callable[[Generation], None]
    show_picture: Callable[[Generation], None]


_VIEWS = {
    "": PageView(texts.EXPLORE, show_explore, show_plain_map),
    url.TOPICS: PageView(texts.TOPICS, show_topic_tree, show_topics_picture),
    url.NEW: PageView(texts.WHATS_NEW, show_whats_new, show_whats_new_map),
    url.FOR_YOU: PageView(texts.FOR_YOU, show_for_you, show_for_you_map),
    url.DESK: PageView(texts.DESK, show_desk, show_desk_map),
    url.SCREENING: PageView(texts.SCREEN, show_screening, show_screening_map),
    url.LIBRARY: PageView(texts.LIBRARY, show_library, show_contents),
}
"""By their names in the URL."""


def main() -> None:
    """Draw the page once; Streamlit calls this on every interaction."""
    # An icon by name would be fetched from the network; this one comes with the page.
    icon = Path(__file__).with_name("icon.png")
    st.set_page_config(texts.TITLE, page_icon=icon, layout="wide")
    url.remember()
    admitted = is_admitted()
    if not admitted or read_only_reason():
        dismiss_uploads()
    if not admitted:
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
    view = _show_header(generation)
    keep_visit(generation, wanted=view is _VIEWS[url.NEW])
    listen_to_keys(session.focus_requests())
    form = search_row(generation)
    toolbar = st.container(horizontal=True, vertical_alignment="center", key="below", gap="small")
    list_column, map_column = st.columns([5, 7], gap="medium")
    with list_column, st.container(key="list"):
        try:
            highlights = _show_list(generation, embedding, form, toolbar)
            if highlights is None:
                view.show_list(generation)
        except ExplorerError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            highlights = Highlights()
    with map_column, st.container(key="map-frame"):
        try:
            if highlights is None:
                view.show_picture(generation)
            else:
                show_map(generation, highlights)
        except Exception:
            logging.getLogger(__name__).exception("drawing the map failed")
            st.warning(texts.MAP_FAILED)
    keep_reading_place(is_search=form.is_search)


def _show_header(generation: Generation) -> PageView:
    """Draw title, views and facts, and return the current view."""
    latest_digest = latest(digest.date for digest in digests_of(generation))
    with st.container(key="header", horizontal=True, vertical_alignment="center"):
        page_title()
        labels = {name: view.name for name, view in _VIEWS.items()}
        new_papers = len(whats_new(generation).rows)
        if new_papers and not has_read_news(generation):
            labels[url.NEW] = texts.with_count(texts.WHATS_NEW, new_papers)
        labels[url.DESK] = desk_label(generation)
        if current_desk() is None:
            del labels[url.DESK], labels[url.FOR_YOU], labels[url.SCREENING]
        current = view_control(labels)
        facts = texts.library_facts(
            generation.size, count_topics(generation), texts.edtf_date(latest_digest)
        )
        st.caption(facts, width="content")
        show_user()
        with st.container(width="content"):
            show_update_notice(generation.folder.name)
    return _VIEWS[current]


def _show_list(
    generation: Generation, embedding: Model, form: SearchForm, toolbar: DeltaGenerator
) -> Highlights | None:
    """Fill the left column and return the highlights of the map.

    Return None where nothing is open, selected or searched for: then the view fills the columns.
    ``toolbar`` is the row under the search box.
    """
    if url.paper():
        with toolbar:
            show_chips(generation, form, None)
        return replace(
            _show_open_paper(generation, url.paper(), form),
            search=form.identity if form.is_search else "",
        )
    if url.selection():
        with toolbar:
            show_chips(generation, form, None)
        rows = rows_in(generation, url.selection(), form.period)
        show_selection(generation, rows)
        return Highlights(focus=tuple(rows), topic=form.topic, region=url.selection())
    if form.is_search:
        return _show_search(generation, embedding, form, toolbar)
    with toolbar:
        if form.within or form.period:
            show_chips(generation, form, None)
        else:
            show_examples(generation)
    if form.within:
        rows = rows_in(generation, form.within, form.period)
        show_region(generation, rows)
        return Highlights(focus=tuple(rows), topic=form.topic, region=form.within)
    if form.topic:
        topic = generation.topics[form.topic]
        show_topic(generation, topic, allowed_rows(generation, Filters(period=form.period)))
        return Highlights(focus=tuple(generation.members(topic).tolist()), topic=form.topic)
    if not url.parameter(url.VIEW):
        show_papers_in_view(generation, form.period, show_explore)
        return Highlights()
    return None


def _show_open_paper(generation: Generation, paper: str, form: SearchForm) -> Highlights:
    try:
        row = find_paper(generation, paper)
    except UnknownPaper:
        st.warning(texts.unknown_paper(paper), icon=":material/link_off:")
        st.button(texts.SHOW_ALL, key="back", on_click=navigation.close_paper)
        return Highlights(topic=form.topic)
    neighbours = similar(generation, paper, _NEIGHBOURS)
    show_paper(generation, row, neighbours)
    highlights = _numbered([Fold(hit) for hit in neighbours.hits], form.topic)
    return replace(highlights, opened=row)


def _numbered(folds: Sequence[Fold], topic: str) -> Highlights:
    shares = badge_strengths([fold.hit for fold in folds])
    return Highlights(tuple(fold.hit.row for fold in folds), shares, topic=topic)


def _show_search(
    generation: Generation, embedding: Model, form: SearchForm, toolbar: DeltaGenerator
) -> Highlights:
    if form.topic:
        st.button(
            escape_markdown(generation.topics[form.topic].label),
            key="back-to-topic",
            type="tertiary",
            icon=":material/arrow_back:",
            on_click=navigation.open_topic,
            args=(form.topic,),
        )
    searcher = _searcher(generation, embedding, form)
    results, folds = folded_results(generation, searcher, session.hits_shown())
    with toolbar:
        if results.hits:
            show_match_count(generation, results, len(_rows_of(folds)))
        show_chips(generation, form, results)
        if results.hits:
            show_controls(generation, form, results)
            export_menu(
                generation,
                _rows_of(folds),
                "hits",
                form.text or texts.SIMILAR_SEARCH,
                _ranked(generation, form, searcher, results),
            )
            show_follow_menu(generation, form)
            show_review_menu(generation, form.query, "search", form.text[:_LONGEST_NAME])
    show_understanding(form, results)
    if results.hits:
        _show_hits(generation, embedding, results, folds)
    elif results.allowed == 0:
        show_filter_removals(_filter_removals(generation, form, results))
    else:
        show_no_match()
    # The map greys other times itself, at once.
    filters = filters_of(form, results)
    matching = allowed_rows(generation, replace(filters, period=None))
    return replace(
        _numbered(folds, form.topic),
        focus=() if matching is None else tuple(matching.tolist()),
        region=form.within,
        query=results.vector,
        best=_best(generation, results, filters),
        search=form.identity,
    )


def _best(generation: Generation, results: Results, filters: Filters) -> tuple[int, ...]:
    """Return the rows of the papers that match best, or of all that match if they are few."""
    rows = rows_to_count(generation, results, filters)
    return tuple(rows.tolist()) if len(rows) <= AMONG_BEST else ()


def _show_hits(
    generation: Generation, embedding: Model, results: Results, folds: Sequence[Fold]
) -> None:
    """List hits and related topics; compute key sentences once the list is drawn."""
    vector = b"" if results.vector is None else results.vector.tobytes()
    explained = session.explanations(f"{generation.manifest.number} {hash(vector)}")
    inferred = [one.clause for one in results.interpretation.inferred]
    authors = [
        value
        for clause in (*results.parsed.clauses, *inferred)
        if clause.field is Field.AUTHOR and not clause.without
        for value in clause.values
    ]
    show_hits(generation, folds, results.parsed.words, explained, authors)
    if len(folds) == session.hits_shown():
        st.button(texts.MORE_RESULTS, key="more-results", on_click=session.show_more_hits)
    rows = [fold.hit.row for fold in folds]
    show_related_topics(related_topics(generation, rows, shown_level(generation)))
    missing = [row for row in rows if row not in explained]
    if embedding.embedder is not None and results.vector is not None and missing:
        session.postpone()
        shown = replace(results, hits=tuple(fold.hit for fold in folds))
        _find_key_sentences(generation, embedding.embedder, shown, missing, explained)


def _ranked(
    generation: Generation,
    form: SearchForm,
    searcher: Callable[[int], Results],
    results: Results,
) -> RankedPapers:
    """Return the ranking that ``results`` are the beginning of."""
    total = generation.size if results.allowed is None else results.allowed
    if results.mode is Mode.LEXICAL and results.parsed.words:  # only papers with the words are hits
        allowed = allowed_rows(generation, filters_of(form, results))
        total = len(by_words(generation, results.parsed.words, generation.size, allowed).rows)
    return RankedPapers(lambda k: [hit.row for hit in searcher(k).hits], total)


def _rows_of(folds: Sequence[Fold]) -> list[int]:
    """Return the rows of all hits in the list, near-duplicates included."""
    return [hit.row for fold in folds for hit in (fold.hit, *fold.same)]


def _searcher(
    generation: Generation, embedding: Model, form: SearchForm
) -> Callable[[int], Results]:
    """Return a function that returns k hits; by words while the model loads or if it failed."""
    query = form.query
    if form.mode is not Mode.LEXICAL:
        embedding.wait(_MODEL_PATIENCE)
    embedder, problem = embedding.embedder, embedding.problem
    if embedder is not None:
        try:
            check_model(embedder, generation)
        except EmbedderError as error:
            embedder, problem = None, str(error)
    if problem:
        st.warning(escape_markdown(problem), icon=":material/error:")
    elif embedder is None and form.mode is not Mode.LEXICAL:
        _wait_for_model(embedding)
    if embedder is None:
        query = replace(query, mode=Mode.LEXICAL)
    return lambda k: search(generation, embedder, query, k)


@st.fragment(run_every=0.5)
def _wait_for_model(embedding: Model) -> None:
    """Search again once the model is ready."""
    if embedding.is_ready:
        st.rerun()
    st.caption(texts.WORDS_ONLY)


@st.fragment(run_every=_TYPING_PAUSE)
def _find_key_sentences(
    generation: Generation,
    embedder: Embedder,
    results: Results,
    rows: Sequence[int],
    explained: dict[int, Explanation],
) -> None:
    """Compute the key sentences of the hits in ``rows``, then draw the list with them.

    The first run is part of drawing the list, which does not wait.
    """
    st.html(_PENDING)
    if session.take_postponed():
        return
    for row in rows:
        hits = explain(generation, embedder, results, {row}).hits
        explained |= {hit.row: hit.why for hit in hits if hit.row == row}
        st.empty()  # where a new query can interrupt
    st.rerun()


def _filter_removals(
    generation: Generation, form: SearchForm, results: Results
) -> list[FilterRemoval]:
    """Return the filters without any one of which papers would match."""
    filters = filters_of(form, results)
    removals: list[FilterRemoval] = []
    for looser in loosened(generation, filters):
        if looser.left_out is not None:
            label = clause_label(generation, looser.left_out)
            remove, query = clause_removal(form, looser.left_out, results)
            removal = FilterRemoval(label, looser.papers, remove, (query,))
        elif looser.filters.topic != form.topic:
            label = texts.topic_filter(generation.topics[form.topic].label)
            removal = FilterRemoval(label, looser.papers, navigation.filter_by_topic, ("",))
        elif form.period and looser.filters.period is None:
            label = period_label(generation, form.period)
            removal = FilterRemoval(label, looser.papers, navigation.clear_period)
        else:
            removal = FilterRemoval(texts.SELECTION_FILTER, looser.papers, navigation.clear_within)
        removals.append(removal)
    return removals


def _show_empty_library() -> None:
    page_title()
    st.info(
        texts.NO_LIBRARY if read_only_reason() else texts.START_LIBRARY,
        icon=":material/library_add:",
    )
    with st.container(width=_COLUMN_WIDTH):
        show_library(None)
    with st.container():
        show_update_notice("")
    st.caption(texts.library_location(library_folder()))

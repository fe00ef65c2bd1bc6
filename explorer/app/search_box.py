"""The search box with its ranking, topic filter, help and examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from explorer.app import navigation, texts, url
from explorer.app.controls import select_box
from explorer.app.small_screen import small_screen_buttons
from explorer.app.user import current_marks
from explorer.desk.marks import PaperMarks
from explorer.insights.topic_tree import shown_level
from explorer.insights.trends import time_axis
from explorer.learning.taste import is_learnable
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown
from explorer.search.filters import Filters, allowed_rows
from explorer.search.model import Mode, Query, Results, Sort
from explorer.search.queries.syntax import ON_DESK, parse

_MOST_EXAMPLES = 4


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The search as set in the search box, the controls and on the map."""

    text: str
    mode: Mode
    topic: str
    """Id of the topic filter; empty for all topics."""
    sort: Sort
    varied: bool
    similar_to: tuple[str, ...]
    """Ids of papers selected on the map as examples, beside those in the text."""
    within: url.Corners
    """Region of the map that is searched in."""
    period: tuple[str, str] | None
    """First and last period that papers are from, on the library's time axis; None for all."""
    desk: PaperMarks | None
    """The user's marks, for the fields of a query that refer to the desk."""
    refinement: str
    """Clauses and examples chosen on the page, beside those in the text, as they are typed."""
    like: tuple[str, ...]
    """Ids of the examples in ``refinement``; ``unlike``: of the counter-examples."""
    unlike: tuple[str, ...]
    as_typed: tuple[str, ...]
    """Parts of ``text`` that are neither corrected nor interpreted."""

    @property
    def is_search(self) -> bool:
        """Whether there is a text or an example, not filters alone."""
        return bool(self.text.strip() or self.similar_to or self.refinement)

    @property
    def identity(self) -> str:
        """A text that two searches share if they differ in the order of hits at most."""
        parts = (self.text.strip(), self.refinement, self.mode, self.topic, self.period)
        return repr((*parts, self.similar_to, self.within, self.as_typed))

    @property
    def query(self) -> Query:
        return Query(
            text=self.text,
            like=(*self.similar_to, *self.like),
            unlike=self.unlike,
            filters=Filters(
                topic=self.topic,
                clauses=parse(self.refinement).clauses,
                region=self.within,
                period=self.period,
                desk=self.desk,
            ),
            mode=self.mode,
            sort=self.sort,
            diverse=self.varied and self.sort is Sort.RELEVANCE,
            as_typed=self.as_typed,
        )


def filters_of(form: SearchForm, results: Results) -> Filters:
    """Return all filters of a search: those set on the page, and those in its text."""
    filters = form.query.filters
    inferred = [one.clause for one in results.interpretation.inferred if one.is_filter]
    return replace(filters, clauses=(*filters.clauses, *results.parsed.clauses, *inferred))


def search_row(generation: Generation) -> SearchForm:
    """Draw search box, help, ranking and topic filter, and return their state."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="search-row"):
        text = st.text_input(
            texts.SEARCH,
            key=url.QUERY,
            type="search",
            live="350ms",
            bind="query-params",
            label_visibility="collapsed",
            icon=":material/search:",
            placeholder=texts.SEARCH_PLACEHOLDER,
            on_change=navigation.show_list,
        )
        with st.popover("", icon=":material/help:", type="tertiary", key="help"):
            st.markdown(texts.SEARCH_HELP)
        modes = {mode.value: label for mode, label in texts.MODES.items()}
        mode = select_box(url.MODE, modes, texts.RANK_BY, width=190)
        topic = select_box(url.TOPIC, _topic_labels(generation), texts.TOPIC, width=240)
        small_screen_buttons()
    desk = current_marks(generation)
    return SearchForm(
        text=text or "",
        mode=Mode(mode),
        topic=topic,
        sort=_sort(desk),
        varied=url.is_varied(),
        similar_to=tuple(
            generation.records.ids[row] for row in rows_in(generation, url.similar_to())
        ),
        within=url.within(),
        period=_period(generation),
        desk=desk,
        refinement=url.refinement(),
        like=_known(generation, parse(url.refinement()).like),
        unlike=_known(generation, parse(url.refinement()).unlike),
        as_typed=url.as_typed(),
    )


def _sort(desk: PaperMarks | None) -> Sort:
    """Return the order in the URL, if the desk has what it takes."""
    chosen = url.parameter(url.SORT)
    if chosen == Sort.FOR_YOU and (desk is None or not is_learnable(desk)):
        return Sort.RELEVANCE
    return Sort(chosen) if chosen in list(Sort) else Sort.RELEVANCE


def _known(generation: Generation, papers: Sequence[str]) -> tuple[str, ...]:
    """Return those of ``papers`` that are in the library or on the desk: a URL outlives them."""
    return tuple(
        paper
        for paper in papers
        if paper.casefold() in ON_DESK or generation.records.find(paper) is not None
    )


def show_examples(generation: Generation) -> None:
    """Offer queries that this library can answer."""
    st.caption(texts.TRY, width="content")
    for number, example in enumerate(_examples(generation)):
        st.button(
            escape_markdown(example),
            key=f"example-{number}",
            type="tertiary",
            on_click=navigation.search_for,
            args=(example,),
        )


def rows_in(
    generation: Generation, region: url.Corners, period: tuple[str, str] | None = None
) -> list[int]:
    """Return the rows of the papers in a region of the map; none for an empty region.

    ``period`` is the first and last period that papers are from; None for all.
    """
    rows = allowed_rows(generation, Filters(region=region, period=period)) if region else None
    return [] if rows is None else rows.tolist()


def _period(generation: Generation) -> tuple[str, str] | None:
    """Return the period in the URL, unless the library has no papers of that time."""
    period = url.period()
    return period if period and time_axis(generation).span(*period) else None


def _topic_labels(generation: Generation) -> dict[str, str]:
    """Return the topics to filter by; the URL may name one of another level."""
    topics = {topic.id: topic for topic in generation.levels[shown_level(generation)]}
    if url.topic() in generation.topics:
        topics.setdefault(url.topic(), generation.topics[url.topic()])
    labels = {topic.id: topic.label for topic in topics.values()}
    return {"": texts.ALL_TOPICS} | labels


def _examples(generation: Generation) -> list[str]:
    """Return phrases from the names and keywords of the largest topics."""
    level = generation.levels[shown_level(generation)]
    examples: list[str] = []
    for topic in sorted(level, key=lambda topic: -topic.size):
        phrases = [phrase for phrase in (topic.label, *topic.keywords) if " " in phrase]
        examples += [phrase for phrase in phrases if phrase not in examples][:1]
    return [example[:1].upper() + example[1:] for example in examples[:_MOST_EXAMPLES]]

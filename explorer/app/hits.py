"""The list beside the map: hits, or a lasso's catch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.app import state
from explorer.app.export_menu import offer_export
from explorer.app.paper_marks import show_keeping, show_star
from explorer.app.search_box import like_this
from explorer.insights.selection_summary import summarise
from explorer.insights.topic_tree import shown_level
from explorer.library.generation import Generation
from explorer.map.colouring import topic_colour
from explorer.map.palette import BadgeColours, score_marks, shares_of_best
from explorer.papers.paper import Paper
from explorer.papers.text import escape_markdown, markdown, markdown_link
from explorer.search.near_duplicates import Fold
from explorer.search.search import Hit, highlight
from explorer.topics.communities import Topic

_MOST_LISTED = 60
_MOST_TOPICS = 6


@dataclass(frozen=True, slots=True)
class Drop:
    """A filter to drop: what it is called as Markdown, what happens then, what passes then."""

    label: str
    papers: int
    act: Callable[..., None]
    args: tuple[str, ...] = ()


def show_results(
    generation: Generation,
    folds: Sequence[Fold],
    words: str,
    told: Mapping[int, str] | None = None,
) -> None:
    """List the hits, each with its reason.

    Args:
        words: what stands in bold where a hit says it.
        told: sentences that tell more than those of the hits, by row.
    """
    shares = shares_of_best([fold.hit.score for fold in folds])
    marks = score_marks(shares, dark=state.is_dark()) or [
        BadgeColours(topic_colour(generation, fold.hit.row), "#ffffff") for fold in folds
    ]
    for place, (fold, mark) in enumerate(zip(folds, marks, strict=True)):
        hit = fold.hit
        sentence = (told or {}).get(hit.row, hit.why.sentence)
        with st.container(key=f"hit-{hit.rank}", gap="xxsmall"):
            with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
                _badge(hit.rank, mark)
                open_button(hit.paper, f"hit{hit.rank}")
                show_star(generation, hit.row, f"hit{hit.rank}")
            _facts(generation, hit)
            with st.container(key=f"sentence-{hit.rank}"):
                st.markdown(_marked(sentence, words))
            with st.container(
                horizontal=True,
                vertical_alignment="center",
                gap="medium",
                key=f"actions-{hit.rank}",
            ):
                if shares:
                    _bar(shares[place], hit.why.meaning, hit.why.words)
                show_keeping(generation, hit.row, f"hit{hit.rank}")
                _likeness(hit)
                for label, address in hit.paper.links:
                    st.markdown(markdown_link(label, address), width="content")
            if hit.paper.abstract:
                with st.expander("Abstract"):
                    st.markdown(markdown(hit.paper.abstract_body))
            if fold.same:
                _same(fold)


def show_related(topics: Sequence[Topic]) -> None:
    """Offer the topics that most of the hits are in."""
    if topics:
        with st.container(
            horizontal=True, vertical_alignment="center", key="related", gap="xsmall"
        ):
            st.caption("Related topics", width="content")
            for topic in topics:
                st.button(
                    escape_markdown(topic.label),
                    key=f"related-{topic.id}",
                    on_click=state.open_topic,
                    args=(topic.id,),
                )


def show_caught(generation: Generation, rows: Sequence[int]) -> None:
    """List what a lasso or box caught, counted by topic."""
    with st.container(horizontal=True, vertical_alignment="center"):
        noun = "paper" if len(rows) == 1 else "papers"
        st.markdown(f"**{len(rows):,} {noun} selected**")
        st.button("Clear selection", key="release", type="tertiary", on_click=state.release)
    if not rows:
        st.caption("Nothing in there. Draw around some points.")
        return
    _search_from(generation, rows)
    summary = summarise(generation, rows)
    with st.container(horizontal=True, key="caught-topics", gap="xsmall"):
        for topic, papers in summary.topics[:_MOST_TOPICS]:
            st.button(
                f"{escape_markdown(topic.label)} :gray[{papers:,}]",
                key=f"caught-topic-{topic.id}",
                on_click=state.open_topic,
                args=(topic.id,),
            )
    if summary.keywords:
        st.caption(f"In common: {escape_markdown(', '.join(summary.keywords))}")
    list_papers(generation, rows[:_MOST_LISTED], "caught")
    if len(rows) > _MOST_LISTED:
        st.caption(f"and {len(rows) - _MOST_LISTED:,} more: draw a smaller shape to see them.")


def show_within(generation: Generation, rows: Sequence[int]) -> None:
    """List the papers that are searched among, while nothing is asked of them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Type above what to look for among these papers.", width="content")
        offer_export(generation, rows, "within", "papers of a region")
    list_papers(generation, rows[:_MOST_LISTED], "within")
    if len(rows) > _MOST_LISTED:
        st.caption(f"and {len(rows) - _MOST_LISTED:,} more.")


def show_nothing_found() -> None:
    """Say what to do where words stand nowhere."""
    st.info("Nothing matches. Try fewer or other words.", icon=":material/search_off:")


def show_nothing_passes(drops: Sequence[Drop]) -> None:
    """Name the filters to drop where no paper passes them all."""
    if not drops:
        st.info(
            "Nothing passes these filters, nor all but one of them. Take out some of the parts "
            "above.",
            icon=":material/filter_alt_off:",
        )
        return
    st.info("Nothing passes these filters together.", icon=":material/filter_alt_off:")
    for number, drop in enumerate(drops):
        noun = "paper passes" if drop.papers == 1 else "papers pass"
        st.button(
            f"Drop {drop.label} :gray[{drop.papers:,} {noun} then]",
            key=f"drop-{number}",
            type="tertiary",
            on_click=drop.act,
            args=drop.args,
        )


def _search_from(generation: Generation, rows: Sequence[int]) -> None:
    region = state.caught()
    with st.container(horizontal=True, vertical_alignment="center", key="search-from"):
        st.button(
            "Search within this region",
            key="search-within",
            icon=":material/search:",
            on_click=state.search_within,
            args=(region,),
        )
        st.button(
            "More like these",
            key="more-like-these",
            icon=":material/add_circle:",
            on_click=state.more_like,
            args=(region,),
        )
        offer_export(generation, rows, "caught", "selected papers")


def _facts(generation: Generation, hit: Hit) -> None:
    topic = generation.topics_of(hit.row)[shown_level(generation)]
    facts = [topic.label, _short(hit.paper.authors), hit.paper.date, hit.paper.venue]
    st.caption(escape_markdown(" · ".join(fact for fact in facts if fact)))


def _likeness(hit: Hit) -> None:
    for name, label, icon in (
        ("more", "More like this", ":material/add_circle:"),
        ("less", "Less like this", ":material/do_not_disturb_on:"),
    ):
        st.button(
            label,
            key=f"{name}-hit{hit.rank}-{hit.paper.id}",
            type="tertiary",
            icon=icon,
            on_click=_ask_alike,
            args=(hit.paper.id,),
            kwargs={"less": name == "less"},
        )


def _ask_alike(paper: str, *, less: bool) -> None:
    state.ask(like_this(state.asked(), paper, less=less))


def _same(fold: Fold) -> None:
    """Fold away the hits that are nearly the same paper as the one above."""
    with st.expander(f"+{len(fold.same)} nearly the same"):
        for hit in fold.same:
            open_button(hit.paper, f"same{fold.hit.rank}")


def _short(authors: Sequence[str]) -> str:
    return f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors)


def list_papers(
    generation: Generation, rows: Sequence[int], where: str, *, dots: bool = True
) -> None:
    """List papers by their titles, each with a dot in its topic's colour if ``dots``.

    ``where`` tells this list from others on the page.
    """
    for row in rows:
        paper = generation.records[row]
        with (
            st.container(key=f"{where}-{paper.id}", gap=None),
            st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False),
        ):
            if dots:
                show_dot(topic_colour(generation, row))
            open_button(paper, where)


def topic_button(topic: Topic, where: str) -> None:
    """Draw a topic's name, which opens its page; ``where`` tells it from others on the page."""
    st.button(
        escape_markdown(topic.label),
        key=f"to-{where}-{topic.id}",
        type="tertiary",
        wrap=True,
        on_click=state.open_topic,
        args=(topic.id,),
    )


def scroll_to_top(shown: str) -> None:
    """Show the list from its top whenever ``shown``, the library's own id, is another."""
    # The script runs anew with each id, since its text differs.
    st.html(
        f"<script>/* {shown} */ document.querySelector('.st-key-list').scrollTop = 0</script>",
        unsafe_allow_javascript=True,
    )


def open_button(paper: Paper, where: str) -> None:
    """Draw a paper's title, which opens it; ``where`` tells it from others on the page."""
    st.button(
        markdown(paper.title),
        key=f"open-{where}-{paper.id}",
        type="tertiary",
        wrap=True,
        width="stretch",
        on_click=state.open_paper,
        args=(paper.id,),
    )


def _marked(sentence: str, query: str) -> str:
    pieces = (
        f"**{escape_markdown(piece)}**" if matches else escape_markdown(piece)
        for piece, matches in highlight(sentence, query)
    )
    return "".join(pieces)


def _badge(number: int, mark: BadgeColours) -> None:
    style = f"background:{mark.background};color:{mark.text}"
    st.html(f'<span class="badge" style="{style}">{number:d}</span>', width="content")


def show_dot(colour: str) -> None:
    """Draw a dot in a topic's colour."""
    st.html(f'<span class="dot" style="background:{colour}"></span>', width="content")


def _bar(share: float, meaning: float, words: float) -> None:
    """Draw a score as a bar: its length the score, its parts meaning and words."""
    st.html(
        f'<div class="score" role="img" aria-label="score {share:.0%} of the best, '
        f'meaning {meaning:.0%}, words {words:.0%}" '
        f'title="meaning {meaning:.0%}, words {words:.0%}">'
        f'<span class="meaning" style="width:{share * meaning:.1%}"></span>'
        f'<span class="words" style="width:{share * words:.1%}"></span></div>',
        width="content",
    )

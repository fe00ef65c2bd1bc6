"""The list of hits: each with its reason, marks and abstract; advice where there are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.app import navigation, session, texts, url
from explorer.app.list_rows import paper_button
from explorer.app.paper_marks import show_marks, show_star
from explorer.app.query_text import with_example
from explorer.insights.topic_tree import shown_level
from explorer.library.generation import Generation
from explorer.map.colouring import topic_colour
from explorer.map.palette import BadgeColours, badge_colours, shares_of_best
from explorer.papers.text import escape_markdown, markdown, markdown_link
from explorer.search.model import Hit
from explorer.search.near_duplicates import Fold
from explorer.search.word_matches import highlight
from explorer.topics.communities import Topic


@dataclass(frozen=True, slots=True)
class FilterRemoval:
    """A filter that may be removed."""

    label: str
    """The filter, as Markdown."""
    papers: int
    """Papers that match without it."""
    remove: Callable[..., None]
    args: tuple[str, ...] = ()


def show_hits(
    generation: Generation,
    folds: Sequence[Fold],
    words: str,
    sentences: Mapping[int, str] | None = None,
) -> None:
    """List hits, best first.

    Args:
        words: the words of the query, set in bold.
        sentences: key sentences by row, in place of those of the hits.
    """
    shares = shares_of_best([fold.hit.score for fold in folds])
    badges = badge_colours(shares, dark=session.is_dark()) or [
        BadgeColours(topic_colour(generation, fold.hit.row), "#ffffff") for fold in folds
    ]
    for index, (fold, badge) in enumerate(zip(folds, badges, strict=True)):
        hit = fold.hit
        sentence = (sentences or {}).get(hit.row, hit.why.sentence)
        with st.container(key=f"hit-{hit.rank}", gap="xxsmall"):
            with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
                _show_badge(hit.rank, badge)
                paper_button(hit.paper, f"hit{hit.rank}")
                show_star(generation, hit.row, f"hit{hit.rank}")
            _show_facts(generation, hit)
            with st.container(key=f"sentence-{hit.rank}"):
                st.markdown(_with_bold(sentence, words, hit.paper.language))
            _show_actions(generation, hit, shares[index] if shares else None)
            if hit.paper.abstract:
                with st.expander(texts.ABSTRACT):
                    st.markdown(markdown(hit.paper.abstract_body))
            if fold.same:
                _show_near_duplicates(fold)


def show_related_topics(topics: Sequence[Topic]) -> None:
    """Offer the topics of most hits."""
    if not topics:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="related", gap="xsmall"):
        st.caption(texts.RELATED_TOPICS, width="content")
        for topic in topics:
            st.button(
                escape_markdown(topic.label),
                key=f"related-{topic.id}",
                on_click=navigation.open_topic,
                args=(topic.id,),
            )


def show_no_match() -> None:
    """Advise to change the words of the query."""
    st.info(texts.NOTHING_MATCHES, icon=":material/search_off:")


def show_filter_removals(removals: Sequence[FilterRemoval]) -> None:
    """Offer to remove filters, where no paper matches them all."""
    if not removals:
        st.info(texts.EACH_FILTER_MATCHES_NOTHING, icon=":material/filter_alt_off:")
        return
    st.info(texts.FILTERS_MATCH_NOTHING, icon=":material/filter_alt_off:")
    for number, removal in enumerate(removals):
        st.button(
            texts.remove_filter(removal.label, removal.papers),
            key=f"drop-{number}",
            type="tertiary",
            on_click=removal.remove,
            args=removal.args,
        )


def _show_facts(generation: Generation, hit: Hit) -> None:
    topic = generation.topics_of(hit.row)[shown_level(generation)]
    facts = [topic.label, _short_authors(hit.paper.authors), hit.paper.date, hit.paper.venue]
    st.caption(escape_markdown(" · ".join(fact for fact in facts if fact)))


def _show_actions(generation: Generation, hit: Hit, share: float | None) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="medium", key=f"actions-{hit.rank}"
    ):
        if share is not None:
            _show_score(share, hit.why.meaning, hit.why.words)
        show_marks(generation, hit.row, f"hit{hit.rank}")
        _show_example_buttons(hit)
        for label, address in hit.paper.links:
            st.markdown(markdown_link(label, address), width="content")


def _show_example_buttons(hit: Hit) -> None:
    for name, label, icon in (
        ("more", texts.MORE_LIKE_THIS, ":material/add_circle:"),
        ("less", texts.LESS_LIKE_THIS, ":material/do_not_disturb_on:"),
    ):
        st.button(
            label,
            key=f"{name}-hit{hit.rank}-{hit.paper.id}",
            type="tertiary",
            icon=icon,
            on_click=_search_with_example,
            args=(hit.paper.id,),
            kwargs={"unlike": name == "less"},
        )


def _search_with_example(paper: str, *, unlike: bool) -> None:
    navigation.search_for(with_example(url.query(), paper, unlike=unlike))


def _show_near_duplicates(fold: Fold) -> None:
    with st.expander(texts.near_duplicate_count(len(fold.same))):
        for hit in fold.same:
            paper_button(hit.paper, f"same{fold.hit.rank}")


def _short_authors(authors: Sequence[str]) -> str:
    return f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors)


def _with_bold(sentence: str, words: str, language: str) -> str:
    pieces = (
        f"**{escape_markdown(piece)}**" if matches else escape_markdown(piece)
        for piece, matches in highlight(sentence, words, language)
    )
    return "".join(pieces)


def _show_badge(number: int, colours: BadgeColours) -> None:
    style = f"background:{colours.background};color:{colours.text}"
    st.html(f'<span class="badge" style="{style}">{number:d}</span>', width="content")


def _show_score(share: float, meaning: float, words: float) -> None:
    """Draw a score as a bar: its length the score, its parts meaning and words."""
    st.html(
        f'<div class="score" role="img" aria-label="{texts.score(share, meaning, words)}" '
        f'title="{texts.score_parts(meaning, words)}">'
        f'<span class="meaning" style="width:{share * meaning:.1%}"></span>'
        f'<span class="words" style="width:{share * words:.1%}"></span></div>',
        width="content",
    )

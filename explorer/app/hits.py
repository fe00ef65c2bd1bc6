"""The list of hits, each with its reason; advice where there are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.app import navigation, session, texts
from explorer.app.list_rows import shortened
from explorer.app.paper_row import Rank, name_in_title, paper_button, show_paper_row
from explorer.library.generation import Generation
from explorer.map.colouring import topic_colour
from explorer.map.palette import BadgeColours, badge_colours, shares_of_best
from explorer.papers.text import escape_markdown
from explorer.search.model import Explanation, Hit
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
    explained: Mapping[int, Explanation] | None = None,
    authors: Sequence[str] = (),
) -> None:
    """List hits, best first.

    Args:
        words: the words of the query, set in bold; ``authors``: names that it searches for.
        explained: explanations by row, in place of those of the hits.
    """
    shares = badge_strengths([fold.hit for fold in folds])
    badges = badge_colours(shares, dark=session.is_dark()) or [
        BadgeColours(topic_colour(generation, fold.hit.row), "#ffffff") for fold in folds
    ]
    searched = [*words.split(), *authors]
    with st.container(key="papers-hits", gap=None):
        for index, (fold, badge) in enumerate(zip(folds, badges, strict=True)):
            hit = fold.hit
            share = hit.likelihood
            if share is None and shares:
                share = shares[index]
            show_paper_row(
                generation,
                hit.row,
                "hit",
                rank=Rank(hit.rank, badge, share, hit.why.meaning, hit.why.words),
                searched=searched,
                reason=_reason(generation, hit, words, (explained or {}).get(hit.row, hit.why)),
            )
            if fold.same:
                _show_near_duplicates(fold)


def badge_strengths(hits: Sequence[Hit]) -> tuple[float, ...]:
    """Return the strength of each hit's colour, from 0 to 1; empty where nothing was ranked.

    It is the score as a share of the best, times the greatest likelihood: hits differ, and are pale
    where none of them is likely.
    """
    known = [hit.likelihood for hit in hits if hit.likelihood is not None]
    best = max(known, default=1.0)
    return tuple(best * share for share in shares_of_best([hit.score for hit in hits]))


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


def _reason(generation: Generation, hit: Hit, words: str, why: Explanation) -> str:
    """Return the nearest example, near words and the key sentence of a hit, as Markdown."""
    reason = _with_bold(why.sentence, words, hit.paper.language)
    if why.near:
        reason = f"{texts.words_near_query(why.near)} {reason}"
    example = generation.records.row_of(hit.why.example) if hit.why.example else None
    if example is None:
        return reason
    name = escape_markdown(shortened(name_in_title(generation.records[example])))
    return f"{texts.like_example(name)} {reason}".strip()


def _show_near_duplicates(fold: Fold) -> None:
    with st.expander(texts.near_duplicate_count(len(fold.same))):
        for hit in fold.same:
            paper_button(hit.paper, f"same{fold.hit.rank}")


def _with_bold(sentence: str, words: str, language: str) -> str:
    pieces = (
        f"**{escape_markdown(piece)}**" if matches else escape_markdown(piece)
        for piece, matches in highlight(sentence, words, language)
    )
    return "".join(pieces)

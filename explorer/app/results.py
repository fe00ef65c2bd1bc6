"""The list beside the map: hits, or a lasso's catch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from explorer.app import state
from explorer.charts import shown_level, topic_colour
from explorer.generation import Generation
from explorer.paper import Paper
from explorer.readable import escape_markdown, markdown, markdown_link
from explorer.search import Hit, Results, highlight
from explorer.topics import Topic

_MOST_LISTED = 60


def show_results(generation: Generation, results: Results, query: str) -> None:
    """List the hits, each with its reason."""
    if results.only_nearest:
        st.caption("None of these words stands in the papers below; they are nearest in meaning.")
    best = max((hit.score for hit in results.hits), default=0.0)
    for hit in results.hits:
        with st.container(key=f"hit-{hit.rank}", gap="xxsmall"):
            _hit(generation, hit, query, max(0.0, hit.score / best) if best > 0 else 0.0)


def show_caught(generation: Generation, rows: Sequence[int]) -> None:
    """List what a lasso or box caught, counted by topic."""
    with st.container(horizontal=True, vertical_alignment="center"):
        noun = "paper" if len(rows) == 1 else "papers"
        st.markdown(f"**{len(rows):,} {noun} selected**")
        st.button("Clear selection", key="release", type="tertiary", on_click=state.release)
    counts = Counter(generation.topics_of(row)[-1].label for row in rows)
    listed = ", ".join(f"{escape_markdown(label)} ({n})" for label, n in counts.most_common(6))
    st.caption(listed or "Nothing in there. Draw around some points.")
    list_papers(generation, rows[:_MOST_LISTED], "caught")
    if len(rows) > _MOST_LISTED:
        st.caption(f"and {len(rows) - _MOST_LISTED:,} more: draw a smaller shape to see them.")


def show_nothing_found(topic: str) -> None:
    """Say what to do where a search has no hits."""
    st.info("Nothing matches. Try fewer or other words.", icon=":material/search_off:")
    if topic:
        st.button("Search in all topics", on_click=state.filter_by, args=("",), key="all-topics")


def _hit(generation: Generation, hit: Hit, query: str, share: float) -> None:
    with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
        _badge(hit.rank, topic_colour(generation, hit.row))
        _title(hit.paper, f"hit{hit.rank}")
    topic = generation.topics_of(hit.row)[shown_level(generation)]
    facts = [topic.label, _short(hit.paper.authors), hit.paper.date, hit.paper.venue]
    st.caption(escape_markdown(" · ".join(fact for fact in facts if fact)))
    if hit.why.sentence:
        st.markdown(_marked(hit.why.sentence, query))
    with st.container(
        horizontal=True, vertical_alignment="center", gap="medium", key=f"actions-{hit.rank}"
    ):
        _bar(share, hit.why.meaning, hit.why.words)
        st.button(
            "More like this",
            key=f"more-hit{hit.rank}-{hit.paper.id}",
            type="tertiary",
            icon=":material/hub:",
            on_click=state.open_paper,
            args=(hit.paper.id,),
        )
        for label, address in hit.paper.links:
            st.markdown(markdown_link(label, address), width="content")
    if hit.paper.abstract:
        with st.expander("Abstract"):
            st.markdown(markdown(hit.paper.abstract_body))


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
            _title(paper, where)


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


def _title(paper: Paper, where: str) -> None:
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


def _badge(number: int, colour: str) -> None:
    st.html(f'<span class="badge" style="background:{colour}">{number:d}</span>', width="content")


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

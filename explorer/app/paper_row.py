"""One paper in a list, the same in every list: title, byline, reason, star and menu."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.app import navigation, texts, url
from explorer.app.paper_marks import marks_summary, show_dismissal, show_marks_form, show_star
from explorer.app.query_text import with_example, without_example
from explorer.app.user import current_marks
from explorer.insights.topic_tree import shown_level
from explorer.library.generation import Generation
from explorer.library.venue_series import venue_label
from explorer.map.colouring import topic_colour
from explorer.map.palette import BadgeColours
from explorer.papers.dates import year_of
from explorer.papers.paper import Paper, title_key
from explorer.papers.text import escape_markdown, markdown, markdown_link

_FIRST_AUTHORS = 3
"""Authors that a byline begins with; the last one follows."""


@dataclass(frozen=True, slots=True)
class Rank:
    """The place of a hit in its list, and how good it is."""

    number: int
    colours: BadgeColours
    share: float | None = None
    """Its likelihood, or its score as a share of the best; None where nothing was ranked."""
    meaning: float = 0.0
    words: float = 0.0
    """Shares of the score; see :class:`explorer.search.model.Explanation`."""


def show_paper_rows(
    generation: Generation, rows: Sequence[int], list_name: str, *, topics: bool = True
) -> None:
    """List papers; ``topics`` says whether each names its topic.

    ``list_name`` makes the keys of these rows unique on the page.
    """
    with st.container(gap=None):
        for row in rows:
            show_paper_row(generation, row, list_name, topic=topics)


def show_paper_row(
    generation: Generation,
    row: int,
    list_name: str,
    *,
    rank: Rank | None = None,
    searched: Iterable[str] = (),
    reason: str = "",
    topic: bool = True,
    verdict: bool = False,
) -> None:
    """Draw a paper in a list.

    Args:
        rank: its place among hits; without one it gets a dot in its topic's colour.
        searched: words of the query, and names of authors searched for, in bold in the byline.
        reason: why it is in the list, as Markdown.
        topic: whether the byline names its topic.
        verdict: whether a button beside the star marks the paper as not for the user.
    """
    paper = generation.records[row]
    # A hit's keys have its number: with another number it is another row.
    keys = f"{list_name}{rank.number}" if rank else list_name
    name = f"{keys}-{paper.id}"
    with st.container(key=f"{list_name}-{rank.number}" if rank else name, gap=None):
        with _line(f"headline-{name}", "top"):
            _show_mark(rank, topic_colour(generation, row))
            paper_button(paper, keys)
            show_star(generation, row, keys)
            if verdict:
                show_dismissal(generation, row, keys)
        with _line(f"byline-{name}"):
            _show_byline(generation, row, searched)
            if topic:
                _show_topic(generation, row, name)
            _show_menu(generation, row, keys)
        if reason:
            with st.container(key=f"sentence-{name}", gap=None):
                st.markdown(reason)


def _line(key: str, align: Literal["top", "center"] = "center") -> DeltaGenerator:
    return st.container(
        horizontal=True, vertical_alignment=align, gap="xsmall", wrap=False, key=key
    )


def paper_button(paper: Paper, list_name: str) -> None:
    """Draw a paper's title, which opens the paper."""
    st.button(
        markdown(paper.title),
        key=f"open-{list_name}-{paper.id}",
        type="tertiary",
        wrap=True,
        width="stretch",
        on_click=navigation.open_paper,
        args=(paper.id,),
    )


def authors_line(authors: Sequence[str], searched: Iterable[str] = ()) -> str:
    """Return the first three authors and the last, as Markdown.

    Authors whose name has all words of one of ``searched`` are in bold, and then take the place of
    the second and the third, so that they are seen.
    """
    wanted = [set(title_key(text).split()) for text in searched]
    names = [set(title_key(author).split()) for author in authors]
    bold = [any(words and words <= name for words in wanted) for name in names]
    first = 1 if any(bold) else _FIRST_AUTHORS
    shown = [
        index
        for index in range(len(authors))
        if index < first or index == len(authors) - 1 or bold[index]
    ]
    parts: list[str] = []
    for before, index in zip([-1, *shown], shown, strict=False):
        name = escape_markdown(authors[index])
        name = f"**{name}**" if bold[index] else name
        parts.append(f"… {name}" if index > before + 1 else name)
    return ", ".join(parts)


def name_in_title(paper: Paper) -> str:
    """Return the name that a title begins with ("SwiftKV: ..."), or else the title."""
    name, _, rest = paper.readable_title.partition(": ")
    return name if rest else paper.readable_title


def _show_mark(rank: Rank | None, colour: str) -> None:
    """Draw the number of a hit with its score as a bar, or a dot in the topic's colour."""
    if rank is None:
        st.html(f'<span class="dot" style="background:{colour}"></span>', width="content")
        return
    style = f"background:{rank.colours.background};color:{rank.colours.text}"
    badge = f'<span class="badge" style="{style}">{rank.number:d}</span>'
    if rank.share is not None:
        share, meaning, words = rank.share, rank.meaning, rank.words
        badge += (
            f'<div class="score" role="img" aria-label="{texts.score(share, meaning, words)}" '
            f'title="{texts.score_parts(meaning, words)}">'
            f'<span class="meaning" style="width:{share * meaning:.1%}"></span>'
            f'<span class="words" style="width:{share * words:.1%}"></span></div>'
        )
    st.html(badge, width="content")


def _show_byline(generation: Generation, row: int, searched: Iterable[str]) -> None:
    """Draw authors, year and venue."""
    paper = generation.records[row]
    year = year_of(paper.published)
    venue = venue_label(generation, paper.venue)
    authors = authors_line(paper.authors, searched)
    if authors:
        st.caption(authors, width="content")
    facts = [str(year) if year else "", escape_markdown(venue)]
    if any(facts):
        st.caption(" · ".join(fact for fact in facts if fact), width="content")


def _show_topic(generation: Generation, row: int, name: str) -> None:
    topic = generation.topics_of(row)[shown_level(generation)]
    st.button(
        escape_markdown(topic.label),
        key=f"topic-{name}",
        type="tertiary",
        on_click=navigation.open_topic,
        args=(topic.id,),
    )


@st.fragment
def _show_menu(generation: Generation, row: int, list_name: str) -> None:
    """Draw the marks of a paper and its menu: papers like it, links, marks and its abstract."""
    paper, marks = generation.records[row], current_marks(generation)
    name = f"{list_name}-{paper.id}"
    with _line(f"end-{name}"):
        summary = "" if marks is None else marks_summary(marks[row])
        if summary:
            st.caption(summary, width="content")
        popover = st.popover(
            texts.MORE_ACTIONS,
            icon=":material/more_horiz:",
            type="tertiary",
            key=f"menu-{name}",
            on_change="rerun",
        )
    with popover, st.container(key=f"keeping-{name}", gap="small"):
        if not popover.open:
            return
        with st.container(horizontal=True, gap="small", key=f"actions-{name}"):
            pressed = [
                st.button(
                    label,
                    key=f"{kind}-{name}",
                    type="tertiary",
                    icon=icon,
                    on_click=_search_with_example,
                    args=(paper.id,),
                    kwargs={"unlike": kind == "less"},
                )
                for kind, label, icon in (
                    ("more", texts.MORE_LIKE_THIS, ":material/add_circle:"),
                    ("less", texts.LESS_LIKE_THIS, ":material/do_not_disturb_on:"),
                )
            ]
            for label, address in paper.links:
                st.markdown(markdown_link(label, address), width="content")
        show_marks_form(generation, row, list_name)
        if paper.abstract:
            with st.container(key=f"abstract-{name}"):
                st.markdown(markdown(paper.abstract_body))
    if any(pressed):  # the query has changed, so the whole page is drawn, not only this fragment
        st.rerun()


def _search_with_example(paper: str, *, unlike: bool) -> None:
    """Search for papers like one, too, or unlike it; the text of the query stays."""
    url.set_query(without_example(url.query(), paper))
    navigation.refine(with_example(url.refinement(), paper, unlike=unlike))

"""Briefing: new papers as a page to read or mail, by topic, the most relevant first.

The relevance of a paper is its similarity to starred papers
(:func:`explorer.learning.likeness.likeness`), less a share of its similarity to the nearest dismissed
paper.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from explorer.alerts.followed_search import FollowedResults
from explorer.desk.marks import PaperMarks
from explorer.insights.whats_new import whats_new
from explorer.learning.likeness import likeness
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.papers.text import markdown_line, markdown_link
from explorer.settings import SearchSettings
from explorer.topics.communities import Topic

_EXCERPT_CHARACTERS = 420
"""Characters of an abstract that are shown."""


class BriefingFormat(StrEnum):
    """Formats of a briefing."""

    MARKDOWN = "markdown"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class BriefingItem:
    """A new paper."""

    row: int
    paper: Paper
    relevance: float | None
    """Similarity to the desk, at most 1; None if no paper is starred."""
    nearest: Paper | None
    """The most similar starred paper."""
    searches: tuple[str, ...]
    """Names of the followed searches that it is a hit of."""


@dataclass(frozen=True, slots=True)
class BriefingSection:
    """A topic and its new papers, the most relevant first."""

    topic: Topic
    items: tuple[BriefingItem, ...]


@dataclass(frozen=True, slots=True)
class Briefing:
    """New papers since a moment, by topic."""

    since: datetime
    papers: int
    sections: tuple[BriefingSection, ...]
    """The topic with the most relevant paper first."""
    by_desk: bool
    """Whether papers are ranked by the desk."""


def briefing(
    generation: Generation,
    desk: PaperMarks,
    since: datetime | None = None,
    results: Sequence[FollowedResults] = (),
) -> Briefing:
    """Return the new papers since a moment; without one, since the last build that added papers.

    Papers that are marked as read or not for me are left out.

    Args:
        results: of followed searches; each paper lists those that it is a hit of.
    """
    news = whats_new(generation, since)
    done = {row for row, mark in desk.of.items() if mark.state in ("read", "not-for-me")}
    rows = [row for row in news.rows if row not in done]
    relevance, nearest = relevance_to(generation, rows, desk)
    of = {row: index for index, row in enumerate(rows)}
    searches_of: dict[int, list[str]] = {}
    for one in results:
        for hit in one.hits:
            searches_of.setdefault(hit.row, []).append(one.following.name)

    def item(row: int) -> BriefingItem:
        index = of[row]
        if relevance is None:
            return BriefingItem(
                row, generation.records[row], None, None, tuple(searches_of.get(row, ()))
            )
        return BriefingItem(
            row,
            generation.records[row],
            round(float(relevance[index]), 3),
            generation.records[int(nearest[index])],
            tuple(searches_of.get(row, ())),
        )

    sections = []
    for topic in news.topics:
        # Papers of equal or unknown relevance keep the order of the news.
        items = sorted(
            (item(row) for row in topic.rows if row in of),
            key=lambda one: -(one.relevance or 0.0),
        )
        if items:
            sections.append(BriefingSection(topic.topic, tuple(items)))
    sections.sort(key=lambda section: -(section.items[0].relevance or 0.0))
    return Briefing(news.since, len(rows), tuple(sections), relevance is not None)


def relevance_to(
    generation: Generation,
    rows: Sequence[int],
    desk: PaperMarks,
    settings: SearchSettings | None = None,
) -> tuple[NDArray[np.float32] | None, NDArray[np.int64]]:
    """Return the relevance of the papers in ``rows``, and the nearest starred row of each.

    Both have shape (rows,); the first is None if no paper is starred.
    """
    settings = settings or SearchSettings()
    starred = np.array(desk.starred, dtype=np.int64)
    if not len(starred) or not rows:
        return None, np.zeros(0, dtype=np.int64)
    vectors = generation.engine.vectors(np.array(rows, dtype=np.int64))
    kept = generation.engine.vectors(starred)
    score = likeness(vectors, kept, settings)
    dismissed = np.array(desk.dismissed, dtype=np.int64)
    if len(dismissed):
        worst = (vectors @ generation.engine.vectors(dismissed).T).max(axis=1)
        score = score - settings.unlike_weight * np.clip(worst, 0.0, None)
    return score.astype(np.float32), starred[(vectors @ kept.T).argmax(axis=1)]


def as_markdown(page: Briefing) -> str:
    """Return a briefing as Markdown; text of digests is escaped."""
    lines = [f"# {_heading(page)}", ""]
    if page.by_desk:
        lines += ["Nearest to what you starred first.", ""]
    for section in page.sections:
        lines += [f"## {markdown_line(section.topic.label)} ({len(section.items):,})", ""]
        for item in section.items:
            address = _address(item.paper)
            title = markdown_line(item.paper.title)
            lines.append(
                f"- **{title}**" + (f" {markdown_link('open', address)}" if address else "")
            )
            lines += [f"  {markdown_line(line)}" for line in _about(item)]
            lines += ["", f"  {markdown_line(_excerpt(item.paper))}", ""]
    return "\n".join(lines).rstrip() + "\n"


def as_html(page: Briefing) -> str:
    """Return a briefing as one HTML file that fetches nothing; text of digests is escaped."""
    heading = html.escape(_heading(page))
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{heading}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{heading}</h1>",
    ]
    if page.by_desk:
        parts.append("<p class=about>Nearest to what you starred first.</p>")
    for section in page.sections:
        label = html.escape(section.topic.label)
        parts.append(f"<h2>{label} <small>{len(section.items):,}</small></h2>")
        for item in section.items:
            title = html.escape(item.paper.readable_title)
            address = _address(item.paper)
            if address:
                title = f'<a href="{html.escape(address)}" rel="noreferrer">{title}</a>'
            about = "".join(f"<p class=about>{html.escape(line)}</p>" for line in _about(item))
            excerpt = html.escape(_excerpt(item.paper))
            parts.append(f"<article><h3>{title}</h3>{about}<p>{excerpt}</p></article>")
    return "\n".join([*parts, "</body></html>"]) + "\n"


_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
body { font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2.2rem; font-size: 1.15rem; }
h3 { margin: 1.3rem 0 .2rem; font-size: 1rem; } p { margin: .25rem 0; }
small, .about { opacity: .7; font-size: .88rem; font-weight: 400; }
a { color: inherit; text-decoration-thickness: 1px; text-underline-offset: 2px; }
"""


def _heading(page: Briefing) -> str:
    papers = "1 new paper" if page.papers == 1 else f"{page.papers:,} new papers"
    return f"{papers} since {page.since:%Y-%m-%d %H:%M} UTC"


def _about(item: BriefingItem) -> list[str]:
    paper = item.paper
    authors = (
        paper.authors[0] + " et al." if len(paper.authors) > 2 else " and ".join(paper.authors)
    )
    lines = [" · ".join(fact for fact in (authors, paper.published, paper.venue) if fact)]
    if item.nearest is not None and item.nearest.id == paper.id:
        lines.append("You starred it")
    elif item.nearest is not None:
        lines.append(f"Like “{item.nearest.readable_title}”, which you starred")
    if item.searches:
        lines.append(f"Hit of {', '.join(item.searches)}")
    return [line for line in lines if line]


def _excerpt(paper: Paper) -> str:
    """Return the first sentences of the abstract that fit."""
    excerpt = ""
    for sentence in paper.sentences:
        if excerpt and len(excerpt) + len(sentence) > _EXCERPT_CHARACTERS:
            return f"{excerpt} …"
        excerpt = f"{excerpt} {sentence}".strip()
    return (
        excerpt
        if len(excerpt) <= 2 * _EXCERPT_CHARACTERS
        else f"{excerpt[: 2 * _EXCERPT_CHARACTERS].rstrip()} …"
    )


def _address(paper: Paper) -> str:
    return paper.links[0][1] if paper.links else ""

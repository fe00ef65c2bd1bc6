"""Briefing: new papers as a page to read or mail, by topic, the most relevant first.

The relevance of a paper is its score by the model of the user's interests
(:mod:`explorer.learning.taste`).
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from explorer.alerts.followed_search import FollowedResults
from explorer.desk.marks import PaperMarks
from explorer.errors import UnusableInput
from explorer.insights.whats_new import whats_new
from explorer.learning.recommendations import reason_of
from explorer.learning.taste import DEFAULTS, taste_of
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.papers.text import markdown_line, markdown_link
from explorer.topics.communities import Topic

ASK_FOR_STARS = "Star three papers, and those that suit you come first."
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
    """In standard deviations from the library's mean; None if too few papers are starred."""
    nearest: Paper | None
    """The most similar starred paper."""
    words: tuple[str, ...]
    """The paper's words that add most to its relevance."""
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
    only_recommended: bool = False
    """Whether papers that are not recommended were left out."""


def briefing(
    generation: Generation,
    desk: PaperMarks,
    since: datetime | None = None,
    results: Sequence[FollowedResults] = (),
    *,
    only_recommended: bool = False,
) -> Briefing:
    """Return the new papers since a moment; without one, since the last build that added papers.

    Papers that are marked as read or not for me are left out.

    Args:
        results: of followed searches; each paper lists those that it is a hit of.
        only_recommended: whether papers below the floor of recommendations are left out, unless a
            followed search finds them; on a quiet day none is left.

    Raises:
        UnusableInput: recommendations are asked for, and too few papers are starred.
    """
    news = whats_new(generation, since)
    done = {row for row, mark in desk.of.items() if mark.state in ("read", "not-for-me")}
    rows = [row for row in news.rows if row not in done]
    taste = taste_of(generation, desk)
    if only_recommended and taste is None:
        raise UnusableInput("No paper can be recommended yet.", advice=ASK_FOR_STARS)
    searches_of: dict[int, list[str]] = {}
    for one in results:
        for hit in one.hits:
            searches_of.setdefault(hit.row, []).append(one.following.name)

    scores = None if taste is None else taste.scores(generation, np.array(rows, dtype=np.int64))
    of = {row: index for index, row in enumerate(rows)}
    if scores is not None and only_recommended:
        reaching = zip(rows, scores.score.tolist(), strict=True)
        rows = [
            row
            for row, score in reaching
            if (score >= DEFAULTS.floor and not desk[row].starred) or row in searches_of
        ]
    kept = set(rows)

    def item(row: int) -> BriefingItem:
        paper, searches = generation.records[row], tuple(searches_of.get(row, ()))
        if taste is None or scores is None:
            return BriefingItem(row, paper, None, None, (), searches)
        reason = reason_of(generation, taste.interests[int(scores.interest[of[row]])], row)
        relevance = round(float(scores.score[of[row]]), 3)
        nearest = generation.records[reason.star]
        return BriefingItem(row, paper, relevance, nearest, reason.words, searches)

    sections = []
    for topic in news.topics:
        # Papers of equal or unknown relevance keep the order of the news.
        items = sorted(
            (item(row) for row in topic.rows if row in kept),
            key=_by_relevance,
        )
        if items:
            sections.append(BriefingSection(topic.topic, tuple(items)))
    sections.sort(key=lambda section: _by_relevance(section.items[0]))
    return Briefing(news.since, len(rows), tuple(sections), taste is not None, only_recommended)


def _by_relevance(item: BriefingItem) -> float:
    return -(item.relevance or 0.0)


def as_markdown(page: Briefing) -> str:
    """Return a briefing as Markdown; text of digests is escaped."""
    lines = [f"# {briefing_heading(page)}", ""]
    lines += [_order(page), ""]
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
    heading = html.escape(briefing_heading(page))
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{heading}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{heading}</h1>",
    ]
    parts.append(f"<p class=about>{html.escape(_order(page))}</p>")
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


def briefing_heading(page: Briefing) -> str:
    """Return how many papers are new or recommended, and since when."""
    kind = "recommended" if page.only_recommended else "new"
    papers = f"1 {kind} paper" if page.papers == 1 else f"{page.papers:,} {kind} papers"
    return f"{papers} since {page.since:%Y-%m-%d %H:%M} UTC"


def _order(page: Briefing) -> str:
    if page.by_desk:
        return "What suits the papers you starred first."
    return f"In the library's own order. {ASK_FOR_STARS}"


def _about(item: BriefingItem) -> list[str]:
    paper = item.paper
    authors = (
        paper.authors[0] + " et al." if len(paper.authors) > 2 else " and ".join(paper.authors)
    )
    lines = [" · ".join(fact for fact in (authors, paper.published, paper.venue) if fact)]
    if item.nearest is not None and item.nearest.id == paper.id:
        lines.append("You starred it")
    elif item.nearest is not None:
        words = f": {', '.join(item.words)}" if item.words else ""
        lines.append(f"Like “{item.nearest.readable_title}”, which you starred{words}")
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

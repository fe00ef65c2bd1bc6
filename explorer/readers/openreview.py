"""OpenReview: notes as its two APIs give them, and flat lists of conference papers.

Version 1 of the API writes ``content.title``, version 2 ``content.title.value``. Notes are also
reviews, comments and decisions; those answer another note and are reported, not read. Flat
lists (one object a paper, texts with semicolons between) are what crawlers make of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.readers.shared.columns import NO_TITLE
from explorer.readers.shared.fields import first_date, first_text, ids_in, listed, people, text_of
from explorer.readers.shared.json_stream import JsonReader, ObjectShape

_FORUM = re.compile(r"openreview\.net/(?:forum|pdf|attachment)\?(?:[^#\s]*&)?id=([\w-]{5,40})")
_SUMMARIES = ("TLDR", "TL;DR", "tldr", "tl;dr", "one-sentence_summary", "one_sentence_summary")
_BOOK = re.compile(r"booktitle\s*=\s*\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_YEAR = re.compile(r"\byear\s*=\s*\{?(\d{4})")


class OpenReview(JsonReader):
    """Reads notes of conferences, journals and workshops on openreview.net."""

    name = "openreview"

    def confidence(self, shape: ObjectShape) -> int:
        if shape.kind("content") == "object" and shape.any("forum", "invitation", "invitations"):
            return 97
        if not shape.any("title"):
            return 0
        flat = shape.any("tldr", "abstract", "TL;DR") and shape.any("author", "authors")
        marks = ("track", "status", "authorids", "primary_area", "rating_avg", "or_profile")
        return 94 if flat and sum(mark in shape for mark in marks) >= 2 else 0

    def paper(self, record: Mapping[str, Any], source: Source) -> Paper | str:
        content = record.get("content")
        if isinstance(content, dict):
            return _from_note(record, _unwrapped(content), source)
        return _from_flat(record, source)


def _unwrapped(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.get("value") if isinstance(value, dict) else value
        for key, value in content.items()
    }


def _from_note(note: Mapping[str, Any], content: Mapping[str, Any], source: Source) -> Paper | str:
    own, forum = text_of(note.get("id")), text_of(note.get("forum"))
    if note.get("ddate"):
        return "a deleted note"
    if note.get("replyto") or (own and forum and own != forum):
        return "a review, comment or decision, not a submission"
    title = text_of(content.get("title"))
    if not title:
        return NO_TITLE
    times = (note.get(key) for key in ("pdate", "odate", "cdate", "tcdate"))
    date = next((date for time in times if (date := _day(time))), "")
    site = f"https://openreview.net/forum?id={forum or own}" if forum or own else ""
    return _paper(title, content, source, forum or own, site, date)


def _from_flat(record: Mapping[str, Any], source: Source) -> Paper | str:
    title = text_of(record.get("title"))
    if not title:
        return NO_TITLE
    sites = [text_of(record.get(key)) for key in ("site", "openreview", "url", "forum", "pdf")]
    forum = next((match[1] for site in sites if (match := _FORUM.search(site[:2000]))), "")
    date = first_date(*(record.get(key) for key in ("date", "pdate", "year")))
    return _paper(title, record, source, forum, next(filter(None, sites), ""), date)


def _paper(
    title: str, fields: Mapping[str, Any], source: Source, forum: str, site: str, date: str
) -> Paper:
    citation = first_text(fields, ("_bibtex", "bibtex"))[:5000]
    book, year = _BOOK.search(citation), _YEAR.search(citation)
    own = "" if forum else text_of(fields.get("id"))
    ids = ids_in(
        (fields.get(key) for key in ("arxiv", "arxiv_id", "doi", "pdf", "html")),
        (("openreview", forum), ("digest", own)),
    )
    return Paper(
        title=title,
        abstract=text_of(fields.get("abstract")),
        authors=people(fields.get("authors") or fields.get("author")),
        date=date or (year[1] if year else ""),
        venue=first_text(fields, ("venue",))
        or (re.sub(r"[{}]", "", book[1]) if book else "")
        or first_text(fields, ("venueid", "conference")),
        arxiv=ids.arxiv,
        doi=ids.doi,
        other_ids=ids.others,
        url=site,
        categories=listed(fields.get("primary_area") or fields.get("subject_areas"), ";"),
        keywords=listed(fields.get("keywords")),
        summary=first_text(fields, _SUMMARIES),
        sources=(source,),
    )


def _day(milliseconds: object) -> str:
    """Return the day of a time in milliseconds since 1970, ``""`` if it is none."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        return ""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""

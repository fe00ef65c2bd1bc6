"""Markdown lists of papers: awesome lists and bots' lists, a paper a bullet.

``- 2022-11-30, **Title**, First Author et.al., Paper: [address](address), Code: ...`` and
``* [Title](address) - Authors (NeurIPS 2023)`` and ``1. **Title.** *Authors.* [[pdf](address)]``
and ``- (ICML 2024) Title [[Paper](address)]`` are all in use. A bullet is a paper's if it leads
to one; the other bullets (contents, tools, blogs) are passed over. Indented lines below a bullet
may hold its authors and abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from explorer.papers.dates import date_within, file_date
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Line, Rejection
from explorer.readers.markdown_digest import split_label
from explorer.readers.shared.markdown_inline import (
    IMAGE,
    LINK,
    Link,
    inline,
    markdown_date,
    names,
    reference,
    unnumbered,
    without_links,
)
from explorer.readers.shared.page_blocks import is_furniture, reads_as_names

_BULLET = re.compile(r"^( {0,3}|\t?)(?:[-*+•]|\d{1,4}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)$")
_INDENTED = re.compile(r"^(?:\s{2,}|\t)\S")
_HEADING = re.compile(r"^#{1,6}\s+(.*)")
_UPDATED = re.compile(r"\b(?:updated?|更新)", re.I)
_LEADING_DATE = re.compile(
    r"^[\[(`*]{0,3}(\d{4}[-./]\d{1,2}(?:[-./]\d{1,2})?|[A-Z][a-z]{2,8}\.? \d{4})[\])`*]{0,3}"
    r"(?!\()\s*[,:\-–|]?\s*"
)
_LEADING_VENUE = re.compile(
    r"^[*`]{0,2}(?:\(([^()\[\]]{2,60})\)|\[([^\[\]]{2,60})\](?!\())[*`]{0,2}:?\s*"
)
_BOLD = re.compile(r"^(?:\*\*|__)(.{1,2000}?)(?:\*\*|__)(?!\*)")
_QUOTED = re.compile(r"^[\"“](.{1,1000}?)[\"”]")
_ITALICS = re.compile(r"(?<!\*)\*([^*]{3,2000})\*(?!\*)|(?<![\w_])_([^_]{3,2000})_(?![\w_])")
_VENUE = re.compile(
    r"\(([^()]{1,60}\b(?:19|20)\d{2})\)|\b((?:[A-Z]\w*[A-Z]\w*|Arxiv)[ ,']+\d{2,4})\b"
)
_LINKS_BEGIN = re.compile(
    r"(?<![\s,;|(\[])[\s,;|(\[]*\b(?:paper|pdf|code|link|project|arxiv|abs)\s*:", re.I
)
_PAPER_LABEL = re.compile(r"\W*(?:paper|pdf|arxiv|preprint|paper link|abs|论文)\W*", re.I)
_PROSE_WORDS = 30
_CUT_LINK = re.compile(r"\]\(https?://[^\s()]*$")


@dataclass(slots=True)
class _Item:
    """A bullet and the indented lines below it."""

    line: int
    text: str
    below: list[str] = field(default_factory=list)
    size: int = 0


class MarkdownList:
    """Reads Markdown lists whose bullets are papers."""

    name = "markdown-list"

    def recognises(self, digest: Digest) -> int:
        if not digest.encoding or not re.search(r"\]\(https?://", digest.head):
            return 0
        lines = (Line(i, text) for i, text in enumerate(digest.head.splitlines(), start=1))
        papers = others = prose = 0
        for item in _items(lines):
            if isinstance(item, _Item):
                kept = _leads_to_paper(inline(item.text).links)
                papers += kept
                others += not kept and "](http" in item.text
            elif isinstance(item, Line):
                prose += len(item.text.split()) >= _PROSE_WORDS
        # Long paragraphs between the bullets are abstracts: a scraped page.
        return 60 if papers >= 2 and papers >= others and 2 * prose <= papers else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        yield from papers_of_bullets(digest.lines(), digest.name, file_date(digest.path.name))


def papers_of_bullets(
    lines: Iterable[Line | Paper | Rejection], digest: str, date: str
) -> Iterator[Paper | Rejection]:
    """Yield the papers of bullets among ``lines``, and what is read from them already, in order.

    ``date`` is the digest's, until a heading or a line says another.
    """
    for item in _items(lines):
        if isinstance(item, Paper | Rejection):
            yield item
        elif isinstance(item, Line):
            heading = _HEADING.match(item.text)
            if heading or _UPDATED.search(item.text[:100]):
                date = date_within(heading[1] if heading else item.text) or date
        elif item.size > RECORD_CHARACTERS:
            reason = f"a list item of more than {RECORD_CHARACTERS:,} characters"
            yield Rejection(digest, item.line, reason, item.text[:80])
        elif _leads_to_paper(inline(item.text).links):
            yield _paper(item, Source(digest, item.line, date))
            if _abstracts(item) > 1:
                reason = "more than one abstract below a list item: those of others were left out"
                yield Rejection(digest, item.line, reason, item.text[:80])
        elif _abstracts(item) or _CUT_LINK.search(item.text):
            reason = "a list item whose link to the paper is missing or cut off"
            yield Rejection(digest, item.line, reason, item.text[:80])


def _abstracts(item: _Item) -> int:
    """Return how many lines below a bullet are abstracts, each with its label."""
    labels = map(split_label, item.below)
    return sum(label[0] == "abstract" and bool(label[1]) for label in labels if label)


def _items(
    lines: Iterable[Line | Paper | Rejection],
) -> Iterator[_Item | Line | Paper | Rejection]:
    """Yield bullets with what is indented below them, and the lines that are in none."""
    item: _Item | None = None
    for line in lines:
        bullet = _BULLET.match(line.text) if isinstance(line, Line) else None
        if item and isinstance(line, Line) and not bullet and _INDENTED.match(line.text):
            item.size += len(line.text)
            if item.size <= RECORD_CHARACTERS:
                item.below.append(line.text.strip())
            continue
        if isinstance(line, Line) and not line.text.strip():
            continue
        if item and bullet and bullet[1] and not _leads_to_paper(inline(bullet[2]).links):
            item.below.append(bullet[2])
            item.size += len(bullet[2])
            continue
        if item:
            yield item
            item = None
        if isinstance(line, Line) and bullet:
            item = _Item(line.number, bullet[2], size=len(bullet[2]))
        else:
            yield line
    if item:
        yield item


def _leads_to_paper(links: Iterable[Link]) -> bool:
    return any(
        reference([address]).names_paper
        or (
            address.startswith("http")
            and bool(address.lower().endswith(".pdf") or _PAPER_LABEL.fullmatch(label))
        )
        for label, address in links
    )


def _paper(item: _Item, source: Source) -> Paper | Rejection:
    text = IMAGE.sub(" ", item.text).strip()
    date = venue = ""
    if (lead := _LEADING_DATE.match(text)) and (date := markdown_date(lead[1])):
        text = text[lead.end() :]
    if lead := _LEADING_VENUE.match(text):
        venue, text = lead[1] or lead[2], text[lead.end() :]
    title, rest = _title(text)
    if not any(character.isalnum() for character in title):
        return Rejection(source.digest, source.line, "no title", item.text[:80])
    links = [*inline(item.text).links]
    fields: dict[str, str] = {}
    for line in item.below:
        span = inline(line)
        links += span.links
        if label := split_label(line):
            fields.setdefault(label[0], inline(label[1]).text)
    known = reference(link.address for link in links)
    named_venue = _VENUE.search(inline(rest).text)
    if not venue and named_venue:
        venue = named_venue[1] or named_venue[2]
    return Paper(
        title=title,
        abstract=fields.get("abstract", ""),
        authors=names(fields.get("authors", "")) or _authors(rest),
        date=date or markdown_date(fields.get("date", "")),
        venue=fields.get("venue", "") or venue,
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=known.others,
        url=known.url,
        summary=fields.get("summary", ""),
        sources=(source,),
    )


def _title(text: str) -> tuple[str, str]:
    """Return the title and the Markdown behind it."""
    marked = _BOLD.match(text) or _QUOTED.match(text)
    link = LINK.match(text)
    if marked is None and link and not is_furniture(inline(link[1]).text):
        marked = link
    if marked:
        title = inline(marked[1]).text
        rest = text[marked.end() :]
    else:
        first = LINK.search(text)
        end = first.start() if first else len(text)
        title, rest = inline(text[:end].rstrip(" [(*-–—:|,")).text, text[end:]
        authors = re.match(r"(.{10,300}?[^.]{3})\.\s+(?=[A-Z])(.+)$", title)
        if authors and not _ITALICS.search(text[:end]):
            title, rest = authors[1], f"{authors[2]} {rest}"
    return unnumbered(title).rstrip(" .,"), rest


def _authors(rest: str) -> tuple[str, ...]:
    before_links = _LINKS_BEGIN.split(rest, maxsplit=1)[0]
    text = without_links(before_links).strip(" ,.;:-–—|()[]")
    if re.search(r"\bet\.?\s*al\b", text) and len(text) < 300:
        return names(re.split(r"\bet\.?\s*al\b", text)[0])
    for italics in _ITALICS.finditer(before_links[:3000]):
        inside = without_links(italics[1] or italics[2]).strip(" .")
        if reads_as_names(inside):
            return names(inside)
    first = re.split(r"[(\[.]|\s[-–—|]\s", text, maxsplit=1)[0].strip(" ,")
    return names(first) if reads_as_names(first) else ()

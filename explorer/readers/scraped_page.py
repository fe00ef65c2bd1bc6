"""Scraped daily-papers pages: text or Markdown in which titles and abstracts alternate.

Such a page has no grammar. A browser's "select all, copy", a scraper's Markdown and a notebook's
export of one page differ in everything but this: a short paragraph, the title, is followed by a
long one, the abstract. Between them stand menus, counters, dates, avatars and addresses. So the
page is cut into paragraphs, each paragraph is given a role by its own shape, and each abstract
takes the title that precedes it. A short paragraph that is neither furniture nor title is
reported with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from explorer.papers.paper import Paper
from explorer.readers.contract import Digest, Line, Rejection
from explorer.readers.shared.markdown_inline import BRACKETS, IMAGE, LINK
from explorer.readers.shared.page_blocks import (
    Block,
    digest_date,
    is_navigation,
    make_block,
    pair_titles_with_abstracts,
)

_REFERENCE_LINK = re.compile(rf"{BRACKETS}\s?\[([^\[\]]*)\]")
_DEFINITION = re.compile(r"^\s{0,3}\[([^\]]+)\]:\s*<?(\S+?)>?(?:\s+[\"'(].*)?$")
# By name, as "<workload, configuration> pairs" is text.
_TAG = re.compile(
    r"</?(?:a|abbr|article|b|blockquote|br|button|center|cite|code|dd|del|details|div|dl|dt|em"
    r"|figcaption|figure|font|footer|h[1-6]|header|hr|i|iframe|img|ins|kbd|li|main|mark|nav|ol|p"
    r"|path|pre|q|s|script|section|small|span|strong|style|sub|sup|svg|table|tbody|td|th|thead"
    r"|time|tr|u|ul)(?:\s+[a-z][\w:-]*\s*=[^<>]{0,400})?\s*/?>",
    re.I,
)
_QUOTE = re.compile(r"^(?:>\s?)+", re.MULTILINE)
_TORN_LINK = re.compile(r"\]\([^\])\s]*\)|^\]\s?\[[^\[\]\s]{1,40}\]|^\[$")
_FENCE = re.compile(r"^\s{0,3}(?:`{3,}|~{3,})[\w-]{0,20}\s*$")
_HEADING = re.compile(r"^#{1,6}\s+")
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,3}[.)])\s+")
_OPENING = 500
"""Paragraphs within which a page's own date and layout show."""
_MOST_FRONT_MATTER = 60
_SOFT_BREAK = re.compile(r"(?<!\\)\\++(?:\s*\n|\s{2,})")


class ScrapedPage:
    """Reads pages in which titles and abstracts are alternating paragraphs."""

    name = "scraped-page"

    def recognises(self, digest: Digest) -> int:
        return 5 if re.search(r"[^\W\d]{3}", digest.head) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        # Reference links are defined anywhere, mostly at the end, so the page is gone through
        # twice rather than held.
        definitions: dict[str, str] = {}
        for line in digest.lines():
            if isinstance(line, Rejection):
                yield line
            elif match := _DEFINITION.match(line.text):
                definitions[match[1].lower()] = match[2]
        lines = (line for line in digest.lines() if isinstance(line, Line))
        start, front_matter = _front_matter(digest)
        blocks = (
            _block(paragraph, definitions)
            for paragraph in _paragraphs(line for line in lines if line.number >= start)
            if not all(_DEFINITION.match(line.text) for line in paragraph)
        )
        opening = list(islice(blocks, _OPENING))
        date = digest_date(opening, front_matter, digest.path.name)
        yield from pair_titles_with_abstracts(chain(opening, blocks), opening, digest.name, date)


def _front_matter(digest: Digest) -> tuple[int, dict[str, str]]:
    """Return the number of the first line after a front matter, and its fields."""
    lines = digest.head.split("\n")[:_MOST_FRONT_MATTER]
    if lines[0].strip() != "---":
        return 1, {}
    for index, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            pairs = (entry.partition(":") for entry in lines[1:index])
            return index + 2, {k.strip(): v.strip().strip("\"'") for k, _, v in pairs}
    return 1, {}


def _paragraphs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    paragraph: list[Line] = []
    for line in lines:
        # A fence stands around a whole page, or around an example in it.
        blank = not line.text.strip() or bool(_FENCE.match(line.text))
        starts_anew = bool(_HEADING.match(line.text) or _BULLET.match(line.text))
        if paragraph and (blank or starts_anew or _HEADING.match(paragraph[-1].text)):
            yield paragraph
            paragraph = []
        if not blank:
            paragraph.append(line)
    if paragraph:
        yield paragraph


def _block(paragraph: list[Line], definitions: dict[str, str]) -> Block:
    raw = "\n".join(line.text.strip() for line in paragraph)
    heading = bool(_HEADING.match(raw))
    text = _SOFT_BREAK.sub(" ", _QUOTE.sub("", _HEADING.sub("", raw)))
    text = _TAG.sub(" ", text)
    links: list[tuple[str, str]] = []

    def defined(match: re.Match[str]) -> str:
        return definitions.get((match[2] or match[1]).lower(), "")

    def unlink(match: re.Match[str]) -> str:
        address = defined(match) if match.re is _REFERENCE_LINK else match[2]
        if match.re is _REFERENCE_LINK and not address:
            # Copied from a page, a link's number stands for an address that was left behind; a
            # bare number is a citation.
            return match[1].strip() if re.search(r"[^\W\d]{2}", match[1]) else match[0]
        if is_navigation(address) and not re.search(r"[^\W\d]{2}", match[1]):
            return " "
        if not is_navigation(address):
            links.append((match[1], address))
        return match[1]

    text = IMAGE.sub("", text)
    rest = LINK.sub(" ", text)
    text = LINK.sub(unlink, text)
    rest = _REFERENCE_LINK.sub(lambda match: " " if defined(match) else match[0], rest)
    text = _REFERENCE_LINK.sub(unlink, text)
    text = _TORN_LINK.sub("", text)
    return make_block(paragraph[0].number, _unwrapped(text), rest, links, heading=heading)


def _unwrapped(text: str) -> str:
    text = _BULLET.sub("", text.strip())
    emphasis = re.fullmatch(r"(\*\*|__|\*|_)(.+)\1", text, re.DOTALL)
    return emphasis[2] if emphasis and emphasis[1] not in emphasis[2] else text

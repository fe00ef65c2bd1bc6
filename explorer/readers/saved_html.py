"""Web pages saved as HTML: daily-papers pages, arXiv listings, a paper's own page, any other.

Four things are looked for, the surest first: the records that a daily-papers page carries for its
own script (``data-props``), arXiv's listing (``dt`` with the address, ``dd`` with
``list-title``, ``list-authors``, ``list-subjects`` and the abstract), the ``citation_`` fields of
a paper's own page, and else paragraphs, which are paired as those of a scraped page are. Menus,
scripts, styles and buttons never become text. The parser is the standard library's, which knows
lines, expands no entity of the page's own and loads nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from explorer.papers.dates import parse_date
from explorer.papers.paper import Paper, Source, arxiv_id
from explorer.papers.text import tidy
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Rejection
from explorer.readers.shared.fields import first_date, ids_in, people, text_of
from explorer.readers.shared.markdown_inline import date_within, file_date, names, reference
from explorer.readers.shared.page_blocks import (
    digest_date,
    is_navigation,
    make_block,
    pair_titles_with_abstracts,
)

_CHUNK = 1 << 16
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_SKIPPED = frozenset(
    "script style nav noscript template svg title iframe object button select textarea footer"
    " annotation canvas audio video".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure"
    " form h1 h2 h3 h4 h5 h6 header hr html li main ol p pre section summary table tbody td th"
    " thead tr ul".split()
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_SCRIPTS_UP_AND_DOWN = frozenset(("sub", "sup"))
_SLOTS = {
    "list-title": "title",
    "list-authors": "authors",
    "list-subjects": "subjects",
    "list-journal-ref": "venue",
    "list-comments": "comments",
    "abstract": "abstract",
    "acl-abstract": "abstract",
    "abstract-content": "abstract",
}
_LABEL = re.compile(r"^(?:title|authors?|subjects?|comments|journal-ref|abstract)\s*:\s*", re.I)
_SUBJECT = re.compile(r"\(([a-z][a-z-]*(?:\.[A-Za-z][\w-]*)?)\)")
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]", re.I)
_FEED = re.compile(r"<(?:rss|feed|rdf:rdf|pubmedarticleset|records?|xml)[\s>]", re.I)
_FRAGMENT = re.compile(r"<(?:article|main|dl|section|body|div|ul|ol|h[1-6]|p)[\s>]", re.I)
_CLOSED = re.compile(r"</(?:article|dd|div|h[1-6]|li|p)>", re.I)
_MARKDOWN = re.compile(r"^#{1,6}\s|\]\(|^\|.*\|$", re.M)
_SAVED = re.compile(r"saved date:\s*\w{3}\s+(\w{3}\s+\d{1,2}\s+\d{4})")
_BASES = (
    (re.compile(r"/papers/\d{4}\.\d{4,5}"), "https://huggingface.co"),
    (re.compile(r"/(?:abs|pdf|html)/\S"), "https://arxiv.org"),
)


@dataclass(slots=True)
class _Piece:
    """A paragraph of the page: its text, links and line."""

    line: int
    slot: str
    heading: bool
    texts: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0

    @property
    def text(self) -> str:
        return tidy("".join(self.texts))


class SavedHtml:
    """Reads HTML pages as browsers save them."""

    name = "saved-html"

    def recognises(self, digest: Digest) -> int:
        head = digest.head.lstrip("\ufeff \t\r\n")
        if not digest.encoding or not head.startswith("<") or _FEED.search(head[:4096]):
            return 0
        if _HTML.search(head[:4096]):
            return 90
        fragment = _FRAGMENT.match(head) and not _MARKDOWN.search(head)
        return 30 if fragment and len(_CLOSED.findall(head)) >= 2 else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        page = _Page()
        pieces: list[_Piece] = []
        listing = _Listing(digest.name, file_date(digest.path.name))
        for piece in _pieces(digest, page):
            if isinstance(piece, Rejection):
                yield piece
            elif listing.takes(piece):
                pieces.clear()
                yield from listing.given()
            elif not listing.begun:
                pieces.append(piece)
        yield from listing.finished()
        if listing.begun:
            return
        source = Source(digest.name, 1, file_date(digest.path.name) or page.saved)
        if page.records:
            yield from _from_props(page, digest.name, source.date)
        elif page.citation.get("citation_title"):
            yield _from_citation(page, pieces, source)
        else:
            blocks = [
                make_block(p.line, p.text, tidy("".join(p.outside)), p.links, heading=p.heading)
                for p in pieces
            ]
            dates = {"date": page.saved}
            date = digest_date(blocks, dates, digest.path.name)
            yield from pair_titles_with_abstracts(blocks, blocks, digest.name, date)


def _pieces(digest: Digest, page: _Page) -> Iterator[_Piece | Rejection]:
    """Yield the page's paragraphs as they are read."""
    with digest.text() as file:
        while chunk := file.read(_CHUNK):
            try:
                page.feed(chunk)
            except (AssertionError, ValueError):  # what the parser makes of "<![if x]"
                yield Rejection(digest.name, page.getpos()[0], "markup that is not HTML")
                break
            yield from page.taken(digest.name)
            if len(page.rawdata) > RECORD_CHARACTERS:
                reason = f"a tag of more than {RECORD_CHARACTERS:,} characters"
                yield Rejection(digest.name, page.getpos()[0], reason)
                break
        else:
            # Closing reads the rest again for each "<" in it.
            if len(page.rawdata) <= _CHUNK:
                try:
                    page.close()
                except (AssertionError, ValueError):
                    yield Rejection(digest.name, page.getpos()[0], "markup that is not HTML")
    page.flush()
    yield from page.taken(digest.name)


class _Page(HTMLParser):
    """Cuts a page into pieces; keeps its citation fields and the records of its script."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.citation: dict[str, list[str]] = {}
        self.records: list[tuple[int, dict[str, Any]]] = []
        self.saved = ""
        self._done: list[_Piece] = []
        self._piece: _Piece | None = None
        self._skipping = ("", 0)
        self._slot = ("", "", 0)
        self._heading = False
        self._link: tuple[str, list[str]] | None = None
        self._after_break = False

    def taken(self, digest: str) -> Iterator[_Piece | Rejection]:
        done, self._done = self._done, []
        for piece in done:
            if piece.size > RECORD_CHARACTERS:
                reason = f"a paragraph of {piece.size:,} characters"
                yield Rejection(digest, piece.line, reason, piece.text[:80])
            else:
                yield piece

    def flush(self) -> None:
        if self._link is not None:
            self._end_link()
        if self._piece is not None and (self._piece.links or "".join(self._piece.texts).strip()):
            self._done.append(self._piece)
        self._piece = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self._meta(given)
            return
        skipped, depth = self._skipping
        if skipped:
            self._skipping = (skipped, depth + (tag == skipped))
            return
        classes = given.get("class", "").split()
        if tag in _SKIPPED or "descriptor" in classes or given.get("aria-hidden") == "true":
            if tag not in _VOID:
                self._skipping = (tag, 1)
            return
        if "data-props" in given:
            self._props(given["data-props"])
        if tag == "br":
            self._break()
            return
        if tag in _BLOCKS:
            self.flush()
            self._heading = tag in _HEADINGS
        self._enter_slot(tag, classes, given.get("id", ""))
        if tag == "a" and given.get("href"):
            if self._link is not None:
                self._end_link()
            self._open()
            self._link = (_absolute(given["href"]), [])
        elif tag in _SCRIPTS_UP_AND_DOWN:
            self._say(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        skipped, depth = self._skipping
        if skipped:
            if tag == skipped:
                self._skipping = (skipped, depth - 1) if depth > 1 else ("", 0)
            return
        if tag == "a" and self._link is not None:
            self._end_link()
        elif tag in _SCRIPTS_UP_AND_DOWN:
            self._say(f"</{tag}>")
        elif tag in _BLOCKS:
            self.flush()
            self._heading = False
        slot, opened_by, depth = self._slot
        if slot and tag == opened_by:
            if depth == 1:
                self.flush()
            self._slot = (slot, opened_by, depth - 1) if depth > 1 else ("", "", 0)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipping[0]:
            self._say(data)

    def handle_comment(self, data: str) -> None:
        if not self.saved and (match := _SAVED.search(data[:2000])):
            self.saved = parse_date(match[1])

    def _say(self, text: str) -> None:
        if text.strip():
            self._after_break = False
        elif self._piece is None:
            return
        piece = self._open()
        piece.size += len(text)
        if piece.size <= RECORD_CHARACTERS:
            piece.texts.append(text)
            (self._link[1] if self._link is not None else piece.outside).append(text)

    def _open(self) -> _Piece:
        if self._piece is None:
            self._piece = _Piece(self.getpos()[0], self._slot[0], self._heading)
        return self._piece

    def _break(self) -> None:
        """Take a line's end for a space, and two of them for a paragraph's."""
        if self._after_break:
            self.flush()
        elif self._piece is not None:
            self._say(" ")
        self._after_break = True

    def _end_link(self) -> None:
        assert self._link is not None
        address, label = self._link
        self._link = None
        words = tidy("".join(label))
        if not is_navigation(address):
            self._open().links.append((words, address))
        elif self._piece is not None and not re.search(r"[^\W\d]{2}", words):
            # A counter that leads to the log-in is no part of the text around it.
            self._piece.texts = self._piece.texts[: len(self._piece.texts) - len(label)]

    def _enter_slot(self, tag: str, classes: list[str], id_: str) -> None:
        slot, opened_by, depth = self._slot
        if slot:
            self._slot = (slot, opened_by, depth + (tag == opened_by and tag not in _VOID))
            return
        entered = next((_SLOTS[name] for name in (*classes, id_) if name in _SLOTS), "")
        if tag == "dt":
            entered = "dt"
        elif tag == "p" and "mathjax" in classes:
            entered = "abstract"
        if entered and tag not in _VOID:
            self.flush()
            self._slot = (entered, tag, 1)

    def _meta(self, given: dict[str, str]) -> None:
        name = (given.get("name") or given.get("property", "")).lower()
        if name.startswith(("citation_", "dc.", "og:")) or name == "description":
            kept = self.citation.setdefault(name, [])
            if len(kept) < 5000:
                kept.append(tidy(given.get("content", "")))

    def _props(self, text: str) -> None:
        if '"summary"' not in text or '"title"' not in text:
            return
        try:
            props = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(props, dict):
            return
        listed = props.get("dailyPapers") or props.get("papers")
        if listed is None and isinstance(props.get("paper"), dict):
            listed = [props]
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, dict):
                self.records.append((self.getpos()[0], item))


@dataclass(slots=True)
class _Listing:
    """The current entry of an arXiv listing, until the next one begins."""

    digest: str
    date: str
    begun: bool = False
    _entry: _Piece | None = None
    _texts: dict[str, list[str]] = field(default_factory=dict)
    _ready: list[Paper | Rejection] = field(default_factory=list)

    def takes(self, piece: _Piece) -> bool:
        """Take ``piece`` if it belongs to a listing; return whether it does."""
        if piece.slot == "dt":
            if any(arxiv_id(address) for _, address in piece.links):
                if self._entry is None or "title" in self._texts:
                    self._close()
                    self._entry = piece
                else:
                    self._entry.links += piece.links
                return self.begun
            return False
        if piece.heading and not piece.slot:
            self.date = date_within(piece.text) or self.date
        if self._entry is None or not piece.slot:
            return False
        if piece.slot == "title":
            self.begun = True
        self._texts.setdefault(piece.slot, []).append(piece.text)
        return self.begun

    def given(self) -> Iterator[Paper | Rejection]:
        ready, self._ready = self._ready, []
        yield from ready

    def finished(self) -> Iterator[Paper | Rejection]:
        self._close()
        if self.begun:
            yield from self.given()

    def _close(self) -> None:
        entry, texts = self._entry, self._texts
        self._entry, self._texts = None, {}
        if entry is None or not self.begun:
            return

        def slot_text(slot: str) -> str:
            return _LABEL.sub("", " ".join(texts.get(slot, ())))

        source = Source(self.digest, entry.line, self.date)
        if not slot_text("title"):
            self._ready.append(Rejection(self.digest, entry.line, "no title", entry.text[:80]))
            return
        known = reference(address for _, address in entry.links)
        self._ready.append(
            Paper(
                title=slot_text("title"),
                abstract=slot_text("abstract"),
                authors=names(slot_text("authors")),
                venue=slot_text("venue"),
                arxiv=known.arxiv,
                url=known.url,
                categories=tuple(dict.fromkeys(_SUBJECT.findall(slot_text("subjects")))),
                sources=(source,),
            )
        )


def _from_props(page: _Page, digest: str, date: str) -> Iterator[Paper | Rejection]:
    for line, item in page.records:
        paper = item.get("paper") if isinstance(item.get("paper"), dict) else item
        assert isinstance(paper, dict)
        title = text_of(paper.get("title")) or text_of(item.get("title"))
        if not title:
            yield Rejection(digest, line, "no title", text_of(paper.get("id")))
            continue
        ids = ids_in([paper.get("id")])
        authors = paper.get("authors")
        yield Paper(
            title=title,
            abstract=text_of(paper.get("summary")) or text_of(item.get("summary")),
            authors=people(authors) if isinstance(authors, list) else (),
            date=first_date(paper.get("publishedAt"), item.get("publishedAt"))[:10],
            arxiv=ids.arxiv,
            doi=ids.doi,
            url=f"https://huggingface.co/papers/{ids.arxiv}" if ids.arxiv else "",
            summary=text_of(paper.get("ai_summary")),
            sources=(Source(digest, line, date),),
        )


def _from_citation(page: _Page, pieces: Iterable[_Piece], source: Source) -> Paper | Rejection:
    """Return the paper whose page this is, from its ``citation_`` fields."""

    def first(*keys: str) -> str:
        return next((value for key in keys for value in page.citation.get(key, ()) if value), "")

    inside = [piece.text for piece in pieces if piece.slot == "abstract" and not piece.heading]
    ids = ids_in([first("citation_arxiv_id"), first("citation_doi"), first("og:url")])
    known = reference([first("citation_abstract_html_url", "og:url"), first("citation_pdf_url")])
    title = first("citation_title")
    if not any(character.isalnum() for character in title):
        return Rejection(source.digest, source.line, "no title")
    authors = page.citation.get("citation_author") or first("citation_authors")
    return Paper(
        title=title,
        abstract=first("citation_abstract") or _LABEL.sub("", " ".join(inside)),
        authors=people(authors),
        date=first_date(
            first("citation_publication_date"),
            first("citation_date"),
            first("citation_online_date"),
        ),
        venue=first("citation_journal_title", "citation_conference_title"),
        arxiv=ids.arxiv or known.arxiv,
        doi=ids.doi or known.doi,
        other_ids=known.others,
        url=known.url,
        keywords=tuple(page.citation.get("citation_keywords", ())),
        sources=(source,),
    )


def _absolute(address: str) -> str:
    address = address.strip()
    return next((base + address for form, base in _BASES if form.match(address)), address)

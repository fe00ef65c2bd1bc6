"""Web pages saved as HTML: daily-papers pages, listings, search results, alerts, a paper's page.

What a page says for machines comes first: the records that a daily-papers page carries for its own
script, the ``citation_`` fields of a paper's own page, scholarly articles of schema.org, OpenURLs.
Then arXiv's listing (``dt`` with the address, ``dd`` with ``list-title``, ``list-authors``,
``list-subjects`` and the abstract), then entries that look alike, each with authors or the address
of a paper, and else paragraphs, which are paired as those of a scraped page are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from explorer.papers.dates import date_within, file_date
from explorer.papers.paper import Paper, Source, arxiv_id
from explorer.papers.text import tidy
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.entries import papers_in_entries
from explorer.readers.shared.html_pieces import HtmlPage, Piece, read_pieces
from explorer.readers.shared.markdown_inline import names, reference
from explorer.readers.shared.page_blocks import (
    digest_date,
    make_block,
    pair_titles_with_abstracts,
)
from explorer.readers.shared.page_metadata import (
    paper_of_citation,
    papers_of_articles,
    papers_of_script,
)

_LABEL = re.compile(r"^(?:title|authors?|subjects?|comments|journal-ref|abstract)\s*:\s*", re.I)
_SUBJECT = re.compile(r"\(([a-z][a-z-]*(?:\.[A-Za-z][\w-]*)?)\)")
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]", re.I)
_ROOT = re.compile(
    r"(?:\s|<!--.{0,2000}?-->|<(?:\?|!(?!--))[^<>]{0,400}>)*+<([A-Za-z][\w:.-]{0,60})", re.S
)
_FEEDS = frozenset("rss feed rdf:rdf pubmedarticleset record records xml".split())
_FRAGMENT = re.compile(r"<(?:article|main|dl|section|body|div|ul|ol|h[1-6]|p)[\s>]", re.I)
_CLOSED = re.compile(r"</(?:article|dd|div|h[1-6]|li|p)>", re.I)
_MARKDOWN = re.compile(r"^#{1,6}\s|\]\(|^\|.*\|$", re.M)


class SavedHtml:
    """Reads HTML pages as browsers save them."""

    name = "saved-html"

    def recognises(self, digest: Digest) -> int:
        head = digest.head.lstrip("\ufeff \t\r\n")
        if not digest.encoding or not head.startswith("<"):
            return 0
        root = _ROOT.match(head[:8192])
        if root and root[1].lower() in _FEEDS:
            return 0
        if _HTML.search(head[:4096]):
            return 90
        fragment = _FRAGMENT.match(head) and not _MARKDOWN.search(head)
        return 30 if fragment and len(_CLOSED.findall(head)) >= 2 else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        page = HtmlPage()
        pieces: list[Piece] = []
        listing = _Listing(digest.name, file_date(digest.path.name))
        for piece in read_pieces(digest, page):
            if isinstance(piece, Rejection):
                yield piece
            elif listing.takes(piece):
                pieces.clear()
                yield from listing.given()
            elif not listing.begun:
                pieces.append(piece)
        yield from listing.finished()
        if not listing.begun:
            yield from _papers(page, pieces, digest)


def _papers(page: HtmlPage, pieces: list[Piece], digest: Digest) -> Iterator[Paper | Rejection]:
    """Yield the papers of a page that is no listing, from the surest place that has any."""
    metadata = page.metadata
    date = file_date(digest.path.name) or page.saved
    if metadata.records:
        yield from papers_of_script(metadata, digest.name, date)
        return
    if metadata.citation.get("citation_title"):
        shown = [
            _LABEL.sub("", piece.text)
            for piece in pieces
            if piece.slot == "abstract" and not piece.heading
        ]
        yield paper_of_citation(metadata, shown, Source(digest.name, 1, date))
        return
    blocks = [
        make_block(p.line, p.text, tidy("".join(p.outside)), p.links, heading=p.heading)
        for p in pieces
    ]
    date = digest_date(blocks, {"date": page.saved}, digest.path.name)
    articles = papers_of_articles(metadata, digest.name, date)
    entries = papers_in_entries([row for p in pieces for row in p.rows], digest.name, date)
    if articles or entries:
        yield from max(articles, entries, key=_count)
    else:
        yield from pair_titles_with_abstracts(blocks, blocks, digest.name, date)


def _count(items: Sequence[Paper | Rejection]) -> int:
    return sum(isinstance(item, Paper) for item in items)


@dataclass(slots=True)
class _Listing:
    """The current entry of an arXiv listing, until the next one begins."""

    digest: str
    date: str
    begun: bool = False
    _of_replacements: bool = False
    _entry: Piece | None = None
    _texts: dict[str, list[str]] = field(default_factory=dict)
    _ready: list[Paper | Rejection] = field(default_factory=list)

    def takes(self, piece: Piece) -> bool:
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
            self._of_replacements = "replacement" in piece.text.casefold()
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
                date="" if self._of_replacements else _announced(known.arxiv, self.date),
                arxiv=known.arxiv,
                url=known.url,
                categories=tuple(dict.fromkeys(_SUBJECT.findall(slot_text("subjects")))),
                sources=(source,),
            )
        )


def _announced(arxiv: str, date: str) -> str:
    """Return the date of a listing if the paper can have been new then, judged by its id."""
    if len(date) != 10 or date.startswith("X") or not re.match(r"\d{4}\.", arxiv):
        return ""
    year, month = 2000 + int(arxiv[:2]), int(arxiv[2:4])
    months = 12 * int(date[:4]) + int(date[5:7]) - 12 * year - month
    # Ids are given on submission, a day or three before.
    return date if months in {0, 1} else ""

"""An HTML page as paragraphs: their rows, links, and what the markup says of their role.

Menus, scripts, styles and buttons never become text. The parser is the standard library's, which
knows lines, expands no entity of the page's own and loads nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from explorer.papers.dates import parse_date
from explorer.papers.text import tidy
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Rejection
from explorer.readers.shared.page_blocks import is_navigation
from explorer.readers.shared.page_metadata import PageMetadata
from explorer.readers.shared.redirects import unwrapped

_CHUNK = 1 << 16
_MOST_REREADS = 100
VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
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
_ROLES = {
    word: role
    for role, words in {
        "title": "title ptitle headline",
        "authors": "author authors byline creators",
        "abstract": "abstract",
        "snippet": "snippet snippets sni teaser excerpt tldr",
        "venue": "journal venue booktitle citation",
        "date": "date year published pubdate",
    }.items()
    for word in words.split()
}
_ROLES_BESIDE = frozenset("subtitle site page section list search wrapper container".split())
"""Words of a class that make it something else: a page's title, a list of authors' pages."""
_WORDS = re.compile(r"[a-z]+|[A-Z][a-z]*|[A-Z]+")
_SHORTENED = frozenset((*_ROLES, "view")) - {"title"}
_MOST_NESTED = 50
_CHANGING = re.compile(r"(?:odd|even|first|last|active|row\d*|item\d*|\w*\d{2,}\w*)$", re.I)
"""Classes that differ from one entry of a list to the next."""
_SAVED = re.compile(r"saved date:\s*\w{3}\s+(\w{3}\s+\d{1,2}\s+\d{4})")
_SAVED_FROM = re.compile(r"saved from url=\(\d{1,6}\)(https?://\S{1,500})")
_BASES = (
    (re.compile(r"/papers/\d{4}\.\d{4,5}"), "https://huggingface.co"),
    (re.compile(r"/(?:abs|pdf|html)/\d{4}\.\d{4,5}|/(?:abs|pdf)/[a-z]"), "https://arxiv.org"),
    (re.compile(r"/(?:forum|pdf)\?id="), "https://openreview.net"),
)


@dataclass(slots=True)
class Row:
    """A line of a paragraph, as it shows: between two line breaks, or marked as one field."""

    line: int
    shape: tuple[str, ...] = ()
    """Tag and classes of the paragraph and of its first link: alike for all titles of a list."""
    role: str = ""
    """Field that its class names: ``title``, ``authors``, ``abstract``, ..."""
    heading: bool = False
    texts: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return tidy("".join(self.texts))


@dataclass(slots=True)
class Piece:
    """A paragraph of the page: its text, links and line."""

    line: int
    slot: str
    heading: bool
    texts: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    size: int = 0

    @property
    def text(self) -> str:
        return tidy("".join(self.texts))


def read_pieces(digest: Digest, page: HtmlPage) -> Iterator[Piece | Rejection]:
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
            if len(page.rawdata) <= _CHUNK and page.rawdata.count("<") <= _MOST_REREADS:
                try:
                    page.close()
                except (AssertionError, ValueError):
                    yield Rejection(digest.name, page.getpos()[0], "markup that is not HTML")
    page.flush()
    yield from page.taken(digest.name)


class HtmlPage(HTMLParser):
    """Cuts a page into pieces; collects what it says of its papers beside its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.metadata = PageMetadata()
        self.saved = ""
        self.base = ""
        self._done: list[Piece] = []
        self._piece: Piece | None = None
        self._skipping = ("", 0)
        self._slot = ("", "", 0)
        self._roles: list[tuple[str, str, int]] = []
        self._block: tuple[str, ...] = ()
        self._heading = False
        self._link: tuple[str, list[str], Row] | None = None
        self._after_break = False

    def taken(self, digest: str) -> Iterator[Piece | Rejection]:
        done, self._done = self._done, []
        for piece in done:
            if piece.size > RECORD_CHARACTERS:
                reason = f"a paragraph of {piece.size:,} characters"
                yield Rejection(digest, piece.line, reason, piece.text[:80])
            else:
                yield piece

    def absolute(self, address: str) -> str:
        """Return ``address`` with the site that the page says, or its links show, it is from."""
        if address.startswith(("http://", "https://")) or not self.base:
            return address
        try:
            return urljoin(self.base, address)
        except ValueError:
            return address

    def flush(self) -> None:
        if self._link is not None:
            self._end_link()
        if self._piece is not None and (self._piece.links or "".join(self._piece.texts).strip()):
            self._done.append(self._piece)
        self._piece = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.metadata.start(tag, given, self.getpos()[0])
        if tag in {"base", "link"}:
            self._based(tag, given)
        skipped, depth = self._skipping
        if skipped:
            self._skipping = (skipped, depth + (tag == skipped))
            return
        classes = given.get("class", "").split()
        hidden = given.get("aria-hidden") == "true" or _is_repeated(classes)
        if tag in _SKIPPED or "descriptor" in classes or hidden:
            if tag not in VOID:
                self._skipping = (tag, 1)
            return
        if tag == "br":
            self._break()
            return
        if tag in _BLOCKS:
            self.flush()
            self._heading = tag in _HEADINGS
            self._block = (tag, *sorted(c for c in classes if not _CHANGING.match(c))[:6])
        self._enter_slot(tag, classes, given.get("id", ""))
        self._enter_role(tag, classes)
        if tag == "a" and given.get("href"):
            self._start_link(self.absolute(unwrapped(_absolute(given["href"]))), classes)
        elif tag in _SCRIPTS_UP_AND_DOWN:
            self._say(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self.metadata.end(tag)
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
        self._leave_role(tag)
        slot, opened_by, depth = self._slot
        if slot and tag == opened_by:
            if depth == 1:
                self.flush()
            self._slot = (slot, opened_by, depth - 1) if depth > 1 else ("", "", 0)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        self.metadata.data(data)
        if self._skipping[0]:
            return
        if self._block[:1] == ("pre",):
            for number, text in enumerate(data.split("\n")):
                if number:
                    self._new_row()
                    self._say(" ")
                self._say(text)
        else:
            self._say(data)

    def handle_comment(self, data: str) -> None:
        if not self.saved and (match := _SAVED.search(data[:2000])):
            self.saved = parse_date(match[1])
        if not self.base and (match := _SAVED_FROM.search(data[:2000])):
            self.base = match[1]

    def _based(self, tag: str, given: dict[str, str]) -> None:
        canonical = tag == "base" or given.get("rel", "").lower() == "canonical"
        if canonical and given.get("href", "").startswith(("http://", "https://")):
            self.base = self.base or given["href"]

    def _say(self, text: str) -> None:
        if text.strip():
            self._after_break = False
        elif self._piece is None:
            return
        piece = self._open()
        piece.size += len(text)
        if piece.size <= RECORD_CHARACTERS:
            piece.texts.append(text)
            self._row(piece).texts.append(text)
            (self._link[1] if self._link is not None else piece.outside).append(text)

    def _open(self) -> Piece:
        if self._piece is None:
            self._piece = Piece(self.getpos()[0], self._slot[0], self._heading)
        return self._piece

    def _row(self, piece: Piece) -> Row:
        if not piece.rows:
            piece.rows.append(self._empty_row())
        return piece.rows[-1]

    def _empty_row(self) -> Row:
        role = self._roles[-1][0] if self._roles else ""
        return Row(self.getpos()[0], self._block, role, self._heading)

    def _new_row(self) -> None:
        """Begin a new row of the paragraph that is open, if the last one has anything in it."""
        if self._piece is None or not self._piece.rows:
            return
        row = self._piece.rows[-1]
        if row.links or "".join(row.texts).strip():
            self._piece.rows.append(self._empty_row())
        else:
            self._piece.rows[-1] = self._empty_row()

    def _break(self) -> None:
        """Take a line's end for a space, and two of them for a paragraph's."""
        if self._after_break:
            self.flush()
        elif self._piece is not None:
            self._say(" ")
            self._new_row()
        self._after_break = True

    def _start_link(self, address: str, classes: list[str]) -> None:
        if self._link is not None:
            self._end_link()
        row = self._row(self._open())
        if not row.links:
            row.shape = (*row.shape, "a", *sorted(c for c in classes if not _CHANGING.match(c))[:6])
        self._link = (address, [], row)

    def _end_link(self) -> None:
        assert self._link is not None
        address, label, row = self._link
        self._link = None
        words = tidy("".join(label))
        if not is_navigation(address):
            self._open().links.append((words, address))
            row.links.append((words, address))
        elif self._piece is not None and not re.search(r"[^\W\d]{2}", words):
            # A counter that leads to the log-in is no part of the text around it.
            self._piece.texts = self._piece.texts[: len(self._piece.texts) - len(label)]
            row.texts = row.texts[: len(row.texts) - len(label)]

    def _enter_slot(self, tag: str, classes: list[str], id_: str) -> None:
        slot, opened_by, depth = self._slot
        if slot:
            self._slot = (slot, opened_by, depth + (tag == opened_by and tag not in VOID))
            return
        entered = next((_SLOTS[name] for name in (*classes, id_) if name in _SLOTS), "")
        if tag == "dt":
            entered = "dt"
        elif tag == "p" and "mathjax" in classes:
            entered = "abstract"
        if entered and tag not in VOID:
            self.flush()
            self._slot = (entered, tag, 1)

    def _enter_role(self, tag: str, classes: list[str]) -> None:
        if tag in VOID:
            return
        if role := _role(classes):
            if len(self._roles) < _MOST_NESTED:
                self._roles.append((role, tag, 1))
                self._new_row()
        elif self._roles and self._roles[-1][1] == tag:
            role, opened_by, depth = self._roles[-1]
            # A paragraph ends the one before it, whether that says so or not.
            if tag in {"p", "dt", "dd"}:
                self._roles.pop()
            else:
                self._roles[-1] = (role, opened_by, depth + 1)

    def _leave_role(self, tag: str) -> None:
        if self._roles and self._roles[-1][1] == tag:
            role, opened_by, depth = self._roles.pop()
            if depth > 1:
                self._roles.append((role, opened_by, depth - 1))
            else:
                self._new_row()


def _is_repeated(classes: list[str]) -> bool:
    """Whether an element is the short form of what stands in full beside it."""
    words = [word for name in classes for word in _words(name)]
    return "short" in words and not _SHORTENED.isdisjoint(words)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name[:60])]


def _role(classes: list[str]) -> str:
    for name in classes:
        words = _words(name)
        if _ROLES_BESIDE.isdisjoint(words):
            for word in words:
                if word in _ROLES:
                    return _ROLES[word]
    return ""


def _absolute(address: str) -> str:
    address = address.strip()
    return next((base + address for form, base in _BASES if form.match(address)), address)

"""Mail messages, or a mailbox of them, as numbered lines of text: headers read, bodies decoded.

Lines are decoded one by one (quoted-printable's soft breaks and base64's blocks joined), so that
a mailbox of any size is read as a stream, whatever it has for attachments. Headers are parsed by
the standard library; its parser of whole messages compares each line with the boundary of every
part around it, which takes hours on parts nested by the thousand. A text without headers comes as
it is.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from explorer.readers.contract import Digest, Line, Rejection
from explorer.readers.shared.declared_encoding import known_encoding

_MAILBOX = re.compile(
    r"From \S+\s+(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d.* \d{4}"
)
_FIRST_HEADER = re.compile(
    r"(?:From|To|Date|Subject|Received|Return-Path|Delivered-To|Message-Id|MIME-Version|Reply-To"
    r"|List-Id|Sender|Envelope-To|X-[\w-]+|ARC-[\w-]+|DKIM-Signature|Authentication-Results"
    r"|Content-[\w-]+|Snapshot-Content-Location|Importance|Thread-[\w-]+|In-Reply-To|References"
    r"|List-[\w-]+|Precedence|Feedback-ID|CC|BCC):\s",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(r"[!-9;-~]+:|[ \t]+\S")
_HEADER_LINES = 2_000
_HEADER_CHARACTERS = 2_000
_LONGEST_LINE = 1_000_000
_MOST_RECIPIENTS = 50
_ADDRESS = re.compile(r"[^\s<>,;:\"']{1,80}@[^\s<>,;:\"']{1,120}")
_TEXTS = re.compile(
    r"text/[\w.+-]+|application/(?:x-)?(?:bibtex|research-info-systems|endnote-refer|json|ndjson"
    r"|csv|xml|nbib|(?:rss|atom|tei|rdf)\+xml)"
)
_RECOGNISABLE = re.compile(r"gb|big5|euc|shift|sjis|iso2022|iso-2022|koi8|cp125[1-9]|utf-?16", re.I)
"""Encodings whose texts are not valid in UTF-8, nor readable as Western."""


@dataclass(frozen=True, slots=True)
class Header:
    """A message begins, within another one or not."""

    date: str
    """As its Date header has it."""
    line: int = 1
    inner: bool = False
    """Whether it is one that another message forwards."""
    recipients: tuple[str, ...] = ()
    """Addresses that it was sent to, in lower case."""


@dataclass(frozen=True, slots=True)
class PartHeader:
    """A part of a message begins that is text of some kind; its lines follow."""

    line: int
    content_type: str
    alternatives: str
    """The same text for parts of which one is to be chosen; empty for all others."""
    location: str = ""
    """Address that a saved page came from."""


def mail_lines(digest: Digest) -> Iterator[Line | Rejection | Header]:
    """Yield the plain text of each message line by line, each message after its Header."""
    plain = True
    for item in mail_parts(digest):
        if isinstance(item, PartHeader):
            plain = item.content_type == "text/plain"
        elif isinstance(item, Header):
            plain = True
            yield item
        elif plain or isinstance(item, Rejection):
            yield item


def begins_as_mail(line: str) -> bool:
    """Whether a text that begins with ``line`` begins as a message, or a mailbox, does."""
    return bool(_MAILBOX.match(line) or _FIRST_HEADER.match(line))


def mail_parts(digest: Digest) -> Iterator[Line | Rejection | Header | PartHeader]:
    """Yield the text of each message line by line, after its Header and that of its part."""
    message: _Message | None = None
    start = True
    for line in digest.lines():
        if isinstance(line, Rejection):
            yield line
        elif start and not line.text.strip():
            continue
        elif _MAILBOX.match(line.text) or (start and _FIRST_HEADER.match(line.text)):
            if message is not None:
                yield from message.rest()
            message, start = _Message(line), False
        elif message is not None:
            yield from message.add(line)
        else:
            start = False
            yield line
    if message is not None:
        yield from message.rest()


class _Message:
    """One message, or within one of several parts the part that is being read."""

    def __init__(self, first: Line) -> None:
        self._head: list[str] = [] if _MAILBOX.match(first.text) else [first.text]
        self._first = first.number
        self._in_head = True
        self._depth = 0
        """0 in the message's own header, 1 in that of a forwarded one, 2 in that of a part."""
        self._alternatives: dict[str, str] = {}
        """For each boundary, which parts its parts are alternatives of."""
        self._among = ""
        self._decoder: _Decoder | None = None

    def add(self, line: Line) -> Iterator[Line | Header | PartHeader]:
        if self._in_head:
            yield from self._add_to_head(line)
            return
        boundary = line.text.rstrip()
        if boundary.startswith("--"):
            if boundary in self._alternatives:
                yield from self._begin_part(boundary, line.number)
                return
            if boundary.removesuffix("--") in self._alternatives:
                yield from self.rest()
                self._decoder = None
                return
        if self._decoder is not None:
            yield from self._decoder.add(line)

    def rest(self) -> Iterator[Line]:
        if self._decoder is not None:
            yield from self._decoder.rest()

    def _begin_part(self, boundary: str, number: int) -> Iterator[Line]:
        yield from self.rest()
        self._decoder = None
        self._head, self._in_head, self._depth, self._first = [], True, 2, number
        self._among = self._alternatives[boundary]

    def _add_to_head(self, line: Line) -> Iterator[Line | Header | PartHeader]:
        if _HEADER_LINE.match(line.text) and len(self._head) < _HEADER_LINES:
            # No date, type or boundary is longer, and parameters are parsed in quadratic time.
            self._head.append(line.text[:_HEADER_CHARACTERS])
            return
        self._in_head = False
        header = HeaderParser().parsestr("\n".join(self._head) + "\n\n")
        if self._depth < 2:
            yield Header(
                str(header.get("Date", "")), self._first, self._depth == 1, _recipients(header)
            )
        boundary = header.get_boundary()
        kind = header.get_content_type()
        if header.get_content_maintype() == "multipart" and boundary:
            own = f"--{boundary}" if kind == "multipart/alternative" else ""
            self._alternatives[f"--{boundary}"] = self._among or own
        elif kind == "message/rfc822":
            self._head, self._in_head, self._depth = [], True, 1
            self._first = line.number
            if line.text.strip():
                yield from self._add_to_head(line)
        elif _TEXTS.fullmatch(kind):
            location = str(header.get("Content-Location", ""))
            yield PartHeader(line.number, kind, self._among, location)
            self._decoder = _Decoder(header)
            if line.text.strip():  # no blank line came between
                yield from self._decoder.add(line)


def _recipients(header: Message) -> tuple[str, ...]:
    fields = ("To", "Cc", "Bcc", "Delivered-To", "Envelope-To", "X-Original-To", "X-Forwarded-To")
    given = (str(value) for name in fields for value in header.get_all(name, ()))
    addresses = (match.lower() for text in given for match in _ADDRESS.findall(text))
    return tuple(dict.fromkeys(addresses))[:_MOST_RECIPIENTS]


class _Decoder:
    """Undoes the transfer encoding of a body, line by line."""

    def __init__(self, header: Message) -> None:
        how = str(header.get("Content-Transfer-Encoding", "")).strip().lower()
        self._how = how if how in {"quoted-printable", "base64"} else ""
        self._charset = known_encoding(str(header.get_content_charset("utf-8")))
        # In pieces: putting each to one text before it would copy that text every time.
        self._pending: list[str] = []
        self._bytes: list[bytes] = []
        self._size = 0
        """Characters or bytes in these pieces."""
        self._number = 0

    def add(self, line: Line) -> Iterator[Line]:
        if self._how == "quoted-printable":
            yield from self._add_quoted(line)
        elif self._how == "base64":
            yield from self._add_base64(line)
        else:
            yield line

    def rest(self) -> Iterator[Line]:
        if self._how == "quoted-printable" and self._pending:
            yield self._quoted()
        elif self._how == "base64" and self._bytes:
            yield self._decoded_line()
        self._pending, self._bytes, self._size = [], [], 0

    def _add_quoted(self, line: Line) -> Iterator[Line]:
        self._number = self._number if self._pending else line.number
        text = line.text.rstrip()
        self._pending.append(text.removesuffix("="))
        self._size += len(text)
        if not text.endswith("=") or self._size > _LONGEST_LINE:
            yield self._quoted()
            self._pending, self._size = [], 0

    def _quoted(self) -> Line:
        raw = quopri.decodestring("".join(self._pending).encode("utf-8", "replace"))
        return Line(self._number, decoded(raw, self._charset))

    def _add_base64(self, line: Line) -> Iterator[Line]:
        pending = "".join(self._pending) + re.sub(r"[^A-Za-z0-9+/=]", "", line.text)
        whole = len(pending) // 4 * 4
        block, self._pending = pending[:whole], [pending[whole:]]
        try:
            raw = binascii.a2b_base64(block)
        except binascii.Error:
            raw = b""
        if not self._bytes:
            self._number = line.number
        first, *others = raw.split(b"\n")
        self._add_bytes(first)
        for part in others:
            yield self._decoded_line()
            self._number = line.number
            self._bytes, self._size = [], 0
            self._add_bytes(part)

    def _decoded_line(self) -> Line:
        return Line(self._number, decoded(b"".join(self._bytes), self._charset).rstrip("\r"))

    def _add_bytes(self, part: bytes) -> None:
        if part:
            self._bytes.append(part)
            self._size += len(part)
        if self._size >= _LONGEST_LINE:
            self._bytes, self._size = [], 0


def decoded(raw: bytes, charset: str) -> str:
    """Return a line in the encoding that its mail declares, or in the one that it is in.

    Mailers declare ASCII or Latin-1 for texts in UTF-8, and the reverse.
    """
    declared = charset if charset and charset != "ascii" else "utf-8"
    order = (declared, "utf-8") if _RECOGNISABLE.search(declared) else ("utf-8", declared)
    for name in order:
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp1252" if declared == "utf-8" else declared, "replace")

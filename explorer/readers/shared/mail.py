"""A mail message, or a mailbox of them, as numbered lines of text: headers read, body decoded.

Lines are decoded one by one (quoted-printable's soft breaks and base64's blocks joined), so that
a mailbox of any size is read as a stream. A text without headers comes as it is.
"""

from __future__ import annotations

import binascii
import codecs
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
    r"|Content-[\w-]+):\s",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(r"[!-9;-~]+:|[ \t]+\S")
_HEADER_LINES = 2_000


@dataclass(frozen=True, slots=True)
class Header:
    """A message begins."""

    date: str
    """As its Date header has it."""


def mail_lines(digest: Digest) -> Iterator[Line | Rejection | Header]:
    """Yield the text of each message line by line, each message after its Header."""
    message: _Message | None = None
    start, began = True, False
    for line in digest.lines():
        if isinstance(line, Rejection):
            yield line
        elif start and not line.text.strip():
            continue
        elif _MAILBOX.match(line.text) or (start and _FIRST_HEADER.match(line.text)):
            if message is not None:
                yield from message.rest()
            message, start, began = _Message(line), False, True
        elif message is not None:
            yield from message.add(line)
        else:
            start = False
            yield line
    if message is not None and began:
        yield from message.rest()


class _Message:
    """One message, or within one of several parts the part that is being read."""

    def __init__(self, first: Line) -> None:
        self._head: list[str] = [] if _MAILBOX.match(first.text) else [first.text]
        self._in_head = True
        self._is_part = False
        self._boundaries: list[str] = []
        self._decoder: _Decoder | None = None

    def add(self, line: Line) -> Iterator[Line | Header]:
        if self._in_head:
            yield from self._add_to_head(line)
        elif (boundary := line.text.rstrip()).startswith("--") and any(
            boundary in {mark, f"{mark}--"} for mark in self._boundaries
        ):
            yield from self.rest()
            self._decoder = None
            self._head, self._is_part = [], True
            self._in_head = not boundary.endswith("--") or boundary in self._boundaries
        elif self._decoder is not None:
            yield from self._decoder.add(line)

    def rest(self) -> Iterator[Line]:
        if self._decoder is not None:
            yield from self._decoder.rest()

    def _add_to_head(self, line: Line) -> Iterator[Line | Header]:
        if _HEADER_LINE.match(line.text) and len(self._head) < _HEADER_LINES:
            self._head.append(line.text)
            return
        self._in_head = False
        header = HeaderParser().parsestr("\n".join(self._head) + "\n\n")
        if not self._is_part:
            yield Header(str(header.get("Date", "")))
        boundary = header.get_boundary()
        if header.get_content_maintype() == "multipart" and boundary:
            self._boundaries.append(f"--{boundary}")
        elif header.get_content_type() in {"text/plain", "message/rfc822"}:
            self._decoder = _Decoder(header)
            if line.text.strip():  # no blank line came between
                yield from self._decoder.add(line)


class _Decoder:
    """Undoes the transfer encoding of a body, line by line."""

    def __init__(self, header: Message) -> None:
        how = str(header.get("Content-Transfer-Encoding", "")).strip().lower()
        self._how = how if how in {"quoted-printable", "base64"} else ""
        charset = known_encoding(header.get_content_charset("utf-8"))
        self._charset = charset if charset not in {"", "ascii"} else "utf-8"
        self._bytes = codecs.getincrementaldecoder(self._charset)("replace")
        self._pending = ""
        self._text = ""
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
        elif self._how == "base64" and self._text:
            yield Line(self._number, self._text)
        self._pending = self._text = ""

    def _add_quoted(self, line: Line) -> Iterator[Line]:
        self._number = self._number if self._pending else line.number
        text = line.text.rstrip()
        self._pending += text.removesuffix("=")
        if not text.endswith("=") or len(self._pending) > 1_000_000:
            yield self._quoted()
            self._pending = ""

    def _quoted(self) -> Line:
        raw = quopri.decodestring(self._pending.encode("utf-8", "replace"))
        return Line(self._number, raw.decode(self._charset, "replace"))

    def _add_base64(self, line: Line) -> Iterator[Line]:
        self._pending += re.sub(r"[^A-Za-z0-9+/=]", "", line.text)
        whole = len(self._pending) // 4 * 4
        block, self._pending = self._pending[:whole], self._pending[whole:]
        try:
            decoded = self._bytes.decode(binascii.a2b_base64(block))
        except binascii.Error:
            decoded = ""
        if not self._text:
            self._number = line.number
        *whole_lines, rest = (self._text + decoded).split("\n")
        for text in whole_lines:
            yield Line(self._number, text.rstrip("\r"))
            self._number = line.number
        self._text = rest if len(rest) < 1_000_000 else ""

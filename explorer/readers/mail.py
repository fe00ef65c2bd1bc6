"""Mail: alerts, newsletters, forwarded mailings and saved web archives, one message or a mailbox.

A message is a wrapper. Its parts are decoded and each is read by the reader that recognises it: a
page in HTML, arXiv's mailing, a list of references. Of alternatives the page is tried first, as it
has the links. What a reply or a forward puts around a text ("> ", headers of the message below) is
taken off. Nothing of the one who got the mail is kept: addresses of papers lose what identifies
the visitor, and the subscriber's own address is removed wherever it stands.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from explorer.errors import DigestError
from explorer.papers.dates import complete_year
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Item, Line, NotAPaper, Reader, Rejection
from explorer.readers.recognition import LEAST_EVIDENCE, recognise_surely
from explorer.readers.registry import load_reader
from explorer.readers.shared.entries import papers_in_entries
from explorer.readers.shared.mail import Header, PartHeader, begins_as_mail, mail_parts
from explorer.readers.shared.redirects import public_address
from explorer.readers.shared.text_rows import rows_of_text
from explorer.readers.shared.timestamps import date_in

_HEAD = 65_536
_MOST_CHARACTERS = 16_000_000
"""Of the texts of one message."""
_MOST_HEADER_LINES = 200
_KNOWN_HEADERS = re.compile(
    r"^(?:From|To|Subject|Received|Message-ID|MIME-Version|Return-Path|Delivered-To"
    r"|Content-Type|List-Id|List-Unsubscribe|DKIM-Signature|Snapshot-Content-Location|Date"
    r"|Reply-To|Sender):[ \t]*\S",
    re.I | re.M,
)
_FORWARDED = re.compile(
    r"^\W*(?:-{2,}\s*(?:(?:original|forwarded) message|forwarded by .{1,80}"
    r"|weitergeleitete nachricht"
    r"|ursprüngliche nachricht|message (?:transféré|d'origine)|mensaje (?:reenviado|original)"
    r"|転送メッセージ|转发的?邮件|原始邮件)\s*-{2,}|begin forwarded message:)\s*$",
    re.I,
)
_FORWARD_HEADER = re.compile(
    r"^\s*\*{0,2}(?:from|date|sent|subject|to|cc|reply-to|von|datum|gesendet|betreff|an|de|date|objet"
    r"|à|para|fecha|asunto|发件人|日期|发送时间|主题|收件人|差出人|件名|宛先|日時)\s*\*{0,2}\s*[:：]",
    re.I,
)
_FORWARD_DATE = re.compile(
    r"^\s*\*{0,2}(?:date|sent|datum|gesendet|fecha)\s*\*{0,2}\s*:\s*(.+)", re.I
)
_QUOTE = re.compile(r"^(?:>[ \t]?)+")
_QUOTED_SHARE = 0.3


@dataclass(slots=True)
class _Part:
    """A text of a message, decoded."""

    content_type: str
    alternatives: str
    lines: list[Line] = field(default_factory=list)
    location: str = ""


@dataclass(slots=True)
class _Mail:
    """One message: its text parts, and who got it."""

    line: int
    date: str = ""
    recipients: set[str] = field(default_factory=set)
    parts: list[_Part] = field(default_factory=list)
    size: int = 0


class Mail:
    """Reads messages and mailboxes, each part of them as what it is."""

    name = "mail"

    def recognises(self, digest: Digest) -> int:
        if not digest.encoding:
            return 0
        head = digest.head.lstrip("\ufeff\r\n \t")
        lines = head.split("\n", _MOST_HEADER_LINES)[:_MOST_HEADER_LINES]
        if _is_forwarded(lines):
            return 100
        if not begins_as_mail(lines[0]):
            return 0
        matter = re.split(r"\n[ \t]*\r?\n", head, maxsplit=1)[0]
        known = {match.split(":")[0].lower() for match in _KNOWN_HEADERS.findall(matter)}
        if len(known) < 2 or known == {"date", "to"}:
            return 0
        # In a mailbox there may be other mail than arXiv's, whose reader passes that over.
        return 100 if lines[0].startswith("From ") else 97

    def read(self, digest: Digest) -> Iterator[Item]:
        for mail in _mails(digest):
            yield from [mail] if isinstance(mail, Rejection) else _read_mail(mail, digest)


def _is_forwarded(lines: Sequence[str]) -> bool:
    """Whether a message is forwarded in the text, with some of its headers."""
    bare = [_QUOTE.sub("", line) for line in lines]
    place = next((n for n, line in enumerate(bare) if _FORWARDED.match(line)), None)
    if place is None:
        return False
    below = bare[place + 1 : place + 10]
    return sum(bool(_FORWARD_HEADER.match(line)) for line in below) >= 2


def _mails(digest: Digest) -> Iterator[_Mail | Rejection]:
    mail: _Mail | None = None
    for item in mail_parts(digest):
        if isinstance(item, Rejection):
            yield item
        elif isinstance(item, Header):
            if mail is not None and not item.inner:
                yield _whole(mail, digest)
                mail = None
            mail = mail or _Mail(item.line)
            mail.date = date_in(item.date) or mail.date
            mail.recipients |= {*item.recipients}
        elif isinstance(item, PartHeader):
            mail = mail or _Mail(item.line)
            mail.parts.append(_Part(item.content_type, item.alternatives, [], item.location))
        else:
            mail = mail or _Mail(item.number)
            if not mail.parts:
                mail.parts.append(_Part("text/plain", ""))
            mail.size += len(item.text) + 1
            if mail.size <= _MOST_CHARACTERS:
                mail.parts[-1].lines.append(item)
    if mail is not None:
        yield _whole(mail, digest)


def _whole(mail: _Mail, digest: Digest) -> _Mail | Rejection:
    if mail.size > _MOST_CHARACTERS:
        reason = f"a message with more than {_MOST_CHARACTERS:,} characters of text"
        return Rejection(digest.name, mail.line, reason)
    return mail


def _read_mail(mail: _Mail, digest: Digest) -> Iterator[Item]:
    """Yield what the parts of a message hold; of alternatives, of the first with papers."""
    done: set[str] = set()
    has_papers = False
    for part in sorted(mail.parts, key=lambda part: part.content_type != "text/html"):
        if part.alternatives in done:
            continue
        items = _read_part(part, mail, digest)
        if any(isinstance(item, Paper) for item in items):
            has_papers = True
            done |= {part.alternatives} - {""}
            yield from (_without_subscriber(item, mail) for item in items)
    if not has_papers:
        yield Rejection(digest.name, mail.line, "a mail in which no paper is found")


def _read_part(part: _Part, mail: _Mail, digest: Digest) -> list[Item]:
    if not part.lines:
        return []
    if part.content_type == "text/html":
        numbers = [line.number for line in part.lines]
        text = "\n".join(line.text for line in part.lines)
        if part.location.startswith("http") and "\n" not in part.location:
            text = f'<base href="{part.location.replace(chr(34), "")}">{text}'
        inside = _digest(digest, text)
        items = _convincing(load_reader("saved-html").read(inside))
    else:
        lines, date = _without_quotes(part.lines)
        mail.date = date or mail.date
        numbers = [line.number for line in lines]
        inside = _digest(digest, "\n".join(line.text for line in lines))
        items = _read_text(lines, inside)
    return [_placed(item, numbers, mail, digest.name) for item in items]


def _read_text(lines: list[Line], inside: Digest) -> list[Item]:
    reader, confidence = _reader(inside)
    if reader is not None and confidence >= LEAST_EVIDENCE:
        return list(reader.read(inside))
    places = [Line(place, line.text) for place, line in enumerate(lines, start=1)]
    items: list[Item] = [*papers_in_entries([*rows_of_text(places)], inside.name, "")]
    if items or reader is None:
        return items
    return _convincing(reader.read(inside))


def _reader(inside: Digest) -> tuple[Reader | None, int]:
    """Return the reader of a text and its confidence; none if no other than this one has any."""
    try:
        reader, recognition = recognise_surely(inside)
    except DigestError:
        return None, 0
    return (None, 0) if reader.name == Mail.name else (reader, recognition.confidence)


def _convincing(items: Iterator[Item]) -> list[Item]:
    """Return ``items`` if most papers have authors or an id; the paragraphs of a letter do not."""
    read = list(items)
    papers = [item for item in read if isinstance(item, Paper)]
    sure = sum(bool(p.arxiv or p.doi or p.other_ids or p.authors) for p in papers)
    return read if 2 * sure >= len(papers) else []


def _digest(digest: Digest, text: str) -> Digest:
    """Return the decoded text of a part as a digest of its own."""
    content = text.encode("utf-8", "replace")
    return replace(
        digest,
        encoding="utf-8",
        head=text[:_HEAD],
        head_bytes=content[:_HEAD],
        opener=lambda: io.BytesIO(content),
        size=len(content),
    )


def _without_quotes(lines: Sequence[Line]) -> tuple[list[Line], str]:
    """Return lines without marks of quotation and headers of forwarded messages, and their date."""
    quoted = sum(line.text.startswith(">") for line in lines)
    filled = sum(bool(line.text.strip()) for line in lines)
    if quoted >= _QUOTED_SHARE * max(filled, 1):
        lines = [Line(line.number, _QUOTE.sub("", line.text)) for line in lines]
    kept: list[Line] = []
    date = ""
    in_header = False
    for line in lines:
        if _FORWARDED.match(line.text):
            in_header, kept = True, []
        elif in_header and _FORWARD_HEADER.match(line.text):
            if match := _FORWARD_DATE.match(line.text):
                date = date_in(match[1]) or date
        elif in_header and not line.text.strip():
            continue
        else:
            in_header = False
            kept.append(line)
    return kept, date


def _placed(item: Item, numbers: list[int], mail: _Mail, digest: str) -> Item:
    """Return ``item`` with its line in the file, and the date of the mail."""

    def number(line: int) -> int:
        return numbers[min(max(line, 1), len(numbers)) - 1] if numbers else mail.line

    if not isinstance(item, Paper):
        return replace(item, digest=digest, line=number(item.line))
    own = item.sources[0]
    source = Source(digest, number(own.line), mail.date or own.date)
    date = complete_year(item.date, source.date)
    return replace(item, date=date, sources=(source,), url=public_address(item.url))


def _without_subscriber(item: Item, mail: _Mail) -> Item:
    def cleaned(text: str) -> str:
        for address in mail.recipients:
            if address in text.lower():
                text = re.sub(re.escape(address), "", text, flags=re.I).strip()
        return text

    if isinstance(item, NotAPaper):
        return item
    if isinstance(item, Rejection):
        return replace(item, excerpt=cleaned(item.excerpt))
    return replace(
        item,
        title=cleaned(item.title),
        abstract=cleaned(item.abstract),
        summary=cleaned(item.summary),
    )

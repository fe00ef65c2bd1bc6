r"""arXiv's daily mailing, as mail or as the text in it, https://info.arxiv.org/help/subscribe.html.

Entries stand between lines of dashes. In each, ``\\`` opens the head ("arXiv:", "Date:", "Title:",
"Authors:", ..., continued on indented lines), a second one the abstract, and
``\\ ( https://arxiv.org/abs/2411.03340 ,  1531kb)`` closes it. Cross-lists are marked as such;
replacements say "replaced with revised version" in place of a date and have no abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from explorer.papers.paper import Paper, Source, arxiv_id
from explorer.papers.text import tidy
from explorer.readers.contract import Digest, Line, Rejection
from explorer.readers.shared.arxiv_fields import author_names, first_doi
from explorer.readers.shared.fields import listed
from explorer.readers.shared.mail import Header, mail_lines
from explorer.readers.shared.timestamps import date_in

_BREAK = r"\\"
_TITLE = re.compile(r"title\s*:\s*\S", re.I)
_RULE = re.compile(r"(?:-{20,}|[%-]{20,})\s*$")
_ID = re.compile(
    r"(?:arXiv|Paper)(?:\s*\(\*?cross-listing\*?\))?\s*:\s*(?P<id>\S+)\s*(?P<mark>\(.*)?$", re.I
)
_FIELD = re.compile(r"(?P<name>[A-Z][A-Za-z-]{1,20}(?: \([^)]{1,60}\))?):(?:\s+(?P<value>.*))?$")
_REPLACED = re.compile(r"replaced with revised version\b", re.IGNORECASE)
_END = re.compile(r"\\\\\s*\(\s*(?P<url>https?://\S+)?.*\)?\s*$")
_RECEIVED = re.compile(r"\s*received from\s.{5,60}?\sto\s+(?P<to>.*)$", re.IGNORECASE)
_HEAD = re.compile(r"^[ \t]*\\\\[ \t\r]*\n[ \t]*(?:arXiv|Paper)[^:\n]{0,40}:", re.MULTILINE)
_SENDER = re.compile(r"^(?:From|Reply-To|To|List-ID):.*@?arxiv\.org", re.I | re.M)
_ENTRY_CHARACTERS = 1_000_000


class ArxivMailing:
    """Reads the entries of one mailing, or of a mailbox of them."""

    name = "arxiv-mailing"

    def recognises(self, digest: Digest) -> int:
        if not digest.encoding:
            return 0
        if _HEAD.search(digest.head) and re.search(r"^[ \t]*Title[ \t]*:", digest.head, re.M):
            return 99
        encoded = re.search(r"(?im)^content-transfer-encoding:\s*base64", digest.head)
        return 98 if encoded and _SENDER.search(digest.head) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        date = ""
        for entry in _entries(mail_lines(digest)):
            if isinstance(entry, Rejection):
                yield entry
            elif isinstance(entry, Header):
                # Each mail of a mailbox has its own date.
                date = date_in(entry.date)
            elif _is_record(entry):
                yield _paper(entry, digest.name, date)
            else:
                date = max(date, _received(entry))


def _entries(
    lines: Iterable[Line | Rejection | Header],
) -> Iterator[list[Line] | Rejection | Header]:
    """Yield what stands between the rules, and what is no line as it comes."""
    entry: list[Line] = []
    size, has_id = 0, False
    for line in lines:
        if not isinstance(line, Line):
            if entry:
                yield entry
            entry, size, has_id = [], 0, False
            yield line
            continue
        text = line.text.strip()
        starts = has_id and entry[-1].text.strip() == _BREAK and bool(_ID.match(text))
        if _RULE.match(text) or starts or size > _ENTRY_CHARACTERS:
            # Where the rules were lost, an id behind a break starts the next entry.
            opening = [entry.pop()] if starts else []
            if entry:
                yield entry
            entry, size, has_id = opening, 0, False
            if _RULE.match(text):
                continue
        has_id = has_id or bool(_ID.match(text))
        size += len(text) + 32
        entry.append(line)
    if entry:
        yield entry


def _is_record(entry: list[Line]) -> bool:
    """Whether an entry is about a paper: it has an id, or a title above a break."""
    texts = [line.text.strip() for line in entry]
    return any(map(_ID.match, texts)) or (_BREAK in texts and any(map(_TITLE.match, texts)))


def _received(entry: list[Line]) -> str:
    """Return the end of the span that the introduction names."""
    matches = (_RECEIVED.match(line.text) for line in entry)
    return max((date_in(match["to"]) for match in matches if match), default="")


def _paper(entry: list[Line], digest: str, date: str) -> Paper | Rejection:
    texts = [line.text.strip() for line in entry]
    first = next(n for n, text in enumerate(texts) if text not in ("", _BREAK))
    start = next((n for n, text in enumerate(texts) if _ID.match(text)), first)
    match = _ID.match(texts[start])
    head, abstract, url = _cut(entry[start + 1 if match else start :])
    number = arxiv_id(match["id"]) if match else ""
    fields = _fields(head)
    title = tidy(fields.get("title", ""))
    line = entry[start].number
    if not title:
        return Rejection(digest, line, "no title", tidy(texts[start])[:80])
    return Paper(
        title=title,
        abstract=tidy(abstract),
        authors=author_names(fields.get("authors", "") or fields.get("author", "")),
        date=date_in(fields.get("date", "").partition("(")[0]),
        venue=tidy(fields.get("journal-ref", "")),
        arxiv=number or arxiv_id(url),
        doi=first_doi(tidy(fields.get("doi", ""))),
        url=url,
        categories=tuple(fields.get("categories", "").split())
        or listed(fields.get("subj-class", ""), separators=";"),
        sources=(Source(digest, line, date),),
    )


def _cut(lines: list[Line]) -> tuple[list[str], str, str]:
    """Return the lines of the head, the abstract and the closing line's address."""
    head: list[str] = []
    abstract: list[str] = []
    url, breaks = "", 0
    for line in lines:
        text = line.text.rstrip()
        closing = _END.match(text)
        if closing:
            url = closing["url"] or ""
            break
        if text.strip() == _BREAK and breaks == 0:
            breaks = 1
        elif breaks:
            abstract.append(text)
        else:
            head.append(text)
    # A mailing that was cut or retyped may close with a bare break.
    while abstract and abstract[-1].strip() in {"", _BREAK}:
        abstract.pop()
    return head, "\n".join(abstract), url


def _fields(lines: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for text in lines:
        match = _FIELD.match(text)
        if match:
            # "Date (revised v2):" is no second date.
            name = match["name"].lower()
            fields.setdefault(name, match["value"] or "")
        elif _REPLACED.match(text):
            name = ""
        elif name and text[:1].isspace():
            fields[name] += f" {text.strip()}"
        elif not text.strip():
            name = "" if name == "date" else name
    return fields

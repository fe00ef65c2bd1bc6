"""Notes with ``key:: value`` lines: Logseq's pages, and Obsidian's with Dataview fields.

Zotero's plug-ins write them: ``title:: @Stable Maps`` and ``authors:: [[Ada Lovelace]], [[Charles
Babbage]]`` at the top of a page or on a bullet, ``> **Author**:: Lovelace, Ada`` in a callout, an
author a line. Front matter above counts, too, and a heading stands in for a missing title. The
abstract is a field, or the text below "Abstract": a bullet, a heading or a callout. A second title
begins the next note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from explorer.papers.dates import issue_date, parse_date
from explorer.papers.paper import Paper, Source
from explorer.papers.text import tidy
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Line, Rejection
from explorer.readers.shared.fields import listed
from explorer.readers.shared.markdown_inline import inline, names, reference

_PROPERTY = re.compile(
    r"^[\s>*+-]{0,40}(?:\*\*|__)?\[?([^\W\d_][\w .()/-]{0,40}?)(?:\*\*|__)?"
    r"::(?:\*\*|__)?(?:\s+(.*))?$"
)
_MATTER = re.compile(r"^([A-Za-z][\w-]{0,40}):\s+(\S.*)$")
_SECTION = re.compile(
    r"^[\s>*+-]{0,40}(?:#{1,6}\s+)?(?:\[!([\w-]{2,20})\][+-]?\s*|\[\[([^\[\]]{2,40})\]\]\s*$"
    r"|(?<=#\s)(.{1,200})$|(?<=[-*]\s)\*\*([^*]{2,40})\*\*:?\s*$)"
)
_HEADING = re.compile(r"^\s*#{1,6}\s+(.*)$")
_PREFIX = re.compile(r"^[\s>*+-]+")
_NOTE_LINK = re.compile(r"\[\[([^\[\]|]{1,200})(?:\|([^\[\]]{1,200}))?\]\]")
_FIELDS = {
    name: kind
    for kind, kinds in {
        "title": "title|original-title|paper-title|标题|题目",
        "authors": "authors|author|firstauthor|first-author|creators|creator|作者",
        "date": "date|year|published|publication-date|issued|publication-year|年份|日期",
        "venue": "publication-title|journal|venue|conference|conference-name|proceedings-title"
        "|book-title|publication|container-title|proceedings|期刊|会议",
        "ids": "doi|arxiv|arxiv-id|archive-id|url|link|pdf|links",
        "abstract": "abstract|abstract-note|摘要",
        "keywords": "tags|keywords|keyword|topics",
        "summary": "tldr|tl;dr|summary|contribution|main-idea",
        "kind": "item-type|itemtype|type",
    }.items()
    for name in kinds.split("|")
}
_ONCE = frozenset(("authors", "abstract"))
_TELLING = frozenset(("authors", "date", "ids", "venue", "abstract"))
_ABSTRACT = frozenset("abstract 摘要 zusammenfassung résumé".split())


@dataclass(slots=True)
class _Note:
    """The fields of one note."""

    line: int
    fields: dict[str, list[str]] = field(default_factory=dict)
    """By their kind, the values in order."""
    heading: str = ""
    title_above: str = ""
    """In the front matter, for a note that has none of its own."""
    in_abstract: bool = False
    keys: list[str] = field(default_factory=list)
    """Keys of its authors and abstract, in order."""
    title_first: bool = False
    headless: bool = False
    """Whether it begins with a field that the note before has already."""
    size: int = 0

    def text(self, kind: str) -> str:
        return next(iter(self.fields.get(kind, ())), "")

    @property
    def is_paper(self) -> bool:
        return bool(
            self.text("title") or self.heading or self.title_above
        ) and not _TELLING.isdisjoint(self.fields)


class PropertyNotes:
    """Reads notes on papers whose fields are ``key:: value`` lines."""

    name = "property-notes"

    def recognises(self, digest: Digest) -> int:
        if not digest.encoding or "::" not in digest.head:
            return 0
        lines = digest.head.splitlines()
        kinds = {_kind(match[1]) for line in lines if (match := _PROPERTY.match(line))} - {""}
        if not kinds & {"authors", "ids", "venue", "abstract"} or len(kinds) < 2:
            return 0
        titled = "title" in kinds or any(
            _HEADING.match(line) or re.match(r"title:\s", line) for line in lines
        )
        return 97 if titled else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for note in _notes(digest.lines()):
            if isinstance(note, Rejection):
                yield note
            elif note.size > RECORD_CHARACTERS:
                reason = f"a note of more than {RECORD_CHARACTERS:,} characters"
                yield Rejection(digest.name, note.line, reason, note.text("title")[:80])
            elif note.is_paper:
                yield _paper(note, Source(digest.name, note.line))
            elif note.fields:
                yield Rejection(digest.name, note.line, "a note that names no paper", _shown(note))


def _notes(lines: Iterable[Line | Rejection]) -> Iterator[_Note | Rejection]:
    note = _Note(1)
    in_matter = False
    for line in lines:
        if isinstance(line, Rejection):
            yield line
            continue
        text = line.text.strip("\ufeff\r")
        if text.strip() == "---" and (in_matter or line.number == 1):
            in_matter = not in_matter
            continue
        matched = _MATTER.match(text) if in_matter else _PROPERTY.match(text)
        kind = _kind(matched[1]) if matched else ""
        heading = None if in_matter else _HEADING.match(text)
        key = matched[1] if matched and not in_matter else ""
        again = kind in _ONCE and _comes_again(note, key)
        begins = again or (key and kind == "title" and _is_second_title(note, key))
        if begins or (heading and _closes(note, text)):
            yield note
            note = _Note(line.number, headless=again)
        note.size += len(text)
        if in_matter and kind == "title" and matched:
            note.title_above = matched[2].strip("\"' ")
        elif note.size <= RECORD_CHARACTERS:
            _take(note, line.number, text, matched, heading)
    yield note


def _is_second_title(note: _Note, key: str) -> bool:
    # Logseq has the page's name as the title, and the paper's as the original one.
    return note.headless or ("title" in note.fields and "original" not in key.lower())


def _comes_again(note: _Note, key: str) -> bool:
    """Whether a key is that of a field before the last one: of a note that lost its title.

    One author a line, each with the key, is one field.
    """
    return note.title_first and key.strip().lower() in note.keys[:-1]


def _closes(note: _Note, heading: str) -> bool:
    """Whether a heading of the first level begins another note."""
    return heading.startswith("# ") and note.is_paper and bool(note.heading)


def _take(
    note: _Note,
    number: int,
    text: str,
    matched: re.Match[str] | None,
    heading: re.Match[str] | None,
) -> None:
    kind = _kind(matched[1]) if matched else ""
    if matched:
        note.in_abstract = kind == "abstract" and not matched[2]
        value = (matched[2] or "").strip().strip("\"'")
        if kind in _ONCE and matched[1].strip().lower() not in note.keys:
            note.keys.append(matched[1].strip().lower())
        if kind and value:
            if not note.fields and not note.heading:
                note.line = number
                note.title_first = kind == "title"
            first = kind == "title" and "original" in matched[1].lower()
            values = note.fields.setdefault(kind, [])
            values.insert(0 if first else len(values), value)
        return
    if section := _section(text):
        note.in_abstract = section in _ABSTRACT
        if heading and not note.heading and not note.in_abstract and text.startswith("# "):
            note.heading = inline(heading[1]).text
            note.line = note.line if note.fields else number
        return
    content = _PREFIX.sub("", text).strip()
    if note.in_abstract and content:
        note.fields.setdefault("abstract", []).append(content)


def _section(text: str) -> str:
    """Return the name of the section that a line begins, in lower case, or ``""``."""
    if heading := _HEADING.match(text):
        return inline(heading[1]).text.strip(" :").casefold() or "-"
    match = _SECTION.match(text)
    return (
        next((part for part in match.groups() if part), "").strip(" :").casefold() if match else ""
    )


def _kind(key: str) -> str:
    return _FIELDS.get(re.sub(r"[\s_]+", "-", key.strip().lower()), "")


def _shown(note: _Note) -> str:
    return " ".join(value for values in note.fields.values() for value in values)[:80]


def _unlinked(text: str) -> str:
    return _NOTE_LINK.sub(lambda match: match[2] or match[1], text)


def _paper(note: _Note, source: Source) -> Paper | Rejection:
    title = inline(_unlinked(note.text("title"))).text.removeprefix("@") or note.title_above
    title = title or note.heading
    if not any(character.isalnum() for character in title):
        return Rejection(source.digest, source.line, "no title", _shown(note))
    linked = [inline(value) for value in note.fields.get("ids", ())]
    texts = [span.text for span in linked]
    addresses = [a for span in linked for a in span.addresses if "zotero.org/" not in a]
    known = reference([*(text for text in texts if "://" not in text), *addresses], texts)
    date = inline(_unlinked(note.text("date"))).text
    return Paper(
        title=title,
        abstract=tidy(inline(" ".join(note.fields.get("abstract", ()))).text),
        authors=tuple(dict.fromkeys(_authors(note.fields.get("authors", ())))),
        date=parse_date(date) or issue_date(date),
        venue=inline(_unlinked(note.text("venue"))).text,
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=known.others,
        url=known.url,
        keywords=tuple(word.lstrip("#") for word in listed(_unlinked(note.text("keywords")))),
        summary=inline(_unlinked(note.text("summary"))).text,
        sources=(source,),
    )


def _authors(values: Iterable[str]) -> Iterator[str]:
    """Yield the people of a line; links between notes keep "Lovelace, Ada" in one."""
    for value in values:
        linked = [match[2] or match[1] for match in _NOTE_LINK.finditer(value)]
        text = inline(value.strip("[]")).text
        if linked:
            yield from linked
        elif text.count(",") == 1 and " " not in text.split(",")[0].strip() and ";" not in text:
            yield text
        else:
            yield from names(text)

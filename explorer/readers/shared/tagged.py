"""Records of tagged lines, as reference managers and library databases exchange them.

RIS, Web of Science, MEDLINE and Refer differ in the form of tags and in the tags that begin and
end a record. The rest is the same: a line without a tag continues the field before it, a tag may
be repeated, and a file is read record by record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from explorer.papers.text import tidy
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Rejection

_FIELD_COST = 100
"""Added to a record's length per field, so that a million empty fields count as too long."""


@dataclass(slots=True)
class TaggedRecord:
    """One record: the line it starts in, and its fields in order, each with its lines."""

    line: int
    fields: list[tuple[str, list[str]]] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    length: int = 0
    after_blank: bool = False
    """Whether nothing but a blank line before it says that it is a record of its own."""

    def add(self, tag: str, value: str) -> None:
        self.length += len(value) + _FIELD_COST
        if self.length <= RECORD_CHARACTERS:
            self.fields.append((tag, [value]))
            self.tags.add(tag)

    def continue_field(self, text: str) -> None:
        self.length += len(text) + _FIELD_COST
        if self.length <= RECORD_CHARACTERS and self.fields:
            self.fields[-1][1].append(text)

    def has(self, tag: str) -> bool:
        return tag in self.tags

    def texts(self, *tags: str) -> list[str]:
        """Return the non-empty fields ``tags``, all of the first tag first."""
        values = (" ".join(lines) for tag in tags for own, lines in self.fields if own == tag)
        return [text for value in values if (text := tidy(value))]

    def first(self, *tags: str) -> str:
        """Return the first non-empty field of ``tags``."""
        return next(iter(self.texts(*tags)), "")

    def lines(self, *tags: str) -> list[str]:
        """Return every line of the fields ``tags``, where each line is a value of its own."""
        every = (line for tag in tags for own, lines in self.fields if own == tag for line in lines)
        return [text for line in every if (text := tidy(line))]

    def join(self, part: TaggedRecord) -> None:
        """Take the fields of ``part``, which a blank line tore off."""
        self.length += part.length
        if self.length <= RECORD_CHARACTERS:
            self.fields += part.fields
            self.tags |= part.tags

    def rejected(self, digest: Digest, reason: str) -> Rejection:
        fields = self.fields[1:] or self.fields  # the first one is the type
        excerpt = next((text for _, lines in fields for line in lines if (text := tidy(line))), "")
        return Rejection(digest.name, self.line, reason, excerpt[:80])


@dataclass(frozen=True, slots=True)
class Tagging:
    """Syntax of a tagged format."""

    field_of: Callable[[str, TaggedRecord | None], tuple[str, str] | None]
    """(tag, value) of a line that begins a field, given the current record."""
    starts: Callable[[str, TaggedRecord | None, bool], bool]
    """Whether a tag begins a record, given the one before it and whether a blank line is."""
    ends: frozenset[str]
    """Tags that end a record."""
    goes_on: Callable[[str, bool], bool] = lambda _text, _after_blank: True
    """Whether a line without a tag belongs to the field before it."""
    single: frozenset[str] = frozenset()
    """Tags that a record has once. After a blank line they show that a record begins there which
    lacks its usual first tag; what repeats none of them is the rest of the record before it."""


def fields_by(
    pattern: re.Pattern[str],
) -> Callable[[str, TaggedRecord | None], tuple[str, str] | None]:
    """Return a ``field_of`` for lines that match ``pattern`` whole: the tag, then the value."""

    def field_of(text: str, _record: TaggedRecord | None) -> tuple[str, str] | None:
        match = pattern.fullmatch(text)
        return (match[1], match[2] or "") if match else None

    return field_of


def tagged_records(digest: Digest, tagging: Tagging) -> Iterator[TaggedRecord | Rejection]:
    """Yield the records of ``digest`` one by one; lines between them are skipped."""
    whole: TaggedRecord | None = None
    for part in _parts(digest, tagging):
        if isinstance(part, Rejection):
            yield part
        elif whole and part.after_blank and not whole.tags & part.tags & tagging.single:
            whole.join(part)
        else:
            if whole:
                yield _whole(whole, digest)
            whole = part
    if whole:
        yield _whole(whole, digest)


def _parts(digest: Digest, tagging: Tagging) -> Iterator[TaggedRecord | Rejection]:
    """Yield records, also cut at the blank lines before their fields."""
    record: TaggedRecord | None = None
    after_blank = True  # as at the beginning of a file
    for line in digest.lines():
        if isinstance(line, Rejection):
            yield line
            continue
        if not line.text.strip():
            after_blank = True
            continue
        tagged = tagging.field_of(line.text, record)
        if tagged and tagging.starts(tagged[0], record, after_blank):
            if record:
                yield record
            record = TaggedRecord(line.number)
        elif record and tagged and after_blank and tagging.single and tagged[0] not in tagging.ends:
            yield record
            record = TaggedRecord(line.number, after_blank=True)
        if record and tagged and tagged[0] in tagging.ends:
            yield record
            record = None
        elif record and tagged:
            record.add(*tagged)
        elif record and tagging.goes_on(line.text, after_blank):
            record.continue_field(line.text)
        after_blank = False
    if record:
        yield record


def _whole(record: TaggedRecord, digest: Digest) -> TaggedRecord | Rejection:
    if record.length <= RECORD_CHARACTERS:
        return record
    return record.rejected(digest, f"the record has more than {RECORD_CHARACTERS:,} characters")

"""YAML of papers: Papis (``info.yaml``), ``CITATION.cff``, and bibliographies of Pandoc and others.

A document is one record, a list of records, or a mapping that holds either ("references"). Long
lists are read item by item, as each begins with a dash in the first column. A citation file is
about software; the paper is the one that it prefers to be cited by, if it names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Item, NotAPaper, Rejection
from explorer.readers.shared.columns import map_columns, paper_from_row
from explorer.readers.shared.field_names import meanings
from explorer.readers.shared.nested_records import flat_record, kind_of_item
from explorer.readers.shared.yaml_text import UnreadableYaml, plain_yaml

_MOST_CHARACTERS = 1_000_000
"""Of one record, or of a document that is no list of records."""
_MOST_LINES = 400
_FEWEST_FIELDS = 3
_KEY = re.compile(
    r"^(?P<indent>[ ]{0,8}(?:- )?)(?P<key>[^\W\d][\w .-]{0,60}|\"[\w .-]{1,60}\") ?:(?:\s|$)"
)
_DEEPEST = 4
_NOT_A_VALUE = re.compile(r"[^\s\"'|>\[{&*!%#@`-][^\n]{0,500}?: ")
"""A second colon, which YAML has in quotes only."""
_CITATION_FILE = re.compile(r"^cff-version\s*:", re.M)
_NAME_OF_LIST = re.compile(r"[^\W\d][\w-]{0,60}:\s*")
_MARKS = frozenset(("---", "..."))


class YamlRecords:
    """Reads records in YAML by the meaning of their keys."""

    name = "yaml-records"

    def recognises(self, digest: Digest) -> int:
        if not digest.encoding or _begins_otherwise(digest.head):
            return 0
        fields: set[str] = set()
        lines = [line for line in digest.head.splitlines()[:_MOST_LINES] if line.strip()]
        keys, titles, outer = 0, 0, set[str]()
        for line in lines:
            if line.strip() in _MARKS:
                outer.clear()
            elif match := _KEY.match(line):
                keys += 1
                repeated = not match["indent"] and match["key"] in outer
                if repeated or _NOT_A_VALUE.match(line, match.end()):
                    return 0  # labelled lines
                if not match["indent"]:
                    outer.add(match["key"])
                    titles += match["key"] == "title"
                if len(match["indent"]) <= _DEEPEST:
                    fields |= {meaning.field for meaning in meanings(match["key"].strip('"'))}
        if "title" not in fields or len(fields) < _FEWEST_FIELDS or keys * 3 < len(lines):
            return 0
        several = titles > 1 and lines[0].strip("\ufeff ") == "---"
        if several or _CITATION_FILE.search(digest.head):
            return 97  # surer than a page with front matter
        return 80 if fields & {"authors", "abstract", "doi", "arxiv"} else 0

    def read(self, digest: Digest) -> Iterator[Item]:
        for piece in _pieces(digest):
            if isinstance(piece, Rejection):
                yield piece
                continue
            try:
                value = plain_yaml(piece.text, piece.line)
            except UnreadableYaml as error:
                yield Rejection(digest.name, piece.line, str(error), piece.text.strip()[:80])
                continue
            source = Source(digest.name, piece.line)
            for record in _records_in(value):
                yield from _items(record, source)


def _begins_otherwise(head: str) -> bool:
    """Whether the first line of text is none of YAML's, or a page's front matter follows it."""
    lines = [line for line in head.lstrip("\ufeff").splitlines() if line.strip()]
    content = [line for line in lines if line.strip() not in _MARKS and line[0] not in "#%"]
    if not content or not (_KEY.match(content[0]) or content[0].startswith("- ")):
        return True
    fenced = lines[0].strip() == "---"
    closed = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
    following = lines[closed + 1 : closed + 2]
    return fenced and bool(closed) and bool(following) and not _KEY.match(following[0])


@dataclass(slots=True)
class _Piece:
    """A document, or an item of a document's list: its lines, and the number of the first."""

    line: int
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, number: int, text: str) -> None:
        self.size += len(text) + 1
        if self.size <= _MOST_CHARACTERS:
            self.line = self.line if self.lines else number
            self.lines.append(text)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_head(self) -> bool:
        """Whether all before the first item is the name of the list, or nothing."""
        content = [line for line in self.lines[:50] if line.strip() and line.lstrip()[0] != "#"]
        return len(self.lines) <= 50 and (
            not content or (content == [content[0]] and bool(_NAME_OF_LIST.fullmatch(content[0])))
        )


def _pieces(digest: Digest) -> Iterator[_Piece | Rejection]:
    piece, begun = _Piece(1), False
    for line in digest.lines():
        if isinstance(line, Rejection):
            yield line
            continue
        text = line.text.strip("\ufeff\r") if line.number == 1 else line.text.rstrip("\r")
        ends = text.strip() in _MARKS
        if ends or (text.startswith("- ") and (begun or piece.is_head)):
            yield from _whole(piece, digest)
            piece, begun = _Piece(line.number), not ends
        if not ends:
            piece.add(line.number, text)
    yield from _whole(piece, digest)


def _whole(piece: _Piece, digest: Digest) -> Iterator[_Piece | Rejection]:
    if piece.size > _MOST_CHARACTERS:
        reason = f"a record of more than {_MOST_CHARACTERS:,} characters"
        yield Rejection(digest.name, piece.line, reason, piece.text[:80])
    elif any(line.strip() and not line.lstrip().startswith("#") for line in piece.lines):
        yield piece


def _records_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the mappings with a title in ``value``, those of its lists, or ``value`` itself."""
    if isinstance(value, list):
        for item in value:
            yield from _records_in(item)
    elif isinstance(value, dict):
        named = any(isinstance(k, str) and _is_title(k) for k in value)
        lists = [inner for inner in value.values() if isinstance(inner, list)]
        inside = [v for v in value.values() if isinstance(v, dict) and any(map(_is_title, v))]
        if named or not (inside or any(isinstance(item, dict) for v in lists for item in v)):
            if value.keys() - {"references"} or value.get("references"):
                yield value
        else:
            yield from _records_in([*inside, *lists])


def _is_title(key: object) -> bool:
    return isinstance(key, str) and any(meaning.field == "title" for meaning in meanings(key))


def _items(record: Mapping[str, Any], source: Source) -> Iterator[Item]:
    if "references" in record and not any(map(_is_title, record)):
        return  # the head of a list whose items follow
    preferred = record.get("preferred-citation")
    if isinstance(preferred, dict) and any(map(_is_title, preferred)):
        yield NotAPaper(source.digest, source.line, "software")
        record = preferred
    if kind := kind_of_item(record):
        yield NotAPaper(source.digest, source.line, kind)
        return
    flat = flat_record(_with_list_of_authors(record))
    paper = paper_from_row(flat, map_columns(flat), source)
    if isinstance(paper, Paper):
        yield paper
    else:
        shown = " ".join(f"{key}: {value}" for key, value in record.items())
        yield Rejection(source.digest, source.line, paper, shown[:80])


def _with_list_of_authors(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``record`` with people one by one, where it has them both so and in one text."""
    listed = record.get("author_list")
    own = {key: value for key, value in record.items() if isinstance(key, str)}
    return {**own, "author": listed} if listed else own

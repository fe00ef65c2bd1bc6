"""Streaming JSON: the path to the records of a document, and its records one at a time.

Services wrap their records in layers of their own (``{"message": {"items": [...]}}``) or write
one object a line. The shape of a document is derived from its first 64 KiB (:func:`outline`, with
ijson, which parses a truncated text up to its end), and the document is then walked along the path
to its records (:func:`json_records`). The walk holds one record in memory and knows its line;
ijson has no line numbers and does not resume after a damaged record.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TextIO

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Item, NotAPaper, Rejection
from explorer.readers.shared.columns import map_columns

ITEMS = "[]"
"""A step into every item of a list."""
ANY = "{}"
"""A step into the value of every key of an object; any other step is the key to go into."""
LISTS = frozenset(
    "results data items papers notes works records articles documents docs entries publications "
    "hits message response recommendedPapers value feed payload list result resultList hit entry "
    "collection search-results info attributes metadata bibjson".split()
)
"""Keys under which services put their results."""

_CHUNK = 1 << 16
_LONGEST_LITERAL = 16
_DEPTH = 6
_LINES_LOOKED_AT = 20
_BLANK = re.compile(r"[ \t\n\r\ufeff\x1e]*")
_BRACKET = re.compile(r'["{}\[\]]')
_STRING_MARK = re.compile(r'["\\]')
_LONG_NUMBER = re.compile(r"\d{4000,}")
_SCALAR = re.compile(r'[^,\]}\s"]*')
_DATE_KEYS = ("date", "digest_date", "retrieved", "fetched", "exported", "generated", "updated")

KeyPath = tuple[str, ...]


class JsonRecord(NamedTuple):
    """A value in a document: its line, the value, and the keys on the path to it."""

    line: int
    value: Any
    keys: KeyPath


@dataclass(frozen=True)
class JsonOutline:
    """Structure of the beginning of a JSON text."""

    lines: bool
    """Whether it is JSON Lines."""
    objects: Mapping[KeyPath, Mapping[str, str]]
    """For each path (all positions of a list count as one) the keys of its objects, and the kind
    of their values: text, number, boolean, null, object, list, or "" if cut off."""
    texts: Mapping[str, str]
    """The texts directly under the keys of the document."""

    @property
    def date(self) -> str:
        """Date of the digest from a key of its own, or ``""``."""
        return next((self.texts[key] for key in _DATE_KEYS if key in self.texts), "")


@dataclass(frozen=True)
class ObjectShape:
    """Keys of the objects at one path, and of the objects inside them."""

    outline: JsonOutline
    path: KeyPath

    def __contains__(self, key: str) -> bool:
        return key in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def any(self, *keys: str) -> bool:
        return any(key in self._kinds for key in keys)

    def all(self, *keys: str) -> bool:
        return all(key in self._kinds for key in keys)

    def kind(self, key: str) -> str:
        return self._kinds.get(key, "")

    def inside(self, key: str) -> ObjectShape:
        return ObjectShape(self.outline, (*self.path, key))

    @property
    def _kinds(self) -> Mapping[str, str]:
        return self.outline.objects.get(self.path, {})


class JsonReader(ABC):
    """Base of JSON readers, which differ in the keys that they recognise and convert."""

    name: str

    @abstractmethod
    def confidence(self, shape: ObjectShape) -> int:
        """Return the confidence that objects of this ``shape`` are records, 0 to 100."""

    @abstractmethod
    def paper(self, record: Mapping[str, Any], source: Source) -> Paper | NotAPaper | str:
        """Return the paper in ``record``, what it is instead, or why there is none."""

    def recognises(self, digest: Digest) -> int:
        return self._best_path(digest)[0]

    def read(self, digest: Digest) -> Iterator[Item]:
        for record in json_records(digest, record_steps(self._best_path(digest)[1])):
            if isinstance(record, Rejection):
                yield record
                continue
            paper: Paper | NotAPaper | str = "the record is not an object"
            if isinstance(record.value, dict):
                source = Source(digest.name, record.line, self.digest_date(record.value, digest))
                paper = self.paper(record.value, source)
            if not isinstance(paper, str):
                yield paper
            else:
                excerpt = json.dumps(record.value, ensure_ascii=False, default=str)[:80]
                yield Rejection(digest.name, record.line, paper, excerpt)

    def digest_date(self, record: Mapping[str, Any], digest: Digest) -> str:  # noqa: ARG002
        """Return the date of the digest that contains ``record`` (EDTF), or ``""``."""
        from explorer.readers.shared.fields import first_date

        return first_date(outline(digest.head).date[:10])

    def _best_path(self, digest: Digest) -> tuple[int, KeyPath]:
        """Return the confidence, 0 to 100, and the path to the records."""
        if not looks_like_json(digest):
            return 0, ()
        shapes = outline(digest.head)
        scores = {path: self.confidence(ObjectShape(shapes, path)) for path in shapes.objects}
        scores = {path: score for path, score in scores.items() if score > 0}
        wrappers = {
            path[:depth]
            for path in scores
            for depth in range(len(path))
            if path[depth] in LISTS and path[depth + 1 : depth + 2] == (ITEMS,)
        }
        paths = [path for path in scores if path not in wrappers]
        if not paths:
            return 0, ()
        best = max(paths, key=lambda path: (scores[path], -len(path)))
        return scores[best], best


def looks_like_json(digest: Digest) -> bool:
    """Whether ``digest`` begins like an object or a list of objects."""
    return bool(digest.encoding) and bool(re.match(r"[\s\ufeff]*[{\[]", digest.head))


def record_steps(path: KeyPath) -> KeyPath:
    """Return the steps to all records like those at ``path``.

    A key that is not in :data:`LISTS` is data, so :data:`ANY` replaces it: the subjects of
    ``{"cs.CL": [...], "cs.CV": [...]}``, the ids of ``{"2401.00001": {...}}``.
    """
    steps: list[str] = []
    for step in path:
        named = step in LISTS or step == ITEMS or ITEMS in steps
        steps.append(step if named else ANY)
    return tuple(steps)


@lru_cache(maxsize=4)
def outline(head: str) -> JsonOutline:
    """Return the outline of the JSON text that begins with ``head``."""
    objects: dict[KeyPath, dict[str, str]] = {}
    texts: dict[str, str] = {}
    first, *others = _first_lines(head)
    lines = _is_lines(first, others)
    for text in (first, *others) if lines else (head,):
        _add_objects(text, objects, texts)
    return JsonOutline(lines, objects, {} if lines else texts)


def json_records(
    digest: Digest, steps: KeyPath = (), most: int = RECORD_CHARACTERS
) -> Iterator[JsonRecord | Rejection]:
    """Yield the values at the end of ``steps``, for every document or line of ``digest``.

    A record of more than ``most`` characters, or one that is not valid JSON, is yielded as a
    Rejection, and reading resumes after it.
    """
    if outline(digest.head).lines:
        yield from _from_lines(digest, steps)
        return
    with digest.text() as file:
        cursor = _Cursor(file, most)
        try:
            while cursor.peek():
                yield from _walk(cursor, steps, (), digest.name)
        except _Torn as torn:
            yield Rejection(digest.name, cursor.line, str(torn))


def _first_lines(head: str) -> list[str]:
    lines = [line for line in head[: 1 << 16].split("\n") if line.strip()]
    return lines[:_LINES_LOOKED_AT] or [""]


def _is_lines(first: str, others: list[str]) -> bool:
    """Whether each line is an object; a single one must be a record, not a wrapper of results."""
    if not first.lstrip(" \t\r\ufeff").startswith("{"):
        return False
    try:
        value = json.loads(first.strip("\ufeff\r "))
    except (ValueError, RecursionError):
        # A damaged first line, or the first line of a document.
        return bool(others) and not first.rstrip().endswith("[") and _is_object(others[0])
    return bool(others) or ("title" in map_columns(value) and not value.keys() & LISTS)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _add_objects(text: str, objects: dict[KeyPath, dict[str, str]], texts: dict[str, str]) -> None:
    """Add the objects of ``text`` to ``objects``, as far as it is JSON."""
    kinds = {"start_map": "object", "start_array": "list", "string": "text"}
    path: list[str] = []  # for each open list ITEMS, for each open object its current key
    for event, value in _events(text):
        if event in ("end_map", "end_array"):
            path.pop()
            continue
        if event == "map_key":
            path[-1] = value
            if len(path) <= _DEPTH:  # The value may be cut off.
                objects[tuple(path[:-1])].setdefault(value, "")
            continue
        if path and path[-1] != ITEMS and len(path) <= _DEPTH:
            known = objects[tuple(path[:-1])]
            known[path[-1]] = known[path[-1]] or kinds.get(event, event)
            if event == "string" and len(path) == 1 and len(value) < 100:
                texts.setdefault(path[0], value)
        if event == "start_map":
            if len(path) < _DEPTH:
                objects.setdefault(tuple(path), {})
            path.append("")
        elif event == "start_array":
            path.append(ITEMS)


def _events(text: str) -> list[tuple[str, Any]]:
    import ijson
    from ijson.utils import sendable_list

    events = sendable_list()
    parser = ijson.basic_parse_coro(events, multiple_values=True)
    try:
        # A number longer than Python's own limit crashes ijson in C; its value is of no use here.
        parser.send(_LONG_NUMBER.sub("0", text).encode("utf-8", "replace"))
    except (ijson.JSONError, ValueError, ArithmeticError):
        pass  # What came before the damage is in the list.
    except StopIteration:
        pass
    return list(events)


def _from_lines(digest: Digest, steps: KeyPath) -> Iterator[JsonRecord | Rejection]:
    for line in digest.lines():
        if isinstance(line, Rejection):
            yield line
        elif text := line.text.strip("\ufeff\x1e \t\r"):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                reason = "the line is not valid JSON"
                yield Rejection(digest.name, line.number, reason, text[:80])
                continue
            if isinstance(value, dict):
                for inner in _within(value, steps):
                    yield JsonRecord(line.number, inner, ())
            else:
                reason = "the line is JSON, but not an object"
                yield Rejection(digest.name, line.number, reason, text[:80])


def _within(value: Any, steps: KeyPath) -> Iterator[Any]:
    if not steps:
        yield value
    elif steps[0] == ITEMS:
        for item in value if isinstance(value, list) else ():
            yield from _within(item, steps[1:])
    elif isinstance(value, dict):
        for key, inner in value.items():
            if steps[0] in (ANY, key):
                yield from _within(inner, steps[1:])


class _Torn(Exception):
    """The text cannot be parsed from here on."""


class _Unreadable(Exception):
    """A value that was skipped; the message is the reason."""


class _Cursor:
    """A position in a JSON text, of which only a window is in memory."""

    def __init__(self, file: TextIO, most: int) -> None:
        self.line = 1
        self._file = file
        self._most = most
        self._text = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def peek(self) -> str:
        """Return the next character that is no blank; ``""`` at the end."""
        while True:
            match = _BLANK.match(self._text, self._at)
            self._advance(match.end() if match else self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def take(self) -> None:
        self._advance(self._at + 1)

    def value(self) -> Any:
        """Return the value that begins here and move behind it.

        Raises:
            _Unreadable: it is too large or not valid; it was skipped.
        """
        reason = "not valid JSON"
        while True:
            if self._at > _CHUNK:  # Errors count the lines before them.
                self._text, self._at = self._text[self._at :], 0
            start = self._at
            cut_off = True
            try:
                value, end = self._decoder.raw_decode(self._text, start)
            except json.JSONDecodeError as error:
                end = -1
                unclosed = error.msg.startswith("Unterminated")
                cut_off = unclosed or error.pos > len(self._text) - _LONGEST_LITERAL
            except (ValueError, RecursionError):
                # More digits than Python reads, or more brackets: neither is cured by more text.
                end, cut_off, reason = -1, False, "a number too long or nested too deeply"
            # A number at the very end of the window may go on.
            if 0 <= end < len(self._text) or (end > 0 and not self._fill()):
                if end - start > self._most:
                    self._advance(end)
                    raise _Unreadable(self._too_large())
                self._advance(end)
                return value
            if end < 0 and (
                not cut_off or len(self._text) - start > self._most or not self._fill()
            ):
                break
        length = self.skip()
        raise _Unreadable(self._too_large() if length > self._most else reason)

    def skip(self) -> int:
        """Move behind the value that begins here; return its length in characters."""
        depth = length = 0
        while True:
            char = self.peek()
            before = self._at
            if char == '"':
                length += self._skip_string()
            elif char in ("{", "["):
                depth += 1
                length += 1
                self.take()
            elif char in ("}", "]"):
                depth -= 1
                length += 1
                self.take()
            elif char and depth:
                bracket = _BRACKET.search(self._text, self._at)
                self._advance(bracket.start() if bracket else len(self._text))
                length += self._at - before
            elif char:
                scalar = _SCALAR.match(self._text, self._at)
                self._advance(max(scalar.end() if scalar else 0, self._at + 1))
                length += self._at - before
            if depth <= 0 or not char:
                return length

    def _skip_string(self) -> int:
        self.take()
        length = 1
        while True:
            mark = _STRING_MARK.search(self._text, self._at)
            before = self._at
            self._advance(mark.end() if mark else len(self._text))
            length += self._at - before
            if mark and mark[0] == '"':
                return length
            if self._at >= len(self._text) and not self._fill():
                return length
            if mark:
                self.take()  # what the backslash escapes
                length += 1

    def _too_large(self) -> str:
        return f"the record has more than the {self._most:,} characters allowed"

    def _advance(self, to: int) -> None:
        to = min(to, len(self._text))
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def _fill(self) -> bool:
        """Read on; the window doubles, so that parsing again stays linear."""
        chunk = self._file.read(max(_CHUNK, len(self._text) - self._at))
        if chunk:
            self._text = self._text[self._at :] + chunk
            self._at = 0
        return bool(chunk)


def _walk(
    cursor: _Cursor, steps: KeyPath, keys: KeyPath, digest: str
) -> Iterator[JsonRecord | Rejection]:
    char = cursor.peek()
    line = cursor.line
    if not steps:
        if char not in '{["-0123456789tfnNI':
            raise _Torn("not valid JSON from here on")
        try:
            value = cursor.value()
        except _Unreadable as unreadable:
            yield Rejection(digest, line, str(unreadable))
        else:
            yield JsonRecord(line, value, keys)
    elif steps[0] == ITEMS and char == "[":
        cursor.take()
        while (char := cursor.peek()) != "]":
            if char == ",":
                cursor.take()
            elif char:
                yield from _walk(cursor, steps[1:], keys, digest)
            else:
                raise _Torn("the document ends within a list")
        cursor.take()
    elif steps[0] != ITEMS and char == "{":
        cursor.take()
        while (char := cursor.peek()) != "}":
            if char == ",":
                cursor.take()
                continue
            if char != '"':
                raise _Torn(
                    "not valid JSON from here on" if char else "the document ends within an object"
                )
            key = _key(cursor)
            if steps[0] in (ANY, key):
                yield from _walk(cursor, steps[1:], (*keys, key), digest)
            else:
                cursor.skip()
        cursor.take()
    else:
        if char in "}]:,":
            raise _Torn("not valid JSON from here on")
        cursor.skip()


def _key(cursor: _Cursor) -> str:
    try:
        key = str(cursor.value())
    except _Unreadable:
        raise _Torn("not valid JSON from here on") from None
    if cursor.peek() != ":":
        raise _Torn("not valid JSON from here on")
    cursor.take()
    return key

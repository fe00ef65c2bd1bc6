"""Recorded HTTP: responses of search services, saved by a browser or a program.

A browser saves the network log of a page as HAR ("Save all as HAR"), with the service's responses
in it. Programs and their tests save cassettes of VCR and its ports (YAML or JSON), or simpler
records such as ``{"url": ..., "status_code": 200, "body": "<feed ..."}``. Bodies are text, or
base64 of possibly compressed bytes. Each body is a digest of its own, read by the reader that
recognises it; scripts, styles and images of a HAR are skipped.

YAML is parsed event by event with the safe loader's parser: no objects are made, no aliases are
expanded, and at most one interaction is in memory.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple, cast

from explorer.errors import DigestError
from explorer.papers.paper import Paper
from explorer.readers.contract import Digest, Item, Rejection
from explorer.readers.shared.json_stream import (
    ANY,
    ITEMS,
    JsonRecord,
    ObjectShape,
    json_records,
    looks_like_json,
    outline,
)

_YAML = re.compile(r"^(?:http_)?(?:interactions|responses):", re.MULTILINE)
_RESPONSE = re.compile(r"^[\s-]*response:|^\s+body:", re.MULTILINE)
_INTERACTIONS = ("interactions", "http_interactions", "responses")
_HAR_ENTRIES = ("log", "entries", ITEMS)
_HAR_MEDIA_TYPES = re.compile(
    r"(?:text/(?:html|plain|csv|xml|x-bibtex)|application/(?:[\w.-]+\+)?(?:json|xml|x-bibtex)"
    r"|application/x-research-info-systems)\b",
    re.IGNORECASE,
)
"""Media types of responses in a HAR that may hold papers."""
_LARGEST_RECORD = 16_000_000
_DEEPEST = 64
_SUREST_GUESS = 10
_GZIP = b"\x1f\x8b"
_XML_ENCODING = re.compile(r"(<\?xml[^>]{0,100}?)\s+encoding\s*=\s*[\"'][\w.:-]+[\"']")


class _Body(NamedTuple):
    line: int
    content: bytes


class RecordedResponses:
    """Reads HAR files, VCR cassettes and similar recordings of responses in any known format."""

    name = "recorded-responses"

    def recognises(self, digest: Digest) -> int:
        if not digest.encoding:
            return 0
        if looks_like_json(digest):
            return 97 if _json_path(digest) is not None else 0
        return 97 if _YAML.search(digest.head) and _RESPONSE.search(digest.head) else 0

    def read(self, digest: Digest) -> Iterator[Item]:
        bodies = _json_bodies(digest) if looks_like_json(digest) else _yaml_bodies(digest)
        for body in bodies:
            yield from [body] if isinstance(body, Rejection) else _inside(body, digest, self.name)


def _inside(body: _Body, digest: Digest, own_name: str) -> Iterator[Item]:
    from explorer.readers.reading import read_items
    from explorer.readers.recognition import recognise

    inner = _as_digest(_unpacked(body.content), digest)
    if not inner.head.strip() and not inner.head_bytes.strip():
        yield Rejection(digest.name, body.line, "the recorded response is empty")
        return
    try:
        reader = recognise(inner)
        if reader.name == own_name or reader.recognises(inner) <= _SUREST_GUESS:
            raise DigestError("in none of the known formats")
        for item in read_items(inner, reader):
            if not isinstance(item, Paper):
                yield replace(item, digest=digest.name, line=body.line)
            else:
                source = replace(item.sources[0], digest=digest.name, line=body.line)
                yield replace(item, sources=(source,))
    except DigestError:
        reason = "the recorded response is in none of the known formats"
        yield Rejection(digest.name, body.line, reason, inner.head[:80])


def _as_digest(content: bytes, digest: Digest) -> Digest:
    head = content[: 1 << 16]
    binary = b"\x00" in head
    text = "" if binary else head.decode("utf-8", "ignore")
    return Digest(
        digest.path,
        digest.name,
        "" if binary else "utf-8",
        text,
        head,
        digest.limits,
        lambda: cast(BinaryIO, io.BytesIO(content)),
    )


def _unpacked(content: bytes) -> bytes:
    """Return a body decompressed, up to the largest size of a record."""
    if not content.startswith(_GZIP):
        return content
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(content, _LARGEST_RECORD)
    except zlib.error:
        return content


def _json_path(digest: Digest) -> tuple[str, ...] | None:
    """Return the path to the interactions of a JSON recording; None if it is not a recording."""
    shape = outline(digest.head)
    log = ObjectShape(shape, ("log",))
    if log.all("version", "creator") and log.any("pages", "entries"):
        return _HAR_ENTRIES
    top = ObjectShape(shape, ())
    for key in _INTERACTIONS:
        if top.kind(key) == "list" and "response" in ObjectShape(shape, (key, ITEMS)):
            return (key, ITEMS)
    for path in ((), (ITEMS,), (ANY,)):
        keys = ObjectShape(shape, path)
        status = keys.any("status_code", "status", "headers", "url", "uri", "request")
        if status and keys.any("body", "response") and not keys.any("title", "message"):
            inner = keys.inside("response")
            if keys.kind("body") in {"text", "object", ""} or inner.any("body", "content"):
                return path
    return None


def _json_bodies(digest: Digest) -> Iterator[_Body | Rejection]:
    path = _json_path(digest) or ()
    for record in json_records(digest, path, _LARGEST_RECORD):
        if isinstance(record, Rejection):
            yield record
            continue
        if path == _HAR_ENTRIES:
            yield from _har_body(record)
            continue
        body = _json_body(record)
        if body is None:
            yield Rejection(digest.name, record.line, "a recording without a response's body")
        else:
            yield body


def _har_body(record: JsonRecord) -> Iterator[_Body]:
    """Yield the body of an entry, if it has one and may hold papers."""
    content: Any = record.value
    for key in ("response", "content"):
        content = content.get(key) if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(text := content.get("text"), str):
        return
    if text.strip() and _HAR_MEDIA_TYPES.match(str(content.get("mimeType", ""))):
        packed = content.get("encoding") == "base64"
        yield _Body(record.line, _from_base64(text) if packed else _in_utf8(text))


def _json_body(record: JsonRecord) -> _Body | None:
    value: Any = record.value
    for key in ("response", "body"):
        value = value.get(key, value) if isinstance(value, dict) else value
    if isinstance(value, dict):
        packed = value.get("base64_string")
        if isinstance(packed, str):
            return _Body(record.line, _from_base64(packed))
        value = value.get("string", value.get("text", value.get("content")))
    if not isinstance(value, str):
        return None
    return _Body(record.line, _in_utf8(value))


def _in_utf8(text: str) -> bytes:
    """Return a body recorded as text in UTF-8, without the encoding in its XML declaration."""
    return _XML_ENCODING.sub(r"\1", text[:200]).encode("utf-8", "replace") + text[200:].encode(
        "utf-8", "replace"
    )


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""


def _yaml_bodies(digest: Digest) -> Iterator[_Body | Rejection]:
    """Yield the response bodies of a cassette, recognised by their path of keys."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    line, path = 1, _YamlPath()
    file = _Bounded(digest.open())
    try:
        for event in yaml.parse(cast(Any, file), Loader=loader):
            file.read_since_event = 0
            if isinstance(event, yaml.MappingStartEvent) and path.is_interaction():
                line = event.start_mark.line + 1 if event.start_mark else line
            if isinstance(event, yaml.ScalarEvent):
                keys = path.scalar(event.value)
                if keys and _is_body(keys):
                    binary = keys[-1] == "base64_string" or "binary" in (event.tag or "")
                    value = event.value
                    content = _from_base64(value) if binary else _in_utf8(value)
                    if content.strip():
                        yield _Body(line, content)
            elif isinstance(event, yaml.CollectionStartEvent):
                path.open(isinstance(event, yaml.MappingStartEvent))
                if path.depth > _DEEPEST:
                    yield Rejection(digest.name, line, "nested too deeply to be a recording")
                    return
            elif isinstance(event, yaml.CollectionEndEvent):
                path.close()
            elif isinstance(event, yaml.AliasEvent):
                path.scalar("")
    except _TooLarge:
        reason = f"an interaction of more than {_LARGEST_RECORD:,} bytes"
        yield Rejection(digest.name, line, reason)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        # Errors of libyaml have a line, those of the encoding have none.
        damaged_line = min(mark.line + 1, file.newlines + 1) if mark else line
        yield Rejection(digest.name, damaged_line, "not valid YAML from here on")
    finally:
        file.close()


def _is_body(keys: list[str]) -> bool:
    inside = keys[-1:] == ["body"] or keys[-2:-1] == ["body"]
    return "response" in keys and inside and keys[-1] in {"body", "string", "base64_string"}


class _YamlPath:
    """Keys on the path to the current position in a YAML document."""

    def __init__(self) -> None:
        self._open: list[list[Any]] = []  # [whether a mapping, its current key or None]

    @property
    def depth(self) -> int:
        return len(self._open)

    def open(self, mapping: bool) -> None:
        self._open.append([mapping, None])

    def close(self) -> None:
        if self._open:
            self._open.pop()
        self._value_ended()

    def scalar(self, text: str) -> list[str]:
        """Take a scalar; return its path of keys if it is a value, nothing if it is a key."""
        if self._open and self._open[-1][0] and self._open[-1][1] is None:
            self._open[-1][1] = text[:100]
            return []
        keys = [str(key) for mapping, key in self._open if mapping and key is not None]
        self._value_ended()
        return keys

    def is_interaction(self) -> bool:
        """Whether a mapping that opens now is an item of the list of interactions."""
        return (
            len(self._open) == 2 and self._open[0][1] in _INTERACTIONS and self._open[1][0] is False
        )

    def _value_ended(self) -> None:
        if self._open and self._open[-1][0]:
            self._open[-1][1] = None


class _TooLarge(Exception):
    """A value in the YAML is too large for the memory."""


class _Bounded:
    """A file for the YAML parser, refused if one value of it is too large."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read_since_event = 0
        self.newlines = 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(min(size, 1 << 16) if size > 0 else 1 << 16)
        self.read_since_event += len(chunk)
        self.newlines += chunk.count(b"\n") + chunk.count(b"\r")
        if self.read_since_event > _LARGEST_RECORD:
            raise _TooLarge
        return chunk

    def close(self) -> None:
        self._file.close()

"""JSON Lines: one object a line, as bots write them and as ``explorer export`` does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from explorer.dates import parse_date
from explorer.paper import Paper, Source, arxiv_id, doi
from explorer.readable import tidy
from explorer.readers.digest import Digest, Rejection

_ABSTRACT_KEYS = ("abstract", "summary", "text")
_DATE_KEYS = ("date", "published", "update_date", "publication_date", "year")
_ID_KEYS = ("id", "_id", "arxiv", "arxiv_id", "paper_id")
_URL_KEYS = ("url", "abs", "link")


class JsonLines:
    """Reads ``{"title": ..., "abstract": ...}`` lines, under the names in common use."""

    name = "json-lines"

    def recognises(self, digest: Digest) -> int:
        first = digest.head.lstrip().split("\n", 1)[0]
        return 95 if first.startswith("{") and '"title"' in first else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for line in digest.lines():
            if isinstance(line, Rejection):
                yield line
            elif line.text.strip():
                yield _paper(line.text, Source(digest.name, line.number))


def _paper(text: str, source: Source) -> Paper | Rejection:
    def rejected(reason: str) -> Rejection:
        return Rejection(source.digest, source.line, reason, text[:80])

    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return rejected("the line is not valid JSON")
    if not isinstance(record, dict):
        return rejected("the line is JSON, but not an object")
    title = _text(record, ("title",))
    if not title:
        return rejected("the object has no title")
    own_ids = [value for key in _ID_KEYS if (value := _text(record, (key,)))]
    url = _text(record, _URL_KEYS)
    return Paper(
        title=title,
        abstract=_text(record, _ABSTRACT_KEYS),
        authors=_list(record, ("authors", "author")),
        date=parse_date(_text(record, _DATE_KEYS)),
        venue=_text(record, ("venue", "journal")),
        arxiv=next((found for value in (*own_ids, url) if (found := arxiv_id(value))), ""),
        doi=doi(_text(record, ("doi",))),
        other_ids=tuple(f"digest:{value}" for value in own_ids if not arxiv_id(value))[:1],
        url=url,
        categories=_list(record, ("categories",)),
        keywords=_list(record, ("keywords",)),
        sources=(source,),
    )


def _text(record: dict[str, Any], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = record.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            cleaned = tidy(str(value))
            if cleaned:
                return cleaned
    return ""


def _list(record: dict[str, Any], keys: tuple[str, ...]) -> tuple[str, ...]:
    for key in keys:
        value = record.get(key)
        if isinstance(value, str):
            separator = ";" if ";" in value else ","
            value = value.split(separator)
        if isinstance(value, list):
            names = (item.get("name") if isinstance(item, dict) else item for item in value)
            return tuple(tidy(name) for name in names if isinstance(name, str) and tidy(name))
    return ()

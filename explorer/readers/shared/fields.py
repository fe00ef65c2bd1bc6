"""Field values as digests write them, made uniform: text, people, dates, ids."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from explorer.papers.dates import parse_date
from explorer.papers.paper import arxiv_id, doi
from explorer.papers.text import tidy

_PUBMED = re.compile(
    r"(?:pmid:?\s*|https?://(?:www\.)?(?:pubmed\.)?ncbi\.nlm\.nih\.gov/(?:pubmed/)?)?"
    r"(\d{1,9})/?",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*;\s*|\s+and\s+|\s*\n\s*")


class Ids(NamedTuple):
    """Ids of a paper, by kind."""

    arxiv: str
    doi: str
    others: tuple[str, ...]
    """As ``scheme:value``, without repetition, in order."""


def text_of(value: object) -> str:
    """Return a field as one tidy line: text or a number as it is, anything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    missing = isinstance(value, float) and math.isnan(value)  # an empty cell of a table
    return "" if missing else tidy(str(value))


def first_text(record: Mapping[str, Any], keys: Iterable[str]) -> str:
    """Return the first non-empty text of the fields ``keys``."""
    return next((text for key in keys if (text := text_of(record.get(key)))), "")


def people(value: object) -> tuple[str, ...]:
    """Return names from a list of them, of mappings with a name, or one text with separators.

    A text is split at semicolons, line ends and "and"; at commas only if that cannot cut
    "Surname, Given" in two, that is, if every part has a blank inside.
    """
    if isinstance(value, str):
        parts = [part for part in _AND.split(value) if part.strip()]
        if len(parts) == 1:
            by_comma = [part.strip() for part in value.split(",") if part.strip()]
            if len(by_comma) > 1 and all(" " in part for part in by_comma):
                parts = by_comma
        return tuple(name for part in parts if (name := tidy(part).strip(" ,")))
    if isinstance(value, Mapping):
        return people([value])
    if isinstance(value, Iterable):
        return tuple(name for item in value if (name := _person(item)))
    return ()


def listed(value: object, separators: str = r"[;,|]") -> tuple[str, ...]:
    """Return keywords or categories from a list of texts, or one text with separators."""
    if isinstance(value, str):
        value = re.split(separators, value)
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        texts = (text_of(item) for item in value)
        return tuple(dict.fromkeys(text for text in texts if text))
    return ()


def first_date(*values: object) -> str:
    """Return the first date in ``values``, in EDTF (see :mod:`explorer.papers.dates`)."""
    return next((date for value in values if (date := parse_date(text_of(value)))), "")


def ids_in(values: Iterable[object], others: Iterable[tuple[str, object]] = ()) -> Ids:
    """Return the ids in ``values`` by kind.

    Args:
        values: texts of which each may be an arXiv id or a DOI, bare, prefixed or an address.
        others: (scheme, value) pairs of ids that do not show their scheme.
    """
    texts = [text for value in values if (text := text_of(value))]
    named = (f"{scheme}:{text}" for scheme, value in others if (text := text_of(value)))
    return Ids(
        next((name for text in texts if (name := arxiv_id(text))), ""),
        next((name for text in texts if (name := doi(text))), ""),
        tuple(dict.fromkeys(named)),
    )


def pubmed_id(value: object) -> str:
    """Return ``value`` (bare, prefixed or a URL) as a PubMed id, or ``""``."""
    match = _PUBMED.fullmatch(text_of(value))
    return match[1] if match else ""


def _person(item: object) -> str:
    if isinstance(item, str):
        return tidy(item).strip(" ,")
    if not isinstance(item, Mapping):
        return ""
    whole = first_text(item, ("name", "display_name", "literal", "fullname", "full_name"))
    given = first_text(item, ("given", "first", "forename", "firstname"))
    family = first_text(item, ("family", "last", "lastname", "surname"))
    return whole or " ".join(part for part in (given, family) if part)

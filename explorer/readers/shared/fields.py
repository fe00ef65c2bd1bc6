"""Field values as digests write them, made uniform: text, people, dates, ids."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from explorer.papers.dates import parse_date, publication_date
from explorer.papers.paper import arxiv_id, doi
from explorer.papers.text import tidy
from explorer.readers.shared.author_names import author_names_in, one_name

_PUBMED = re.compile(
    r"(?:pmid:?\s*|https?://(?:www\.)?(?:pubmed\.)?ncbi\.nlm\.nih\.gov/(?:pubmed/)?)?"
    r"(\d{1,9})/?",
    re.IGNORECASE,
)
_PUNCTUATION = re.compile(r"[\W_]+")
_WHOLE = (
    *("name", "displayname", "literal", "fullname", "rawauthorname", "authorname", "creatorname"),
    *("creator", "author", "collectivename", "text", "value"),
)
_GIVEN = ("given", "givenname", "givennames", "first", "firstname", "forename", "forenames")
_FAMILY = ("family", "familyname", "familynames", "last", "lastname", "surname")


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
    values = (value for key in keys if (value := record.get(key)) is not None)
    return next((text for value in values if (text := text_of(value))), "")


def people(value: object) -> tuple[str, ...]:
    """Return names from a list of them, of mappings with a name, or one text with several."""
    if isinstance(value, str):
        return author_names_in(value)
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
    """Return the date in ``values``, in EDTF, completed with a year that stands in another one.

    Of several years the first counts, of its dates the most precise.
    """
    texts = [text for value in values if (text := text_of(value))]
    return publication_date(texts) or next(filter(None, map(parse_date, texts)), "")


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
        return one_name(item)
    return person_name(item) if isinstance(item, Mapping) else ""


def person_name(person: Mapping[str, Any]) -> str:
    """Return the name in a mapping: the whole one, or the given and the family name if fuller.

    >>> person_name({"fullName": "Doe J", "firstName": "Jane", "lastName": "Doe"})
    'Jane Doe'
    """
    parts = {_PUNCTUATION.sub("", str(key)).lower(): value for key, value in person.items()}
    given, family = first_text(parts, _GIVEN), first_text(parts, _FAMILY)
    whole = first_text(parts, _WHOLE)
    if whole and not (family and given.split(" ")[0].rstrip(".") not in whole):
        return one_name(whole)
    particle = first_text(parts, ("nondroppingparticle", "droppingparticle", "nameparticle"))
    return one_name(" ".join(part for part in (given, particle, family) if part))

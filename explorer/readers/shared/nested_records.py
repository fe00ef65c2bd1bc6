"""Nested records of services made flat: values found by the meaning of the names around them.

Services wrap what they say: ``titles[0].title`` (INSPIRE, DataCite), ``authors.author[].text``
(DBLP), ``journalInfo.journal.title`` (Europe PMC), ``creators[].firstName`` (Zotero),
``external_ids[].value`` (Lens), ``titleInfo/title`` (MODS). A flat record has one text, or one list
of texts, for each name, and what :mod:`explorer.readers.shared.columns` makes of a table's row it
makes of this, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from explorer.papers.dates import parse_date
from explorer.papers.paper import arxiv_id, doi
from explorer.readers.shared.field_names import normalised, stands_for
from explorer.readers.shared.fields import people, person_name, text_of

_WRAPPERS = frozenset(
    "metadata ai attributes data info source bibjson record item fields document entry article"
    " publication paper hit preferredcitation".split()
)
"""Keys of an object that is the record proper, where what is around it is about the record."""
_TEXTS = ("value", "text", "#text", "content", "full", "name", "label", "rendered", "plain", "en")
"""Keys of the text itself, where an object says more about it."""
_KINDS = tuple(
    "role creatorType contributor_role contributorType descriptionType dateType titleType type"
    " relationship identifierType alternateIdentifierType idtype id_type schema scheme"
    " relatedIdentifierType".split()
)
_IDS = ("value", "id", "identifier", "text", "#text", "content", "alternateIdentifier")
_OWN_DATES = ("issued", "published", "available", "accepted", "submitted", "created")
"""Kinds of dates, best first."""
_OTHER_ROLES = frozenset(
    "editor translator serieseditor reviewedauthor contributor bookauthor castmember director"
    " producer chair advisor thesisadvisor supervisor sponsor funder recipient edt trl"
    " ths fnd".split()
)
_PEOPLE_IN_TEXT = "author string"
_EUROPE_PMC = frozenset("AGR CBA CTX ETH HIR MED NBK PAT PMC PPR".split())
"""Europe PMC's databases, which it calls sources; journals are called so elsewhere."""
_SCHEMES = tuple("doi arxiv pmid pmcid openalex s2 corpusid acl openreview".split())
_DEPTH = 8


def flat_record(record: Mapping[str, Any]) -> dict[str, object]:
    """Return ``record`` with one text or list for each name; an outer name hides an inner one.

    >>> flat_record({"titles": [{"title": "A"}], "authors": {"author": [{"text": "J Doe"}]}})
    {'titles': 'A', 'authors': ['J Doe']}
    """
    outer = _unwrapped(record, _DEPTH)
    flat = {key: _flat(key, value) for key, value in outer.items()}
    for key, value in outer.items():
        if isinstance(value, Mapping) and stands_for(key, "identifiers") and not _kind(value):
            flat = {scheme: text_in(inner) for scheme, inner in value.items()} | flat
    for scheme, name in _named_ids(outer):
        if not any(flat[key] and stands_for(key, scheme) for key in flat):
            flat[scheme] = name
    if composed := _composed_date(outer):
        flat.setdefault("date", composed)
    if flat.get("source") in _EUROPE_PMC:
        del flat["source"]
    return {key: value for key, value in flat.items() if value not in ("", [], None)}


def kind_of_item(record: Mapping[str, Any]) -> str:
    """Return what an item of a citation manager or a bibliography is, if it is no paper."""
    if (kind := text_of(record.get("itemType")).casefold()) in {"attachment", "note", "annotation"}:
        return kind
    return "proceedings volume" if record.get("type") == "Editorship" else ""


def text_in(value: object, field: str = "", depth: int = _DEPTH) -> str:
    """Return the text in ``value``, however deep; of several the first that is of ``field``."""
    if isinstance(value, str | int | float):
        return text_of(value)
    if not depth:
        return ""
    if isinstance(value, Mapping):
        return _text_of_object(value, field, depth - 1)
    if isinstance(value, list | tuple):
        return next(
            (text for item in _ordered(value, field) if (text := text_in(item, field, depth - 1))),
            "",
        )
    return ""


def every_text_in(value: object, field: str = "", depth: int = _DEPTH) -> list[str]:
    """Return every text in ``value``: of a list all, of an object that holds a list those."""
    if isinstance(value, list | tuple):
        return [text for item in value if (text := text_in(item, field, depth - 1))]
    inner = _only_list(value) if isinstance(value, Mapping) else None
    if inner is not None and depth:
        return every_text_in(inner, field, depth - 1)
    return [text] if (text := text_in(value, field, depth)) else []


def people_in(value: object, depth: int = _DEPTH) -> list[str]:
    """Return names out of a list of people, of objects in objects, or of one text."""
    if isinstance(value, str):
        return list(people(value))
    if isinstance(value, Mapping) and depth:
        own = person_name(_simple(value))
        if own:
            return [own]
        inner = next(
            (v for v in value.values() if isinstance(v, list | tuple | Mapping) and v), None
        )
        return people_in(inner, depth - 1)
    if isinstance(value, list | tuple) and depth:
        mine = [item for item in value if not _is_other_role(item)] or value
        return [name for item in mine for name in _one_or_more(item, depth - 1)]
    return []


def _one_or_more(item: object, depth: int) -> Iterable[str]:
    # A list has one person an item; a comma in it is not between people.
    return people([item]) if isinstance(item, str) else people_in(item, depth)


def _unwrapped(record: Mapping[str, Any], depth: int) -> dict[str, Any]:
    outer = {key: value for key, value in record.items() if isinstance(key, str)}
    for key in list(outer):
        inner = outer[key]
        if depth and isinstance(inner, Mapping) and normalised(key).replace(" ", "") in _WRAPPERS:
            if any(isinstance(name, str) and stands_for(name, "title") for name in inner):
                is_record = "title" not in outer
                outer = _unwrapped(inner, depth - 1) | outer if is_record else outer
                if is_record:
                    del outer[key]
            elif key in {"metadata", "AI"}:
                outer = _unwrapped(inner, depth - 1) | outer
                del outer[key]
    return outer


def _flat(key: str, value: object) -> object:
    if isinstance(value, str) and normalised(key) != _PEOPLE_IN_TEXT:
        return value
    if stands_for(key, "authors"):
        names = people_in(value)
        if isinstance(value, str) and normalised(key) == _PEOPLE_IN_TEXT:
            return [name.rstrip(".") for name in names]
        return value if isinstance(value, str) else names
    if not isinstance(value, Mapping | list | tuple):
        return value
    for field in ("keywords", "categories"):
        if stands_for(key, field):
            return every_text_in(value)
    if stands_for(key, "date"):
        return _date_in(value)
    for field in ("title", "abstract", "venue", "url"):
        if stands_for(key, field):
            return text_in(value, field)
    return text_in(value, normalised(key)) if not stands_for(key, "identifiers") else ""


def _text_of_object(value: Mapping[Any, Any], field: str, depth: int) -> str:
    named = [key for key in value if isinstance(key, str)]
    own = [key for key in named if field and _is_named(key, field)]
    for key in (*own, *(key for key in _TEXTS if key in value)):
        if text := text_in(value[key], field, depth):
            return _with_subtitle(text, value) if field == "title" else text
    if not field:  # a keyword: whatever is not its kind
        others = (value[key] for key in named if key not in _KINDS)
        return next((text for part in others if (text := text_in(part, "", depth))), "")
    if len(named) == 1 or field == "venue":
        inner = (value[k] for k in named if len(named) == 1 or isinstance(value[k], Mapping | list))
        return next((text for part in inner if (text := text_in(part, field, depth))), "")
    return ""


def _with_subtitle(title: str, value: Mapping[Any, Any]) -> str:
    article = text_in(value.get("nonSort"))
    title = f"{article} {title}" if article else title
    subtitle = text_in(value.get("subTitle")) or text_in(value.get("subtitle"))
    if not subtitle or subtitle.casefold() in title.casefold():
        return title
    return f"{title}{' ' if title.endswith((':', '?', '!')) else ': '}{subtitle}"


def _is_named(key: str, field: str) -> bool:
    return stands_for(key, field) or (field == "venue" and stands_for(key, "title"))


def _ordered(items: Iterable[object], field: str) -> list[object]:
    """Return ``items``, abstracts only where kinds are told; translations of titles last."""
    listed = list(items)
    kinds = [_kind(item) for item in listed]
    if field == "abstract" and any(kinds):
        return [item for item, kind in zip(listed, kinds, strict=True) if kind in {"", "abstract"}]
    if field == "title" and any(kinds):
        return [item for _, item in sorted(zip(map(bool, kinds), listed, strict=True), key=_first)]
    return listed


def _first(pair: tuple[bool, object]) -> bool:
    return pair[0]


def _kind(item: object) -> str:
    if not isinstance(item, Mapping):
        return ""
    kind = next((text_in(item[key]) for key in _KINDS if key in item), "")
    return kind.replace("_", "").replace("-", "").replace(" ", "").casefold()


def _is_other_role(item: object) -> bool:
    return _kind(item) in _OTHER_ROLES


def _only_list(value: Mapping[Any, Any]) -> object:
    lists = [inner for inner in value.values() if isinstance(inner, list | tuple | Mapping)]
    return lists[0] if len(lists) == 1 else None


def _simple(person: Mapping[Any, Any]) -> dict[str, str]:
    """Return a person's names as texts."""
    return {
        key: text
        for key, value in person.items()
        if isinstance(key, str) and key not in _KINDS
        if not isinstance(value, list) and (text := text_in(value, depth=2))
    }


def _date_in(value: object) -> str:
    """Return the date in a list of kinds of dates, or in an object of year, month, and day."""
    if isinstance(value, Mapping):
        parts = value.get("date-parts")
        if isinstance(parts, list) and parts and isinstance(parts[0], list):
            return "-".join(text_of(part) for part in parts[0][:3])
        inner = _only_list(value)
        return _composed_date(value) or (_date_in(inner) if inner else text_in(value, "date"))
    if isinstance(value, list | tuple):
        if value and all(isinstance(part, int) for part in value):
            return "-".join(map(str, value[:3]))
        kinds = {_kind(item): item for item in reversed(value)}
        best = next((kinds[kind] for kind in _OWN_DATES if kind in kinds), value and value[0])
        return _date_in(best)
    return text_of(value)


def _composed_date(record: Mapping[Any, Any]) -> str:
    """Return the date of a record that has year, month and day each by themselves."""
    named = {key.casefold(): record[key] for key in record if isinstance(key, str)}
    if not named.keys() >= {"year", "month"}:
        return ""
    year, month, day = (text_in(named.get(name)) for name in ("year", "month", "day"))
    written = (
        f"{year}-{month}-{day}",
        f"{day} {month} {year}",
        f"{year}-{month}",
        f"{month} {year}",
    )
    return next((text for text in written if parse_date(text)), "")


def _named_ids(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (field, id) out of ``[{"type": "doi", "value": ...}]`` and ``{"DOI": ...}``."""
    for key, value in record.items():
        if not stands_for(key, "identifiers") and normalised(key) != "identifier":
            continue
        for kind, text in _ids(value, _DEPTH):
            if named := next((scheme for scheme in _SCHEMES if stands_for(kind, scheme)), ""):
                yield named, text
            elif not kind and (doi(text) or arxiv_id(text)):
                yield "doi" if doi(text) else "arxiv", text


def _ids(value: object, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, list | tuple) and depth:
        for item in value:
            yield from _ids(item, depth - 1)
    elif isinstance(value, Mapping):
        if kind := _kind(value):
            yield kind, next((text for key in _IDS if (text := text_in(value.get(key)))), "")
        else:
            for key, inner in value.items():
                if isinstance(inner, Mapping | list) and depth:
                    yield from _ids(inner, depth - 1)
                elif isinstance(key, str) and (text := text_in(inner)):
                    yield key, text
    elif isinstance(value, str):
        yield "", value

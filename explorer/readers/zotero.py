"""Zotero's database, ``zotero.sqlite``, as it stands in Zotero's data folder.

It is read from a consistent snapshot, whether Zotero runs or not, and nothing is ever written
there. Items in the trash and attachments are counted, not read; notes and annotations belong to
the papers that they are on, and a note on none is counted only. Each group
library is a source of its own, called after the digest and the group. The line of a paper is the
number of its item, which stays when others are removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from explorer.papers.dates import parse_date
from explorer.papers.paper import Paper, Source, doi
from explorer.papers.text import tidy
from explorer.readers.contract import Digest, Item, NotAPaper
from explorer.readers.shared.fields import Ids, first_date, ids_in, pubmed_id
from explorer.readers.shared.note_text import html_note_text
from explorer.readers.shared.reference_fields import (
    abstract_of,
    arxiv_in,
    doi_in,
    ids_in_addresses,
)
from explorer.readers.shared.sqlite_snapshot import SIGNATURE
from explorer.readers.shared.zotero_database import (
    SEPARATOR,
    ZoteroDatabase,
    ZoteroItem,
    ZoteroOverview,
    zotero_database,
)

_EXTRA = re.compile(r"\s*([A-Za-z][\w .-]{0,40}?)\s*:\s*(\S.*)")
_PMCID = re.compile(r"(?:PMC)?(\d{1,9})", re.I)
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:\s+(.*))?", re.DOTALL)
"""A date as Zotero keeps it: as far as it understands it, and as it was typed."""
_VENUES = ("publicationTitle", "conferenceName", "meetingName", "repository", "university")


class Zotero:
    """Reads the database of Zotero 5 and later, also while Zotero runs."""

    name = "zotero"

    def recognises(self, digest: Digest) -> int:
        return 92 if digest.head_bytes.startswith(SIGNATURE) else 0

    def read(self, digest: Digest) -> Iterator[Item]:
        with zotero_database(digest.path, digest.open) as database:
            for item in database.items():
                yield _outcome(database, item, digest)


def zotero_overview(path: Path) -> ZoteroOverview:
    """Return the figures of the Zotero database at ``path``.

    Raises:
        DigestError: it cannot be read, or is none.
    """
    with zotero_database(path, lambda: path.open("rb")) as database:
        return database.overview(lambda fields: _ids(fields, _extra(fields)).doi)


def _outcome(database: ZoteroDatabase, item: ZoteroItem, digest: Digest) -> Item:
    if not item.is_work:
        return NotAPaper(digest.name, item.id, item.kind)
    if item.is_deleted:
        return NotAPaper(digest.name, item.id, "trashed item")
    fields = database.fields(item)
    title = tidy(fields.get("title", ""))
    if not any(character.isalnum() for character in title):
        return NotAPaper(digest.name, item.id, "untitled item")
    group, name = database.groups.get(item.library, (0, ""))
    tags = database.tags(item)
    source = Source(
        f"{digest.name}{SEPARATOR}{name}" if name else digest.name,
        item.id,
        collections=database.collections(item),
        tags=tuple(tag for tag, _ in tags),
        notes=tuple(text for note in database.notes(item) if (text := html_note_text(note))),
        annotations=tuple(
            text for one in database.annotations(item) if (text := _annotation(*one))
        ),
    )
    extra = _extra(fields)
    ids = _ids(fields, extra)
    place = f"groups/{group}/" if name else ""
    return Paper(
        title=title,
        abstract=abstract_of([fields.get("abstractNote", "")]),
        authors=database.authors(item),
        date=_date(fields.get("date", "")),
        venue=next((text for field in _VENUES if (text := tidy(fields.get(field, "")))), ""),
        arxiv=ids.arxiv,
        doi=ids.doi,
        other_ids=(*ids.others, f"zotero:{place}{item.key}"),
        url=tidy(fields.get("url", "")),
        keywords=tuple(tag for tag, is_automatic in tags if is_automatic),
        sources=(source,),
    )


def _annotation(passage: str, comment: str, page: str) -> str:
    """Return an annotation as text: the passage with its page, then the comment on it.

    >>> _annotation("A map  of papers.", "as ours", "12"), _annotation("", "compare", "")
    ('A map of papers. (p. 12)\\nas ours', 'compare')
    """
    passage, page = tidy(passage), tidy(page)
    lines = [passage, *map(tidy, comment.splitlines())]
    lines = [line for line in lines if line]
    if lines and page:
        lines[0] += f" (p. {page})"
    return "\n".join(lines)


def _extra(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the lines ``PMID: 123`` of the field Extra, by their names in lower case."""
    matches = (_EXTRA.fullmatch(line) for line in fields.get("extra", "").splitlines())
    lines: dict[str, str] = {}
    for match in matches:
        if match:
            lines.setdefault(" ".join(match[1].casefold().split()), match[2].strip())
    return lines


def _ids(fields: Mapping[str, str], extra: Mapping[str, str]) -> Ids:
    address = tidy(fields.get("url", ""))
    named = (doi_in(fields.get("DOI", ""), named=False), doi_in(extra.get("doi", ""), named=False))
    pmcid = _PMCID.fullmatch(extra.get("pmcid", ""))
    key = fields.get("citationKey") or extra.get("citation key") or extra.get("citekey")
    return ids_in(
        (*named, doi(address), *_preprint(fields, extra), address),
        (
            ("pmid", pubmed_id(fields.get("PMID") or extra.get("pmid"))),
            ("pmcid", f"PMC{pmcid[1]}" if pmcid else fields.get("PMCID", "")),
            *ids_in_addresses([address]),
            ("digest", key),
        ),
    )


def _preprint(fields: Mapping[str, str], extra: Mapping[str, str]) -> Iterable[str]:
    """Yield the arXiv id in the fields that Zotero's translators put it into."""
    for line in fields.get("extra", "").splitlines():
        yield arxiv_in(line)
    if "arxiv" in extra:
        yield extra["arxiv"].split(" ")[0]
    for field in ("archiveID", "number", "reportNumber", "publicationTitle"):
        yield arxiv_in(fields.get(field, ""))


def _date(text: str) -> str:
    """Return a date in EDTF: as Zotero understands it, or else as it was typed.

    >>> _date("1985-04-00 04/1985"), _date("0000-00-00 in press 2021")
    ('1985-04', '2021')
    """
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return first_date(text)
    year, month, day, typed = match.groups()
    if year == "0000":
        return first_date(typed)
    parts = [
        year,
        *([month] if month != "00" else []),
        *([day] if "00" not in (month, day) else []),
    ]
    return parse_date("-".join(parts)) or parse_date(year)

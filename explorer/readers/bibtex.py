"""BibTeX and BibLaTeX.

bibtexparser parses the entries. It needs the whole text at once, so the file is cut here: every
line that begins with ``@type{`` begins a piece, and each piece is parsed separately. Reading also
resumes there after an entry with unbalanced braces.

An abbreviation (``@string``) is valid from its line to the end of the file. An entry with a
``crossref`` inherits missing fields from its parent, which BibTeX requires after its children; so
if any line has one, the parents are read in a first pass.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from explorer.papers.dates import issue_date
from explorer.papers.paper import Paper, Source, arxiv_id
from explorer.papers.text import plain
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Item, NotAPaper, Rejection
from explorer.readers.shared.bibtex_values import Macros, address, without_braces
from explorer.readers.shared.fields import Ids, ids_in, pubmed_id
from explorer.readers.shared.reference_fields import (
    abstract_of,
    accession,
    arxiv_in,
    doi_in,
    ids_in_addresses,
    split_keywords,
)
from explorer.settings import ReadingLimits

_MOST_MARKS = 50_000
_MOST_PARENTS = 100_000
_MOST_KEYS = 1_000_000
_TYPES = (
    "article|artwork|audio|book|bookinbook|booklet|collection|comment|conference|data|dataset"
    "|electronic|inbook|incollection|inproceedings|inreference|jurisdiction|legislation|letter"
    "|manual|mastersthesis|misc|mvbook|mvcollection|mvproceedings|mvreference|online|patent"
    "|periodical|phdthesis|preamble|proceedings|reference|report|review|set|software|standard"
    "|string|suppbook|suppcollection|suppperiodical|techreport|thesis|unpublished|video|www|xdata"
)
_BEGINS = re.compile(rf"\s*@(?:\w+[ \t]*[{{(]|(?:{_TYPES})[ \t]*$)", re.IGNORECASE)
_COMMENTED_OUT = re.compile(r"\s*%[^@]{0,200}@\w+[ \t]*[{(]")
_LINE_BREAK_BEFORE_BRACE = re.compile(r"(\s*@\w+)\s*\n\s*(?=[{(])")
_ORPHAN = re.compile(r"^[ \t]*title[ \t]*=[ \t]*[{\"](.{0,80})", re.IGNORECASE | re.MULTILINE)
_NO_ENTRY = "fields without the line that begins their entry"
_NO_KEY = re.compile(
    r"\s*@(?!string\b|comment\b|preamble\b)\w+\s*[{(](?=\s*[A-Za-z][\w-]*\s*=)", re.IGNORECASE
)
_KEY = re.compile(r"\s*@\w+\s*[{(]\s*([^\s,{}=]+)\s*,")
_ENTRY = re.compile(
    rf"^[ \t\ufeff]*@(?:{_TYPES})\s*[{{(]\s*(?:[^\s,{{}}=\"]*\s*,|\w+\s*=|jabref|[\"{{])",
    re.IGNORECASE | re.MULTILINE,
)
_MOST_LINES_BEFORE = 40
_REFERS = re.compile(r"\b(?:crossref|xdata)\s*=\s*[{\"]\s*([^}\"]{1,1000})")
_INHERITED = ("journal", "journaltitle", "eventtitle", "series", "publisher")
_DATES = ("date", "year", "month", "day")
_OTHER_KINDS = {
    "proceedings": "proceedings volume",
    "mvproceedings": "proceedings volume",
    "periodical": "journal issue",
    "collection": "collection",
    "mvcollection": "collection",
    "mvreference": "collection",
    "set": "entry set",
    "xdata": "shared entry",
    "control": "style setting",
    "ieeetranbstctl": "style setting",
}
"""Entries that are no papers by their type."""
_EXPORTED = re.compile(r"^EXPORT DATE:\s*(.{4,30})$", re.IGNORECASE | re.MULTILINE)
_VENUES = (
    "fjournal journal journaltitle booktitle maintitle eventtitle shortjournal series howpublished"
).split()
_KEYWORDS = ("author-keywords", "keywords", "keyword", "keywords-plus")

Fields = dict[str, str]


@dataclass(slots=True)
class _Piece:
    """Lines from the beginning of one entry to that of the next."""

    line: int
    text: str


@dataclass(slots=True)
class _Entry:
    line: int
    type: str
    key: str
    fields: Fields


class BibTeX:
    """Reads bibliographies of BibTeX and BibLaTeX."""

    name = "bibtex"

    def recognises(self, digest: Digest) -> int:
        first = _ENTRY.search(digest.head)
        if not first:
            return 0
        before = digest.head[: first.start()].splitlines()
        free = [line for line in before if line.strip() and not line.lstrip().startswith("%")]
        # A page may quote an entry ("Cite as"); a bibliography is little else.
        page = "```" in digest.head[: first.end() + 1] or any(
            line.startswith(("#", "<", "{", "[")) for line in free
        )
        return 95 if not page and len(free) <= _MOST_LINES_BEFORE else 0

    def read(self, digest: Digest) -> Iterator[Item]:
        parents = _parents(digest)
        macros = Macros()
        exported = _EXPORTED.search(digest.head)
        date = issue_date(exported[1]) if exported else ""
        keys: set[int] = set()
        for piece in _pieces(digest):
            items = [piece] if isinstance(piece, Rejection) else _entries(piece, digest, macros)
            for item in items:
                if isinstance(item, Rejection):
                    yield item
                elif kind := _OTHER_KINDS.get(item.type):
                    yield NotAPaper(digest.name, item.line, kind)
                else:
                    parent = _parent(item.fields, parents)
                    fields = parent | item.fields if parent else item.fields
                    yield _paper(item, fields, Source(digest.name, item.line, date), keys)


def papers_in_bibtex(text: str) -> list[Paper]:
    """Return the papers of the BibTeX entries in ``text``; none if it does not begin with one."""
    if not _ENTRY.match(text.lstrip()):
        return []
    content = text.encode(errors="replace")
    limits = ReadingLimits()
    digest = Digest(
        Path(), "", "utf-8", text, content, limits, lambda: io.BytesIO(content), len(content)
    )
    return [item for item in BibTeX().read(digest) if isinstance(item, Paper)]


def _pieces(digest: Digest) -> Iterator[_Piece | Rejection]:
    begin, length, texts = 0, 0, list[str]()
    for line in digest.lines():
        if isinstance(line, Rejection):
            yield line
            continue
        text = line.text.lstrip("\ufeff") if line.number == 1 else line.text
        marked = "@" in text  # quick to see; most lines are done with then
        if marked and _BEGINS.match(text):
            if begin:
                yield _piece(digest, begin, length, texts)
            begin, length, texts = line.number, 0, []
        elif marked and _COMMENTED_OUT.match(text):
            text = ""
        elif not begin and _ORPHAN.match(text):
            yield Rejection(digest.name, line.number, _NO_ENTRY, text.strip()[:80])
        length += len(text) + 1
        if begin and length <= RECORD_CHARACTERS:
            texts.append(text)
    if begin:
        yield _piece(digest, begin, length, texts)


def _piece(digest: Digest, begin: int, length: int, texts: list[str]) -> _Piece | Rejection:
    if length <= RECORD_CHARACTERS:
        return _Piece(begin, "\n".join(texts))
    reason = f"the entry has more than {RECORD_CHARACTERS:,} characters"
    return Rejection(digest.name, begin, reason, texts[0][:80] if texts else "")


@lru_cache(maxsize=1)
def _splitter() -> Any:
    from bibtexparser.splitter import Splitter

    # It warns of every entry that it cannot parse; here that becomes a Rejection.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    return Splitter


def _entries(piece: _Piece, digest: Digest, macros: Macros) -> Iterator[_Entry | Rejection]:
    from bibtexparser.model import Entry, ImplicitComment, ParsingFailedBlock, String

    text = piece.text
    if text.count("@") > _MOST_MARKS:
        reason = f"more than {_MOST_MARKS:,} '@' before the next line that begins an entry"
        yield Rejection(digest.name, piece.line, reason, text[:80])
        return
    if apart := _LINE_BREAK_BEFORE_BRACE.match(text):
        text = apart[1] + text[apart.end() :]
    if keyless := _NO_KEY.match(text):  # as EndNote exports them
        text = f"{keyless[0]},{text[keyless.end() :]}"
    try:
        blocks = _splitter()(text).split().blocks
    except Exception:
        # Its own failures must not end the reading of the file.
        yield Rejection(digest.name, piece.line, "the entry cannot be parsed", text[:80])
        return
    for block in blocks:
        line = piece.line + max(block.start_line or 0, 0)
        if isinstance(block, ParsingFailedBlock) and block.ignore_error_block is None:
            raw = (block.raw or "").strip()
            if not raw.lower().startswith(("@comment", "@preamble")):
                yield Rejection(
                    digest.name,
                    line,
                    _parse_failure(getattr(block.error, "abort_reason", str(block.error))),
                    raw[:80],
                )
            continue
        if isinstance(block, ParsingFailedBlock):
            block = block.ignore_error_block  # noqa: PLW2901
        if isinstance(block, ImplicitComment):
            for orphan in _ORPHAN.finditer(block.comment):
                at = line + block.comment.count("\n", 0, orphan.start())
                yield Rejection(digest.name, at, _NO_ENTRY, orphan[0].strip()[:80])
        elif isinstance(block, String):
            macros.define(block.key, block.value)
        elif isinstance(block, Entry):
            fields = _fields(((field.key, field.value) for field in block.fields), macros)
            yield _Entry(line, block.entry_type.lower(), block.key.strip(), fields)


def _parse_failure(error: str) -> str:
    if error.startswith("Expected"):
        return "the entry is not valid BibTeX: a field lacks its '=' or its comma"
    return "the entry is not closed: its braces or quotes do not match"


def _fields(pairs: Iterable[tuple[str, str]], macros: Macros) -> Fields:
    fields: Fields = {}
    for name, value in pairs:
        # What precedes the name's last word is a comment between fields.
        words = name.split()
        text = macros.fill_in(value).strip()
        if words and text:
            fields.setdefault(words[-1].lower().replace("_", "-"), text)
    return fields


def _parents(digest: Digest) -> dict[str, Fields]:
    """Return the inheritable fields of every entry that another one refers to."""
    wanted: set[str] = set()
    for line in digest.lines():
        lowered = "" if isinstance(line, Rejection) else line.text.lower()
        # Quick to see, and a big file may have none.
        if "crossref" not in lowered and "xdata" not in lowered:
            continue
        if match := _REFERS.search(lowered):
            wanted.update(key.strip().casefold() for key in match[1].split(","))
        if len(wanted) > _MOST_PARENTS:
            break
    if not wanted:
        return {}
    macros = Macros()
    parents: dict[str, Fields] = {}
    for piece in _pieces(digest):
        if isinstance(piece, Rejection) or not _is_wanted(piece.text, wanted):
            continue
        for entry in _entries(piece, digest, macros):
            if isinstance(entry, _Entry) and entry.key.casefold() in wanted:
                parents.setdefault(entry.key.casefold(), _inheritance(entry.fields))
    return parents


def _is_wanted(text: str, wanted: set[str]) -> bool:
    if text.lstrip()[:7].lower() == "@string":
        return True
    match = _KEY.match(text)
    return bool(match and match[1].casefold() in wanted)


def _inheritance(parent: Fields) -> Fields:
    booktitle = parent.get("booktitle") or parent.get("title", "")
    kept = {name: parent[name] for name in (*_INHERITED, *_DATES) if name in parent}
    return kept | {"booktitle": booktitle}


def _parent(fields: Fields, parents: dict[str, Fields]) -> Fields:
    named = fields.get("crossref") or fields.get("xdata", "").split(",")[0]
    parent = parents.get(named.strip().casefold(), {}) if named else {}
    dated = any(name in fields for name in ("date", "year"))
    return {k: v for k, v in parent.items() if v and not (dated and k in _DATES)}


def _paper(entry: _Entry, fields: Fields, source: Source, keys: set[int]) -> Paper | Rejection:
    # Titles and abstracts stay TeX, which is read where they are shown; all else is text.
    def text(*names: str) -> str:
        values = (without_braces(fields[name]) for name in names if name in fields)
        return next((value for value in values if value), "")

    excerpt = text("title", "booktitle", "author") or entry.key
    title = text("title")
    if not title:
        return Rejection(source.digest, source.line, "no title", excerpt[:80])
    subtitle = text("subtitle")
    if subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}{' ' if title[-1] in '?!:.' else ': '}{subtitle}"
    addresses = [address(fields[name]) for name in ("url", "link", "ee") if name in fields]
    web = [one for one in addresses if one.startswith(("http://", "https://"))]
    ids = _ids(entry, fields, addresses, keys)
    return Paper(
        title=title,
        abstract=abstract_of([text("abstract", "abstractnote")]),
        authors=_authors(fields.get("author", "")),
        date=_date(fields),
        venue=next((plain(v) for name in _VENUES if (v := text(name)) and v != title), ""),
        arxiv=ids.arxiv,
        doi=ids.doi,
        other_ids=ids.others,
        url=next(iter(web), ""),
        categories=split_keywords(
            [text("primaryclass", "eprintclass"), text("categories")], commas=True
        ),
        keywords=tuple(map(plain, split_keywords(map(text, _KEYWORDS), commas=True))),
        sources=(source,),
    )


def _authors(value: str) -> tuple[str, ...]:
    from bibtexparser.middlewares.names import split_multiple_persons_names

    names = split_multiple_persons_names(value) if value else []
    if len(names) == 1 and ";" in value and "{" not in value:
        names = value.split(";")
    written = (plain(without_braces(name)).strip(" ,") for name in names)
    return tuple(dict.fromkeys(name for name in written if name and name.lower() != "others"))


def _date(fields: Fields) -> str:
    """Return BibLaTeX's date, or year, month and day; of a span its beginning."""
    if date := issue_date(fields.get("date", "")):
        return date
    year = issue_date(fields.get("year", ""))
    if len(year) != 4:
        return year
    month = fields.get("month", "").strip("{} ")
    day = fields.get("day", "").strip("{} ")
    dated = issue_date(f"{month} {day}" if not month.isdigit() else f"{month}-{day}", year)
    return dated if dated.startswith(year) else year


def _ids(entry: _Entry, fields: Fields, addresses: list[str], keys: set[int]) -> Ids:
    dois = [doi_in(address(fields[name]), named=False) for name in ("doi",) if name in fields]
    dois += [doi_in(text) for text in (*addresses, fields.get("note", "")[:500])]
    others = ids_in_addresses(addresses)
    others += [("pmid", pubmed_id(fields.get("pmid", ""))), ("pmcid", _pmc(fields))]
    others += [accession(fields[name]) for name in ("unique-id", "eid") if name in fields]
    others = [(scheme, value) for scheme, value in others if scheme != "digest"]
    eprint = fields.get("eprint", "").strip("{} ")
    kind = (fields.get("eprinttype") or fields.get("archiveprefix", "")).strip("{} ").lower()
    if kind in {"pubmed", "pmid"}:
        others.append(("pmid", pubmed_id(eprint)))
    # Two papers may have one key by mistake; the second must not pass for the first.
    if entry.key and hash(entry.key) not in keys and len(keys) < _MOST_KEYS:
        keys.add(hash(entry.key))
        others.append(("digest", entry.key))
    arxiv = arxiv_id(eprint) if kind in {"", "arxiv"} else ""
    named = [fields[name].strip("{} ") for name in ("arxivid", "arxiv") if name in fields]
    places = ("journal", "journaltitle", "booktitle", "howpublished", "note", "number", "volume")
    texts = [*addresses, *dois, *(fields.get(name, "") for name in places)]
    arxiv = arxiv or next((id_ for text in named if (id_ := arxiv_id(text))), "")
    arxiv = arxiv or next((id_ for text in texts if (id_ := arxiv_in(text))), "")
    return ids_in([arxiv, *dois], others)


def _pmc(fields: Fields) -> str:
    value = (fields.get("pmcid") or fields.get("pmc", "")).strip("{} ").upper()
    return value if re.fullmatch(r"PMC\d+", value) else f"PMC{value}" if value.isdigit() else ""

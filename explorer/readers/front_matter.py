"""A page with front matter that is about one paper: PMLR, Hugo Academic, academicpages, blogs.

The fields are YAML between ``---`` lines (or TOML between ``+++``), the text follows. Only fields
specific to papers make it a paper's page: a post, a digest of many papers and a scraped page have
front matter too. YAML is read as texts, lists and mappings only; aliases, with which a few lines
expand to gigabytes, are refused. Without an abstract in the fields, the text is somebody's comment
on the paper: its first paragraph is a summary. Concatenated pages are read one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Line, Rejection
from explorer.readers.shared.fields import first_text, ids_in, listed, people, text_of
from explorer.readers.shared.markdown_inline import inline, markdown_date, names, reference
from explorer.readers.shared.yaml_text import UnreadableYaml, plain_yaml

_MOST_CHARACTERS = 1_000_000
_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_ABSTRACT = ("abstract",)
_AUTHORS = ("author", "authors")
_DATE = ("date", "publishdate", "publish_date", "published", "publication_date", "issued", "year")
_VENUE = ("booktitle", "container-title", "journal", "venue", "publication", "conference")
_LINKS = (
    "pdf", "pdf_url", "url_pdf", "paper_url", "paperurl", "paper", "arxiv", "arxiv_id", "arxiv_url",
    "doi", "openreview", "url", "html", "link", "links", "id", "permalink", "external_url", "slug",
)  # fmt: skip
_ADDRESSES = frozenset(_LINKS) - {"id", "permalink", "slug"}
_SUMMARY = ("tldr", "summary", "excerpt", "description")
_KEYWORDS = ("keywords", "tags")
_PAPERS_OWN = frozenset(
    "abstract pdf_url url_pdf paper_url paperurl arxiv arxiv_id arxiv_url doi openreview booktitle"
    " container-title journal venue publication publication_types bibtex_author tex_title".split()
)
_NOTES_OWN = frozenset(
    "citekey citationkey citation-key bibkey zotero zotero-key itemtype item-type".split()
)
"""Fields of notes on papers, as plug-ins of Zotero write them."""
_SCRAPERS_OWN = frozenset("retrieved exported fetched scraped statuscode notebook_id".split())
_FIRST_FIELD = re.compile(
    r"(?:(?i:title|layout|abstract|id|date|authors?|pdf_url|booktitle|series)\s*|[a-z_-]{2,20})[:=]"
)
_TITLE = re.compile(r"title\s*[:=]\s*\S")
_NEXT_FIELD = re.compile(r"[a-z][\w-]{1,20}\s*[:=]")
_MOST_LINES = 2000
_KEY = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_DEEP_KEY = re.compile(rf"(?<![\w\"'-]){_KEY}(?:[ \t]*+\.[ \t]*+{_KEY}){{50}}")
"""A key so deep (``a.a.a``) that its tables alone would fill the memory."""
_HEADING = re.compile(r"^#{1,6}\s+(.*)")
_CALLOUT = re.compile(r"^>\s*\[!([\w-]{2,20})\]")
_QUOTE = re.compile(r"^>\s?")
_NOTE_LINK = re.compile(r"\[\[([^\[\]|]{1,200})(?:\|([^\[\]]{1,200}))?\]\]")
_ABSTRACT_SECTIONS = frozenset("abstract 摘要 zusammenfassung résumé resumen".split())
_SHORTEST_SUMMARY_WORDS = 8


class FrontMatter:
    """Reads a page whose front matter describes one paper."""

    name = "front-matter"

    def recognises(self, digest: Digest) -> int:
        fence = digest.head.lstrip("\ufeff\n\r ").split("\n", 1)[0].strip()
        if not digest.encoding or fence not in _FENCES:
            return 0
        lines = (Line(i, text) for i, text in enumerate(digest.head.splitlines(), start=1))
        matter = next((page.matter for page in _pages(lines) if isinstance(page, _Page)), "")
        keys = {key.lower() for key in re.findall(r"^([A-Za-z][\w-]*)\s*[:=]", matter, re.M)}
        if keys & _SCRAPERS_OWN:
            return 0
        noted = keys & {*_NOTES_OWN, "doi"} or (keys & {*_AUTHORS} and keys & {*_DATE})
        if "title" not in keys:
            return 95 if noted and re.search(r"^#\s+\S", digest.head, re.M) else 0
        values = re.findall(r"^(?:pdf|url|link|paper)\s*[:=]\s*(\S+)", matter, re.M | re.I)
        names_paper = reference(value.strip("\"'") for value in values).names_paper
        own = keys & (_PAPERS_OWN | _NOTES_OWN) or ({"authors", "year"} <= keys)
        return 96 if own or names_paper else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for page in _pages(digest.lines()):
            if isinstance(page, Rejection):
                yield page
                continue
            record = _parsed(page)
            if isinstance(record, str):
                yield Rejection(digest.name, page.line, record, page.matter[:80])
            else:
                yield _paper(record, page.below, Source(digest.name, page.line))


@dataclass(slots=True)
class _Below:
    """Contents of the text below the fields."""

    title: str = ""
    abstract: str = ""
    first: str = ""


@dataclass(slots=True)
class _Page:
    """One page: its fence and line, its fields, and the beginning of its text."""

    fence: str
    line: int
    fields: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    size: int = 0
    too_long: bool = False

    @property
    def matter(self) -> str:
        return "\n".join(self.fields)

    def take_field(self, text: str) -> None:
        self.size += len(text) + 1
        self.too_long = self.size > _MOST_CHARACTERS
        if not self.too_long:
            self.fields.append(text)

    def take_text(self, text: str) -> None:
        self.size += len(text) + 1
        if self.size <= 2 * _MOST_CHARACTERS and len(self.below) < _MOST_LINES:
            self.below.append(text.strip())


def _pages(lines: Iterable[Line | Rejection]) -> Iterator[_Page | Rejection]:
    page: _Page | None = None
    inside = True
    rule: Line | None = None
    opening = _FIRST_FIELD  # what has to follow a rule that opens a page
    title: Line | None = None  # held until the next line shows whether a page begins with it
    for line in lines:
        if isinstance(line, Rejection):
            yield line
            continue
        bare = line.text.strip("\ufeff \r")
        if page is None:
            page = _Page(bare, line.number) if bare else None
        elif inside:
            inside = line.text.rstrip() not in _FENCES.get(page.fence, ())
            # A fence right above a title opens a page, even where it could close one.
            rule, opening = (None, opening) if inside else (line, _TITLE)
            if inside:
                page.take_field(line.text)
        elif rule and opening.match(line.text):
            yield page
            page, inside, rule = _Page(page.fence, rule.number, [line.text]), True, None
        elif title and _NEXT_FIELD.match(line.text):
            yield page
            page, inside = _Page(page.fence, title.number, [title.text, line.text]), True
            rule = title = None
        elif rule and not bare:
            opening = _TITLE
        else:
            if title:
                page.take_text(title.text)
            title = line if _TITLE.match(line.text) else None
            rule, opening = (line if bare == page.fence else None), _FIRST_FIELD
            if not title:
                page.take_text(line.text)
    if page:
        yield page


def _parsed(page: _Page) -> dict[str, Any] | str:
    """Return the fields, in lower case, or the reason why they cannot be read."""
    if page.too_long:
        return f"front matter of more than {_MOST_CHARACTERS:,} characters"
    text = page.matter
    record = _toml(text) if page.fence == "+++" else _yaml(text)
    if isinstance(record, str):
        return record
    if not isinstance(record, dict):
        return "the front matter is no list of fields"
    # Hugo keeps a site's own fields one level down.
    inner = record.get("params") or record.get("extra")
    record = {**inner, **record} if isinstance(inner, dict) else record
    return {str(key).lower(): value for key, value in record.items()}


def _toml(text: str) -> Any:
    import tomllib

    if _DEEP_KEY.search(text):
        return "the front matter has keys of more than 50 parts"
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return "the front matter is not valid TOML"


def _yaml(text: str) -> Any:
    try:
        return plain_yaml(text, first_line=2)
    except UnreadableYaml as error:
        return f"the front matter is {error}"


def _paper(record: Mapping[str, Any], lines: list[str], source: Source) -> Paper | Rejection:
    below = _below(lines)
    title = first_text(record, ("title", "tex_title")) or below.title
    if not any(character.isalnum() for character in title):
        return Rejection(source.digest, source.line, "no title")
    texts = {key: text for key in _LINKS if (text := text_of(record.get(key)))}
    addresses = [text for key, text in texts.items() if key in _ADDRESSES]
    links = record.get("links")
    if isinstance(links, list):
        addresses += [text_of(link.get("url")) for link in links if isinstance(link, dict)]
    ids = ids_in(texts.values())
    known = reference(addresses)
    others = list(known.others)
    if (forum := texts.get("openreview", "")) and re.fullmatch(r"[\w-]{6,20}", forum):
        others.append(f"openreview:{forum}")
    own_id = texts.get("id", "")
    if own_id and not ids_in([own_id]).arxiv and not ids_in([own_id]).doi:
        others.append(f"digest:{own_id}")
    abstract = first_text(record, _ABSTRACT) or below.abstract
    return Paper(
        title=title,
        abstract=abstract,
        authors=_authors(record),
        date=_date(record),
        venue=inline(first_text(record, _VENUE)).text,
        arxiv=ids.arxiv or known.arxiv,
        doi=ids.doi or known.doi,
        other_ids=tuple(dict.fromkeys(others)),
        url=known.url,
        categories=listed(record.get("categories") or record.get("subjects")),
        keywords=next((kept for key in _KEYWORDS if (kept := listed(record.get(key)))), ()),
        summary=first_text(record, _SUMMARY) or ("" if abstract else below.first),
        sources=(source,),
    )


def _authors(record: Mapping[str, Any]) -> tuple[str, ...]:
    value = _without_brackets(next((record[key] for key in _AUTHORS if record.get(key)), ()))
    if isinstance(value, str):
        return names(value) if value.count(",") > 1 and " and " not in value else people(value)
    return people(value)


def _without_brackets(value: Any, depth: int = 3) -> Any:
    """Return names without the brackets of links between notes: ``[[Jane Doe]]``.

    Outside quotation marks those are lists in YAML.
    """
    if isinstance(value, str):
        return _NOTE_LINK.sub(lambda match: match[2] or match[1], value)
    if isinstance(value, list) and depth:
        names = (_without_brackets(item, depth - 1) for item in value)
        return [name for item in names for name in (item if isinstance(item, list) else [item])]
    return value


def _date(record: Mapping[str, Any]) -> str:
    for key in _DATE:
        value = record.get(key)
        if isinstance(value, dict):  # CSL: {"date-parts": [[2021, 7, 8]]}, or not nested
            parts = value.get("date-parts")
            parts = parts if isinstance(parts, list) else []
            parts = parts[0] if parts and isinstance(parts[0], list) else parts
            value = "-".join(str(part).zfill(2) for part in parts)
        if date := markdown_date(str(value) if value else ""):
            return date
    return ""


def _below(lines: list[str]) -> _Below:
    """Return what the text below has: a title, the abstract and the first paragraph of all."""
    below = _Below()
    section = ""
    paragraph: list[str] = []
    for line in (*lines, ""):
        heading = _HEADING.match(line)
        callout = _CALLOUT.match(line)
        if line and not heading and not callout:
            paragraph.append(_QUOTE.sub("", line))
            continue
        text = inline(" ".join(paragraph)).text
        paragraph = []
        if text and section in _ABSTRACT_SECTIONS:
            below.abstract = below.abstract or text
        elif len(text.split()) >= _SHORTEST_SUMMARY_WORDS:
            below.first = below.first or text
        if heading:
            section = inline(heading[1]).text.strip(" :").casefold()
            if line.startswith("# ") and not below.title and section not in _ABSTRACT_SECTIONS:
                below.title = inline(heading[1]).text
        elif callout:
            section = callout[1].casefold()
        elif text:
            section = ""
    return below

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
_SCRAPERS_OWN = frozenset("retrieved exported fetched scraped statuscode notebook_id".split())
_FIRST_FIELD = re.compile(
    r"(?:title|layout|abstract|id|date|authors?|pdf_url|booktitle|series)\s*[:=]", re.I
)
_MOST_LINES = 2000
_HEADING = re.compile(r"^#{1,6}\s+(.*)")
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
        if "title" not in keys or keys & _SCRAPERS_OWN:
            return 0
        values = re.findall(r"^(?:pdf|url|link|paper)\s*[:=]\s*(\S+)", matter, re.M | re.I)
        names_paper = reference(value.strip("\"'") for value in values).names_paper
        return 96 if keys & _PAPERS_OWN or names_paper else 0

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
    for line in lines:
        if isinstance(line, Rejection):
            yield line
            continue
        bare = line.text.strip("\ufeff \r")
        if page is None:
            page = _Page(bare, line.number) if bare else None
        elif inside:
            inside = line.text.rstrip() not in _FENCES.get(page.fence, ())
            if inside:
                page.take_field(line.text)
        elif rule and _FIRST_FIELD.match(line.text):
            yield page
            page, inside, rule = _Page(page.fence, rule.number, [line.text]), True, None
        else:
            rule = line if bare == page.fence else None
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

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return "the front matter is not valid TOML"


def _yaml(text: str) -> Any:
    import yaml

    class TextsOnly(yaml.BaseLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            return super().compose_node(parent, index)

    try:
        return yaml.load(text, Loader=TextsOnly)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 2}" if mark else ""
        return f"the front matter is not valid YAML{where}"
    except (ValueError, TypeError, RecursionError):  # odd mappings, and nesting without end
        return "the front matter is not valid YAML"


def _paper(record: Mapping[str, Any], below: list[str], source: Source) -> Paper | Rejection:
    title = first_text(record, ("title", "tex_title"))
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
    below_abstract, first = _below(below)
    abstract = first_text(record, _ABSTRACT) or below_abstract
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
        summary=first_text(record, _SUMMARY) or ("" if abstract else first),
        sources=(source,),
    )


def _authors(record: Mapping[str, Any]) -> tuple[str, ...]:
    value = next((record[key] for key in _AUTHORS if record.get(key)), ())
    if isinstance(value, str):
        return names(value) if value.count(",") > 1 and " and " not in value else people(value)
    return people(value)


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


def _below(lines: list[str]) -> tuple[str, str]:
    """Return the paragraph below a heading "Abstract", and the first paragraph of all."""
    first = abstract = ""
    below_abstract = False
    paragraph: list[str] = []
    for line in (*lines, ""):
        heading = _HEADING.match(line)
        if line and not heading:
            paragraph.append(line)
            continue
        text = inline(" ".join(paragraph)).text
        paragraph = []
        if text and below_abstract:
            abstract = abstract or text
        elif len(text.split()) >= _SHORTEST_SUMMARY_WORDS:
            first = first or text
        if heading:
            below_abstract = inline(heading[1]).text.strip(" :").casefold() == "abstract"
    return abstract, first

"""Metadata of papers that a page holds for machines, beside its text.

``citation_`` fields, JSON-LD and microdata of schema.org (``ScholarlyArticle``), OpenURL in
``<span class="Z3988">`` (COinS), and the records that a daily-papers page carries for its own
script. A site that shows papers has at least one of them, so that no rule a site is needed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from explorer.papers.dates import issue_date
from explorer.papers.paper import Paper, Source
from explorer.papers.text import tidy
from explorer.readers.contract import Rejection
from explorer.readers.shared.fields import first_date, ids_in, listed, people, text_of
from explorer.readers.shared.html_fields import html_text
from explorer.readers.shared.markdown_inline import reference

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_SCHOLARLY = re.compile(r"(?:^|[/:])(?:Medical)?ScholarlyArticle$")
_ITEMS_INSIDE = frozenset(
    "author creator contributor editor ispartof publisher publication provider isbasedon".split()
)
"""Properties whose own properties are not the paper's, marked as an item or not."""
_LINKED_DATA = "application/ld+json"
_MOST_VALUES = 5_000
_MOST_NESTED = 100
_LONGEST_TEXT = 200_000
_LONGEST_SCRIPT = 8_000_000
_DEEPEST = 12
_NO_PAPERS = frozenset("journal issue conference".split())
"""Genres in OpenURL that are volumes of papers."""


@dataclass(slots=True)
class _Property:
    """An element of microdata that is open: a property, an item, or both."""

    tag: str
    name: str = ""
    item: dict[str, list[Any]] | None = None
    line: int = 0
    texts: list[str] = field(default_factory=list)
    size: int = 0
    has_inner: bool = False


@dataclass(slots=True)
class PageMetadata:
    """Collects the fields of a page while it is parsed."""

    citation: dict[str, list[str]] = field(default_factory=dict)
    records: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Of a daily-papers page, with their lines."""
    articles: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    """Scholarly articles of schema.org, with their lines."""
    open_urls: list[tuple[int, str]] = field(default_factory=list)
    _open: list[_Property] = field(default_factory=list)
    _deeper: int = 0
    _script: list[str] | None = None
    _script_line: int = 0
    _script_size: int = 0

    def start(self, tag: str, given: Mapping[str, str], line: int) -> None:
        if tag == "meta":
            self._meta(given)
        elif tag == "script" and given.get("type", "").strip().lower() == _LINKED_DATA:
            self._script, self._script_line, self._script_size = [], line, 0
        elif "Z3988" in given.get("class", "") and len(self.open_urls) < _MOST_VALUES:
            self.open_urls.append((line, given.get("title", "")))
        if "data-props" in given:
            self._props(given["data-props"], line)
        self._start_item(tag, given, line)

    def end(self, tag: str) -> None:
        if tag == "script" and self._script is not None:
            text, self._script = "".join(self._script), None
            self._linked_data(text)
        if self._deeper and tag not in _VOID:
            self._deeper -= 1
        elif any(opened.tag == tag for opened in self._open):
            while self._open and self._close().tag != tag:
                pass

    def data(self, text: str) -> None:
        if self._script is not None:
            self._script_size += len(text)
            if self._script_size <= _LONGEST_SCRIPT:
                self._script.append(text)
            return
        for opened in self._open:
            if opened.name and opened.size < _LONGEST_TEXT:
                opened.size += len(text)
                opened.texts.append(text)

    def _meta(self, given: Mapping[str, str]) -> None:
        name = (given.get("name") or given.get("property", "")).lower()
        if name.startswith(("citation_", "dc.", "og:")) or name == "description":
            kept = self.citation.setdefault(name, [])
            if len(kept) < _MOST_VALUES:
                kept.append(tidy(given.get("content", "")))

    def _props(self, text: str, line: int) -> None:
        if '"summary"' not in text or '"title"' not in text:
            return
        try:
            props = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(props, dict):
            return
        given = props.get("dailyPapers") or props.get("papers")
        if given is None and isinstance(props.get("paper"), dict):
            given = [props]
        for item in given if isinstance(given, list) else ():
            if isinstance(item, dict):
                self.records.append((line, item))

    def _linked_data(self, text: str) -> None:
        try:
            content = json.loads(text.strip())
        except (ValueError, RecursionError):
            return
        for article in _scholarly(content, _DEEPEST):
            if len(self.articles) < _MOST_VALUES:
                self.articles.append((self._script_line, article))

    def _start_item(self, tag: str, given: Mapping[str, str], line: int) -> None:
        is_article = "itemscope" in given and bool(_SCHOLARLY.search(given.get("itemtype", "")))
        if not self._open and not is_article:
            return
        names = given.get("itemprop", "").split()
        value = given.get("content") or (given.get("href") if tag == "link" else None)
        for name in names if value else ():
            self._add(name, value)
        if given.get("href"):
            self._add("links", given["href"])
        if tag in _VOID:
            return
        if len(self._open) >= _MOST_NESTED:
            self._deeper += 1
            return
        name = "" if value or not names else names[0]
        inner = "itemscope" in given or name.lower() in _ITEMS_INSIDE
        item: dict[str, list[Any]] | None = {} if inner or is_article else None
        for opened in self._open:
            opened.has_inner = opened.has_inner or bool(name)
        self._open.append(_Property(tag, name, item, line))

    def _close(self) -> _Property:
        closed = self._open.pop()
        text = tidy("".join(closed.texts))
        if closed.item is not None and not closed.name:
            if len(self.articles) < _MOST_VALUES:
                self.articles.append((closed.line, closed.item))
        elif closed.name and closed.item:
            self._add(closed.name, {**closed.item, "text": text})
        elif closed.name and text and not (closed.name == "headline" and closed.has_inner):
            # A headline around title, authors and venue is none.
            self._add(closed.name, text)
        return closed

    def _add(self, name: str, value: Any) -> None:
        item = next((opened.item for opened in reversed(self._open) if opened.item is not None), {})
        kept = item.setdefault(name, [])
        if len(kept) < _MOST_VALUES:
            kept.append(value)


def _scholarly(content: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """Yield the scholarly articles anywhere in JSON-LD, but not what they cite."""
    if isinstance(content, list):
        for item in content:
            yield from _scholarly(item, depth - 1) if depth else ()
    elif isinstance(content, dict):
        types = content.get("@type")
        kinds = types if isinstance(types, list) else [types]
        if any(isinstance(kind, str) and _SCHOLARLY.search(kind) for kind in kinds):
            yield content
            return
        for value in content.values():
            if isinstance(value, list | dict) and depth:
                yield from _scholarly(value, depth - 1)


def papers_of_articles(metadata: PageMetadata, digest: str, date: str) -> list[Paper | Rejection]:
    """Return the papers of a page's schema.org articles, or else of its OpenURLs."""
    by_key: dict[tuple[str, str], Paper | Rejection] = {}
    for line, article in metadata.articles:
        item = _from_article(article, Source(digest, line, date))
        key = (item.title, item.doi) if isinstance(item, Paper) else ("", str(line))
        by_key.setdefault(key, item)
    if by_key:
        return list(by_key.values())
    items = [_from_open_url(text, Source(digest, line, date)) for line, text in metadata.open_urls]
    return [item for item in items if item is not None]


def _from_article(article: Mapping[str, Any], source: Source) -> Paper | Rejection:
    title = _named(article, "name", "headline", "alternativeHeadline").rstrip(" .")
    if not any(character.isalnum() for character in title):
        return Rejection(source.digest, source.line, "no title", _named(article, "url", "text"))
    venue = _named(article, "isPartOf", "publication")
    links = [*_texts(article, "sameAs", "url", "identifier", "@id", "links", "doi")]
    known = reference(links, links)
    date = first_date(
        *_texts(article, "datePublished", "dateCreated", "dateIssued", "copyrightYear")
    )
    return Paper(
        title=title,
        abstract=html_text(_named(article, "abstract", "description")),
        authors=tuple(dict.fromkeys(_people(article.get("author") or article.get("creator")))),
        date=date or issue_date(venue),
        venue=venue,
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=known.others,
        url=known.url,
        keywords=tuple(word for text in _texts(article, "keywords") for word in listed(text)),
        sources=(source,),
    )


def _texts(article: Mapping[str, Any], *names: str) -> Iterator[str]:
    """Yield the texts of some properties, whatever their nesting."""
    for name in names:
        value = article.get(name)
        for item in value if isinstance(value, list) else [value]:
            if text := text_of(_named_value(item) if isinstance(item, Mapping) else item):
                yield text


def _named_value(item: Mapping[str, Any]) -> Any:
    inner = item.get("name") or item.get("value") or item.get("@id") or item.get("text")
    return inner[0] if isinstance(inner, list) and inner else inner


def _named(article: Mapping[str, Any], *names: str) -> str:
    return next(_texts(article, *names), "")


def _people(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping):
            name = _named(item, "name", "text")
            given, family = _named(item, "givenName"), _named(item, "familyName")
            yield from [text for text in (name or f"{given} {family}".strip(),) if text]
        else:
            yield from people(item) if isinstance(item, str) else ()


def _from_open_url(text: str, source: Source) -> Paper | Rejection | None:
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(text.replace("&amp;", "&"), max_num_fields=_MOST_VALUES)
    except ValueError:
        return Rejection(source.digest, source.line, "an OpenURL that cannot be read", text[:80])
    for name, value in pairs:
        fields.setdefault(name.removeprefix("rft."), []).append(tidy(value))

    def first(*names: str) -> str:
        return next((value for name in names for value in fields.get(name, ()) if value), "")

    title = first("atitle", "btitle", "title")
    if first("genre") in _NO_PAPERS:
        return None
    if not any(character.isalnum() for character in title):
        return Rejection(source.digest, source.line, "no title", text[:80])
    named = [re.sub(r"^info:(?:doi|arxiv|pmid)/", "", value) for value in fields.get("rft_id", ())]
    known = reference(named)
    own = f"{first('aufirst')} {first('aulast')}".strip()
    authors = fields.get("au", []) or fields.get("creator", [])
    return Paper(
        title=title,
        abstract=first("description"),
        authors=tuple(dict.fromkeys(authors or [own] if own or authors else ())),
        date=issue_date(first("date")),
        venue=first("jtitle", "stitle") or (first("btitle") if title != first("btitle") else ""),
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=known.others,
        url=known.url,
        sources=(source,),
    )


def papers_of_script(metadata: PageMetadata, digest: str, date: str) -> Iterator[Paper | Rejection]:
    """Yield the papers that a daily-papers page carries for its own script."""
    for line, item in metadata.records:
        paper = item.get("paper") if isinstance(item.get("paper"), dict) else item
        assert isinstance(paper, dict)
        title = text_of(paper.get("title")) or text_of(item.get("title"))
        if not title:
            yield Rejection(digest, line, "no title", text_of(paper.get("id")))
            continue
        ids = ids_in([paper.get("id")])
        authors = paper.get("authors")
        yield Paper(
            title=title,
            abstract=text_of(paper.get("summary")) or text_of(item.get("summary")),
            authors=people(authors) if isinstance(authors, list) else (),
            date=first_date(paper.get("publishedAt"), item.get("publishedAt"))[:10],
            arxiv=ids.arxiv,
            doi=ids.doi,
            url=f"https://huggingface.co/papers/{ids.arxiv}" if ids.arxiv else "",
            summary=text_of(paper.get("ai_summary")),
            sources=(Source(digest, line, date),),
        )


def paper_of_citation(
    metadata: PageMetadata, abstract: Iterable[str], source: Source
) -> Paper | Rejection:
    """Return the paper whose page this is, from its ``citation_`` fields.

    ``abstract`` is what the page shows as such.
    """
    citation = metadata.citation

    def first(*keys: str) -> str:
        return next((value for key in keys for value in citation.get(key, ()) if value), "")

    ids = ids_in([first("citation_arxiv_id"), first("citation_doi"), first("og:url")])
    known = reference([first("citation_abstract_html_url", "og:url"), first("citation_pdf_url")])
    title = first("citation_title")
    if not any(character.isalnum() for character in title):
        return Rejection(source.digest, source.line, "no title")
    return Paper(
        title=title,
        abstract=html_text(first("citation_abstract")) or " ".join(abstract),
        authors=people(citation.get("citation_author") or first("citation_authors")),
        date=first_date(
            first("citation_publication_date"),
            first("citation_date"),
            first("citation_online_date"),
            first("citation_year"),
        ),
        venue=first(
            "citation_journal_title",
            "citation_conference_title",
            "citation_conference",
            "citation_inbook_title",
        ),
        arxiv=ids.arxiv or known.arxiv,
        doi=ids.doi or known.doi,
        other_ids=known.others,
        url=known.url,
        keywords=tuple(citation.get("citation_keywords", ())),
        sources=(source,),
    )

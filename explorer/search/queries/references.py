"""References to single papers: ids, addresses, citations and BibTeX entries in a query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from explorer.library.generation import Generation
from explorer.library.lookup import titled
from explorer.papers.paper import Paper, arxiv_id, doi, title_key
from explorer.papers.text import plain
from explorer.readers.bibtex import papers_in_bibtex
from explorer.readers.citation_list import cited_paper
from explorer.readers.shared.reference_fields import ids_in_addresses

_LONGEST = 20_000
"""Characters of a query that are read as references."""
_FEWEST_WORDS = 6
"""Words of a citation."""
_SHORTEST_TITLE = 4
"""Words of a title that is recognised within a citation of an unknown style."""
_LONGEST_CITATION = 40
"""Words of a citation that may begin with its title."""
_LIKELY_TITLES = 20
_ADDRESS = re.compile(r"https?://\S+|(?:www\.)?[\w.-]+\.(?:org|co|com|net)/\S+", re.I)
_ID = re.compile(
    r"(?:arxiv[.:]\s*)?(?:\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[a-z]{2})?/\d{7}(?:v\d+)?)"
    r"|(?:doi:\s*)?10\.\d{4,9}/\S+"
    r"|(?:pmid|pmcid|acl|openreview|corpusid|s2|openalex):\s*\S+",
    re.I,
)
_ID_INSIDE = re.compile(
    r"(?<!\S)(?:arxiv[.:]\s*(?:\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[a-z]{2})?/\d{7}(?:v\d+)?)"
    r"|\d{4}\.\d{5}(?:v\d+)?|(?:doi:\s*)?10\.\d{4,9}/\S+)(?!\S)",
    re.I,
)
_SLUG = re.compile(r"semanticscholar\.org/paper/(?P<slug>[\w%-]{8,}?)/[0-9a-f]{40}", re.I)
_HASH = re.compile(r"semanticscholar\.org/paper/(?:[^/\s]+/)?(?P<id>[0-9a-f]{40})", re.I)
_ACL_DOI = re.compile(r"10\.18653/v1/(?P<id>\S+)", re.I)
_EDGES = "<>()[]{}\"'“”,;"
_YEAR = re.compile(r"\b(?:19|20)\d\d[a-z]?\b")
_MARKS_OF_CITATION = re.compile(
    r"\bet al\b|\bIn\s+(?:Proc|[A-Z])|\bProceedings\b|\bpp?\.\s*\d|\bpages\s+\d|\bvol\b|arXiv"
    r"|[A-Z]\.,|\b[A-Z]\.\s[A-Z]|[“\"].{15,}[”\"]|\.\s+(?:19|20)\d\d\.\s|\((?:19|20)\d\d[a-z]?\)"
)


@dataclass(frozen=True, slots=True)
class ReferredPapers:
    """Papers that a text refers to."""

    rows: tuple[int, ...] = ()
    """Rows of those that the library holds, in the order of the text."""
    typed: tuple[str, ...] = ()
    """The part of the text that refers to each row."""
    missing: tuple[str, ...] = ()
    """The others: their titles, or the ids as typed."""
    titles: tuple[str, ...] = ()
    """Titles of all papers referred to, where they are known, to search by."""
    left: str = ""
    """The text without the references."""

    def __bool__(self) -> bool:
        return bool(self.rows or self.missing)


def references_in(generation: Generation, text: str) -> ReferredPapers:
    """Return the papers that ``text`` refers to by BibTeX, by ids and addresses, or as a citation.

    Other text may surround ids and addresses.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return ReferredPapers(left=text)
    if text.startswith("@") and (entries := papers_in_bibtex(text)):
        return _of_papers(generation, entries, text)
    if is_citation(text) and (cited := _citation(generation, text)):
        return cited
    return _of_ids(generation, text)


def is_citation(text: str) -> bool:
    """Return whether ``text`` looks like an entry of a list of references."""
    enough = len(text.split()) >= _FEWEST_WORDS and _YEAR.search(text)
    return bool(enough and _MARKS_OF_CITATION.search(text))


def _of_papers(generation: Generation, papers: list[Paper], text: str) -> ReferredPapers:
    rows: list[int] = []
    missing: list[str] = []
    for paper in papers:
        row = _row_of_paper(generation, paper)
        if row is None:
            missing.append(plain(paper.title))
        else:
            rows.append(row)
    titles = tuple(plain(paper.title) for paper in papers if paper.title)
    distinct = tuple(dict.fromkeys(rows))
    return ReferredPapers(distinct, (text,) * len(distinct), tuple(missing), titles)


def _citation(generation: Generation, text: str) -> ReferredPapers | None:
    """Return the paper of a citation; of an unknown style only if the library has its title."""
    cited = cited_paper(text)
    if cited is not None and (row := _row_of_paper(generation, cited)) is not None:
        return ReferredPapers((row,), (text,), (), (plain(cited.title),))
    row = _row_titled_within(generation, text)
    if row is not None:
        title = plain(generation.records.titles[row])
        return ReferredPapers((row,), (text,), (), (title,))
    if cited is None:
        return None
    return ReferredPapers(missing=(plain(cited.title),), titles=(plain(cited.title),))


def _row_of_paper(generation: Generation, paper: Paper) -> int | None:
    """Return the row of the paper with an id or the title of ``paper``."""
    for name in (paper.arxiv, paper.doi, *_digest_free(paper.other_ids)):
        row = _row_known_as(generation, name) if name else None
        if row is not None:
            return row
    rows = titled(generation, plain(paper.title)) if paper.title else []
    return rows[0] if rows else None


def _digest_free(ids: tuple[str, ...]) -> Iterator[str]:
    """Yield the ids of services: the key of an entry means another paper elsewhere."""
    return (name for name in ids if not name.startswith("digest:"))


def _row_titled_within(generation: Generation, text: str) -> int | None:
    """Return the row whose title stands in ``text``, the longest of several."""
    key = f" {title_key(text)} "
    likely = generation.lexicon.search(text, _LIKELY_TITLES, None, (("title", 1.0),)).keys
    keys = [title_key(plain(title)) for title in generation.records.titles.take(likely)]
    # A long text that begins with a title is a pasted abstract.
    begins_otherwise = len(key.split()) > _LONGEST_CITATION
    within = [
        (len(title), row)
        for title, row in zip(keys, likely.tolist(), strict=True)
        if len(title.split()) >= _SHORTEST_TITLE
        and f" {title} " in key
        and not (begins_otherwise and key.startswith(f" {title} "))
    ]
    return max(within)[1] if within else None


def _of_ids(generation: Generation, text: str) -> ReferredPapers:
    rows: dict[int, str] = {}
    missing: list[str] = []
    titles: list[str] = []
    left = text
    for part in _parts_with_ids(text):
        named = part.strip(_EDGES)
        row = _row_of_reference(generation, named)
        title = _title_in_slug(named)
        if row is None and title:  # after which authors may follow
            row = _row_titled_within(generation, title)
        if row is None and not (title or _is_surely_id(named)):
            continue
        left = left.replace(part, " ", 1)
        if row is None:
            missing.append(title or _shown(named))
            titles += [title] if title else []
        else:
            rows.setdefault(row, named)
            titles.append(plain(generation.records.titles[row]))
    left = " ".join(left.split())
    return ReferredPapers(tuple(rows), tuple(rows.values()), tuple(missing), tuple(titles), left)


def _parts_with_ids(text: str) -> Iterator[str]:
    """Yield the parts of ``text`` that may be ids or addresses, or all of it."""
    is_one_word = len(text.split()) == 1 and any(map(str.isdigit, text))
    if is_one_word or _ID.fullmatch(text.strip(_EDGES)):
        yield text
        return
    for word in text.split():
        if _ADDRESS.fullmatch(word.strip(_EDGES)):
            yield word
    for match in _ID_INSIDE.finditer(text):
        yield match[0]


def _row_of_reference(generation: Generation, name: str) -> int | None:
    row = _row_known_as(generation, name)
    if row is not None:
        return row
    for scheme, value in ids_in_addresses([name.split("#", 1)[0]]):
        for form in (f"{scheme}:{value}", value):
            if (row := generation.records.find(form)) is not None:
                return row
    if match := _HASH.search(name):
        return generation.records.find(f"s2:{match['id']}")
    return None


def _row_known_as(generation: Generation, name: str) -> int | None:
    row = generation.records.find(re.sub(r":\s+", ":", name))
    if row is None and (match := _ACL_DOI.search(doi(name))):
        # Its papers may be listed with the Anthology's own id alone.
        row = generation.records.find(match["id"].rstrip("/"))
    return row


def _is_surely_id(name: str) -> bool:
    """Return whether ``name`` is the id or address of a paper, whoever holds it."""
    known = arxiv_id(name) or doi(name) or _HASH.search(name) or ids_in_addresses([name])
    return bool(known) or bool(re.match(r"(?:pmid|pmcid|acl|openreview|corpusid):", name, re.I))


def _shown(name: str) -> str:
    if known := arxiv_id(name):
        return f"arXiv:{known}"
    if known := doi(name):
        return f"doi:{known}"
    return name


def _title_in_slug(name: str) -> str:
    """Return the title in an address of Semantic Scholar, as far as it has one."""
    match = _SLUG.search(name)
    return " ".join(re.split(r"[-_]+|%20", match["slug"])).strip() if match else ""

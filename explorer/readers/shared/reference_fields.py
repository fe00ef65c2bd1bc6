"""Fields common to the formats of reference managers.

Dates are as publishers print them ("Jul-Aug", "2014//"), ids are in any field, and missing
abstracts are set phrases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from explorer.papers.dates import parse_date
from explorer.papers.paper import arxiv_id, doi
from explorer.papers.text import tidy

_NO_ABSTRACT = re.compile(
    r"\W*(?:no abstract(?: is)?(?: available| provided)?|abstract (?:is )?not available"
    r"|abstract unavailable|not available|n/?a|none|null)\W*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|2\d)\d\d(?!\d)")
_NUMBERS = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?:[-/. ]{1,2}(?P<month>\d{1,2})(?:[-/. ](?P<day>\d{1,2}))?)?(?!\d)"
)
_RUN_TOGETHER = re.compile(r"(\d{4})(\d\d)(\d\d)")
_NAMED_MONTH = re.compile(
    r"(?:(?<!\d)(?P<before>\d{1,2})(?:\s?[-–]\s?\d{1,2})?[\s./~-]{1,3}|(?<![A-Za-z]))"
    r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b\.?"
    r"(?:[\s/~-]{1,3}(?P<after>\d{1,2})(?!\d))?",
    re.IGNORECASE,
)
_DOI_NAMED = re.compile(r"\bdoi(?:[.-]org[\w.-]{0,60})?[/:\s]{1,3}(10\.\d{4,9}/\S+)", re.I)
_DOI_ANYWHERE = re.compile(r"(?<![\d.])10\.\d{4,9}/[^\s;]+")
_ARXIV = re.compile(
    r"arxiv(?:\.org/(?:abs|pdf|html)/|[:.]\s?|\s)"
    r"(\d{4}\.\d{4,5}(?!\d)|[a-z-]{2,20}(?:\.[a-z]{2})?/\d{7}(?!\d))",
    re.IGNORECASE,
)
_CHIEFLY = re.compile(r"(?:^\s*|(?<=/))\*|\*(?=/|\s*$)")
"""The asterisk of MeSH headings that a paper is chiefly about: "Fever/*therapy"."""
_LONGEST_ID = 100
"""A longer text with an arXiv id mentions the paper rather than identifies it."""
_IN_ADDRESS = (
    ("acl", re.compile(r"aclanthology\.org/([\w.-]+?)(?:\.pdf|\.bib)?/?$")),
    ("corpusid", re.compile(r"semanticscholar\.org/CorpusID:(\d+)", re.I)),
    ("openreview", re.compile(r"openreview\.net/(?:forum|pdf)\?id=([\w-]+)")),
    ("pmcid", re.compile(r"ncbi\.nlm\.nih\.gov/(?:pmc/)?articles/(PMC\d+)", re.I)),
    ("pmid", re.compile(r"ncbi\.nlm\.nih\.gov/(?:pubmed/)?(\d{1,9})/?$")),
    ("scopus", re.compile(r"[?&]eid=(2-s2\.0-\d+)")),
    ("wos", re.compile(r"<Go to ISI>://(?:WOS:)?(\w+)")),  # as EndNote writes it
)
_ACCESSIONS = (
    ("wos", re.compile(r"(?:WOS|ISI):\s?(\w+)", re.I)),
    ("pmid", re.compile(r"(?:MEDLINE|PMID|PUBMED):\s?(\d{1,9})", re.I)),
    ("pmcid", re.compile(r"(PMC\d+)")),
    ("scopus", re.compile(r"(2-s2\.0-\d+)")),
    ("embase", re.compile(r"(?:EMBASE:\s?)?(L\d{6,})")),
)


def issue_date(text: str, year: str = "") -> str:
    """Return a date as journals print it in EDTF; of a span its start.

    ``year`` is the year, if it has a field of its own.

    >>> issue_date("2014//"), issue_date("24-27 Sept. 2019"), issue_date("JUL-AUG", "2006")
    ('2014', '2019-09-24', '2006-07')
    """
    text = text.replace("~", " ").strip(" \t/.,;()[]{}")[:100]
    if (whole := parse_date(text)) and not whole.startswith("XXXX"):
        return whole
    if match := _RUN_TOGETHER.fullmatch(text):
        return parse_date("-".join(match.groups()))
    known = _YEAR.search(text)
    own_year = known[0] if known else year
    if not own_year:
        return ""
    if match := _NAMED_MONTH.search(text):
        day = match["before"] or match["after"] or ""
        month = f"{match['month']} {own_year}"
        return parse_date(f"{day} {month}") or parse_date(month)
    if not known:
        return parse_date(f"{year}-{text}") or parse_date(year)
    numbers = next((m for m in _NUMBERS.finditer(text) if m["year"] == own_year), None)
    parts = [part for part in numbers.groups() if part] if numbers else []
    dates = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((date for part in dates if (date := parse_date(part))), parse_date(own_year))


def publication_date(texts: Iterable[str]) -> str:
    """Return the most precise date in ``texts`` of the first year named.

    A "2012" and a "2012/07/03" are the latter; a "2012" and an "2011/12/20" (when it was online)
    are the former; a "2012" and a "JUL 3" are one date.
    """
    given = list(texts)
    year = next((date[:4] for text in given if (date := issue_date(text))), "")
    dates = (date for text in given if (date := issue_date(text, year))[:4] == year)
    return max(dates, key=len, default="")


def abstract_of(texts: Iterable[str]) -> str:
    """Return ``texts`` joined as an abstract, or ``""`` for phrases such as "No abstract"."""
    distinct = dict.fromkeys(tidy(text) for text in texts)
    return " ".join(text for text in distinct if text and not _NO_ABSTRACT.fullmatch(text))


def doi_in(text: str, named: bool = True) -> str:
    """Return ``text`` as a DOI, or the DOI after the word "doi" or in a URL in it.

    In a field for DOIs only (``named`` false) the word is not required.
    """
    if "%2f" in text.lower():
        text = unquote(text)
    if name := doi(text.removesuffix("[doi]").strip()):
        return name
    if named:
        match = _DOI_NAMED.search(text)
        return doi(match[1]) if match else ""
    match = _DOI_ANYWHERE.search(text)
    return doi(match[0]) if match else ""


def arxiv_in(text: str) -> str:
    """Return the arXiv id after the word "arXiv", as in names of journals and notes."""
    match = _ARXIV.search(text) if len(text) <= _LONGEST_ID else None
    return arxiv_id(match[1]) if match else ""


def ids_in_addresses(addresses: Iterable[str]) -> list[tuple[str, str]]:
    """Return (scheme, value) of each id in an address of a well-known service."""
    return [
        (scheme, match[1])
        for address in addresses
        for scheme, form in _IN_ADDRESS
        if (match := form.search(address))
    ]


def accession(text: str) -> tuple[str, str]:
    """Return (scheme, value) of a database's accession number; of an unknown one, ``digest``."""
    for scheme, form in _ACCESSIONS:
        if match := form.fullmatch(text.strip()):
            return scheme, match[1]
    return "digest", text


def split_keywords(texts: Iterable[str], commas: bool = False) -> tuple[str, ...]:
    """Return keywords, apart where semicolons or, if allowed and there are none, commas are."""
    keywords: dict[str, None] = {}
    for text in texts:
        separator = ";" if ";" in text else "," if commas else "\n"
        words = (tidy(_CHIEFLY.sub("", part)) for part in text.split(separator))
        keywords.update(dict.fromkeys(word for word in words if word))
    return tuple(keywords)

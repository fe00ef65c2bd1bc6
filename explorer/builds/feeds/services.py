"""Services that publish papers, and the requests that each of them takes.

A service's pages are a generator: it yields a request, is sent the body of the response, and yields
the next one, until there are no more pages. It neither connects nor reads a clock, so that it can
be tested with recorded responses, and an interrupted run resumed from the pages that it kept.

Rules and forms are those of each service's own documentation, which is linked beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

from explorer.errors import UnusableInput


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for one page."""

    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    ending: str = ".xml"
    """Of the file that the page is kept in."""
    is_digest: bool = True
    """Whether the page has papers; others only lead to them, and are not kept."""


Pages = Generator[PageRequest, bytes, None]
"""Yields requests, is sent the body of each response."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that publishes papers."""

    prefix: str
    """Before the colon in ``arxiv:cs.CL``."""
    pages: Callable[[str, date, date], Pages]
    """Of what follows the colon, the first day and the last one wanted."""
    pause: float
    """Seconds between two requests, at least, as the service asks for."""
    example: str
    about: str
    key: str = ""
    """Name of the environment variable with a key for it, if it takes one."""
    key_header: str = ""
    contact_parameter: str = ""
    """Name of the parameter that takes the address of whoever asks, if there is one."""


class UnexpectedPage(UnusableInput):
    """A service answered with something else than its documentation says."""


_ARXIV = "https://export.arxiv.org/api/query"
_ARXIV_PAGE = 200
_PREPRINTS = "https://api.biorxiv.org/details"
_DAILY_PAPERS = "https://huggingface.co/api/daily_papers"
_EUTILITIES = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
_PUBMED_PAGE = 200
_OPENALEX = "https://api.openalex.org/works"
_CROSSREF = "https://api.crossref.org/journals"
_WORKS_PAGE = 200
_SEMANTIC_SCHOLAR = "https://api.semanticscholar.org/graph/v1/paper/search/bulk"
_SEMANTIC_SCHOLAR_FIELDS = (
    "title,abstract,authors,year,venue,externalIds,publicationDate,url,openAccessPdf"
)
_ANTHOLOGY = "https://raw.githubusercontent.com/acl-org/acl-anthology/master/data/xml"
_OPENREVIEW = "https://api2.openreview.net/notes"
_OPENREVIEW_PAGE = 1_000
_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z-]+)?")
_ISSN = re.compile(r"\d{4}-?\d{3}[\dXx]")
_EVENT = re.compile(r"([A-Za-z0-9]+)[.:-](\d{4})")


def _arxiv(query: str, since: date, until: date) -> Pages:
    """https://info.arxiv.org/help/api/user-manual.html"""
    categories = [part.strip() for part in query.split(",")]
    for category in categories:
        if not _CATEGORY.fullmatch(category):
            raise UnusableInput(f"{category!r} is no category of arXiv, such as cs.CL.")
    days = f"submittedDate:[{since:%Y%m%d}0000 TO {until:%Y%m%d}2359]"
    wanted = " OR ".join(f"cat:{category}" for category in categories)
    start = 0
    while True:
        body = yield PageRequest(
            _ARXIV,
            {
                "search_query": f"({wanted}) AND {days}",
                "sortBy": "submittedDate",
                "sortOrder": "ascending",
                "start": str(start),
                "max_results": str(_ARXIV_PAGE),
            },
        )
        root = _xml(body, "arXiv")
        total = int(root.findtext("{http://a9.com/-/spec/opensearch/1.1/}totalResults") or 0)
        start += _ARXIV_PAGE
        if start >= total:
            return


def _preprints(server: str) -> Callable[[str, date, date], Pages]:
    def pages(query: str, since: date, until: date) -> Pages:
        """https://api.biorxiv.org"""
        category = {"category": query.strip().replace(" ", "_")} if query.strip() else {}
        start = 0
        while True:
            url = f"{_PREPRINTS}/{server}/{since}/{until}/{start}/json"
            page = _json((yield PageRequest(url, category, ".json")), server)
            messages = page.get("messages") or [{}]
            count = len(page.get("collection") or ())
            start += count
            if not count or start >= int(messages[0].get("total") or 0):
                return

    return pages


def _daily_papers(query: str, since: date, until: date) -> Pages:  # noqa: ARG001
    """https://huggingface.co/docs/hub/api"""
    day = since
    while day <= until:
        yield PageRequest(_DAILY_PAPERS, {"date": f"{day}", "limit": "100"}, ".json")
        day += timedelta(days=1)


def _pubmed(query: str, since: date, until: date) -> Pages:
    """https://www.ncbi.nlm.nih.gov/books/NBK25499/"""
    body = yield PageRequest(
        f"{_EUTILITIES}/esearch.fcgi",
        {
            "db": "pubmed",
            "term": query,
            "datetype": "edat",
            "mindate": f"{since:%Y/%m/%d}",
            "maxdate": f"{until:%Y/%m/%d}",
            "usehistory": "y",
            "retmax": "0",
            "retmode": "json",
        },
        is_digest=False,
    )
    result = _json(body, "PubMed").get("esearchresult") or {}
    if problem := result.get("ERROR"):
        raise UnexpectedPage(f"PubMed does not take the query: {problem}")
    for start in range(0, int(result.get("count") or 0), _PUBMED_PAGE):
        yield PageRequest(
            f"{_EUTILITIES}/efetch.fcgi",
            {
                "db": "pubmed",
                "WebEnv": str(result.get("webenv")),
                "query_key": str(result.get("querykey")),
                "retstart": str(start),
                "retmax": str(_PUBMED_PAGE),
                "retmode": "xml",
            },
        )


def _openalex(query: str, since: date, until: date) -> Pages:
    """https://docs.openalex.org/how-to-use-the-api/get-lists-of-entities"""
    cursor: Any = "*"
    while cursor:
        body = yield PageRequest(
            _OPENALEX,
            {
                "search": query,
                "filter": f"from_publication_date:{since},to_publication_date:{until}",
                "per-page": str(_WORKS_PAGE),
                "cursor": str(cursor),
            },
            ".json",
        )
        page = _json(body, "OpenAlex")
        cursor = (page.get("meta") or {}).get("next_cursor") if page.get("results") else ""


def _crossref(query: str, since: date, until: date) -> Pages:
    """https://api.crossref.org/swagger-ui/index.html"""
    issn = query.strip()
    if not _ISSN.fullmatch(issn):
        raise UnusableInput(f"{issn!r} is no ISSN, such as 2041-1723.")
    cursor = "*"
    while cursor:
        body = yield PageRequest(
            f"{_CROSSREF}/{issn}/works",
            {
                "filter": f"from-created-date:{since},until-created-date:{until}",
                "rows": str(_WORKS_PAGE),
                "cursor": cursor,
            },
            ".json",
        )
        message = _json(body, "Crossref").get("message") or {}
        is_last = len(message.get("items") or ()) < _WORKS_PAGE
        cursor = "" if is_last else str(message.get("next-cursor") or "")


def _semantic_scholar(query: str, since: date, until: date) -> Pages:
    """https://api.semanticscholar.org/api-docs/graph"""
    token: Any = ""
    while token is not None:
        parameters = {
            "query": query,
            "fields": _SEMANTIC_SCHOLAR_FIELDS,
            "publicationDateOrYear": f"{since}:{until}",
        }
        body = yield PageRequest(
            _SEMANTIC_SCHOLAR, parameters | ({"token": str(token)} if token else {}), ".json"
        )
        token = _json(body, "Semantic Scholar").get("token")


def _anthology(query: str, since: date, until: date) -> Pages:  # noqa: ARG001
    """https://aclanthology.org/faq/api/"""
    event = _EVENT.fullmatch(query.strip())
    if not event:
        raise UnusableInput(f"{query!r} is no venue with a year, such as acl.2025.")
    yield PageRequest(f"{_ANTHOLOGY}/{event[2]}.{event[1].lower()}.xml")


def _openreview(query: str, since: date, until: date) -> Pages:  # noqa: ARG001
    """https://docs.openreview.net/reference/api-v2"""
    start = 0
    while True:
        body = yield PageRequest(
            _OPENREVIEW,
            {
                "content.venueid": query.strip(),
                "limit": str(_OPENREVIEW_PAGE),
                "offset": str(start),
            },
            ".json",
        )
        count = len(_json(body, "OpenReview").get("notes") or ())
        start += _OPENREVIEW_PAGE
        if count < _OPENREVIEW_PAGE:
            return


def address_pages(query: str, since: date, until: date) -> Pages:  # noqa: ARG001
    """Return the one page of a feed that is an address: RSS, Atom or JSON Feed."""
    yield PageRequest(query, ending=".feed")


SERVICES = {
    service.prefix: service
    for service in (
        Service(
            "arxiv", _arxiv, 3.0, "arxiv:cs.CL,cs.LG", "new submissions in categories of arXiv"
        ),
        Service("biorxiv", _preprints("biorxiv"), 1.0, "biorxiv:neuroscience", "new preprints"),
        Service("medrxiv", _preprints("medrxiv"), 1.0, "medrxiv:oncology", "new preprints"),
        Service("hf-daily", _daily_papers, 1.0, "hf-daily", "Hugging Face's daily papers"),
        Service(
            "pubmed",
            _pubmed,
            0.4,
            'pubmed:"sleep apnea"[ti]',
            "new matches of a search of PubMed",
        ),
        Service(
            "openalex",
            _openalex,
            0.2,
            "openalex:soil microbiome",
            "new matches of a search of OpenAlex",
            contact_parameter="mailto",
        ),
        Service(
            "crossref",
            _crossref,
            0.2,
            "crossref:2041-1723",
            "new articles of a journal, by its ISSN",
            contact_parameter="mailto",
        ),
        Service(
            "semantic-scholar",
            _semantic_scholar,
            1.1,
            "semantic-scholar:graph neural network",
            "new matches of a search of Semantic Scholar",
            key="SEMANTIC_SCHOLAR_KEY",
            key_header="x-api-key",
        ),
        Service("acl", _anthology, 1.0, "acl:acl.2025", "proceedings in the ACL Anthology"),
        Service(
            "openreview",
            _openreview,
            1.0,
            "openreview:ICLR.cc/2025/Conference",
            "papers of a venue on OpenReview",
        ),
    )
}
"""By their prefixes."""


def _json(body: bytes, service: str) -> dict[str, Any]:
    try:
        page = json.loads(body)
    except ValueError as error:
        raise UnexpectedPage(f"{service} answered with something else than JSON.") from error
    if not isinstance(page, dict):
        raise UnexpectedPage(f"{service} answered with JSON of another form.")
    return page


def _xml(body: bytes, service: str) -> ElementTree.Element:
    # Entities can grow without end; no service has them in its answers.
    if b"<!DOCTYPE" in body[:4096] or b"<!ENTITY" in body:
        raise UnexpectedPage(f"{service} answered with a page, not with a feed.")
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise UnexpectedPage(f"{service} answered with something else than XML.") from error

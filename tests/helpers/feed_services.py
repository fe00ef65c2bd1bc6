"""A server on this machine that answers as services of papers do, with invented papers.

Forms of requests and answers are those of the services' public documentation. Each has three
papers on two pages, or as many as fit on one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

import httpx


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; ``send`` writes the body itself, for servers that misbehave."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    send: Callable[[BaseHTTPRequestHandler], None] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    path: str
    """With the host that was meant: ``api.example.org/works``."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Its parameters."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """With capitals: ``If-None-Match``."""


Answering = Callable[[Asked], Answer]


class ToServer(httpx.BaseTransport):
    """Send each request to a port of this machine, with the host that was meant in the path."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._http = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = f"/{request.url.host}{request.url.raw_path.decode()}"
        sent = httpx.Request(
            request.method,
            f"http://127.0.0.1:{self._port}{path}",
            headers={key: value for key, value in request.headers.items() if key != "host"},
            extensions=request.extensions,
        )
        return self._http.handle_request(sent)

    def close(self) -> None:
        self._http.close()


@dataclass(slots=True)
class Serving:
    """A running server: its port, and the requests so far."""

    port: int
    requests: list[str] = field(default_factory=list)


@contextmanager
def serve(answering: Answering) -> Iterator[Serving]:
    """Serve ``answering`` on a free port of this machine."""
    serving = Serving(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            path = parts.path.lstrip("/")
            serving.requests.append(f"{path}?{parts.query}" if parts.query else path)
            headers = {name.title(): value for name, value in self.headers.items()}
            answer = answering(Asked(path, dict(parse_qsl(parts.query)), headers))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.send is not None:
                self.end_headers()
                answer.send(self)
                return
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serving.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield serving
    finally:
        server.shutdown()
        server.server_close()


TITLES = (
    "Lanterns for deep sea cartography",
    "Counting the feathers of imaginary birds",
    "A grammar of whistled recipes",
)
"""Of the three papers of each service."""
_ABSTRACT = (
    "We study a question that nobody posed before and answer it with care. "
    "Three experiments show that the answer holds for every case that we could think of."
)


def answer(asked: Asked) -> Answer:
    """Answer as the service whose host begins the path would."""
    return _SERVICES[asked.path.partition("/")[0]](asked)


def _as_json(value: object) -> Answer:
    return Answer(json.dumps(value).encode(), headers={"Content-Type": "application/json"})


def _page(start: int, size: int = 2) -> range:
    return range(min(start, len(TITLES)), min(start + size, len(TITLES)))


def _arxiv(asked: Asked) -> Answer:
    assert asked.path == "export.arxiv.org/api/query"
    assert asked.given["search_query"].startswith("(cat:cs.CL OR cat:cs.LG) AND submittedDate:[")
    start = int(asked.given["start"])
    shown = _page(0) if start == 0 else _page(2)
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/2611.0000{n + 1}v1</id>"
        f"<published>2026-11-2{n}T10:00:00Z</published><title>{TITLES[n]}</title>"
        f"<summary>{_ABSTRACT}</summary><author><name>Ada Invented</name></author>"
        f'<arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.CL"/>'
        "</entry>"
        for n in shown
    )
    return Answer(
        (
            '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
            "<title>arXiv Query: search_query=cat:cs.CL</title>"
            '<opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
            f"201</opensearch:totalResults>{entries}</feed>"
        ).encode()
    )


def _preprints(asked: Asked) -> Answer:
    start = int(asked.path.split("/")[-2])
    shown = _page(start)
    server = asked.path.split("/")[2]
    return _as_json(
        {
            "messages": [
                {"status": "ok", "cursor": start, "count": len(shown), "total": str(len(TITLES))}
            ],
            "collection": [
                {
                    "title": TITLES[n],
                    "authors": "Invented, A.; Fancied, B.",
                    "author_corresponding": "Ada Invented",
                    "doi": f"10.1101/2026.11.20.00000{n}",
                    "date": f"2026-11-2{n}",
                    "version": "1",
                    "category": "neuroscience",
                    "abstract": _ABSTRACT,
                    "published": "NA",
                    "server": server,
                }
                for n in shown
            ],
        }
    )


def _daily(asked: Asked) -> Answer:
    day = int(asked.given["date"][-2:]) % 3
    return _as_json(
        [
            {
                "paper": {
                    "id": f"2611.1000{day}",
                    "authors": [{"name": "Ada Invented"}],
                    "publishedAt": f"{asked.given['date']}T08:00:00.000Z",
                    "title": TITLES[day],
                    "summary": _ABSTRACT,
                    "upvotes": 3,
                },
                "publishedAt": f"{asked.given['date']}T08:00:00.000Z",
                "title": TITLES[day],
                "summary": _ABSTRACT,
            }
        ]
    )


def _pubmed(asked: Asked) -> Answer:
    if asked.path.endswith("esearch.fcgi"):
        assert asked.given["term"] == '"sleep apnea"[ti]'
        return _as_json(
            {"esearchresult": {"count": "201", "querykey": "1", "webenv": "MCID_x", "idlist": []}}
        )
    shown = _page(0) if asked.given["retstart"] == "0" else _page(2)
    articles = "".join(
        f'<PubmedArticle><MedlineCitation><PMID Version="1">9000000{n}</PMID>'
        f"<Article><Journal><Title>Journal of Inventions</Title></Journal>"
        f"<ArticleTitle>{TITLES[n]}.</ArticleTitle><Abstract><AbstractText>{_ABSTRACT}"
        "</AbstractText></Abstract><AuthorList><Author><LastName>Invented</LastName>"
        "<ForeName>Ada</ForeName></Author></AuthorList></Article></MedlineCitation>"
        "</PubmedArticle>"
        for n in shown
    )
    return Answer(
        (
            '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, '
            '1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
            f"<PubmedArticleSet>{articles}</PubmedArticleSet>"
        ).encode()
    )


def _inverted(text: str) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(text.split()):
        places.setdefault(word, []).append(place)
    return places


def _openalex(asked: Asked) -> Answer:
    cursor = asked.given["cursor"]
    shown = {"*": _page(0), "second": _page(2), "third": range(0)}[cursor]
    return _as_json(
        {
            "meta": {
                "count": 3,
                "per_page": 200,
                "next_cursor": {"*": "second", "second": "third", "third": None}[cursor],
            },
            "results": [
                {
                    "id": f"https://openalex.org/W400000000{n}",
                    "doi": f"https://doi.org/10.5555/openalex.{n}",
                    "display_name": TITLES[n],
                    "title": TITLES[n],
                    "publication_date": f"2026-11-2{n}",
                    "type": "article",
                    "authorships": [{"author": {"display_name": "Ada Invented"}}],
                    "abstract_inverted_index": _inverted(_ABSTRACT),
                }
                for n in shown
            ],
        }
    )


def _crossref(asked: Asked) -> Answer:
    assert asked.path == "api.crossref.org/journals/2041-1723/works"
    return _as_json(
        {
            "status": "ok",
            "message-type": "work-list",
            "message": {
                "total-results": 3,
                "next-cursor": "more",
                "items": [
                    {
                        "DOI": f"10.5555/crossref.{n}",
                        "type": "journal-article",
                        "title": [TITLES[n]],
                        "container-title": ["Invented Communications"],
                        "abstract": f"<jats:p>{_ABSTRACT}</jats:p>",
                        "author": [{"given": "Ada", "family": "Invented"}],
                        "issued": {"date-parts": [[2026, 11, 20 + n]]},
                    }
                    for n in range(3)
                ],
            },
        }
    )


def _semantic_scholar(asked: Asked) -> Answer:
    is_second = asked.given.get("token") == "second"
    return _as_json(
        {
            "total": 3,
            "token": None if is_second else "second",
            "data": [
                {
                    "paperId": f"{n:040x}",
                    "externalIds": {"DOI": f"10.5555/s2.{n}"},
                    "title": TITLES[n],
                    "abstract": _ABSTRACT,
                    "year": 2026,
                    "venue": "Invented Meeting",
                    "publicationDate": f"2026-11-2{n}",
                    "authors": [{"authorId": "1", "name": "Ada Invented"}],
                }
                for n in (_page(2) if is_second else _page(0))
            ],
        }
    )


def _anthology(asked: Asked) -> Answer:
    assert asked.path.endswith("data/xml/2025.acl.xml")
    papers = "".join(
        f'<paper id="{n + 1}"><title>{TITLES[n]}</title><author><first>Ada</first>'
        f"<last>Invented</last></author><abstract>{_ABSTRACT}</abstract>"
        f"<url>2025.acl-long.{n + 1}</url></paper>"
        for n in range(3)
    )
    return Answer(
        (
            '<?xml version="1.0" encoding="UTF-8"?><collection id="2025.acl">'
            '<volume id="long"><meta><booktitle>Proceedings of an invented meeting</booktitle>'
            f"<year>2025</year></meta>{papers}</volume></collection>"
        ).encode()
    )


def _openreview(asked: Asked) -> Answer:
    assert asked.given["content.venueid"] == "ICLR.cc/2025/Conference"
    return _as_json(
        {
            "notes": [
                {
                    "id": f"Invented{n}",
                    "forum": f"Invented{n}",
                    "cdate": 1_795_000_000_000 + n,
                    "content": {
                        "title": {"value": TITLES[n]},
                        "abstract": {"value": _ABSTRACT},
                        "authors": {"value": ["Ada Invented"]},
                        "venue": {"value": "ICLR 2025 Poster"},
                        "venueid": {"value": "ICLR.cc/2025/Conference"},
                    },
                }
                for n in range(3)
            ],
            "count": 3,
        }
    )


def _rss(asked: Asked) -> Answer:
    if asked.headers.get("If-None-Match") == '"first"':
        return Answer(status=304)
    items = "".join(
        f"<item><title>{escape(title)}</title><link>https://journal.example.org/{n}</link>"
        f"<description>{_ABSTRACT}</description>"
        f"<pubDate>Fri, 2{n} Nov 2026 08:00:00 GMT</pubDate></item>"
        for n, title in enumerate(TITLES)
    )
    return Answer(
        (
            '<?xml version="1.0"?><rss version="2.0"><channel><title>Journal of Inventions</title>'
            f"<link>https://journal.example.org</link>{items}</channel></rss>"
        ).encode(),
        headers={"ETag": '"first"', "Content-Type": "application/rss+xml"},
    )


def _json_feed(_asked: Asked) -> Answer:
    return _as_json(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Journal of Inventions",
            "items": [
                {
                    "id": f"https://blog.example.org/{n}",
                    "url": f"https://blog.example.org/{n}",
                    "title": TITLES[n],
                    "content_text": _ABSTRACT,
                    "date_published": f"2026-11-2{n}T08:00:00Z",
                    "authors": [{"name": "Ada Invented"}],
                }
                for n in range(3)
            ],
        }
    )


_SERVICES: dict[str, Answering] = {
    "export.arxiv.org": _arxiv,
    "api.biorxiv.org": _preprints,
    "huggingface.co": _daily,
    "eutils.ncbi.nlm.nih.gov": _pubmed,
    "api.openalex.org": _openalex,
    "api.crossref.org": _crossref,
    "api.semanticscholar.org": _semantic_scholar,
    "raw.githubusercontent.com": _anthology,
    "api2.openreview.net": _openreview,
    "journal.example.org": _rss,
    "blog.example.org": _json_feed,
}

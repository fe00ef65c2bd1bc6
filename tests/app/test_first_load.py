"""First load: what is sent compressed, what the document holds, and what stays as it is."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.app import texts
from explorer.app.first_load import FirstLoad, complete_document

_SCRIPT = b"const words = 1; " * 500
_IMMUTABLE = {"Cache-Control": "public, immutable, max-age=31536000", "ETag": '"one"'}
_DOCUMENT = Path(streamlit.__file__).parent / "static" / "index.html"


@pytest.fixture
def client() -> TestClient:
    def script(_request: object) -> Response:
        return Response(_SCRIPT, media_type="application/javascript", headers=_IMMUTABLE)

    def changing_script(_request: object) -> Response:
        return Response(_SCRIPT, media_type="application/javascript")

    def font(_request: object) -> Response:
        return Response(_SCRIPT, media_type="font/woff2", headers=_IMMUTABLE)

    def document(_request: object) -> Response:
        return HTMLResponse(_DOCUMENT.read_text(encoding="utf-8"), headers={"ETag": '"two"'})

    def refusal(_request: object) -> Response:
        return PlainTextResponse("No.", 403)

    views = (script, changing_script, font, document, refusal)
    routes = [Route(f"/{view.__name__}", view) for view in views]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(FirstLoad)]))


def test_scripts_that_never_change_are_sent_compressed(client: TestClient) -> None:
    for _ in range(2):
        with client.stream("GET", "/script") as reply:
            raw = b"".join(reply.iter_raw())
        assert reply.headers["content-encoding"] == "gzip"
        assert reply.headers["content-length"] == str(len(raw))
        assert reply.headers["vary"] == "Accept-Encoding"
        assert reply.headers["cache-control"] == _IMMUTABLE["Cache-Control"]
        assert gzip.decompress(raw) == _SCRIPT
        assert len(raw) < len(_SCRIPT) / 10


@pytest.mark.parametrize("path", ["/changing_script", "/font"])
def test_other_files_are_sent_as_they_are(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert "content-encoding" not in reply.headers
    assert reply.content == _SCRIPT


def test_a_browser_that_reads_no_gzip_gets_the_script_as_it_is(client: TestClient) -> None:
    reply = client.get("/script", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in reply.headers
    assert reply.content == _SCRIPT


def test_the_document_is_complete_and_never_taken_for_the_file_on_disk(client: TestClient) -> None:
    reply = client.get("/document")
    assert reply.text == complete_document(_DOCUMENT.read_text(encoding="utf-8"))
    assert "etag" not in reply.headers
    assert reply.headers["content-length"] == str(len(reply.content))


def test_a_refusal_passes(client: TestClient) -> None:
    reply = client.get("/refusal")
    assert (reply.status_code, reply.text) == (403, "No.")


def test_the_document_begins_with_the_title_and_ends_with_the_style() -> None:
    document = complete_document(_DOCUMENT.read_text(encoding="utf-8"))
    assert f"<title>{texts.TITLE}</title>" in document
    assert f"<h1>{texts.TITLE}</h1>" in document
    assert "SourceSansVF" not in document
    assert document.count("<link") == _DOCUMENT.read_text(encoding="utf-8").count("<link") - 1
    assert ".st-key-list" in document.partition("</head>")[2]

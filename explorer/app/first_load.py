"""First load of the page: its style from the start, and scripts that are small on the line.

Streamlit sends its scripts as they lie on disk, and the page's style with the page once that is
drawn. On a slow line that is a white page for long, and then one whose parts move.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from html import escape
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.app import texts

_SCRIPTS = ("application/javascript", "text/javascript", "text/css")
_SMALLEST = 1_000
"""Bytes; a smaller file is one packet either way."""
_FONT_LINK = re.compile(r"<link\b[^>]*SourceSansVF[^>]*>")
"""The request for Streamlit's own font, which the page does not use."""


class FirstLoad:
    """ASGI middleware: compresses scripts, once each, and completes the page's document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed: dict[tuple[str, str], bytes] = {}
        """Scripts by file name and ETag, which names time and size of the file."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        accepted = Headers(scope=scope).get("accept-encoding", "")
        response = _Response(send, compress="gzip" in accepted)
        await self._app(scope, receive, response.send)
        if response.start is None:
            return
        headers = MutableHeaders(scope=response.start)
        if response.is_document:
            body = complete_document(response.body.decode()).encode()
            # It differs from the file that these two describe.
            del headers["etag"], headers["last-modified"]
        else:
            name = scope["path"].rpartition("/")[2]
            body = await self._gzipped((name, headers.get("etag", "")), response.body)
            headers["content-encoding"] = "gzip"
            headers.add_vary_header("Accept-Encoding")
        headers["content-length"] = str(len(body))
        await send(response.start)
        await send({"type": "http.response.body", "body": body})

    async def _gzipped(self, key: tuple[str, str], content: bytes) -> bytes:
        if key not in self._compressed:
            self._compressed[key] = await to_thread.run_sync(gzip.compress, content)
        return self._compressed[key]


class _Response:
    """A response that is passed on as it is, or held back where it is to be altered."""

    def __init__(self, send: Send, *, compress: bool) -> None:
        self._send = send
        self._compress = compress
        self.start: Message | None = None
        """Status and headers of a response that is held back."""
        self.is_document = False
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_altered(message):
            self.start = message
        elif self.start is not None:
            self.body += message.get("body", b"")
        else:
            await self._send(message)

    def _is_altered(self, start: Message) -> bool:
        headers = Headers(scope=start)
        kind = headers.get("content-type", "").partition(";")[0]
        self.is_document = kind == "text/html"
        if start["status"] != 200 or "content-encoding" in headers:
            return False
        # Only what never changes is worth keeping compressed.
        is_script = kind in _SCRIPTS and "immutable" in headers.get("cache-control", "")
        is_large = int(headers.get("content-length", 0)) >= _SMALLEST
        return self.is_document or (self._compress and is_script and is_large)


@cache
def complete_document(document: str) -> str:
    """Return Streamlit's document with the page's title, style and first words.

    The style comes last, so that it outweighs Streamlit's own; what stands in the root element is
    replaced when the page is drawn.
    """
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    title = escape(texts.TITLE)
    words = f'<div class="first-words"><h1>{title}</h1><p>{escape(texts.LOADING)}</p></div>'
    return (
        _FONT_LINK.sub("", document)
        .replace("<title>Streamlit</title>", f"<title>{title}</title>")
        .replace('<div id="root"></div>', f'<div id="root">{words}</div>')
        .replace("</body>", f"<style>{style}</style></body>")
    )

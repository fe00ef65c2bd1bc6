"""A server on this machine that speaks the part of Zotero's API that a push uses.

Its forms follow the public documentation of version 3: objects with a version, writes that are
refused with 412 where the version is another, and the key in a header. As a Zotero on this machine
does, it takes writes only with the id of the server that its answers carry.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

API_KEY = "secret-of-the-test"
SERVER_ID = "server-of-the-test"


@dataclass
class ZoteroApi:
    """The content of the library ``users/1``, and the writes so far."""

    items: dict[str, dict[str, Any]]
    collections: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: int = 10
    writes: list[str] = field(default_factory=list)
    conflicts: int = 0
    """Number of coming writes to items before which something else changes the item."""
    reply: tuple[int, bytes] | None = None
    """Status and body of every answer, in place of the right ones."""
    address: str = ""

    def answer(self, method: str, path: str, body: Any, since: str) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        parts = urlsplit(path)
        names = parts.path.strip("/").split("/")[2:]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if method == "GET":
            return 200, self._listed(names, query)
        self.writes.append(f"{method} {'/'.join(names)}")
        if method == "POST":
            where = self.items if names == ["items"] else self.collections
            made = [self._made(where, one) for one in body]
            return 200, {"successful": {str(i): one for i, one in enumerate(made)}, "failed": {}}
        item = self.items[names[1]]
        if self.conflicts:
            self.conflicts -= 1
            self.version += 1
            tags = [*item["tags"], {"tag": f"by another {self.version}"}]
            item.update(version=self.version, tags=tags)
        if since != str(item["version"]):
            return 412, {}
        self.version += 1
        item.update(body | {"version": self.version})
        return 204, None

    def _made(self, where: dict[str, dict[str, Any]], data: dict[str, Any]) -> dict[str, Any]:
        """Keep a new object and return it as the server does."""
        self.version += 1
        key = f"NEW{len(self.items) + len(self.collections):05}"
        where[key] = data | {"key": key, "version": self.version}
        return {"key": key, "version": self.version, "data": where[key]}

    def _listed(self, names: list[str], query: dict[str, str]) -> list[dict[str, Any]]:
        if names == ["collections"]:
            objects = list(self.collections.values())
        elif names == ["items"]:
            wanted = query["itemKey"].split(",")
            objects = [one for key, one in self.items.items() if key in wanted]
        else:
            objects = [one for one in self.items.values() if one.get("parentItem") == names[1]]
        start, limit = int(query["start"]), int(query["limit"])
        return [
            {"key": one["key"], "version": one["version"], "data": one}
            for one in objects[start : start + limit]
        ]


@contextmanager
def serve_zotero(api: ZoteroApi) -> Iterator[ZoteroApi]:
    """Serve ``api`` on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status: int
            content: Any
            status, content = 403, "Forbidden"
            if self.headers.get("Zotero-API-Key") == API_KEY:
                since = self.headers.get("If-Unmodified-Since-Version", "")
                if self.command == "GET" or self.headers.get("Zotero-Server-ID") == SERVER_ID:
                    status, content = api.answer(self.command, self.path, body, since)
                else:
                    status, content = 428, "Precondition Required"
            sent = b"" if content is None else json.dumps(content).encode()
            status, sent = api.reply or (status, sent)
            self.send_response(status)
            self.send_header("Zotero-Server-ID", SERVER_ID)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def do_POST(self) -> None:
            self.do_GET()

        def do_PATCH(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()

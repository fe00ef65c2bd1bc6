"""An OpenAI-compatible server on loopback that answers as a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

Reply = tuple[int, dict[str, str], bytes]
"""Status, headers and body of an answer."""


@dataclass
class ChatServer:
    """The server, what it received, and how it answers."""

    url: str = ""
    reply: Callable[[dict[str, Any]], Reply] = lambda _: completion("")
    """Makes the answer to the body of a request; a test may replace it."""
    received: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    """Path, headers and body of each request."""
    stopped: Event = field(default_factory=Event)
    """Set when the test is over; a reply that waits ends then."""

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2].partition("/")[0])


def completion(content: str) -> Reply:
    """Return the answer of a server whose model writes ``content``."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}}
    return 200, {}, json.dumps({"object": "chat.completion", "choices": [choice]}).encode()


def papers_in(body: dict[str, Any]) -> list[str]:
    """Return the titles in a request."""
    *texts, _ = body["messages"][1]["content"].split("\n\n")
    return [text.partition("] ")[2].partition("\n")[0] for text in texts]


def good_answer(body: dict[str, Any]) -> Reply:
    """Answer with a name of the first title's words, and its first paper's sentence."""
    first = body["messages"][1]["content"].split("\n\n")[0].partition("\n")[2]
    name = " ".join(["About", *papers_in(body)[0].split()[:6]])
    sentences = [
        {"sentence": first.partition(". ")[0] + ".", "papers": [1]},
        {"sentence": "They answer every question there is.", "papers": []},
    ]
    return completion(json.dumps({"name": name.replace(":", ""), "summary": sentences}))


@contextmanager
def chat_server(reply: Callable[[dict[str, Any]], Reply] = good_answer) -> Iterator[ChatServer]:
    """Serve on a free port of loopback."""
    state, lock = ChatServer(reply=reply), Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                state.received.append((self.path, dict(self.headers.items()), body))
                status, headers, content = state.reply(body)
            try:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                return  # the client gave up

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""A mailbox folder on this machine: as much of IMAP4rev1 (RFC 3501) as reading one takes."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

PASSWORD = "a secret"
FOLDER = "Alerts"


class Mailbox:
    """Messages by their UIDs, from 1, and the commands that were given."""

    def __init__(self, messages: Sequence[bytes]) -> None:
        self.messages = list(messages)
        self.validity = 7
        self.commands: list[str] = []
        self.port = 0


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        box = self.server.box
        self._send("* OK ready")
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            box.commands.append(command)
            name = command.upper()
            if name.startswith("CAPABILITY"):
                self._send("* CAPABILITY IMAP4rev1")
            elif name.startswith("LOGIN"):
                if PASSWORD not in command:
                    self._send(f"{tag} NO [AUTHENTICATIONFAILED] wrong password")
                    continue
            elif name.startswith("EXAMINE"):
                if FOLDER not in command:
                    self._send(f"{tag} NO no such folder")
                    continue
                self._send(f"* {len(box.messages)} EXISTS")
                self._send(f"* OK [UIDVALIDITY {box.validity}] valid")
            elif name.startswith("UID SEARCH"):
                after = re.search(r"UID (\d+):\*", command)
                last = len(box.messages)
                # "n:*" always holds the last message, also where that is before n.
                first = min(int(after[1]), last) if after else 1
                numbers = range(first, last + 1) if last else range(0)
                self._send(f"* SEARCH {' '.join(map(str, numbers))}".rstrip())
            elif name.startswith("UID FETCH"):
                number = int(command.split()[2])
                content = box.messages[number - 1]
                if "RFC822.SIZE" in name:
                    self._send(f"* {number} FETCH (UID {number} RFC822.SIZE {len(content)})")
                else:
                    self._send(f"* {number} FETCH (UID {number} BODY[] {{{len(content)}}}")
                    self.wfile.write(content)
                    self._send(")")
            elif name.startswith("LOGOUT"):
                self._send("* BYE")
                self._send(f"{tag} OK done")
                return
            self._send(f"{tag} OK done")

    def _send(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, box: Mailbox) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.box = box


@contextmanager
def serve_mailbox(messages: Sequence[bytes]) -> Iterator[Mailbox]:
    """Serve ``messages`` in the folder ``Alerts`` on a free port, without TLS."""
    box = Mailbox(messages)
    with _Server(box) as server:
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield box
        server.shutdown()

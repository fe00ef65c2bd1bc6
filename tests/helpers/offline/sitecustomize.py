"""Refuse whatever leaves this machine, and record it; Python imports this before the program.

Each attempt is a line in the file ``$REFUSED``. This sees what Python's sockets do;
``refuse.c`` also what libraries in other languages do.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_SENDS = ("socket.connect", "socket.sendto", "socket.sendmsg")


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(name))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _LOOKUPS:
        target = arguments[0]
    elif event in _SENDS and isinstance(arguments[1], tuple):
        target = arguments[1][0]
    else:
        return
    if not _is_local(target):
        with Path(os.environ["REFUSED"]).open("a", encoding="utf-8") as file:
            file.write(f"{event} {target}\n")
        raise OSError(f"refused: {event} {target}")


sys.addaudithook(_refuse)

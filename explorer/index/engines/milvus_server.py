"""A connection to a Milvus server: where it is, who asks, how long to wait, what went wrong.

Credentials come from the environment and stay there: none is written to disk or into a message.

=========================  ==========================================================
``EXPLORER_ENGINE_URI``    where the server is, in place of what the library remembers
``EXPLORER_MILVUS_TOKEN``  ``user:password``, or an API key
``EXPLORER_MILVUS_CA``     certificates (PEM) to trust instead of the well-known ones
``EXPLORER_MILVUS_CERT``,  certificate and key (PEM) to show the server, where it asks
``EXPLORER_MILVUS_KEY``    for them; the CA must be given too
=========================  ==========================================================
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from explorer.errors import EngineError, EngineLost, UnusableInput, installing

LOOPBACK = "http://127.0.0.1:19530"
_PATIENCE = 30.0
"""Seconds for which a call is tried again and again; a server is back up within them."""
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 3.0
_CONNECT = 5.0
_NOT_FOUND = 100
_NOT_LOADED = 101
_AUTH_FAILED = 1800

T = TypeVar("T")


def checked_uri(uri: str) -> str:
    """Return ``uri`` if it can be the address of a server.

    Raises:
        UnusableInput: it is none, or holds credentials.
    """
    parts = urlsplit(uri)
    if parts.username or parts.password:
        raise UnusableInput(
            "The engine's URI holds credentials, which would end up on disk. Leave them out and "
            "set EXPLORER_MILVUS_TOKEN=user:password."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnusableInput(
            f"{uri!r} is no address of a Milvus server. It looks like {LOOPBACK} or "
            "https://milvus.example.org:19530."
        )
    return uri


class Server:
    """The server at ``uri``; it is connected to at the first call."""

    def __init__(self, uri: str) -> None:
        self.uri = checked_uri(uri)
        self._client: Any = None
        self._connecting = threading.Lock()

    def ask(self, call: Callable[[Any], T], collection: str = "") -> T:
        """Return what ``call`` returns for a ``pymilvus.MilvusClient``.

        It is called again, with growing pauses, while the server cannot be reached or is still
        starting; so it must be something that may be done twice.

        Args:
            collection: what the call is about, to load it where a restarted server has not.

        Raises:
            EngineError: no success in time, or wrong credentials.
            EngineLost: the collection is gone.
        """
        try:
            import grpc
            from pymilvus import MilvusException
        except ImportError:
            raise EngineError(
                f"The milvus engine needs pymilvus: {installing('milvus')}."
            ) from None
        until = time.monotonic() + _PATIENCE
        pause = _FIRST_PAUSE
        while True:
            try:
                return call(self._connected())
            except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError) as error:
                told = self._no_use_to_retry(error, collection)
                if not told and time.monotonic() + pause > until:
                    told = self._out_of_patience(error)
                load = _code(error) == _NOT_LOADED and collection
                lost = _NOT_FOUND in map(_code, _causes(error))
            if told:
                # Not chained: what the client was called with is no matter for a log.
                raise EngineLost(told) if lost else EngineError(told)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            if load:
                with suppress(MilvusException, grpc.RpcError, grpc.FutureTimeoutError):
                    self._connected().load_collection(collection, timeout=_PATIENCE)
            else:
                self.close()

    def close(self) -> None:
        """Let go of the connection; the next call makes another."""
        with self._connecting:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> Any:
        from pymilvus import MilvusClient

        # It logs each failed try with a traceback; what matters of them is in our own errors.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        with self._connecting:
            if self._client is None:
                # Not shared with other clients of this process: it is closed when it fails.
                self._client = MilvusClient(
                    self.uri, timeout=_CONNECT, dedicated=True, **_credentials(self.uri)
                )
            return self._client

    def _no_use_to_retry(self, error: Exception, collection: str) -> str:
        """Return what to tell of an error that time does not heal; empty for the others."""
        codes = {_code(cause) for cause in _causes(error)}
        if codes & {_AUTH_FAILED, "UNAUTHENTICATED", "PERMISSION_DENIED"}:
            return (
                f"The Milvus server at {self.uri} does not accept the credentials. Set "
                "EXPLORER_MILVUS_TOKEN=user:password (or an API key) to those it knows."
            )
        if _NOT_FOUND in codes:
            return (
                f"The Milvus server at {self.uri} has no collection {collection!r} any more. "
                "Go back with `explorer rollback`, or build anew with `explorer build --full`; "
                "the papers and their vectors are still in the library."
            )
        return ""

    def _out_of_patience(self, error: Exception) -> str:
        names = {str(_code(cause)) for cause in _causes(error)}
        if names & {"2", "UNAVAILABLE", "DEADLINE_EXCEEDED", "None"}:
            return (
                f"The Milvus server at {self.uri} cannot be reached (tried for {_PATIENCE:.0f} s). "
                "Start it, or say where it is with --engine-uri or EXPLORER_ENGINE_URI; for https, "
                "EXPLORER_MILVUS_CA names the certificates to trust."
            )
        reason = str(getattr(error, "message", error))[:300]
        return (
            f"The Milvus server at {self.uri} refuses (tried for {_PATIENCE:.0f} s): {reason}. "
            "Look into the server's log, then do the same again."
        )


def _credentials(uri: str) -> dict[str, Any]:
    told: dict[str, Any] = {"token": os.environ.get("EXPLORER_MILVUS_TOKEN", "")}
    if not uri.startswith("https:"):
        return told
    told["secure"] = True
    ca, cert, key = (_file(f"EXPLORER_MILVUS_{part}") for part in ("CA", "CERT", "KEY"))
    if cert or key:
        if not (ca and cert and key):
            raise UnusableInput(
                "A certificate to show the server takes three files: set EXPLORER_MILVUS_CA, "
                "EXPLORER_MILVUS_CERT and EXPLORER_MILVUS_KEY."
            )
        return told | {"ca_pem_path": ca, "client_pem_path": cert, "client_key_path": key}
    return told | ({"server_pem_path": ca} if ca else {})


def _file(variable: str) -> str:
    path = os.environ.get(variable, "")
    if path and not Path(path).is_file():
        raise UnusableInput(f"{path}: no such file. {variable} names it; correct it or unset it.")
    return path


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:  # pymilvus raises errors from themselves
        yield error
        seen.append(error)
        error = error.__cause__ or error.__context__


def _code(error: BaseException) -> int | str | None:
    """Return the code of an error, Milvus's number or gRPC's name."""
    code = getattr(error, "code", None)
    code = code() if callable(code) else code
    return code if isinstance(code, int) else getattr(code, "name", None)

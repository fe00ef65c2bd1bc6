"""Connection to a Milvus server: address, credentials, retries, errors.

Credentials come from the environment and stay there: none is written to disk or into a message.

=========================  ==========================================================
``EXPLORER_ENGINE_URI``    address of the server, instead of the one stored in the library
``EXPLORER_MILVUS_TOKEN``  ``user:password``, or an API key
``EXPLORER_MILVUS_CA``     certificates (PEM) to trust instead of the well-known ones
``EXPLORER_MILVUS_CERT``,  client certificate and key (PEM), if the server requires them;
``EXPLORER_MILVUS_KEY``    the CA must be given too
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
_RETRY_SECONDS = 30.0
"""Time for retries of a call; a server restarts within it."""
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 3.0
_CONNECT_TIMEOUT = 5.0
_NO_COLLECTION = 100
_NOT_LOADED = 101
_AUTH_FAILED = 1800

T = TypeVar("T")


def checked_uri(uri: str) -> str:
    """Return ``uri`` if it is a valid address of a server.

    Raises:
        UnusableInput: not an address, or one with credentials.
    """
    parts = urlsplit(uri)
    if parts.username or parts.password:
        raise UnusableInput(
            "The engine's URI contains credentials, which would end up on disk. Leave them out and "
            "set EXPLORER_MILVUS_TOKEN=user:password."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnusableInput(
            f"{uri!r} is not the address of a Milvus server. Use one like {LOOPBACK} or "
            "https://milvus.example.org:19530."
        )
    return uri


class Server:
    """The server at ``uri``, connected to at the first call."""

    def __init__(self, uri: str) -> None:
        self.uri = checked_uri(uri)
        self._client: Any = None
        self._connecting = threading.Lock()

    def call(self, function: Callable[[Any], T], collection: str = "") -> T:
        """Return the result of ``function`` for a ``pymilvus.MilvusClient``.

        The call is repeated, with growing pauses, while the server cannot be reached or is still
        starting; so repeating it must do no harm.

        Args:
            function: the call.
            collection: collection it uses, to be loaded if a restarted server has not done so.

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
        until = time.monotonic() + _RETRY_SECONDS
        pause = _FIRST_PAUSE
        while True:
            try:
                return function(self._connected())
            except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError) as error:
                message = self._permanent_failure(error, collection)
                if not message and time.monotonic() + pause > until:
                    message = self._retries_exhausted(error)
                load = _code(error) == _NOT_LOADED and collection
                lost = _NO_COLLECTION in map(_code, _causes(error))
            if message:
                # Not chained: the arguments of the client do not belong in a log.
                raise EngineLost(message) if lost else EngineError(message)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            if load:
                with suppress(MilvusException, grpc.RpcError, grpc.FutureTimeoutError):
                    self._connected().load_collection(collection, timeout=_RETRY_SECONDS)
            else:
                self.close()

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._connecting:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> Any:
        from pymilvus import MilvusClient

        # It logs each failed attempt with a traceback; our own errors are enough.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        with self._connecting:
            if self._client is None:
                # Not shared with other clients of this process: it is closed when it fails.
                self._client = MilvusClient(
                    self.uri, timeout=_CONNECT_TIMEOUT, dedicated=True, **_credentials(self.uri)
                )
            return self._client

    def _permanent_failure(self, error: Exception, collection: str) -> str:
        """Return the message for an error that retries cannot solve; empty for the others."""
        codes = {_code(cause) for cause in _causes(error)}
        if codes & {_AUTH_FAILED, "UNAUTHENTICATED", "PERMISSION_DENIED"}:
            return (
                f"The Milvus server at {self.uri} does not accept the credentials. Set "
                "EXPLORER_MILVUS_TOKEN=user:password (or an API key) to valid ones."
            )
        if _NO_COLLECTION in codes:
            return (
                f"The Milvus server at {self.uri} no longer has the collection {collection!r}. "
                "Go back with `explorer rollback`, or rebuild it with `explorer build --full`; "
                "the papers and their vectors are still in the library."
            )
        return ""

    def _retries_exhausted(self, error: Exception) -> str:
        names = {str(_code(cause)) for cause in _causes(error)}
        if names & {"2", "UNAVAILABLE", "DEADLINE_EXCEEDED", "None"}:
            return (
                f"The Milvus server at {self.uri} cannot be reached (tried for "
                f"{_RETRY_SECONDS:.0f} s). "
                "Start it, or set its address with --engine-uri or EXPLORER_ENGINE_URI; for https, "
                "EXPLORER_MILVUS_CA names the certificates to trust."
            )
        reason = str(getattr(error, "message", error))[:300]
        return (
            f"The Milvus server at {self.uri} refuses (tried for {_RETRY_SECONDS:.0f} s): "
            f"{reason}. Check the server's log, then try again."
        )


def _credentials(uri: str) -> dict[str, Any]:
    credentials: dict[str, Any] = {"token": os.environ.get("EXPLORER_MILVUS_TOKEN", "")}
    if not uri.startswith("https:"):
        return credentials
    credentials["secure"] = True
    ca, cert, key = (_file(f"EXPLORER_MILVUS_{part}") for part in ("CA", "CERT", "KEY"))
    if cert or key:
        if not (ca and cert and key):
            raise UnusableInput(
                "A client certificate needs three files: set EXPLORER_MILVUS_CA, "
                "EXPLORER_MILVUS_CERT and EXPLORER_MILVUS_KEY."
            )
        return credentials | {"ca_pem_path": ca, "client_pem_path": cert, "client_key_path": key}
    return credentials | ({"server_pem_path": ca} if ca else {})


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
    """Return the code of an error: Milvus's number or gRPC's name."""
    code = getattr(error, "code", None)
    code = code() if callable(code) else code
    return code if isinstance(code, int) else getattr(code, "name", None)

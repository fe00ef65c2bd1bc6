"""Uploads are accepted only from visitors who may change the library, and within limits.

Streamlit keeps what is sent to its upload address in memory, whether or not the page shows an
upload box to that visitor. :class:`UploadGuard` refuses it before the body is read, unless the page
has called :func:`admit` for the session, and counts the bytes of each session and of all while they
arrive.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import TYPE_CHECKING, cast

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.settings import UploadLimits

if TYPE_CHECKING:
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

_ADDRESS = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/(?P<file>[^/]+)/?")
_SAFE = ("GET", "HEAD", "OPTIONS", "DELETE")
_RECORD = 4096
"""Bytes that a file counts in addition to its content, so that empty files are limited too."""
_REFUSED = "This page accepts no files from you.\n"
_admitted: set[str] = set()


def admit() -> None:
    """Accept uploads of the current visitor, who may change the library."""
    if context := get_script_run_ctx():
        _admitted.add(context.session_id)


def dismiss() -> None:
    """Accept no uploads of the current visitor."""
    if context := get_script_run_ctx():
        _admitted.discard(context.session_id)


def free_uploads() -> None:
    """Free the files of the current visitor, once they are added."""
    context = get_script_run_ctx()
    if context and Runtime.exists():
        _files(get_instance()).remove_session_files(context.session_id)


class UploadGuard:
    """ASGI middleware in front of Streamlit's address for uploads, and of its WebSocket.

    A message of the browser is limited as well, since Streamlit keeps what controls of the page are
    set to.
    """

    def __init__(self, app: ASGIApp, limits: UploadLimits | None = None) -> None:
        self._app = app
        self._limits = limits or UploadLimits()
        self._arriving: Counter[str] = Counter()
        """Bytes of uploads under way, by session."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            try:
                await self._app(scope, _limited_messages(receive, self._limits.message_bytes), send)
            finally:
                self._free_later()
            return
        address = _ADDRESS.search(scope["path"]) if scope["type"] == "http" else None
        if address is None or scope["method"] in _SAFE:
            await self._app(scope, receive, send)
            return
        session = address["session"]
        if not _may_upload(session):
            await PlainTextResponse(_REFUSED, 403, {"Connection": "close"})(scope, receive, send)
            return
        limited = _Limited(self, session, receive)
        try:
            await self._app(scope, limited.receive, send)
        finally:
            self._count(session, -limited.received)
            _drop_if_ended(session, address["file"])

    def _free_later(self) -> None:
        """Free the files of sessions that have no connection, unless they reconnect.

        Streamlit frees them when the next visitor comes.
        """
        if Runtime.exists():
            storage = _files(get_instance()).file_storage
            left = [session for session in list(storage) if not _is_active(session)]
            if left:
                loop = asyncio.get_running_loop()
                loop.call_later(self._limits.kept_seconds, _free_inactive, left)

    def _count(self, session: str, size: int) -> None:
        self._arriving[session] += size
        if not self._arriving[session]:
            del self._arriving[session]

    def take(self, session: str, size: int) -> None:
        """Count ``size`` bytes more of a session's uploads.

        Raises:
            HTTPException: they exceed a limit.
        """
        self._count(session, size)
        limits, kept = self._limits, _kept(get_instance())
        own = kept[session] + self._arriving[session]
        everybody = kept.total() + self._arriving.total()
        if own > limits.session_megabytes << 20 or everybody > limits.all_megabytes << 20:
            text = "The files waiting to be added are too large together. Add or remove some."
            raise HTTPException(413, text, {"Connection": "close"})


class _Limited:
    """The body of an upload, counted while it arrives."""

    def __init__(self, guard: UploadGuard, session: str, receive: Receive) -> None:
        self._guard, self._session, self._receive = guard, session, receive
        self.received = 0

    async def receive(self) -> Message:
        message = await self._receive()
        size = len(message.get("body", b""))
        self.received += size
        self._guard.take(self._session, size)
        return message


def _may_upload(session: str) -> bool:
    """Whether the page has admitted a session that has not ended since."""
    if not Runtime.exists():
        return False
    _admitted.intersection_update([one for one in list(_admitted) if _is_active(one)])
    return session in _admitted


def _is_active(session: str) -> bool:
    return get_instance().is_active_session(session)


def _drop_if_ended(session: str, file: str) -> None:
    """Free an upload that arrived when its session had ended; Streamlit would keep it for good."""
    if Runtime.exists() and not _is_active(session):
        files = _files(get_instance())
        files.remove_file(session, file)
        if not files.file_storage.get(session):
            files.remove_session_files(session)


def _free_inactive(sessions: list[str]) -> None:
    for session in sessions:
        if Runtime.exists() and not _is_active(session):
            _files(get_instance()).remove_session_files(session)


def _files(runtime: Runtime) -> MemoryUploadedFileManager:
    return cast("MemoryUploadedFileManager", runtime.uploaded_file_mgr)


def _kept(runtime: Runtime) -> Counter[str]:
    """Return the bytes of the files in memory, by session."""
    kept: Counter[str] = Counter()
    for session, files in list(_files(runtime).file_storage.items()):
        kept[session] = sum(_RECORD + len(one.data) + len(one.name) for one in list(files.values()))
    return kept


def _limited_messages(receive: Receive, most: int) -> Receive:
    """Return a ``receive`` that ends the connection at a message of more than ``most`` bytes."""

    async def limited() -> Message:
        message = await receive()
        content = message.get("bytes") or message.get("text") or b""
        if message["type"] == "websocket.receive" and len(content) > most:
            return {"type": "websocket.disconnect", "code": 1009}
        return message

    return limited

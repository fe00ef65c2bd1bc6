"""A session of a running page, opened over its WebSocket as a browser does, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin


@contextmanager
def open_session(port: int, query: str) -> Iterator[tuple[str, ClientConnection]]:
    """Open a session at the URL's ``query``; yield its id and connection once the page is drawn."""
    origin = Origin(f"http://127.0.0.1:{port}")
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(address, origin=origin, max_size=None) as browser:
        message = BackMsg()
        message.rerun_script.query_string = query
        browser.send(message.SerializeToString())
        session = ""
        while True:
            reply = ForwardMsg.FromString(browser.recv(timeout=60))
            session = reply.new_session.initialize.session_id or session
            if reply.WhichOneof("type") == "script_finished":
                break
        yield session, browser

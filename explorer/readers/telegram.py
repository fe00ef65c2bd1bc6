"""Telegram's export of a chat or channel (``result.json``), for the papers that messages link to.

``{"name": ..., "messages": [{"id": 1, "type": "message", "date": ..., "text": [...]}]}``, or all
chats of an account in ``{"chats": {"list": [...]}}``. The text of a message is one text, or a list
of texts and of entities (``{"type": "text_link", "text": ..., "href": ...}``). Messages that link
to no paper are counted; who wrote a message is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.papers.text import plural
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.chat_messages import Span, papers_of_message
from explorer.readers.shared.fields import first_date, text_of
from explorer.readers.shared.json_stream import ITEMS, json_records, looks_like_json

_ONE_CHAT = ("messages", ITEMS)
_ALL_CHATS = ("chats", "list", ITEMS, "messages", ITEMS)
_MESSAGE = re.compile(r'"(?:text_entities|date_unixtime|from_id|actor_id)"\s*:')
_MESSAGES = re.compile(r'"messages"\s*:\s*\[')
_CHATS = re.compile(r'"chats"\s*:\s*\{')


class Telegram:
    """Reads exported chats in JSON."""

    name = "telegram"

    def recognises(self, digest: Digest) -> int:
        if not looks_like_json(digest) or not _MESSAGES.search(digest.head):
            return 0
        return 98 if _MESSAGE.search(digest.head) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        steps = _ALL_CHATS if _CHATS.search(digest.head) else _ONE_CHAT
        others = 0
        for record in json_records(digest, steps):
            if isinstance(record, Rejection):
                yield record
                continue
            message = record.value if isinstance(record.value, dict) else {}
            source = Source(digest.name, record.line, first_date(text_of(message.get("date"))[:10]))
            items = papers_of_message(_spans(message), source)
            others += not items
            yield from items
        if others:
            reason = f"{plural(others, 'message')} without a link to a paper"
            yield Rejection(digest.name, 1, reason)


def _spans(message: Mapping[str, Any]) -> Iterator[Span]:
    text = message.get("text")
    for part in text if isinstance(text, list) else [text]:
        if isinstance(part, str):
            yield Span(part)
        elif isinstance(part, dict):
            label = part.get("text")
            label = label if isinstance(label, str) else ""
            kind = part.get("type")
            if kind == "link":
                address = label if "://" in label else f"https://{label}"
                yield Span(" ", address)
            elif kind == "text_link":
                yield Span(label, text_of(part.get("href")))
            elif kind not in {"mention", "mention_name", "hashtag", "phone", "email"}:
                yield Span(label, bold=kind == "bold")

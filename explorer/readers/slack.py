"""Slack's export: a file of messages a channel and day, for the papers that messages link to.

``[{"type": "message", "ts": "1731060000.000200", "text": "<https://...|label>", "attachments":
[{"title": ..., "title_link": ..., "text": ...}]}]``; an attachment is the preview of a link, with
the title as the site has it. Messages that link to no paper are counted; who wrote a message is
not read. The lists of users and channels in an export are refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.papers.text import plural
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.chat_messages import Span, paper_linked, papers_of_message
from explorer.readers.shared.fields import text_of
from explorer.readers.shared.json_stream import (
    ITEMS,
    ObjectShape,
    json_records,
    looks_like_json,
    outline,
)

_PART = re.compile(
    r"<([^<>|\s]{1,2000})(?:\|([^<>]{0,1000}))?>|(?<![\w*])\*([^*\n]{2,400})\*(?![\w*])"
)
_MOST_ATTACHMENTS = 50


class Slack:
    """Reads the files of an exported workspace."""

    name = "slack"

    def recognises(self, digest: Digest) -> int:
        return 98 if looks_like_json(digest) and _content(digest) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        content = _content(digest)
        if content != "messages":
            reason = f"the {content or 'settings'} of a Slack workspace, which name no papers"
            yield Rejection(digest.name, 0, reason)
            return
        others = 0
        for record in json_records(digest, (ITEMS,)):
            if isinstance(record, Rejection):
                yield record
                continue
            message = record.value if isinstance(record.value, dict) else {}
            source = Source(digest.name, record.line, _date(message.get("ts")))
            items = _papers(message, source)
            others += not items
            yield from items
        if others:
            reason = f"{plural(others, 'message')} without a link to a paper"
            yield Rejection(digest.name, 1, reason)


def _content(digest: Digest) -> str:
    """Return what the objects in a list are: messages, users, channels, or ``""``."""
    shape = ObjectShape(outline(digest.head), (ITEMS,))
    if shape.all("ts", "text") and shape.any("type", "user", "bot_id", "blocks", "attachments"):
        return "messages"
    if shape.all("id", "team_id", "profile"):
        return "users"
    if shape.all("id", "name", "created", "members") and shape.any("topic", "purpose", "creator"):
        return "channels"
    return ""


def _date(stamp: object) -> str:
    try:
        return datetime.fromtimestamp(float(text_of(stamp)), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _papers(message: Mapping[str, Any], source: Source) -> list[Paper | Rejection]:
    """Return the papers of the previews in a message, then those that only its text names."""
    attachments = message.get("attachments")
    shown: list[Paper | Rejection] = []
    for preview in (attachments if isinstance(attachments, list) else [])[:_MOST_ATTACHMENTS]:
        if isinstance(preview, dict):
            addresses = (text_of(preview.get(key)) for key in ("title_link", "from_url"))
            address = next((text for text in addresses if text), "")
            title = html.unescape(text_of(preview.get("title")))
            text = html.unescape(text_of(preview.get("text")))
            item = paper_linked(title, text, address, source)
            shown += [item] if isinstance(item, Paper) else []
    known = {name for item in shown if isinstance(item, Paper) for name in item.known_as}
    body = message.get("text")
    named = papers_of_message(_spans(body if isinstance(body, str) else ""), source)
    if shown and len(named) <= 1:
        named = [item for item in named if isinstance(item, Paper)]
    return shown + [
        item for item in named if isinstance(item, Rejection) or known.isdisjoint(item.known_as)
    ]


def _spans(text: str) -> Iterator[Span]:
    end = 0
    for match in _PART.finditer(text):
        yield Span(html.unescape(text[end : match.start()]))
        address, label, bold = match.groups()
        if bold:
            yield Span(html.unescape(bold), bold=True)
        elif address.startswith(("http://", "https://")):
            label = html.unescape(label or "")
            yield Span(" " if "://" in label or not label else label, html.unescape(address))
        end = match.end()
    yield Span(html.unescape(text[end:]))

"""State of a feed between runs: how far it came, and what it brought.

It lies in the hidden folder ``.feeds`` of the digest folder, one JSON file a feed. Without it a
feed begins anew, and papers that it brings again are known to the library anyway.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from explorer.files import replace_text

FOLDER = ".feeds"
_MOST_SEEN = 200_000
"""Papers that are remembered; the oldest are forgotten first."""


@dataclass(slots=True)
class Run:
    """A run that has begun: resumed with the same days if it is interrupted."""

    since: str
    until: str
    number: int
    """Of its first file on that day; a page has its own number, also when it is fetched again."""
    kept: list[str] = field(default_factory=list)
    """The file of each page so far; empty for a page that brought nothing new."""


@dataclass(slots=True)
class FeedState:
    """State of one feed. Moments are in ISO 8601, in UTC."""

    until: str = ""
    """The day up to which all was fetched."""
    run: Run | None = None
    seen: list[str] = field(default_factory=list)
    """Keys of the papers that it has brought, the newest last."""
    etag: str = ""
    last_modified: str = ""
    not_before: float = 0.0
    """Seconds since 1970 before which the service wants no request."""
    mail_number: int = 0
    mail_validity: int = 0
    last_success: str = ""
    last_new: int = 0
    """Papers that the last successful run brought."""
    error: str = ""
    """Of the last run; empty if it succeeded."""

    def add_seen(self, keys: Sequence[str]) -> None:
        """Remember papers by their keys."""
        self.seen = [*self.seen, *keys][-_MOST_SEEN:]

    @property
    def done_until(self) -> date | None:
        return date.fromisoformat(self.until) if self.until else None


def load_state(folder: Path, feed: str) -> FeedState:
    """Return the state of a feed; a new one if there is none that can be read."""
    try:
        content: dict[str, Any] = json.loads(_path(folder, feed).read_text(encoding="utf-8"))
        run = content.pop("run", None)
        return FeedState(**content, run=Run(**run) if run else None)
    except (OSError, ValueError, TypeError):
        return FeedState()


def save_state(folder: Path, feed: str, state: FeedState) -> None:
    """Write the state of a feed in one step."""
    path = _path(folder, feed)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps(asdict(state)))


def _path(folder: Path, feed: str) -> Path:
    return folder / FOLDER / f"{feed}.json"

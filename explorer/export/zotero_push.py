"""Stars, tags and notes of the desk written to Zotero through its API, version 3.

Only the server that the user names is connected to. Nothing there is removed or overwritten: tags,
memberships in collections and notes are added where they are missing, so a second run changes
nothing. Each item is written only if it is still of the version that was read.

A Zotero on this machine takes writes only with an id that its answers carry, so it is sent back.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from explorer import __version__
from explorer.desk.marks import PaperMarks
from explorer.errors import ExplorerError, UnusableInput
from explorer.export.citations import CitedPaper
from explorer.export.zotero_rdf import OWN_COLLECTION, collections_of, note_html
from explorer.library.generation import Generation
from explorer.readers.shared.note_text import html_note_text

if TYPE_CHECKING:
    import httpx

KEY_VARIABLE = "ZOTERO_API_KEY"
_LIBRARY = re.compile(r"(?:users|groups)/\d{1,12}")
_KEY = re.compile(r"[!-~]+")
_ITEM_KEY = re.compile(r"[A-Z0-9]{8}")
_HERE = frozenset(("localhost", "127.0.0.1", "::1"))
_ITEMS_AT_ONCE = 50
"""Items that the API returns by their keys in one answer."""
_COLLECTIONS_AT_ONCE = 100
_MOST_PAGES = 100
_LARGEST_ANSWER = 64 << 20
_SECONDS = 30.0
"""For one step of a request."""
_MOST_SECONDS = 120.0
"""From a request to the last byte of its answer."""
_SERVER_ID = "Zotero-Server-ID"
"""Header of a Zotero on this machine, which takes writes only with the same in a request."""
_CONFLICT = 412


class ZoteroRefused(ExplorerError):
    """The server cannot be reached, or refused a request; the message says why."""


class _Conflict(Exception):
    """An item is of another version than the one that was read."""


@dataclass(frozen=True, slots=True)
class MarkedItem:
    """An item of Zotero and what the desk has on its paper."""

    key: str
    title: str
    tags: tuple[str, ...]
    collections: tuple[str, ...]
    """Names of collections within *Literature Explorer*."""
    note: str


@dataclass(frozen=True, slots=True)
class ItemChange:
    """Additions to one item."""

    item: MarkedItem
    version: int
    """Of the item, as it was read."""
    tags: tuple[str, ...]
    collections: tuple[str, ...]
    """Names within *Literature Explorer*."""
    note: str
    stored: Mapping[str, Any]
    """The item's own tags and collections, which stay."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to add."""
        return not (self.tags or self.collections or self.note)


@dataclass(frozen=True, slots=True)
class PushPlan:
    """Additions of a push, and the items that it cannot write to."""

    changes: tuple[ItemChange, ...]
    new_collections: tuple[str, ...]
    missing: tuple[MarkedItem, ...]
    """Marked items that the server does not have."""


@dataclass(frozen=True, slots=True)
class PushResult:
    """The outcome of a push."""

    written: tuple[ItemChange, ...]
    conflicts: tuple[MarkedItem, ...]
    """Items that something else changed twice meanwhile; the next run writes them."""


def marked_items(generation: Generation, marks: PaperMarks, library: str) -> list[MarkedItem]:
    """Return the items of a Zotero library whose papers have a star, tags or a note.

    Args:
        library: ``users/12345`` or ``groups/77``.

    Raises:
        UnusableInput: ``library`` is neither.
    """
    if not _LIBRARY.fullmatch(library):
        raise UnusableInput(
            f"{library!r} is no Zotero library.",
            advice="It is users/ID or groups/ID; your ID is on the API keys page of your account.",
        )
    prefix = "zotero:" if library.startswith("users/") else f"zotero:{library}/"
    items = []
    for row, mark in sorted(marks.of.items()):
        if not (mark.starred or mark.tags or mark.note):
            continue
        paper = generation.records[row]
        names = (name.removeprefix(prefix) for name in paper.other_ids if name.startswith(prefix))
        key = next(filter(_ITEM_KEY.fullmatch, names), "")
        if key:
            collections = collections_of(CitedPaper(paper, mark))
            title = paper.readable_title
            items.append(MarkedItem(key, title, tuple(mark.tags), collections, mark.note))
    return items


class ZoteroServer:
    """A library behind Zotero's API."""

    def __init__(self, address: str, library: str, key: str) -> None:
        """Prepare; nothing is connected to yet.

        Args:
            address: of the API: ``https://api.zotero.org``.
            library: ``users/12345`` or ``groups/77``.
            key: the API key, sent to this server alone; empty where it wants none.

        Raises:
            UnusableInput: the address is none, or would send the key in clear text over a network;
                or no header can carry the key.
        """
        try:
            parts = urlsplit(address)
            host, port = parts.hostname or "", parts.port
        except ValueError:  # no number as port, or brackets around something else than an address
            parts, host, port = urlsplit(""), "", None
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _HERE)
        if not is_safe or not host or "@" in parts.netloc or parts.query or parts.fragment:
            # The address is not quoted: it may hold a password.
            raise UnusableInput(
                "The address is no server to write to.",
                advice="It is https://api.zotero.org, or an address on this machine with http.",
            )
        if key and not _KEY.fullmatch(key):
            raise UnusableInput(
                f"The key in ${KEY_VARIABLE} holds blanks or characters that no header can carry."
            )
        self._base = f"{address.rstrip('/')}/{library}"
        self._host = f"{host}:{port}" if port else host
        self._key = key
        self._client: httpx.Client | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()

    def plan(self, items: Sequence[MarkedItem]) -> PushPlan:
        """Return what is missing there; changes nothing.

        Raises:
            ZoteroRefused: the server cannot be reached, or refuses.
        """
        known = self._own_collections()
        stored = dict(self._items([item.key for item in items]))
        changes = [
            change
            for item in items
            if item.key in stored
            and not (change := self._change(item, stored[item.key], known)).is_empty
        ]
        wanted: dict[str, str] = {}
        for name in (name for change in changes for name in change.collections):
            wanted.setdefault(name.casefold(), name)
        new = [name for folded, name in wanted.items() if folded not in known]
        missing = tuple(item for item in items if item.key not in stored)
        own = [OWN_COLLECTION] if new and "" not in known else []
        return PushPlan(tuple(changes), (*own, *new), missing)

    def push(self, plan: PushPlan) -> PushResult:
        """Add what is in ``plan``.

        Raises:
            ZoteroRefused: the server cannot be reached, or refuses; what was written until then
                stays, and the next run goes on.
        """
        known = self._own_collections()
        for name in plan.new_collections:
            self._add_collection(name, known)
        written: list[ItemChange] = []
        conflicts: list[MarkedItem] = []
        for planned in plan.changes:
            change = planned
            try:
                try:
                    self._write(change, known)
                except _Conflict:
                    # Something else changed the item: what is missing is found out again, once.
                    now = dict(self._items([planned.item.key])).get(planned.item.key)
                    if now is None:
                        raise
                    change = self._change(planned.item, now, known)
                    self._write(change, known)
            except _Conflict:
                conflicts.append(planned.item)
            else:
                if not change.is_empty:
                    written.append(change)
        return PushResult(tuple(written), tuple(conflicts))

    def _change(
        self, item: MarkedItem, stored: Mapping[str, Any], known: Mapping[str, str]
    ) -> ItemChange:
        tags = {_text(tag.get("tag")).casefold() for tag in _dicts(stored.get("tags"))}
        within = {_text(key) for key in _list(stored.get("collections"))}
        collections = tuple(
            name for name in item.collections if known.get(name.casefold()) not in within
        )
        note = item.note if item.note and not self._has_note(item.key, item.note) else ""
        new_tags = tuple(tag for tag in item.tags if tag.casefold() not in tags)
        version = stored.get("version")
        number = version if isinstance(version, int) else 0
        return ItemChange(item, number, new_tags, collections, note, stored)

    def _has_note(self, key: str, note: str) -> bool:
        wanted = html_note_text(note_html(note))
        children = self._pages(f"items/{key}/children", {})
        return any(
            html_note_text(_text(child.get("note"))) == wanted
            for child in children
            if child.get("itemType") == "note"
        )

    def _write(self, change: ItemChange, known: Mapping[str, str]) -> None:
        if change.tags or change.collections:
            tags = [*_list(change.stored.get("tags")), *({"tag": tag} for tag in change.tags)]
            keys = (known[name.casefold()] for name in change.collections)
            collections = [*_list(change.stored.get("collections")), *keys]
            self._request(
                "PATCH",
                f"items/{change.item.key}",
                content={"tags": tags, "collections": collections},
                headers={"If-Unmodified-Since-Version": str(change.version)},
            )
        if change.note:
            note = {
                "itemType": "note",
                "parentItem": change.item.key,
                "note": note_html(change.note),
                "tags": [],
                "collections": [],
                "relations": {},
            }
            self._create("items", note)

    def _own_collections(self) -> dict[str, str]:
        """Return the keys of our collections by their names in lower case; "" is the outermost."""
        stored = list(self._pages("collections", {}))
        outermost = next(
            (
                _text(one.get("key"))
                for one in stored
                if one.get("name") == OWN_COLLECTION and not one.get("parentCollection")
            ),
            "",
        )
        if not outermost:
            return {}
        within = {
            _text(one.get("name")).casefold(): _text(one.get("key"))
            for one in stored
            if one.get("parentCollection") == outermost
        }
        return {"": outermost} | within

    def _add_collection(self, name: str, known: dict[str, str]) -> None:
        """Create a collection of a plan unless it is there by now, and add its key to ``known``."""
        place = "" if name == OWN_COLLECTION and "" not in known else name.casefold()
        if place in known:
            return
        parent = known[""] if place else False
        known[place] = self._create("collections", {"name": name, "parentCollection": parent})

    def _create(self, where: str, content: Mapping[str, Any]) -> str:
        """Create one item or collection and return its key."""
        answer = self._request("POST", where, content=[content])
        made = answer.get("successful") if isinstance(answer, dict) else None
        first = made.get("0") if isinstance(made, dict) else None
        key = _text(first.get("key")) if isinstance(first, dict) else ""
        if not _ITEM_KEY.fullmatch(key):
            raise ZoteroRefused(f"{self._host} did not create what was sent. Run it again later.")
        return key

    def _items(self, keys: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for start in range(0, len(keys), _ITEMS_AT_ONCE):
            some = ",".join(keys[start : start + _ITEMS_AT_ONCE])
            for item in self._pages("items", {"itemKey": some}):
                yield _text(item.get("key")), item

    def _pages(self, where: str, parameters: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """Yield the data of all objects at ``where``."""
        for page in range(_MOST_PAGES):
            start = page * _COLLECTIONS_AT_ONCE
            own = {"limit": str(_COLLECTIONS_AT_ONCE), "start": str(start)}
            some = list(_dicts(self._request("GET", where, parameters={**parameters, **own})))
            for one in some:
                data = one.get("data")
                if isinstance(data, dict):
                    version = {"version": one.get("version", data.get("version"))}
                    yield data | {"key": one.get("key", data.get("key"))} | version
            if len(some) < _COLLECTIONS_AT_ONCE:
                return
        raise ZoteroRefused(f"{self._host} lists {where} without end.")

    def _request(
        self,
        method: str,
        where: str,
        *,
        parameters: Mapping[str, str] | None = None,
        content: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the JSON of an answer, None without one.

        Raises:
            ZoteroRefused: the server cannot be reached, or refuses.
            _Conflict: the item is of another version.
        """
        import httpx

        client = self._opened()
        deadline = time.monotonic() + _MOST_SECONDS
        body = bytearray()
        try:
            with client.stream(
                method,
                f"{self._base}/{where}",
                params=dict(parameters or {}) or None,
                json=content,
                headers=dict(headers or {}),
            ) as answer:
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > _LARGEST_ANSWER or time.monotonic() > deadline:
                        raise ZoteroRefused(f"{self._host} answers without end.")
        except httpx.TimeoutException:
            raise ZoteroRefused(f"{self._host} does not answer. Run it again later.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Not its text, which may quote what was sent.
            reason = type(error).__name__
            raise ZoteroRefused(f"no connection with {self._host} ({reason}).") from None
        if server := answer.headers.get(_SERVER_ID):
            client.headers[_SERVER_ID] = server
        if answer.status_code == _CONFLICT and method == "PATCH":
            raise _Conflict
        if answer.status_code in (401, 403):
            raise ZoteroRefused(
                f"{self._host} refuses the API key ({answer.status_code}).",
                advice=f"Put a key that may write to this library into ${KEY_VARIABLE}.",
            )
        if answer.status_code not in (200, 204):
            raise ZoteroRefused(
                f"{self._host} answers HTTP {answer.status_code}.",
                advice="Check --server and --to; run it again later. What was written stays.",
            )
        try:
            return json.loads(body) if body else None
        except (ValueError, RecursionError):
            raise ZoteroRefused(f"{self._host} sends something else than JSON.") from None

    def _opened(self) -> httpx.Client:
        import httpx

        if self._client is None:
            key = {"Zotero-API-Key": self._key} if self._key else {}
            self._client = httpx.Client(
                headers={
                    "User-Agent": f"literature-explorer/{__version__}",
                    "Zotero-API-Version": "3",
                    **key,
                },
                timeout=_SECONDS,
                follow_redirects=False,
                trust_env=False,
            )
        return self._client


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> Iterable[dict[str, Any]]:
    return (one for one in _list(value) if isinstance(one, dict))

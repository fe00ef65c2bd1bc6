"""Subscriptions: the feeds of a digest folder, in a file that a person may edit.

``feeds.toml`` lies in the digest folder and is no digest. Comments in it stay.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from explorer.builds.feeds.services import SERVICES, Pages, Service, address_pages
from explorer.errors import UnusableInput
from explorer.files import replace_text
from explorer.readers.files import FEEDS_FILE

MAILBOX_SCHEME = "imap"
_NEW_FILE = """\
# Feeds of this folder, fetched by `explorer fetch`. Edit them here or with `explorer feeds`.
# A mail address for the services, some of which ask for one:
# contact = "you@example.org"
"""
_LONGEST_NAME = 60
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed that somebody subscribed to."""

    name: str
    """Names its folder of digests; lower-case letters, digits and hyphens."""
    source: str
    """``PREFIX:QUERY`` of a service, or an address."""

    @property
    def service(self) -> Service | None:
        """The service; None for an address."""
        return SERVICES.get(self.source.partition(":")[0])

    @property
    def is_mailbox(self) -> bool:
        return self.source.startswith(f"{MAILBOX_SCHEME}:")

    def pages(self, since: date, until: date) -> Pages:
        """Return the requests for papers of the days from ``since`` to ``until``.

        Raises:
            UnusableInput: the service does not take the query; not before the first request.
        """
        if self.service is None:
            return address_pages(self.source, since, until)
        return self.service.pages(self.source.partition(":")[2], since, until)


@dataclass(frozen=True, slots=True)
class FeedList:
    """The content of ``feeds.toml``."""

    feeds: tuple[Subscription, ...] = ()
    contact: str = ""


def read_subscriptions(folder: Path) -> FeedList:
    """Return the feeds of a digest folder; none if it has no file of them.

    Raises:
        UnusableInput: the file is no TOML, or a feed in it is not one.
    """
    path = folder / FEEDS_FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return FeedList()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableInput(
            f"no TOML ({error}).", path=path, advice="Mend the line, or move the file away."
        ) from error
    feeds: list[Subscription] = []
    listed = content.get("feed", [])
    for number, entry in enumerate(listed if isinstance(listed, list) else [listed], start=1):
        source = entry.get("source") if isinstance(entry, dict) else None
        if not isinstance(source, str) or not source:
            raise UnusableInput(
                f"feed {number} has no `source`.", path=path, advice='Write source = "arxiv:cs.CL".'
            )
        try:
            checked_source(source)
        except UnusableInput as error:
            raise UnusableInput(f"feed {number}: {error}", path=path) from error
        name = entry.get("name") or suggested_name(source)
        if not isinstance(name, str) or _slug(name) != name or name in {f.name for f in feeds}:
            raise UnusableInput(
                f"feed {number} needs a `name` of its own.",
                path=path,
                advice="Use lower-case letters, digits and hyphens.",
            )
        feeds.append(Subscription(name, source))
    contact = content.get("contact", "")
    return FeedList(tuple(feeds), contact if isinstance(contact, str) else "")


def subscribe(folder: Path, source: str, name: str = "") -> Subscription:
    """Add a feed to the folder's file and return it.

    Raises:
        UnusableInput: there is no such service, or the name or the source is taken.
    """
    import tomlkit

    feeds = read_subscriptions(folder).feeds
    source = checked_source(source)
    if known := next((feed for feed in feeds if feed.source == source), None):
        raise UnusableInput(f"{known.name} is that feed already.")
    name = _slug(name) if name else _free(suggested_name(source), {feed.name for feed in feeds})
    if not name or name in {feed.name for feed in feeds}:
        raise UnusableInput(f"there is a feed {name!r} already; choose another --name.")
    path = folder / FEEDS_FILE
    text = path.read_text(encoding="utf-8") if path.exists() else _NEW_FILE
    document = tomlkit.parse(text)
    listed = document.get("feed")
    if listed is None:
        listed = tomlkit.aot()
        document.append("feed", listed)
    entry = tomlkit.table()
    entry.append("name", name)
    entry.append("source", source)
    listed.append(entry)
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(path, tomlkit.dumps(document))
    return Subscription(name, source)


def unsubscribe(folder: Path, name: str) -> Subscription:
    """Remove a feed from the folder's file and return it; its digests stay.

    Raises:
        UnusableInput: there is no such feed.
    """
    import tomlkit

    feeds = read_subscriptions(folder).feeds
    index = _index_of(feeds, name)
    path = folder / FEEDS_FILE
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    del document["feed"][index]
    replace_text(path, tomlkit.dumps(document))
    return feeds[index]


def chosen_feeds(feeds: Sequence[Subscription], names: Sequence[str]) -> tuple[Subscription, ...]:
    """Return the feeds with ``names``, or all without names.

    Raises:
        UnusableInput: there is no such feed.
    """
    if not names:
        return tuple(feeds)
    return tuple(feeds[_index_of(feeds, name)] for name in names)


def checked_source(source: str) -> str:
    """Return a source without blanks around it.

    Raises:
        UnusableInput: it is neither an address nor a query of a known service.
    """
    source = source.strip()
    prefix, colon, query = source.partition(":")
    if prefix in SERVICES:
        service = SERVICES[prefix]
        if not (colon and query.strip()) and ":" in service.example:
            raise UnusableInput(f"{prefix} needs more, for example {service.example}")
        # The first step of a generator checks the query.
        next(service.pages(query, date(2000, 1, 1), date(2000, 1, 1)), None)
        return source
    parts = urlsplit(source)
    if parts.scheme in ("http", "https", MAILBOX_SCHEME) and parts.hostname:
        if parts.password:
            raise UnusableInput(
                "an address in this file has no password in it. Leave it out; "
                "`explorer feeds add --help` says where it belongs."
            )
        return source
    known = ", ".join(sorted(SERVICES))
    raise UnusableInput(
        f"{source[:80]!r} is no feed. Write an address (https://...) or one of {known}, "
        "for example arxiv:cs.CL"
    )


def suggested_name(source: str) -> str:
    """Return a name made of a source."""
    prefix, _, rest = source.partition(":")
    if prefix not in SERVICES:
        parts = urlsplit(source)
        rest, prefix = f"{parts.hostname or ''} {parts.path}", ""
    return _slug(f"{prefix} {rest}") or "feed"


def _slug(text: str) -> str:
    return _SLUG.sub("-", text.lower()).strip("-")[:_LONGEST_NAME].strip("-")


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _index_of(feeds: Sequence[Subscription], name: str) -> int:
    for index, feed in enumerate(feeds):
        if name in (feed.name, feed.source):
            return index
    known = ", ".join(feed.name for feed in feeds) or "none yet"
    raise UnusableInput(f"there is no feed {name[:80]!r}. There are: {known}.")

"""The hits of a followed search as an Atom feed (RFC 4287), one file, for any feed reader."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from explorer import __version__
from explorer.alerts.followed_search import FollowedResults, described, newest_first
from explorer.errors import UnusableInput
from explorer.files import replace_text
from explorer.library.arrival import moment_at
from explorer.library.generation import Generation
from explorer.papers.paper import title_key
from explorer.search.model import Hit

_ATOM = "http://www.w3.org/2005/Atom"
_INVALID_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, escaped or not."""
_WHOLE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def atom(generation: Generation, results: FollowedResults, address: str = "") -> str:
    """Return the feed of a followed search: its hits, last added first.

    The same hits of the same library give the same text. Ids are stable: the feed's is the followed
    search's own, an entry's is derived from that and the paper's id.

    Args:
        address: the URL of the feed; empty if it has none.
    """
    feed = ET.Element("feed", {"xmlns": _ATOM})
    hits = newest_first(generation, results.hits)
    _add(feed, "id", f"urn:uuid:{results.following.uid}")
    _add(feed, "title", results.following.name)
    _add(feed, "subtitle", f"New papers for {described(results.following)}")
    start = datetime.fromisoformat(results.following.followed_at)
    added = (moment_at(int(generation.added_at[hit.row])) for hit in hits)
    _add(feed, "updated", _stamp(max([start, *added])))
    _add(_add(feed, "author"), "name", "Literature Explorer")
    _add(feed, "generator", "Literature Explorer", version=__version__)
    if address:
        _add(feed, "link", rel="self", type="application/atom+xml", href=quote(address, safe=_SAFE))
    for hit in hits:
        _entry(feed, generation, results, hit)
    ET.indent(feed)
    return ET.tostring(feed, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="utf-8"?>\n', "\n")
    )


def write_feeds(
    generation: Generation, results: Iterable[FollowedResults], folder: Path, base: str = ""
) -> list[Path]:
    """Write a feed file for each of ``results`` without a problem; return the files.

    A file that would stay the same is not written.

    Args:
        base: the URL of the folder, if it has one.

    Raises:
        UnusableInput: the folder cannot be written.
    """
    written: list[Path] = []
    for one in results:
        if one.problem:
            continue
        path = folder / f"{_slug(one.following.name)}-{one.following.uid[:8]}.atom"
        text = atom(generation, one, f"{base.rstrip('/')}/{path.name}" if base else "")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                replace_text(path, text)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UnusableInput(f"cannot be written ({reason}).", path=path) from None
        written.append(path)
    return written


_SAFE = ":/?#@!$&*+,;=%~-._[]"


def _entry(feed: ET.Element, generation: Generation, results: FollowedResults, hit: Hit) -> None:
    paper = hit.paper
    entry = _add(feed, "entry")
    own = uuid.uuid5(uuid.UUID(results.following.uid), paper.id)
    _add(entry, "id", f"urn:uuid:{own}")
    _add(entry, "title", paper.readable_title or "Untitled")
    _add(entry, "updated", _stamp(moment_at(int(generation.added_at[hit.row]))))
    if _WHOLE_DATE.fullmatch(paper.published):
        _add(entry, "published", f"{paper.published}T00:00:00Z")
    for author in paper.authors:
        if author.strip():
            _add(_add(entry, "author"), "name", author)
    for index, (label, address) in enumerate(paper.links):
        if _ADDRESS.fullmatch(address):
            relation = "related" if index else "alternate"
            _add(entry, "link", rel=relation, title=label, href=quote(address, safe=_SAFE))
    _add(entry, "category", term=hit.topic.id, label=hit.topic.label)
    summary = paper.readable_abstract or paper.summary
    _add(entry, "summary", summary or "No abstract available.", type="text")
    # An entry without a link must have content (RFC 4287, 4.1.2).
    if entry.find("link[@rel='alternate']") is None:
        _add(entry, "content", paper.text, type="text")


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    clean = {name: _INVALID_IN_XML.sub("", value) for name, value in attributes.items()}
    added = ET.SubElement(parent, tag, clean)
    if text:
        added.text = _INVALID_IN_XML.sub("", text)
    return added


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title_key(name)).strip("-")[:60] or "search"

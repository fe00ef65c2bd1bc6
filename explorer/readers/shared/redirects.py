"""Addresses without the detours of those who count clicks.

Alerts and newsletters lead to a paper through the sender's own address, which carries the paper's
and often a token of the subscriber. The paper's is taken out where it can be read; parameters that
only count visits are dropped, and an address that is nothing but a token is no address.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

_TARGETS = frozenset("url u q target redirect redirecturl dest destination to link r goto".split())
"""Parameters that hold the address a redirect leads to."""
_CARRIES_ADDRESS = re.compile(r"https?(?::|%3a|%253a|-3a)(?:/|%2f|%252f|_){1,2}", re.I)
_MOST_DETOURS = 4
_LONGEST = 4_000
_URLDEFENSE = re.compile(r"urldefense\.com/v3/__(https?:/{1,2}[^\s]{1,3000}?)__;", re.I)
_NAMES_PAGE = frozenset(
    "id doi pii arnumber article abstract_id paperid paper_id forum eid pmid term list_uids"
    " articleid article_id citation_for_view db acc".split()
)
"""Parameters that tell which page is meant; of the others none is needed to find a paper."""
_TOKEN = re.compile(r"[A-Za-z0-9_=%+-]{32,}")
_NAMES_BY_HASH = re.compile(r"(?:^|\.)(?:semanticscholar\.org|n(?:eur)?ips\.cc|openreview\.net)$")
"""Sites whose papers are named by what looks like a token."""
_COUNTS_CLICKS = re.compile(
    r"^(?:click|clicks|links?|email|e|t|r|track|tracking|trk|go|redirect|mailtrack)\d*\.[^/]+\.[^/]+$"
    r"|list-manage\.com$|sendgrid\.net$|mailchi\.mp$|awstrack\.me$|hubspotlinks\.com$",
    re.I,
)


def unwrapped(address: str) -> str:
    """Return the address that ``address`` leads to, if it is written in it.

    >>> unwrapped("https://scholar.google.com/scholar_url?url=https://arxiv.org/pdf/1912.02015&hl=en")
    'https://arxiv.org/pdf/1912.02015'
    """
    address = address.strip()
    for _ in range(_MOST_DETOURS):
        inner = _inside(address[:_LONGEST])
        if not inner:
            break
        address = inner
    return address


def public_address(address: str) -> str:
    """Return a web address without what counts visits or names the visitor, or ``""``."""
    try:
        parts = urlsplit(unwrapped(address)[:_LONGEST])
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or _COUNTS_CLICKS.search(host):
        return ""
    if not _NAMES_BY_HASH.search(host) and any(map(_is_token, parts.path.split("/"))):
        return ""
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query)
        if name.lower() in _NAMES_PAGE and "@" not in value and not _is_token(value)
    ]
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, netloc, parts.path, urlencode(kept, safe="/:"), ""))


def _inside(address: str) -> str:
    if match := _URLDEFENSE.search(address):
        return re.sub(r"^(https?):/(?!/)", r"\1://", match[1])
    start = re.match(r"https?://[^/?#]+", address, re.I)
    if start is None or not _CARRIES_ADDRESS.search(address, start.end()):
        return ""
    try:
        parts = urlsplit(address)
        values = [value for name, value in parse_qsl(parts.query) if name.lower() in _TARGETS]
    except ValueError:
        return ""
    if (parts.hostname or "").startswith("urldefense.proofpoint"):
        # Their own escape: "https-3A__arxiv.org_abs_1912.02015".
        values = [unquote(re.sub(r"-([0-9A-F]{2})", r"%\1", v).replace("_", "/")) for v in values]
    for value in values:
        if re.match(r"https?://[^/]", value, re.I):
            return value
    # Others put the target, escaped, between the parts of their own path.
    for segment in parts.path.split("/"):
        if re.match(r"https?%3a%2f%2f|https?:%2f%2f", segment, re.I):
            return unquote(segment)
    return ""


def _is_token(text: str) -> bool:
    """Whether ``text`` is a row of letters and digits that no person would write."""
    for part in re.split(r"[-_.]", text) if not _TOKEN.fullmatch(text) else [text]:
        words = re.split(r"[-_]", part)
        longest = max(words, key=len)
        digits = sum(character.isdigit() for character in longest)
        if len(longest) >= 32 and digits >= 3:
            return True
    return False

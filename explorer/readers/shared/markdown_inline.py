r"""Inline Markdown: its text without markup, and its links.

Markdown in digests is written by bots that escape nothing, so TeX mixes with stars and
underscores: emphasis is removed only where it cannot be mathematics.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import NamedTuple

from explorer.papers.dates import parse_date
from explorer.papers.paper import arxiv_id, doi
from explorer.papers.text import tidy

# No two repetitions in these may match the same text, or one hostile line takes hours.
IMAGE = re.compile(r"!\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]\([^()]*(?:\([^()]*\)[^()]*)*\)")
BRACKETS = r"\[((?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*)\]"
TARGET = r"\(\s*+<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s[^()]*)?\)"
LINK = re.compile(BRACKETS + TARGET)
BARE_ADDRESS = re.compile(r"<?https?://[^\s<>\[\]]+>?|www\.[^\s<>\[\]]+")

_ANCHOR = re.compile(r"<a\s[^<>]{0,400}?href\s*=\s*[\"']?([^\s\"'<>]{1,400})[^<>]{0,400}>", re.I)
_LAYOUT_TAG = re.compile(
    r"</?(?:article|blockquote|br|center|dd|details|div|dl|dt|figure|h[1-6]|hr|img|li|ol|p"
    r"|section|summary|table|tbody|td|th|thead|tr|ul)(?:\s[^<>]{0,400})?\s*/?>",
    re.I,
)
_EMPHASIS_TAG = re.compile(
    r"</?(?:a|b|code|em|font|i|kbd|mark|small|span|strong|u)(?:\s[^<>]{0,400})?>", re.I
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,30});", re.I)
_STRONG = re.compile(r"(?<![\w*])\*\*(?=[^\s*])|(?<=[^\s*])\*\*(?![\w*])")
_STRONG_UNDERSCORES = re.compile(r"(?<![\w\\])__(?=[^\s_])([^_$]{1,300})__(?!\w)")
_STAR = re.compile(r"(?<![\w*\\$])\*(?=[^\s*])([^*$]{1,300})(?<=\S)\*(?![\w*])")
_UNDERSCORE = re.compile(r"(?<![\w\\$_{])_(?=[^\s_])([^_$]{1,300})(?<=\S)_(?![\w_])")
_CODE = re.compile(r"(?<![\w`])`([^`$]{1,300})`(?![\w`'])")

_NUMBERING = re.compile(r"^\s*(?:\[\d{1,4}\]|\(?\d{1,4}[.)]|#\d{1,4}\b[.:)]?)\s*(?=\S)")
_KEYCAP = re.compile(r"^\s*(?:\d\ufe0f?\u20e3)+\s*")
_COUNTER = re.compile(
    r"\s*[(\[]?\s*(?:[⭐★☆🌟👍🔥↑▲🔺⬆❤♥💬]\ufe0f?\s*)+[\d.,]*k?\s*"
    r"(?:stars?|upvotes?|likes?|votes?)?\s*[)\]]?\s*$",
    re.I,
)
_ET_AL = re.compile(r"(?<![\s,])[\s,]*\b(?:et\.?\s*al\b\.?|and others)\s*$", re.I)
_DOI_IN_ADDRESS = re.compile(r"/(?:doi|article|articles)/(?:[a-z]+/)?(10\.\d{4,9}/[^\s?#]+)", re.I)
_OPENREVIEW = re.compile(r"openreview\.net/(?:forum|pdf|attachment)\?id=([\w-]{6,20})")
_ACL = re.compile(r"(?:aclanthology\.org|aclweb\.org/anthology)/([\w.-]+?)(?:\.pdf|/)?(?:[?#].*)?$")


class Link(NamedTuple):
    """Label and address of a link."""

    label: str
    address: str


class Inline(NamedTuple):
    """Text and links of a piece of Markdown."""

    text: str
    links: tuple[Link, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(link.address for link in self.links)


class Reference(NamedTuple):
    """Identity of a paper from the addresses next to it."""

    arxiv: str
    doi: str
    others: tuple[str, ...]
    url: str

    @property
    def names_paper(self) -> bool:
        return bool(self.arxiv or self.doi or self.others)


def inline(markdown: str) -> Inline:
    """Return ``markdown`` without links, images, emphasis and tags, and its links in order."""
    links: list[Link] = []

    def unlink(match: re.Match[str]) -> str:
        links.append(Link(_unemphasised(match[1]).strip(), match[2]))
        return match[1]

    def anchor(match: re.Match[str]) -> str:
        links.append(Link("", html.unescape(match[1])))
        return ""

    text = LINK.sub(unlink, IMAGE.sub(" ", markdown))
    text = _ANCHOR.sub(anchor, text)
    bare = (address.strip("<>").rstrip(".,;)") for address in BARE_ADDRESS.findall(text))
    known = {link.address for link in links}
    links += [Link("", address) for address in dict.fromkeys(bare) if address not in known]
    return Inline(tidy(_unemphasised(text)), tuple(links))


def without_links(markdown: str) -> str:
    """Return ``markdown`` without links and their labels."""
    text = BARE_ADDRESS.sub(" ", LINK.sub(" ", IMAGE.sub(" ", markdown)))
    return tidy(_unemphasised(text))


def unnumbered(text: str) -> str:
    """Return a title without the number before and the votes after it."""
    text = _KEYCAP.sub("", text)
    return _COUNTER.sub("", _NUMBERING.sub("", text, count=1)).strip()


def names(text: str) -> tuple[str, ...]:
    """Return the people in ``text``, given names first, with commas or semicolons between."""
    text = _ET_AL.sub("", tidy(text))
    separator = r"\s*;\s*" if ";" in text else r"\s*[,，、·]\s*|\s+and\s+|\s+&\s+"
    parts = (re.sub(r"^(?:and|&)\s+", "", part).strip(" .*") for part in re.split(separator, text))
    return tuple(part for part in parts if any(c.isalpha() for c in part))


def reference(addresses: Iterable[str], texts: Iterable[str] = ()) -> Reference:
    """Return the paper that ``addresses`` (and bare ids in ``texts``) lead to."""
    addresses = [address.strip() for address in addresses]
    own = [*addresses, *texts]
    arxiv = next((name for value in own if (name := arxiv_id(value))), "")
    dois = [name for value in own if (name := doi(value))]
    dois += [match[1].lower() for a in addresses if (match := _DOI_IN_ADDRESS.search(a))]
    others = [f"openreview:{m[1]}" for a in addresses if (m := _OPENREVIEW.search(a))]
    others += [f"acl:{m[1]}" for a in addresses if (m := _ACL.search(a))]
    pages = [address for address in addresses if address.startswith(("http://", "https://"))]
    naming = (a for a in pages if arxiv_id(a) or doi(a) or _OPENREVIEW.search(a) or _ACL.search(a))
    url = next(naming, pages[0] if pages else "")
    return Reference(arxiv, dois[0] if dois else "", tuple(dict.fromkeys(others)), url)


def markdown_date(text: str) -> str:
    """Return ``text`` as an EDTF date, whatever marks stand around it."""
    return parse_date(text.strip(" *[]()`"))


def _unemphasised(text: str) -> str:
    text = _EMPHASIS_TAG.sub("", _LAYOUT_TAG.sub(" ", text))
    text = text.replace("**", "") if text.count("**") % 2 == 0 else _STRONG.sub("", text)
    for pattern in (_STRONG_UNDERSCORES, _STAR, _UNDERSCORE, _CODE):
        text = pattern.sub(r"\1", text)
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)

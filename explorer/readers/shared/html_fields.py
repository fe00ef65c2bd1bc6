"""HTML inside a text field, as feeds carry abstracts: tags to text.

Only HTML's own tags count as such: "p<q" and "<workload, configuration> pairs" are text.
"""

from __future__ import annotations

import html
import re

from explorer.papers.text import tidy

_BLOCK = (
    "address article aside blockquote br center dd div dl dt figcaption figure footer h1 h2 h3 h4"
    " h5 h6 header hr li main nav ol p pre section table tbody td th thead tr ul"
).split()
_INLINE = (
    "a abbr b bdi big cite code del dfn em font i img ins kbd mark q s samp small span strike"
    " strong time tt u var wbr italic bold jats:italic jats:bold jats:p jats:title"
).split()
_TAG = re.compile(
    rf"<(/?)({'|'.join(sorted((*_BLOCK, *_INLINE), key=len, reverse=True))})"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"<(script|style)\b[^<>]{0,2000}>.*?(?:</\1\s*>|\Z)", re.I | re.S)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_CHARACTER = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_SPACED = frozenset((*_BLOCK, "jats:p", "jats:title"))


def html_text(text: str) -> str:
    """Return ``text`` on one line without HTML's tags; ``<sub>`` and ``<sup>`` stay."""
    if "<" in text:
        text = _COMMENT.sub(" ", _HIDDEN.sub(" ", text))
        text = _TAG.sub(lambda tag: " " if tag[2].lower() in _SPACED else "", text)
    return tidy(_CHARACTER.sub(lambda character: html.unescape(character.group()), text))

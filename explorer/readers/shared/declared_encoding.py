"""Encodings that a file from outside declares, taken only if they are an encoding of texts."""

from __future__ import annotations

import codecs
import re

# Python knows more by name, some of which are no character sets ("idna", "unicode_escape").
_KNOWN = re.compile(
    r"(?:us-)?ascii|utf-?8|(?:iso[-_]?8859|latin|l|windows|cp|koi8|mac|euc|gb|big5|iso-2022)"
    r"[-_]?[\w-]{0,12}|shift[-_]?jis|sjis",
    re.IGNORECASE,
)


def known_encoding(name: str) -> str:
    """Return Python's name of the encoding ``name``, or ``""`` if it is none for texts."""
    if not _KNOWN.fullmatch(name):
        return ""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""

"""Scripts: which letters stand alone, which are written without blanks, which marks join a word.

Ranges are those of Unicode's blocks; rare blocks are left out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
KANA = "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
HANGUL = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb"
THAI = "\u0e01-\u0e3a\u0e40-\u0e4e"
LAO = "\u0e81-\u0eba\u0ec0-\u0ecd\u0edc-\u0edf"
KHMER = "\u1780-\u17d3\u17dc\u17dd"
BURMESE = "\u1000-\u103f\u1050-\u109f\ua9e0-\ua9ef\uaa60-\uaa7f"
UNSPACED = HAN + KANA + THAI + LAO + KHMER + BURMESE
"""Characters of scripts that put no blanks between words, for a class of a regular expression."""

_LAST_MARK = 0x1E95F
_FIRST_MARK = 0x300


@cache
def marks() -> str:
    """Return all combining marks, for a class of a regular expression.

    They belong to the letter before them, though Python's ``\\w`` leaves them out: vowels of Thai
    and Hindi, points of Arabic and Hebrew.
    """
    ranges: list[list[int]] = []
    for code in range(_FIRST_MARK, _LAST_MARK):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


@cache
def word_pattern() -> re.Pattern[str]:
    """Return the pattern of a word of any script: letters and digits, with their marks."""
    return re.compile(rf"[^\W_]+(?:[{marks()}]+[^\W_]*)*")


_UNUSUAL = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u1cff\u1dc0-\u1dff\u2e80-\ud7ff\uf900-\ufaff"
    "\ufe20-\ufe2f\uff65-\uffdc\U00011000-\U0003fffd]"
)


def is_plain(text: str) -> bool:
    """Return whether all words of ``text`` are runs of letters and digits between blanks or signs.

    They are not where there are combining marks, or scripts without blanks.
    """
    return text.isascii() or _UNUSUAL.search(text) is None

"""Words of a PDF page, with their places, from pdfium's characters.

All that is odd about text in PDFs is mended here: ligatures, spaces inside words of small capitals,
hyphens at ends of lines, text printed twice to look bold, turned pages and turned text.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

_MOST_CHARACTERS = 200_000
"""Characters of a page that are read; the fullest honest page has a tenth."""
_HYPHENS = "\ufffe\x02"
"""pdfium's signs for a hyphen at the end of a line."""
_PIECES = re.compile(
    rf"(?P<end>[\r\n]+)|(?P<space>[ \t\xa0\u2000-\u200a\u3000]+)"
    rf"|(?P<word>[^\s\xa0{_HYPHENS}]*[{_HYPHENS}]|[^\s\xa0{_HYPHENS}]+)|."
)
_REPLACED: dict[int, str | None] = dict.fromkeys((*range(32), *range(127, 160), 65535))
_REPLACED |= {0xFFFE: "-", 2: "-", 0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi"}
_REPLACED |= {0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st", 0x2010: "-", 0x2011: "-", 0xAD: "-"}
"""Ligatures and hyphens as they are typed; what controls a terminal is left out."""
_JOINED = 0.12
"""Space between two words, as a part of the font's size, below which pdfium only guessed it: small
capitals change the size within a word."""
_ASCENT, _DESCENT = 0.76, 0.24
"""Parts of the font's size above and below the line that text stands on."""
_RAISED = 0.8
"""Part of the size of a word's first letter up to which its last ones are a mark beside it."""
_BETWEEN_MARKS = ",;*"
_CAPITALS = {"V": "ff", "W": "fi", "X": "fl", "Y": "ffi", "Z": "ffl"}
_INNER_CAPITAL = re.compile(r"(?<=[a-z])[VWXYZ](?=[a-z])")
_FIRST_CAPITAL = re.compile(r"^[WX](?=[bdglmntv][a-z]|rst|el[dt]|x[ei]|ow|at|uctu|uid)")
_FEWEST_INNER = 3
_ACCENTS = {
    "\u00b4": "\u0301", "`": "\u0300", "\u00a8": "\u0308", "\u02c6": "\u0302", "\u02dc": "\u0303",
    "\u00b8": "\u0327", "\u02da": "\u030a", "\u02c7": "\u030c", "\u02d8": "\u0306",
}  # fmt: skip
"""Accents as signs of their own, and as parts of letters."""
_BOLD = ("bold", "black", "heavy", "semibold", "-bd", "cmbx", "medi", "demi")
_LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A line of text, or the part of one in one column; lengths are points from the top left."""

    text: str
    page: int
    """From 1."""
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    """Size of the font of most of its characters."""
    bold: bool
    font: str
    """Name of that font, without the letters that mark a part of one."""
    rotated: bool = False
    """Whether it is turned against the other text, such as a stamp in the margin."""
    bare: str = ""
    """The text without small raised signs, such as those of footnotes; empty if it has none."""


@dataclass(frozen=True, slots=True)
class PdfWord:
    """A word, placed as a :class:`PdfLine` is."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    font: str
    joined: bool
    """Whether no space stands before it."""
    breaks: bool
    """Whether pdfium takes it to begin a line."""
    rotated: bool = False

    @property
    def base(self) -> float:
        """Distance of the line that it stands on from the page's top."""
        return self.y1 - _DESCENT * self.size


@dataclass(frozen=True, slots=True)
class Frame:
    """The page as it is displayed and then turned for reading."""

    left: float
    bottom: float
    page_width: float
    page_height: float
    turns: int
    """Quarter turns clockwise from the page's own coordinates."""

    @property
    def width(self) -> float:
        return self.page_height if self.turns % 2 else self.page_width

    @property
    def height(self) -> float:
        return self.page_width if self.turns % 2 else self.page_height

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the page's own coordinates from the top left of the frame."""
        x, y = x - self.left, y - self.bottom
        match self.turns % 4:
            case 0:
                return x, self.page_height - y
            case 1:
                return y, x
            case 2:
                return self.page_width - x, y
            case _:
                return self.page_height - y, self.page_width - x


@dataclass(frozen=True, slots=True)
class _Style:
    size: float
    bold: bool
    font: str
    turns: int
    """Quarter turns clockwise that make the text upright."""


@dataclass(slots=True)
class _Span:
    """A word as characters: the first and the last one's index."""

    text: str
    first: int
    last: int
    guessed: bool
    breaks: bool
    joined: bool = False
    """Whether it is the end of the word before, in smaller letters."""


def words_on_page(page: Any) -> tuple[Frame, list[PdfWord]]:
    """Return the words of a pypdfium2 page in the order of its content, and the page's frame."""
    from pypdfium2 import raw

    text = page.get_textpage()
    try:
        known = _Styles(raw, text.raw)
        spans = list(_without_marks(_spans(raw, text.raw), known))
        spans = _with_ligatures([_accented(raw, text.raw, span) for span in spans])
        left, bottom, right, top = page.get_bbox()
        styles = [known.style(span.first) for span in spans]
        turns = _most_turns(spans, styles, page.get_rotation() // 90)
        frame = Frame(left, bottom, right - left, top - bottom, turns)
        return frame, _placed(raw, text.raw, spans, styles, frame)
    finally:
        text.close()


def _spans(raw: Any, text: Any) -> list[_Span]:
    """Return the words among the characters of a text page."""
    is_generated = raw.FPDFText_IsGenerated
    spans: list[_Span] = []
    guessed, breaks = False, True
    for match in _PIECES.finditer(_characters(raw, text)):
        piece, first = match[0], match.start()
        if match.lastgroup == "word":
            cut = piece[-1] in _HYPHENS
            shown = piece.translate(_REPLACED)
            if shown:
                spans.append(_Span(shown, first, match.end() - 1, guessed, breaks))
                guessed, breaks = False, cut
        elif match.lastgroup == "end":
            breaks = True
        else:
            guessed = is_generated(text, first) == 1
    return spans


def _without_marks(spans: Sequence[_Span], known: _Styles) -> Iterator[_Span]:
    """Yield words, those that end in a run of smaller letters in two parts."""
    for span in spans:
        length = span.last - span.first + 1
        if length < 2 or len(span.text) != length:
            yield span
            continue
        end = len(span.text.rstrip(_BETWEEN_MARKS))
        size = known.style(span.first).size
        cut = end
        while cut > 1 and (
            span.text[cut - 1] in _BETWEEN_MARKS
            or known.style(span.first + cut - 1).size <= _RAISED * size
        ):
            cut -= 1
        if cut == end:
            yield span
            continue
        first = span.first + cut
        yield replace(span, text=span.text[:cut], last=first - 1)
        yield _Span(span.text[cut:], first, span.last, span.guessed, False, joined=True)


def _with_ligatures(spans: list[_Span]) -> list[_Span]:
    """Return the words of a page, with ligatures for the capitals that some fonts give for them.

    Publishers' fonts of the years about 2000 have ligatures at the places of V to Z, so that
    "significant" is read as "signiWcant".
    """
    texts = [span.text for span in spans]
    inner = sum(len(_INNER_CAPITAL.findall(text)) for text in texts)
    if inner < _FEWEST_INNER or any("fi" in text or "ff" in text for text in texts):
        return spans

    def mended(text: str) -> str:
        text = _INNER_CAPITAL.sub(lambda match: _CAPITALS[match[0]], text)
        return _FIRST_CAPITAL.sub(lambda match: _CAPITALS[match[0]], text)

    return [replace(span, text=mended(span.text)) for span in spans]


def _accented(raw: Any, text: Any, span: _Span) -> _Span:
    """Return a word with its accents on the letters that they stand above."""
    if not _ACCENTS.keys() & set(span.text) or len(span.text) != span.last - span.first + 1:
        return span
    sides = [ctypes.c_double() for _ in range(4)]
    box = [ctypes.byref(side) for side in sides]

    def middle(place: int) -> float:
        raw.FPDFText_GetCharBox(text, span.first + place, *box)
        return (sides[0].value + sides[1].value) / 2

    letters = list(span.text)
    for place, letter in enumerate(span.text):
        if letter not in _ACCENTS:
            continue
        beside = [p for p in (place - 1, place + 1) if 0 <= p < len(letters)]
        beside = [p for p in beside if len(letters[p]) == 1 and letters[p].isalpha()]
        if not beside:
            continue
        own = middle(place)
        base = min(beside, key=lambda p: abs(middle(p) - own))
        plain = {"\u0131": "i", "\u0237": "j"}.get(letters[base], letters[base])
        letters[base] = unicodedata.normalize("NFC", plain + _ACCENTS[letter])
        letters[place] = ""
    return replace(span, text="".join(letters))


def _characters(raw: Any, text: Any) -> str:
    """Return one character for each that pdfium counts; of a pair of surrogates the first is the
    whole character, and the second a zero."""
    count = min(raw.FPDFText_CountChars(text), _MOST_CHARACTERS)
    buffer = (ctypes.c_ushort * (count + 1))()
    if raw.FPDFText_GetText(text, 0, count, buffer) == count + 1:
        codes: Sequence[int] = buffer[:count]
    else:  # pdfium leaves some out in a text, so that places in it would be others
        unicode_of = raw.FPDFText_GetUnicode
        codes = [unicode_of(text, index) for index in range(count)]
    if not any(0xD800 <= code < 0xE000 for code in codes):
        return "".join(map(chr, codes))
    letters = [chr(code) if not 0xD800 <= code < 0xE000 else "\0" for code in codes]
    for place, (high, low) in enumerate(pairwise(codes)):
        if 0xD800 <= high < 0xDC00 <= low < 0xE000:
            letters[place] = chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
    return "".join(letters)


class _Styles:
    """Fonts of characters, looked up once for each run of text."""

    def __init__(self, raw: Any, text: Any) -> None:
        self._raw, self._text = raw, text
        self._of_run: dict[int | None, _Style] = {}
        self._matrix = raw.FS_MATRIX()
        self._name = ctypes.create_string_buffer(_LONGEST_NAME)
        self._flags = ctypes.c_int()

    def style(self, index: int) -> _Style:
        """Return the style of the character at ``index``."""
        run = self._raw.FPDFText_GetTextObject(self._text, index)
        key = ctypes.addressof(run.contents) if run else None
        if key is None or key not in self._of_run:
            self._of_run[key] = self._look_up(index)
        return self._of_run[key]

    def _look_up(self, index: int) -> _Style:
        raw, matrix = self._raw, self._matrix
        size = raw.FPDFText_GetFontSize(self._text, index)
        across, up, scale = 1.0, 0.0, 1.0
        if raw.FPDFText_GetMatrix(self._text, index, ctypes.byref(matrix)):
            across, up, scale = matrix.a, matrix.b, math.hypot(matrix.c, matrix.d) or 1.0
        length = raw.FPDFText_GetFontInfo(
            self._text, index, self._name, _LONGEST_NAME, ctypes.byref(self._flags)
        )
        name = self._name.value.decode("utf-8", "replace") if 0 < length <= _LONGEST_NAME else ""
        name = name.rpartition("+")[2]
        bold = any(part in name.lower() for part in _BOLD)
        bold = bold or raw.FPDFText_GetFontWeight(self._text, index) >= 600
        size = size * scale
        if not math.isfinite(size):
            size = 0.0
        turns = round(math.atan2(up, across) / (math.pi / 2)) % 4
        return _Style(min(abs(size), 1e4), bold, name, turns)


def _most_turns(spans: list[_Span], styles: list[_Style], of_page: int) -> int:
    """Return the quarter turns clockwise at which most text is upright."""
    counts: Counter[int] = Counter()
    for span, style in zip(spans, styles, strict=True):
        counts[style.turns] += len(span.text)
    return counts.most_common(1)[0][0] if counts else of_page


def _placed(
    raw: Any, text: Any, spans: list[_Span], styles: list[_Style], frame: Frame
) -> list[PdfWord]:
    x, y = ctypes.c_double(), ctypes.c_double()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    at, box = (
        (ctypes.byref(x), ctypes.byref(y)),
        [ctypes.byref(v) for v in (left, right, bottom, top)],
    )
    words: list[PdfWord] = []
    seen: set[tuple[str, int, int]] = set()
    breaks = False
    for span, style in zip(spans, styles, strict=True):
        breaks = breaks or span.breaks
        raw.FPDFText_GetCharOrigin(text, span.first, *at)
        raw.FPDFText_GetCharBox(text, span.last, *box)
        x0, base = frame.point(x.value, y.value)
        corners = (frame.point(left.value, bottom.value), frame.point(right.value, top.value))
        x1 = max(corner[0] for corner in corners)
        rotated = style.turns != frame.turns % 4
        size = style.size or abs(corners[0][1] - corners[1][1])
        if rotated:
            low, high = sorted(corner[1] for corner in corners)
            word = PdfWord(
                span.text, min(x0, corners[0][0], corners[1][0]), min(base, low), x1,
                max(base, high), size, style.bold, style.font, False, breaks, True,
            )  # fmt: skip
        else:
            x1 = max(x1, x0)
            word = PdfWord(
                span.text, x0, base - _ASCENT * size, x1, base + _DESCENT * size, size,
                style.bold, style.font, span.joined, breaks,
            )  # fmt: skip
            before = words[-1] if words else None
            if span.guessed and before and not before.rotated and not breaks:
                gap = x0 - before.x1
                near = abs(word.base - before.base) < 0.2 * size
                if near and -0.3 * size < gap < _JOINED * min(size, before.size):
                    word = replace(word, joined=True)
        if not _is_inside(word, frame):
            continue
        place = (span.text, round(word.x0 / 2), round(word.y1 / 2))
        if place in seen and len(span.text) > 1:  # printed again, a little shifted, to look bold
            continue
        seen.add(place)
        words.append(word)
        breaks = False
    return words


def _is_inside(word: PdfWord, frame: Frame) -> bool:
    return word.x1 >= 0 and word.y1 >= 0 and word.x0 <= frame.width and word.y0 <= frame.height

"""Lines of a PDF page from its words, and the order in which they are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from itertools import accumulate, pairwise

from explorer.readers.shared.pdf_words import PdfLine, PdfWord

_FEWEST_LINES = 3
"""Lines of a column, at least."""
_DEEPEST = 3
"""Times that a page is cut into two columns: six columns, at most, and newspapers are no papers."""
_STEP = 3.0
"""Points between the places at which a page may be cut."""
_NUMBERED = 5
"""Lines in a row with a number in the margin, from which such numbers are no text."""
_HYPHENATED = re.compile(r"(?:^|[\s(\[“\"'])[^\W\d_]+-$")
"""A word of letters alone that ends in a hyphen: in others it is the word's own."""
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_OWN_HYPHEN = re.compile(r"\w-$")


def lines_of_words(words: Sequence[PdfWord], page: int) -> tuple[PdfLine, ...]:
    """Return lines in reading order: column by column, turned text last."""
    lines = _lines(_unnumbered([word for word in words if not word.rotated]), page)
    turned = _turned([word for word in words if word.rotated], page)
    return (*_in_order(lines, 0), *turned)


def joined_text(lines: Iterable[PdfLine | str], words: Set[str] = frozenset()) -> str:
    """Return lines as one text, with words whole that were cut at ends of lines.

    A hyphen stays where only the parts are in ``words``, those of the document in lower case.

    >>> joined_text(["We take into ac-", "count over-the-", "air models of", "two papers."])
    'We take into account over-the-air models of two papers.'
    """
    text = ""
    for line in lines:
        new = line if isinstance(line, str) else line.text
        if not new:
            continue
        if text and new[0].isalnum() and _OWN_HYPHEN.search(text):
            match = _HYPHENATED.search(text)
            is_cut = new[0].islower() and match is not None
            if match and is_cut and words:
                left, right = match[0].strip(" -([“\"'").lower(), _FIRST_WORD.match(new)
                parts = {left, right[0].lower() if right else ""}
                is_cut = not (
                    parts <= words and "".join((left, right[0] if right else "")) not in words
                )
            text = (text[:-1] if is_cut else text) + new
        elif text and _is_dense(text[-1]) and _is_dense(new[0]):
            text += new
        else:
            text = f"{text} {new}" if text else new
    return text


def _is_dense(character: str) -> bool:
    """Whether a character is of a script without spaces between words."""
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"


def _lines(words: Sequence[PdfWord], page: int) -> list[PdfLine]:
    lines: list[list[PdfWord]] = []
    for word in words:
        if lines and _continues(lines[-1][-1], word):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [_line(line, page) for line in lines]


def _continues(before: PdfWord, word: PdfWord) -> bool:
    size = min(before.size, word.size) or 1.0
    large = max(before.size, word.size)
    gap = word.x0 - before.x1
    shift = abs(word.base - before.base)
    if word.breaks:
        return shift < 0.5 * large and -0.3 * size < gap < 0.6 * large
    return shift < 0.7 * large and -1.5 * large < gap < 1.6 * large


def _line(words: Sequence[PdfWord], page: int, rotated: bool = False) -> PdfLine:
    text = _text(words)
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    bold = 0
    for word in words:
        sizes[round(word.size, 1)] += len(word.text)
        fonts[word.font] += len(word.text)
        bold += len(word.text) if word.bold else 0
    size = sizes.most_common(1)[0][0]
    upright = [word for word in words if rotated or word.size > 0.8 * size] or list(words)
    return PdfLine(
        text,
        page,
        min(word.x0 for word in words),
        min(word.y0 for word in upright),
        max(word.x1 for word in words),
        max(word.y1 for word in upright),
        size,
        2 * bold > sum(sizes.values()),
        fonts.most_common(1)[0][0],
        rotated,
        bare if (bare := _without_raised(words, size)) != text else "",
    )


def _without_raised(words: Sequence[PdfWord], size: float) -> str:
    """Return the text without small signs, but with the commas after them."""
    parts = []
    for word in words:
        if word.size > 0.8 * size:
            parts.append(word.text if word.joined else f" {word.text}")
        elif word.text[-1] in ",;":
            parts.append(word.text[-1])
    return "".join(parts).strip()


def _text(words: Sequence[PdfWord]) -> str:
    return "".join(word.text if word.joined else f" {word.text}" for word in words).strip()


def _turned(words: Sequence[PdfWord], page: int) -> list[PdfLine]:
    lines: list[list[PdfWord]] = []
    for word in words:
        if lines and not word.breaks:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [_line(line, page, rotated=True) for line in lines]


def _unnumbered(words: list[PdfWord]) -> list[PdfWord]:
    """Return the words without those that number the lines in the margin."""
    first: dict[int, float] = {}
    for word in words:
        row = round(word.base / 3)
        first[row] = min(first.get(row, word.x0), word.x0)
    numbers = [
        word
        for word in words
        if word.text.isdecimal() and len(word.text) <= 4 and word.x0 <= first[round(word.base / 3)]
    ]
    if len(numbers) < _NUMBERED:
        return words
    edges = Counter(round(word.x1 / 4) for word in numbers)
    edge = edges.most_common(1)[0][0]
    column = sorted(
        (word for word in numbers if abs(word.x1 / 4 - edge) <= 1.5), key=lambda word: word.y0
    )
    values = [int(word.text) for word in column]
    rising = sum(0 < after - before <= 5 for before, after in pairwise(values))
    if rising < max(_NUMBERED - 1, 0.8 * (len(values) - 1)):
        return words
    dropped = {id(word) for word in column}
    return [word for word in words if id(word) not in dropped]


def _in_order(lines: Sequence[PdfLine], depth: int) -> list[PdfLine]:
    """Return lines in the order in which they are read.

    Lines that cross the gap between two columns part what is above from what is below.
    """
    cut = _gutter(lines) if depth < _DEEPEST else None
    if cut is None:
        return _by_rows(lines)
    ordered: list[PdfLine] = []
    left: list[PdfLine] = []
    right: list[PdfLine] = []

    def flush() -> None:
        ordered.extend(_in_order(left, depth + 1))
        ordered.extend(_in_order(right, depth + 1))
        left.clear()
        right.clear()

    for line in sorted(lines, key=lambda line: (line.y0 + line.y1) / 2):
        if _crosses(line, cut):
            flush()
            ordered.append(line)
        else:
            (left if line.x1 <= cut + 2 else right).append(line)
    flush()
    return ordered


def _crosses(line: PdfLine, cut: float) -> bool:
    return line.x0 < cut - 2 and line.x1 > cut + 2


def _gutter(lines: Sequence[PdfLine]) -> float | None:
    """Return where the lines are best cut into two columns; None if they are one."""
    if len(lines) < 2 * _FEWEST_LINES:
        return None
    low, high = min(line.x0 for line in lines), max(line.x1 for line in lines)
    changes = [0] * (int((high - low) / _STEP) + 3)
    for line in lines:
        # Places are crossed from the first one to the right of a line's beginning.
        first, last = int((line.x0 - low + 2) / _STEP) + 1, int((line.x1 - low - 2) / _STEP)
        if last >= first:
            changes[first] += 1
            changes[last + 1] -= 1
    crossing = list(accumulate(changes))
    margin = int(0.1 * (high - low) / _STEP)
    inner = range(max(1, margin), len(crossing) - 2 - margin)
    if not inner:
        return None
    fewest = min(crossing[place] for place in inner)
    start = next(place for place in inner if crossing[place] == fewest)
    end = next((place for place in inner if place > start and crossing[place] > fewest), inner[-1])
    cut = low + _STEP * (start + end - 1) / 2
    left = [line for line in lines if line.x1 <= cut + 2]
    right = [line for line in lines if line.x0 >= cut - 2 and line.x1 > cut + 2]
    if min(len(left), len(right)) < _FEWEST_LINES or fewest > 1.2 * min(len(left), len(right)):
        return None
    beside = sum(any(line.y0 < other.y1 and other.y0 < line.y1 for other in right) for line in left)
    wide = [sorted(line.x1 - line.x0 for line in side)[len(side) // 2] for side in (left, right)]
    if beside < 0.4 * min(len(left), len(right)) or min(wide) < 0.08 * (high - low):
        return None
    return cut


def _by_rows(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """Return lines from top to bottom, those of one height from left to right."""
    ordered: list[PdfLine] = []
    row: list[PdfLine] = []
    for line in sorted(lines, key=lambda line: (line.y0 + line.y1) / 2):
        if row:
            height = min(row[0].y1 - row[0].y0, line.y1 - line.y0)
            if line.y0 + line.y1 - row[0].y0 - row[0].y1 > height:
                ordered += sorted(row, key=lambda one: one.x0)
                row = []
        row.append(line)
    return ordered + sorted(row, key=lambda one: one.x0)

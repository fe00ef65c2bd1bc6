"""Encodings of texts, found out by their bytes.

UTF-8 is never met by chance, so a text with far more of its sequences than bytes that belong to
none is UTF-8 that some program has mended by hand: those bytes are read as Windows-1252, one by
one, and their lines are named.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

STRAY_BYTES = "explorer-stray-bytes"
"""Error handler of UTF-8 that reads bytes which belong to no sequence as Windows-1252."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ACCENTS_PER_LETTER = 4
"""A legacy text with fewer than one accent in this many ASCII letters is Western."""
_LEGACY = "cp1251 koi8_r cp1253 cp1255 cp1256 cp874 shift_jis euc_jp gb18030 big5 euc_kr".split()
"""Legacy encodings of web pages; DOS encodings would make guesses unreliable."""
_SAMPLE = 4096
"""Bytes on either side of the first that is not UTF-8."""
_LINES_NAMED = 20
_MOST_STRAYS = 100_000
_STRAY = re.compile("[\udc80-\udcff]")
_LEADING = bytes(range(0xC2, 0xF5))
"""First bytes of the sequences of UTF-8."""
_QUOTES = frozenset("‘’“”–—…")
_SHARE_OF_ZEROS = 0.05
"""Zeros among the higher bytes of UTF-16, at least: blanks and line ends have them in any
language."""
_SHARE_OF_ASCII = 0.8
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", "replace"), error.end


codecs.register_error(STRAY_BYTES, _windows_1252)


def handler(encoding: str) -> str:
    """Return what becomes of bytes that are invalid in ``encoding``."""
    return STRAY_BYTES if encoding.startswith("utf-8") else "replace"


def decode_head(head: bytes, encoding: str) -> str:
    """Return the beginning of a text, which may end within a character."""
    return codecs.getincrementaldecoder(encoding)(handler(encoding)).decode(head)


def text_encoding(chunks: Iterable[bytes]) -> tuple[str, str]:
    """Return the encoding of a text without a byte order mark, and a remark if it is impure."""
    strict = codecs.getincrementaldecoder("utf-8")()
    lenient = _Strays()
    sample = b""
    for chunk in chunks:
        if not sample:
            begun, _ = strict.getstate()
            try:
                strict.decode(chunk)
                lenient.line += chunk.count(b"\n")
                lenient.sequences += _sequences(chunk)
                continue
            except UnicodeDecodeError as error:
                sample = chunk[max(0, error.start - _SAMPLE) : error.start + _SAMPLE]
                chunk = begun + chunk  # noqa: PLW2901
        lenient.add(chunk)
        if lenient.strays > _MOST_STRAYS and lenient.strays > lenient.sequences:
            break
    if not sample:
        return "utf-8", ""
    if lenient.sequences >= lenient.strays:
        return "utf-8", lenient.remark
    return _legacy_encoding(sample), ""


def utf16_without_mark(head: bytes) -> str:
    """Return the UTF-16 that ``head`` is in, or ``""``: where most letters are Latin, every
    second byte is zero."""
    pairs = len(head) // 2
    if not pairs:
        return ""
    printable = sum(0x20 <= byte < 0x7F for byte in head)
    if printable > _SHARE_OF_ASCII * len(head):  # a text with some zeros in it
        return ""
    even, odd = head[::2], head[1::2]
    for encoding, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high.count(0) < _SHARE_OF_ZEROS * pairs or low.count(0) > 0.01 * pairs:
            continue
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return encoding
    return ""


class _Strays:
    """Sequences of UTF-8, and bytes in none, in a text that comes in chunks."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.line = 1
        self.sequences = 0
        self.strays = 0
        self._lines: dict[int, None] = {}

    def add(self, chunk: bytes) -> None:
        text = self._decoder.decode(chunk)
        before = self.strays
        at = 0
        for stray in _STRAY.finditer(text):
            self.line += text.count("\n", at, stray.start())
            at = stray.start()
            self.strays += 1
            if len(self._lines) <= _LINES_NAMED:
                self._lines[self.line] = None
        self.line += text.count("\n", at)
        letters = len(text.encode("ascii", "ignore"))
        self.sequences += len(text) - letters - (self.strays - before)

    @property
    def remark(self) -> str:
        numbers = [f"{line:,}" for line in [*self._lines][:_LINES_NAMED]]
        lines = f"line{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"
        more = ", …" if len(self._lines) > _LINES_NAMED else ""
        return f"not all of it is UTF-8: {lines}{more}; bytes there are read as Windows-1252"


def _sequences(chunk: bytes) -> int:
    """Return how many characters of a valid chunk are not ASCII."""
    return 0 if chunk.isascii() else len(chunk) - len(chunk.translate(None, _LEADING))


def _legacy_encoding(sample: bytes) -> str:
    # A few accents between ASCII letters are too little to guess from.
    accents = sum(byte >= 0x80 for byte in sample)
    if accents * _ACCENTS_PER_LETTER < sum(chr(byte).isalpha() for byte in sample if byte < 0x80):
        return max(("cp1252", "mac_roman"), key=lambda encoding: _western(sample, encoding))
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_LEGACY).best()
    return best.encoding if best else "cp1252"


def _western(sample: bytes, encoding: str) -> int:
    """Return how much a text looks like words: small letters among small letters, and quotes."""
    text = sample.decode(encoding, "replace")
    score = 0
    for before, character, after in zip(f" {text[:-1]}", text, f"{text[1:]} ", strict=True):
        if character < "\x80":
            continue
        if character in _QUOTES:
            score += 1
        elif before.islower() or (before.isalpha() and after.islower()):
            score += 1 if character.islower() else -1
        elif after.isalpha():
            score += 0 if character.isalpha() else -1
    return score

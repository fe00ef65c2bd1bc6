"""Words of scripts without blanks between words, for phrases: Chinese, Japanese, Thai.

BudouX's small models cut a text into words and their particles. What they get wrong does not matter
to search, which goes by pairs of characters, and little to phrases, whose keys do so, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from explorer.index.analysis import characters, without_particle
from explorer.papers.function_words import FUNCTION_WORDS
from explorer.papers.scripts import HANGUL, KANA, THAI, UNSPACED
from explorer.topics.filler_words import FILLER_WORDS

if TYPE_CHECKING:
    from budoux import Parser

_PART = re.compile(f"[{UNSPACED}]+|[{HANGUL}]+|[^{UNSPACED}{HANGUL}]+")
_UNSPACED_LETTER = re.compile(f"[{UNSPACED}]")
_KANA = re.compile(f"[{KANA}]")
_THAI = re.compile(f"[{THAI}]")
_HANGUL = re.compile(f"[{HANGUL}]")
_TRADITIONAL = re.compile("[這個們為與對於學網類應實驗現層經過從間關術據標識應圖訓練題]")
_PARTICLE = re.compile(
    "(?<=[^ぁ-ん])(?:における|について|によって|により|による|として|のための|のため|では|には|とは"
    "|から|まで|より|への|での|との|の|を|は|が|に|で|と|も|へ|や)$"
    "|(?<=[^ぁ-ん][みりきちびぎけめれべ])(?:の|を|は|が|に|で|と|も|へ|や)$"
    "|(?<=[^ぁ-ん][ぁ-ん][ぁ-ん][みりきちびぎけめれべ])(?:の|を|は|が|に|で|と|も|へ|や)$"
)
"""Particles at the end of a Japanese word, or of a noun made of a verb."""
_VERB = re.compile("[하되있]는$")
"""Korean verbs before a noun, which look like nouns with a particle."""
_CHINESE = FUNCTION_WORDS["zh"] | FILLER_WORDS["zh"]
_KANA_PER_CHARACTER = 3
"""Kana that take the place of a Chinese character."""
_LONGEST_UNCUT = 12
"""Characters of a run in a script that no model cuts, above which it is a clause."""


@lru_cache(maxsize=50_000)
def words_in(word: str, language: str) -> tuple[str, ...]:
    """Return the words in ``word``, which has no blanks, with its particles apart."""
    words: list[str] = []
    for match in _PART.finditer(word):
        part = match[0]
        if _UNSPACED_LETTER.match(part):
            words += _cut(part, language)
        elif len(stem := without_particle(part)) < len(part) and not _VERB.search(part):
            words += [stem, part[len(stem) :]]
        else:
            words.append(part)
    return tuple(words)


def length_of(word: str) -> int:
    """Return the characters of ``word``, which has no blanks; kana are less than one each."""
    kana = len(_KANA.findall(word))
    return len(characters(word)) - kana + -(-kana // _KANA_PER_CHARACTER)


def is_unspaced(sign: str) -> bool:
    """Return whether ``sign`` is a letter of a script without blanks between words."""
    return _UNSPACED_LETTER.match(sign) is not None


def is_hangul(sign: str) -> bool:
    """Return whether ``sign`` is a Korean letter."""
    return _HANGUL.match(sign) is not None


def is_thai(sign: str) -> bool:
    """Return whether ``sign`` is a Thai letter."""
    return _THAI.match(sign) is not None


def _cut(run: str, language: str) -> list[str]:
    model = _model_for(run, language)
    if not model:
        # Rather no word than a clause.
        return [run] if len(characters(run)) <= _LONGEST_UNCUT else []
    words: list[str] = []
    for word in _parser(model).parse(run):
        particle = _PARTICLE.search(word) if model == "ja" else None
        start = particle.start() if particle else len(word)
        words += [piece for piece in (word[:start], word[start:]) if piece]
    return _rejoined(words) if model.startswith("zh") else words


def _rejoined(words: Sequence[str]) -> list[str]:
    """Join pairs of Chinese words that are a function or filler word which the model cut."""
    joined: list[str] = []
    for word in words:
        pair = joined[-1] + word if joined else ""
        if pair in _CHINESE:
            joined[-1] = pair
        else:
            joined.append(word)
    return joined


def _model_for(run: str, language: str) -> str:
    if _THAI.search(run):
        return "th"
    if language == "ja" or _KANA.search(run):
        return "ja"
    if run[0] < "\u3000":
        return ""
    return "zh-hant" if _TRADITIONAL.search(run) else "zh-hans"


@cache
def _parser(model: str) -> Parser:
    import budoux

    load = {
        "ja": budoux.load_default_japanese_parser,
        "th": budoux.load_default_thai_parser,
        "zh-hans": budoux.load_default_simplified_chinese_parser,
        "zh-hant": budoux.load_default_traditional_chinese_parser,
    }
    return load[model]()

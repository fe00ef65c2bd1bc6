"""Classes of words that decide which phrases a word can be part of, by language.

Names have no function words and do not begin or end with the words that abstracts of every field
share. Two nouns of other languages may be joined: "segmentation d'images", 細胞のタンパク質.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from explorer.index.full_text import STOP_WORDS
from explorer.papers.function_words import FUNCTION_WORDS
from explorer.papers.language import ENGLISH
from explorer.topics.filler_words import FILLER_WORDS
from explorer.topics.segmentation import is_hangul, is_thai, is_unspaced

_FILLER = FILLER_WORDS[ENGLISH]
_ADJECTIVE = re.compile(
    r"-(?:intensive|efficient|based|aware|free|driven|guided|oriented|level|scale|specific|agnostic"
    r"|friendly|wise|end|time|shot|source|quality|art|par|performance|cost|rank|dimensional|context"
    r"|form|range|grained|fidelity|order|step|world)$"
    r"|(?<!se)(?<!ne)(?<!fe)(?<!spe)(?<!emb)(?<!f)ed$|ly$|(?:consuming|expensive)$"
)
_INSTANCE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|^\d+(?:st|nd|rd|th)$")
"""Years and ordinals, which tell one event of a series from the others: WNUT-2020, 9th."""
_OPENERS = _FILLER - frozenset(
    "code large low high real open single multiple feature information time quality world end "
    "model source small training state task first system user test".split()
)
_CLOSERS = _FILLER - frozenset(
    "model models training code system systems quality world analysis evaluation benchmark "
    "benchmarks features reduction search survey states rate".split()
)
_WEAK = STOP_WORDS | _FILLER
_NOUNS_OF_METHOD = frozenset(
    """模型 系统 系統 算法 方法 分析 技术 技術 识别 手法 모델 시스템 분석 기술 модель модели моделей
    система системы анализ modelle systeme modelo modelos modèles modelli sistemi sistemas
    systèmes""".split()
)
"""Fillers that may be the last word of a name: "language models", 语言模型."""
_LINKS = {
    "fr": frozenset("de du des d' d’ en".split()),
    "es": frozenset("de del en".split()),
    "pt": frozenset("de da do das dos em".split()),
    "it": frozenset("di del della delle dei degli d' d’ dell' dell’".split()),
    "ca": frozenset("de del dels d' d’".split()),
    "ro": frozenset(("de",)),
    "ja": frozenset(("の",)),
}
"""Words between two nouns of one name."""
_ENDS_AS_ADJECTIVE = {
    "ru": re.compile(
        r"(?:[ыио]й|[ая]я|[ое]е|[ыи]е|[ое]го|[ое]му|[ыи]х|[ыи]м|[ыи]ми|[ую]ю|ной|ской)$"
    ),
}
"""Endings of words that need a noun after them."""
_ENDS_AS_NOUN = re.compile("[^ぁ-ん]$|(?<![ぁ-ん]あ)(?<!よ)[みりきちびぎけめれべ]$")
"""Ends of Japanese words that may be nouns, unlike 用いた and 新しい."""
_HIRAGANA = re.compile("[ぁ-んー]+")
_KOREAN_VERB = re.compile("(?:다|하는|하여|하며|하고|되는|되며|되어|있는|[한할된될해])$")
_SUFFIXES = frozenset("人体性率器机法网学力度量化者员型区层图病症癌物車機性體網學員區層圖")
"""Characters that end Chinese words of several; others alone are no noun, or cut from one."""
_LEAST_CHARACTERS = 2


class WordClass(NamedTuple):
    """Properties of a word that decide which phrases it can be part of."""

    is_stop: bool
    is_weak: bool
    """Stop word or filler."""
    ends: bool
    """Part of no phrase."""
    alone: bool
    """Can be a phrase by itself."""
    opens: bool
    """Can be the first of several."""
    closes: bool
    """Can be the last of several."""
    is_content: bool
    """Not a filler word."""
    is_alphabetic: bool = False
    """Of an alphabet that puts no blanks between words, such as the Thai one."""


_FUNCTION = WordClass(
    is_stop=True,
    is_weak=True,
    ends=True,
    alone=False,
    opens=False,
    closes=False,
    is_content=False,
)
_LINK = _FUNCTION._replace(ends=False)


@lru_cache(maxsize=200_000)
def word_class(word: str, language: str) -> WordClass:
    """Return the class of ``word`` in a text in ``language``."""
    lower = word.casefold()
    if lower in _LINKS.get(language, ()):
        return _LINK
    if is_unspaced(word[0]) or is_hangul(word[0]):
        return _of_other_script(word, language)
    is_content = lower not in _FILLER
    is_adjective = _ADJECTIVE.search(lower) is not None
    is_numbered = lower[0].isdigit()
    english = WordClass(
        is_stop=lower in STOP_WORDS,
        is_weak=lower in _WEAK,
        ends=lower in STOP_WORDS
        or not any(c.isalpha() for c in word)
        or _INSTANCE.search(lower) is not None,
        alone=len(lower) > _LEAST_CHARACTERS and is_content and not (is_adjective or is_numbered),
        opens=lower not in _OPENERS and not lower.endswith("ly") and lower not in _verbs(),
        closes=lower not in _CLOSERS and not (is_adjective or is_numbered),
        is_content=is_content,
    )
    return english if language == ENGLISH else _in_language(word, lower, language, english)


@cache
def _verbs() -> frozenset[str]:
    """Return English words that take an object (``benchmarks/verbs.py`` writes the file)."""
    path = Path(__file__).with_name("verbs.txt")
    return frozenset(path.read_text(encoding="utf-8").split())


def _in_language(word: str, lower: str, language: str, english: WordClass) -> WordClass:
    """Return the class of a word in a language with blanks, in whose papers English occurs, too."""
    if lower.rstrip("'’") in FUNCTION_WORDS.get(language, ()) or word[-1] in "'’":
        return _FUNCTION
    if english.ends and not english.is_stop:
        return english
    is_content = lower not in FILLER_WORDS.get(language, ())
    ending = _ENDS_AS_ADJECTIVE.get(language)
    is_adjective = ending is not None and ending.search(lower) is not None
    # All German nouns are capitalised, and nothing else is, but at the start of a sentence.
    is_noun = not is_adjective and (language != "de" or not word[0].islower())
    return WordClass(
        is_stop=False,
        is_weak=not is_content,
        ends=False,
        alone=len(lower) > _LEAST_CHARACTERS and is_content and is_noun,
        opens=is_content,
        closes=is_noun and (is_content or lower in _NOUNS_OF_METHOD),
        is_content=is_content,
    )


def _of_other_script(word: str, language: str) -> WordClass:
    """Return the class of a word in Chinese, Japanese, Korean, Thai and the like."""
    spoken = "th" if is_thai(word[0]) else "ko" if is_hangul(word[0]) else language
    if spoken not in FILLER_WORDS or spoken == "ar":
        spoken = "zh"
    if word in FUNCTION_WORDS[spoken] or (spoken == "zh" and word in FUNCTION_WORDS["ja"]):
        return _FUNCTION
    is_verb = _KOREAN_VERB.search(word) if spoken == "ko" else not _ENDS_AS_NOUN.search(word)
    if _HIRAGANA.fullmatch(word) or is_verb:
        return _FUNCTION
    is_content = word not in FILLER_WORDS[spoken]
    is_piece = spoken == "zh" and len(word) == 1
    return WordClass(
        is_stop=False,
        is_weak=not is_content,
        ends=False,
        alone=len(word) >= _LEAST_CHARACTERS + (spoken == "th") and is_content,
        opens=is_content,
        closes=(is_content and (not is_piece or word in _SUFFIXES)) or word in _NOUNS_OF_METHOD,
        is_content=is_content,
        is_alphabetic=spoken == "th",
    )

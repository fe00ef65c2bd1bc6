"""Words of texts in any language, as they are indexed: the same for papers, queries, highlights.

Every word is lower-cased, stripped of accents and stemmed (Porter's English stemmer). Words of a
paper in another language are first stemmed in that (Snowball), so that a query finds them in any
inflection; English papers are indexed as they are. Scripts without blanks between words, and
Korean, whose particles are part of the word, are indexed as overlapping pairs of characters:
神经网络 as 神经 经网 网络, as Lucene's CJK analyzer does.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from explorer.papers.language import ENGLISH
from explorer.papers.scripts import HANGUL, UNSPACED, is_plain, marks, word_pattern

if TYPE_CHECKING:
    import tantivy
    from Stemmer import Stemmer

VERSION = 1
"""Number of these rules; 0 are those of indexes that had English alone."""
ANALYZER = "paper"
"""Name of the analyzer in the schema of an index."""
_LONGEST_WORD = 60
PLAIN_WORD = re.compile(r"[^\W_]+")
"""A word without combining marks, as Tantivy tokenizes: letters and digits."""
_SNOWBALL = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "es": "spanish",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
"""Stemmers by language."""
_POINTS = re.compile("[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
"""Points of Hebrew and Arabic, which are written or not, and the stroke that stretches words."""
_PAIRED = re.compile(f"[{UNSPACED}]+|[{HANGUL}]+")
_PARTICLE = re.compile(
    "(?<=[가-힣]{2})(?:에서는|으로써|으로는|에게서|이라는|에서|에게|으로|까지|부터|처럼|보다|이나|라는"
    "|과의|와의|은|는|이|가|을|를|의|에|로|와|과|도|만)$"
)
"""Particle at the end of a Korean word of at least two more syllables."""


class Token(NamedTuple):
    """A word, or a pair of characters, of a text."""

    stem: str
    """The term it is indexed under; empty if it is not indexed."""
    start: int
    end: int


def tokens(text: str, language: str = ENGLISH) -> Iterator[Token]:
    """Yield the tokens of ``text``, a text in ``language``, in order."""
    for form, start, end in _forms(text, language):
        yield Token(_analysed(form), start, end)


def plain_tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of ``text`` by the rules of version 0."""
    for match in PLAIN_WORD.finditer(text):
        yield Token(_analysed(match[0]), match.start(), match.end())


def term_counts(text: str, language: str = ENGLISH) -> Counter[str]:
    """Return the count of each stem in ``text``, a text in ``language``."""
    if language not in _SNOWBALL and is_plain(text):
        forms = Counter(PLAIN_WORD.findall(text))
    else:
        forms = Counter(form for form, _, _ in _forms(text, language))
    counts: Counter[str] = Counter()
    for form, times in forms.items():
        if stem_ := _analysed(form):
            counts[stem_] += times
    return counts


@lru_cache(maxsize=200_000)
def stems(text: str, language: str = ENGLISH) -> tuple[str, ...]:
    """Return the stems of ``text``, which is short: a word or a few."""
    return tuple(token.stem for token in tokens(text, language) if token.stem)


def stem(word: str, language: str = ENGLISH) -> str:
    """Return the stem that ``word`` is indexed under; empty if it is not indexed."""
    known = stems(word, language)
    return known[0] if known else ""


def indexed_form(text: str, language: str) -> str:
    """Return ``text`` so that Tantivy's analyzer (:func:`analyzer`) finds its tokens."""
    if language not in _SNOWBALL and is_plain(text):
        return text
    return " ".join(form for form, _, _ in _forms(text, language))


def has_stemmer(language: str) -> bool:
    """Return whether words in ``language`` are stemmed in it before they are in English."""
    return language in _SNOWBALL


def is_paired(text: str) -> bool:
    """Return whether ``text`` is in a script whose words are indexed in pairs of characters."""
    return _PAIRED.fullmatch(text) is not None


def without_particle(word: str) -> str:
    """Return a Korean ``word`` without the particle at its end; any other as it is."""
    return _PARTICLE.sub("", word)


def characters(text: str) -> list[str]:
    """Return the characters of ``text``, each with its combining marks."""
    return _character().findall(text)


def _forms(text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """Yield (form given to Tantivy, start, end) of each token."""
    plain = is_plain(text)
    if plain and language not in _SNOWBALL:
        for match in PLAIN_WORD.finditer(text):
            yield match[0], match.start(), match.end()
        return
    for match in (PLAIN_WORD if plain else word_pattern()).finditer(text):
        word, start, end = match[0], match.start(), match.end()
        if plain or is_plain(word):
            yield _stemmed(word, language), start, end
            continue
        done = start
        for run in _PAIRED.finditer(text, start, end):
            if done < run.start():
                yield _stemmed(text[done : run.start()], language), done, run.start()
            yield from _pairs(run[0], run.start())
            done = run.end()
        if done < end:
            yield _stemmed(text[done:end], language), done, end


def _pairs(run: str, start: int) -> Iterator[tuple[str, int, int]]:
    run = without_particle(run)
    starts = [start + match.start() for match in _character().finditer(run)]
    ends = [*starts[1:], start + len(run)]
    if len(starts) == 1 and (form := _without_breaks(run)):
        yield form, start, ends[0]
    for first, second in pairwise(range(len(starts))):
        piece = run[starts[first] - start : ends[second] - start]
        if form := _without_breaks(piece):
            yield form, starts[first], ends[second]


@lru_cache(maxsize=200_000)
def _stemmed(word: str, language: str) -> str:
    """Return ``word`` stemmed in ``language``, if that has a stemmer, as one word to Tantivy."""
    if language in _SNOWBALL:
        word = _stemmer(language).stemWord(word.lower()) or word
    if word.isascii():
        return word
    word = _POINTS.sub("", unicodedata.normalize("NFC", word)) or word
    return word if is_plain(word) else _without_breaks(word)


@cache
def _stemmer(language: str) -> Stemmer:
    from Stemmer import Stemmer

    return Stemmer(_SNOWBALL[language])


def _without_breaks(word: str) -> str:
    """Return ``word`` without the marks at which Tantivy would cut it in two."""
    return "".join(sign for sign in word if not _breaks(sign))


@lru_cache(maxsize=10_000)
def _breaks(sign: str) -> bool:
    return not sign.isalnum() and len(analyzer().analyze(f"a{sign}a")) != 1


@lru_cache(maxsize=200_000)
def _analysed(form: str) -> str:
    known = analyzer().analyze(form)
    return known[0] if known else ""


@cache
def _character() -> re.Pattern[str]:
    return re.compile(rf"[^{marks()}][{marks()}]*|[{marks()}]+")


@cache
def analyzer() -> tantivy.TextAnalyzer:
    """Return the analyzer of all indexes."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(_LONGEST_WORD))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.stemmer("english"))
        .build()
    )

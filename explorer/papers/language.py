"""Language of a text, from its script and its function words.

Function words are a third of any running text and hardly shared, so that counting them tells
languages apart in one sentence (Cavnar and Trenkle's rank-order profiles need more of it). English
is the answer wherever nothing speaks for another language: titles of three words, formulas, names.
"""

from __future__ import annotations

import re
from collections import defaultdict

from explorer.papers.function_words import FUNCTION_WORDS
from explorer.papers.scripts import HAN, HANGUL, KANA, THAI

ENGLISH = "en"

_TELLING_LETTERS = {
    "de": "äöüß",
    "fr": "éèêëàâçùûîïôœ",
    "es": "áéíóúñ",
    "pt": "ãõâêôçáéíóú",
    "it": "àèéìòù",
    "sv": "åäö",
    "da": "åæø",
    "no": "åæø",
    "fi": "äö",
    "hu": "áéíóöőúüű",
    "ro": "ăâîșțşţ",
    "tr": "çğışöü",
    "pl": "ąćęłńóśźż",
    "cs": "áčďéěíňóřšťúůýž",
    "ca": "àèéíïòóúüç",
}
_TELLING_ENDINGS = {
    "es": ("ción", "ciones", "aje", "miento", "dad"),
    "pt": ("ção", "ções", "agem", "mento", "dade"),
    "it": ("zione", "zioni", "ità", "mento"),
    "ca": ("ció", "cions", "atge"),
}
_FEWEST_WORDS = 2
"""Function words that tell a language, at least."""
_HINT = 0.5
"""Function words that a word with a telling letter or ending counts for."""
_CLEARLY = 2.0
"""Times the function words of any other language that leave no doubt of English."""
_ENOUGH_WORDS = 80
"""Words at the start of a text that are looked at for English."""
_ENGLISH_SHARE = 0.08
"""Share of English function words from which nothing else is looked for."""
_LEAST_SHARE = 0.3
"""Share of a text's letters that are of a script, from which it is a text in that script."""
_ENOUGH_KANA = 0.05
"""Share of kana among the Chinese characters and kana from which a text is Japanese."""

_LATIN_SCRIPT = frozenset(FUNCTION_WORDS) - frozenset("ru el ar fa hi zh ja ko th".split())


def _by_word() -> dict[str, tuple[str, ...]]:
    languages: dict[str, list[str]] = defaultdict(list)
    for language in sorted(_LATIN_SCRIPT):
        for word in FUNCTION_WORDS[language]:
            languages[word].append(language)
    return {word: tuple(of_word) for word, of_word in languages.items()}


_LANGUAGES_OF = _by_word()
_ENGLISH_WORDS = frozenset("and are by from of that the this which with".split())
"""Function words that no other language has."""
_PLAIN_WORD = re.compile(r"(?<![\w-])[^\W\d_]{2,}(?![\w-])")
_OTHER_LETTERS = re.compile(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff]")
"""A letter that is not Latin."""
_SCRIPTS = {
    "zh": re.compile(f"[{HAN}{KANA}]"),
    "ko": re.compile(f"[{HANGUL}]"),
    "th": re.compile(f"[{THAI}]"),
    "ru": re.compile("[\u0400-\u052f]"),
    "el": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "ar": re.compile("[\u0620-\u06ff\u0750-\u077f]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "hy": re.compile("[\u0531-\u0587]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
}
"""Letters of the scripts that tell a language, or two of them."""
_KANA = re.compile(f"[{KANA}]")
_NOT_RUSSIAN = re.compile("[іїєґўјљњћђџѕќѓ]|ъ(?=[а-я]*т\\b)")
"""Letters of other languages in the Cyrillic script."""
_PERSIAN = re.compile("[پچژگکی]")
OTHER = ""
"""A language that is none of those known here."""


def language_of(text: str) -> str:
    """Return the language of ``text`` by its ISO 639 code; English if nothing speaks against it.

    Empty for texts in scripts of languages that are not known here.
    """
    pieces = text.split(maxsplit=_ENOUGH_WORDS)[:_ENOUGH_WORDS]
    english = sum(map(_ENGLISH_WORDS.__contains__, pieces))
    if english >= max(_FEWEST_WORDS, _ENGLISH_SHARE * len(pieces)):
        return ENGLISH
    if not text.isascii():
        others = len(_OTHER_LETTERS.findall(text))
        if others and others >= _LEAST_SHARE * sum(map(str.isalpha, text)):
            return _language_of_script(text, others)
    return _latin_language(text)


def _language_of_script(text: str, others: int) -> str:
    counts = {language: len(letters.findall(text)) for language, letters in _SCRIPTS.items()}
    language = max(counts, key=lambda one: counts[one])
    if counts[language] < others / 2:
        return OTHER
    if language == "zh" and len(_KANA.findall(text)) >= _ENOUGH_KANA * counts["zh"]:
        return "ja"
    if language == "ru" and len(_NOT_RUSSIAN.findall(text.lower())) > _FEWEST_WORDS:
        return OTHER
    if language == "ar" and len(_PERSIAN.findall(text)) > _FEWEST_WORDS:
        return "fa"
    return language


def _latin_language(text: str) -> str:
    # Acronyms are no function words: AI, MAN, UNE.
    words = [word.lower() for word in _PLAIN_WORD.findall(text) if not word.isupper()]
    scores: dict[str, float] = {}
    for word in words:
        for language in _LANGUAGES_OF.get(word, ()):
            scores[language] = scores.get(language, 0.0) + 1.0
    likely = [language for language in scores if scores[language] >= _FEWEST_WORDS]
    rivals = (scores[language] for language in likely if language != ENGLISH)
    if scores.get(ENGLISH, 0.0) >= _CLEARLY * max(rivals, default=0.0):
        return ENGLISH
    for language in likely:
        letters = _TELLING_LETTERS.get(language, "")
        endings = _TELLING_ENDINGS.get(language, ())
        hints = sum(word.endswith(endings) or not set(letters).isdisjoint(word) for word in words)
        scores[language] += _HINT * hints
    # Of languages that score the same English is the likeliest.
    return max(likely, key=lambda one: (scores[one], one == ENGLISH, one), default=ENGLISH)

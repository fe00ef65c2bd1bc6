"""Relatives of a word, by rule: British and American spellings, and words it is derived from.

A vocabulary decides which of them exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

_SUFFIX = "(?=(?:s|ed|ing|ings|er|ers|al|ally|able|ful|less|ist|ists|ism|ite|hood)?$)"
_DOUBLED = "(?=(?:ed|ing|ings|er|ers|ation|ations|able|or|ors)$)"
_SAFE = (
    (r"(?<=[a-z]{3})([iy])s(?=(?:e|ed|es|er|ers|ing|able|ation|ations|ational)$)", r"\1z"),
    (r"(?<=[a-z]{3})([iy])z(?=(?:e|ed|es|er|ers|ing|able|ation|ations|ational)$)", r"\1s"),
    (rf"(?<=[a-z]{{2}})our{_SUFFIX}", "or"),
    (rf"(?<=[a-z]{{2}})or{_SUFFIX}", "our"),
    # Of an unstressed syllable, so that there is a vowel before: model, not file.
    (rf"(?<=[aeiou])([a-z]*[^aeiou][aeiou])ll{_DOUBLED}", r"\1l"),
    (rf"(?<=[aeiou])([a-z]*[^aeiou][aeiou])l{_DOUBLED}", r"\1ll"),
)
"""Rules whose two forms are one word wherever both exist."""
_OTHERS = (
    (r"(?<=[a-z]{2}[^aeiou])re(?=[sd]?$)", "er"),
    (r"(?<=[a-z]{2}[^aeiou])ered$", "red"),
    (r"(?<=[a-z]{2}[^aeiou])er(?=s?$)", "re"),
    (r"(?<=[a-z]{3})ence(?=s?$)", "ense"),
    (r"(?<=[a-z]{3})ense(?=s?$)", "ence"),
    (r"(?<=[a-z]{2})ogue(?=s?$)", "og"),
    (r"(?<=[a-z]{2})og(?=s?$)", "ogue"),
    (r"(?<=[a-z]{4})l$", "ll"),
    (r"(?<=[a-z]{4})ll$", "l"),
    (r"ae|oe", "e"),
)
"""Rules by which one word may become another: only for words that do not exist as they are."""
_PREFIXES = (
    "anti auto bi bio co counter cross cyber de dis eco electro fore geo hyper il im in infra "
    "inter ir macro mega meta micro mid mini mis mono multi nano neo neuro non out over para "
    "photo poly post pre pro proto pseudo psycho re semi socio sub super tele trans tri ultra "
    "un under uni"
).split()
_SUFFIXES = (
    "able age al ance ant ary ation dom ed ee en ence ent er ers es ess ful hood ian ible ic "
    "ical ics ify ing ion ise ish ism isms ist ists ity ive ize less like ly ment ness or ors "
    "ory ous s ship ty ward ware wise y"
).split()
_LEAST_LETTERS = 5
_LEAST_REST = 4
"""Letters of a word that others are derived from."""


def spelling_variants(word: str) -> Iterator[str]:
    """Yield the other spellings of ``word``, in lower case, that mean the same wherever they are.

    >>> [*spelling_variants("summarisation")], [*spelling_variants("modelling")]
    (['summarization'], ['modeling'])
    """
    yield from _changed(word, _SAFE)


def looser_variants(word: str) -> Iterator[str]:
    """Yield the spellings of ``word``, in lower case, that are other words now and then.

    >>> [*looser_variants("centre")], [*looser_variants("anaemia")]
    (['center'], ['anemia'])
    """
    yield from _changed(word, _OTHERS)
    if len(word) >= _LEAST_LETTERS:
        for match in re.finditer(r"(?<![aeiou])e(?![aeiou])", word[:-1]):
            for pair in ("ae", "oe"):
                yield word[: match.start()] + pair + word[match.end() :]


def is_derived(word: str, is_known: Callable[[str], bool]) -> bool:
    """Return whether ``word`` is another word, which ``is_known``, with a prefix or a suffix.

    >>> is_derived("cocitation", {"citation"}.__contains__)
    True
    """
    begun = (word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix))
    ended = (word.removesuffix(suffix) for suffix in _SUFFIXES if word.endswith(suffix))
    return any(len(rest) >= _LEAST_REST and is_known(rest) for rest in (*begun, *ended))


def _changed(word: str, rules: Sequence[tuple[str, str]]) -> Iterator[str]:
    if len(word) >= _LEAST_LETTERS:
        for pattern, replacement in rules:
            variant = re.sub(pattern, replacement, word, count=1)
            if variant != word:
                yield variant

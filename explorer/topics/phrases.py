"""Phrases of papers: runs of one to four words that can be a name.

Phrases have no stop words and do not begin or end with the filler words of abstracts. Each comes
with its completeness (whether it is mostly followed or preceded by further words, as
"large language" is by "models") and its share of uses in titles, which separates subjects from
means ("computational resources").
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from explorer.index.analysis import is_paired, stem, stems
from explorer.papers.language import ENGLISH, language_of
from explorer.papers.paper import Paper
from explorer.papers.scripts import is_plain, word_pattern
from explorer.topics.segmentation import is_unspaced, length_of, words_in
from explorer.topics.word_classes import WordClass, word_class

_EXCEPTIONS = frozenset({("world", "models"), ("world", "model"), ("code", "quality")})
_RUN = re.compile(r"[^\W_]+(?:[-’'+.][^\W_]+)*\+*")
_BREAK = re.compile(
    r"[。，、；：！？「」『』（）《》〈〉【】〔〕…・।॥؟،؛។៖၊။]+|[.,;:!?()\[\]{}\"“”«»/|<>=*•–—]+(?=\s|$|[\"“”(\[])|[()\[\]{}\"“”|<>=*•–—]|\s[-&]\s"
)
LONGEST = 4
"""Words of a phrase, at most."""
_LONGEST_UNSPACED = 6
"""Words of a phrase without blanks, at most; a model cuts them into short pieces."""
_MOST_CHARACTERS = {True: 20, False: 8}
"""Characters of a phrase without blanks, at most, by whether it is in an alphabet such as Thai."""
_CAPITALISING = "de"
"""The language whose nouns begin with a capital wherever they stand."""
_ELIDING = frozenset(("fr", "it", "ca"))
_ELISION = re.compile(r"(?<=['’])")
"""The end of a word before a vowel in these languages: l'image, dell'acqua."""
_AT_EVENT = 0.2
"""Share of the uses of a venue's name that follow "at"."""
_PRIOR_PAPERS = 4.0
"""Strength of the prior on the share of titles, in papers."""


@dataclass(frozen=True, slots=True)
class PhraseTable:
    """Phrases of papers by key: the stems of their words, joined by blanks."""

    papers: dict[str, frozenset[int]]
    """Rows of the papers with each phrase."""
    in_paper: tuple[tuple[str, ...], ...]
    """Phrases of each paper."""
    in_title: tuple[tuple[str, ...], ...]
    """Phrases of each paper's title."""
    display: dict[str, str]
    """Usual spelling of each phrase."""
    completeness: dict[str, float]
    """From 0 (always part of a longer phrase) to 1 (always complete)."""
    titleness: dict[str, float]
    """Share of the papers with the phrase that have it in their title, smoothed; from 0 to 1."""
    words: dict[str, tuple[str, ...]]
    """Words of each phrase that are phrases themselves, as keys."""
    titles: tuple[str, ...]
    """Title of each paper."""


def phrase_table(papers: Iterable[Paper]) -> PhraseTable:
    """Return the phrases that occur in at least two of ``papers``."""
    all_phrases: dict[str, _Occurrences] = {}
    in_paper: list[dict[str, None]] = []
    in_title: list[dict[str, None]] = []
    readable_titles: list[str] = []
    usual_case: dict[str, Counter[str]] = defaultdict(Counter)
    after_at: Counter[str] = Counter()
    for row, paper in enumerate(papers):
        language = paper.language
        readable_titles.append(paper.readable_title)
        own: dict[str, None] = {}
        titles: dict[str, None] = {}
        in_paper.append(own)
        in_title.append(titles)
        for text, is_title in ((paper.readable_title, True), (paper.readable_abstract, False)):
            for start_of_run, run in _runs(text, language):
                words = [_analysed(word, language) for word in run]
                if "at" in run:
                    place = run.index("at") + 1
                    after_at.update(word.stems for word in words[place : place + 1])
                # German nouns have their capitals in titles, too.
                if not is_title or language == _CAPITALISING:
                    for position, word in enumerate(run):
                        if position or not start_of_run:
                            usual_case[words[position].lower][word] += 1
                stems_of_run = tuple(word.stems for word in words)
                has_blanks = language == ENGLISH and not any(word.size for word in words)
                for start, end in _phrases(words):
                    own_stems = stems_of_run[start:end]
                    key = " ".join(own_stems) if has_blanks else _key(words[start:end])
                    phrase = all_phrases.get(key)
                    if phrase is None:
                        phrase = all_phrases[key] = _Occurrences(language)
                    if key not in own:
                        own[key] = None
                        phrase.rows.append(row)
                    phrase.times += 1
                    phrase.followed += end < len(run) and not words[end].of.is_stop
                    phrase.preceded += start > 0 and not words[start - 1].of.is_weak
                    phrase.words = own_stems
                    form = " ".join(run[start:end]) if has_blanks else _joined(run[start:end])
                    phrase.forms[form] = phrase.forms.get(form, 0) + (1 if is_title else 2)
                    if is_title:
                        titles[key] = None
    events = _events(after_at, all_phrases)
    kept = {
        key: phrase
        for key, phrase in all_phrases.items()
        if len(phrase.rows) > 1 and events.isdisjoint(phrase.words)
    }
    titled = Counter(key for keys in in_title for key in keys if key in kept)
    usual = sum(titled.values()) / max(1, sum(len(phrase.rows) for phrase in kept.values()))
    return PhraseTable(
        {key: frozenset(phrase.rows) for key, phrase in kept.items()},
        tuple(tuple(key for key in keys if key in kept) for keys in in_paper),
        tuple(tuple(key for key in keys if key in kept) for keys in in_title),
        {key: _written(phrase, usual_case) for key, phrase in kept.items()},
        {key: phrase.completeness for key, phrase in kept.items()},
        {
            key: (titled[key] + _PRIOR_PAPERS * usual) / (len(phrase.rows) + _PRIOR_PAPERS)
            for key, phrase in kept.items()
        },
        {key: tuple(word for word in phrase.words if word in kept) for key, phrase in kept.items()},
        tuple(readable_titles),
    )


def _events(after_at: Counter[str], phrases: Mapping[str, _Occurrences]) -> frozenset[str]:
    """Return the names of venues and shared tasks, which often follow "at", as stems.

    ``after_at`` counts the words that do, ``phrases`` has single words among others.
    """
    return frozenset(
        word
        for word, count in after_at.items()
        if word in phrases
        and count >= _AT_EVENT * phrases[word].times
        and any(any(c.isupper() for c in form[1:]) for form in phrases[word].forms)
    )


class _Occurrences:
    """Occurrences of one phrase."""

    __slots__ = ("followed", "forms", "language", "preceded", "rows", "times", "words")

    def __init__(self, language: str) -> None:
        self.language = language
        self.times = 0
        self.followed = 0
        self.preceded = 0
        self.rows: list[int] = []
        self.forms: dict[str, int] = {}
        """Count of each spelling; those outside titles count twice."""
        self.words: tuple[str, ...] = ()

    @property
    def completeness(self) -> float:
        followed, preceded = (n / (self.times + 1) for n in (self.followed, self.preceded))
        return (1 - followed) * (1 - 0.5 * preceded)


@lru_cache(maxsize=20_000)
def key_of(phrase: str, language: str = ENGLISH) -> str:
    """Return the key of a phrase, as in :class:`PhraseTable`, in papers in ``language``."""
    runs = [[_analysed(word, language) for word in run] for _, run in _runs(phrase, language)]
    return " ".join(_key(run) for run in runs)


def title_phrases(title: str) -> list[str]:
    """Return the phrases of ``title``, those of most words first, then in their order."""
    language = language_of(title)
    lengths: dict[str, int] = {}
    for _, run in _runs(title, language):
        words = [_analysed(word, language) for word in run]
        for start, end in _phrases(words):
            lengths.setdefault(_joined(run[start:end]), end - start)
    return sorted(lengths, key=lambda phrase: -lengths[phrase])


def contains_phrase(paper: Paper) -> Callable[[str], bool]:
    """Return a test whether ``paper`` contains the phrase of a key."""
    language = paper.language
    runs = []
    for text in (paper.readable_title, paper.readable_abstract):
        for _, run in _runs(text, language):
            words = [_analysed(word, language) for word in run]
            runs.append((f" {_key(words)} ", words))

    def contains(key: str) -> bool:
        # Most keys are ruled out by their stems alone, without listing phrases.
        return any(f" {key} " in stems and key in _keys(run) for stems, run in runs)

    return contains


def _keys(run: Sequence[_Word]) -> Iterable[str]:
    return (_key(run[start:end]) for start, end in _phrases(run))


def _key(phrase: Sequence[_Word]) -> str:
    """Return the stems of ``phrase``; those of pairs whatever its words, if it has no blanks."""
    keys: list[str] = []
    unspaced = ""
    for word in phrase:
        if word.size:
            unspaced += word.lower
            continue
        keys += [*stems(unspaced), word.stems] if unspaced else [word.stems]
        unspaced = ""
    return " ".join([*keys, *stems(unspaced)] if unspaced else keys)


def _joined(words: Sequence[str]) -> str:
    """Return ``words`` as they are written: with blanks, if their script has them."""
    text = words[0]
    for word in words[1:]:
        touches = text[-1] in "'’" or is_unspaced(text[-1]) or is_unspaced(word[0])
        text += word if touches else f" {word}"
    return text


def _runs(text: str, language: str) -> Iterable[tuple[bool, list[str]]]:
    """Yield (is at the start of a sentence, words) for each stretch between punctuation marks."""
    end = 0
    begins = True
    for mark in [*_BREAK.finditer(text), None]:
        stretch = text[end : mark.start() if mark else len(text)]
        run = _words(stretch, language)
        if run:
            yield begins, run
        if mark:
            begins = bool(re.search(r"[.!?。！？।؟]", mark[0]))
            end = mark.end()


def _words(stretch: str, language: str) -> list[str]:
    if not is_plain(stretch):
        pieces = [match[0] for match in _any_run().finditer(stretch)]
        return [word for piece in pieces for word in words_in(piece, language)]
    words = [match[0] for match in _RUN.finditer(stretch)]
    if language in _ELIDING:
        return [part for word in words for part in _ELISION.split(word)]
    return words


@cache
def _any_run() -> re.Pattern[str]:
    word = word_pattern().pattern
    return re.compile(rf"{word}(?:[-’'+.]{word})*\+*")


class _Word(NamedTuple):
    """A word with what decides which phrases it can be part of."""

    lower: str
    stems: str
    of: WordClass
    size: int
    """Characters, if its script puts no blanks between words; else 0."""


@lru_cache(maxsize=200_000)
def _analysed(word: str, language: str) -> _Word:
    lower = word.casefold()
    is_one_of_pairs = is_unspaced(word[0]) and is_paired(word)
    parts = () if is_plain(word) else stems(word, language)
    return _Word(
        lower,
        " ".join(parts or (stem(part, language) for part in re.split(r"[-’']", word))),
        word_class(word, language),
        length_of(word) if is_one_of_pairs else 0,
    )


def _phrases(run: Sequence[_Word]) -> Iterable[tuple[int, int]]:
    """Yield (start, end) of each candidate within a run of words."""
    classes = [word.of for word in run]
    has_unspaced = any(word.size for word in run)
    longest = _LONGEST_UNSPACED if has_unspaced else LONGEST
    for start, first in enumerate(classes):
        has_content = False
        for end in range(start + 1, min(start + longest, len(run)) + 1):
            last = classes[end - 1]
            if last.ends or (has_unspaced and _is_too_long(run[start:end])):
                break
            has_content = has_content or last.is_content
            if end == start + 1:
                if first.alone:
                    yield start, end
            elif (first.opens and last.closes) and (
                has_content or tuple(word.lower for word in run[start:end]) in _EXCEPTIONS
            ):
                yield start, end


def _is_too_long(words: Sequence[_Word]) -> bool:
    length = sum(word.size for word in words)
    if not length:
        return len(words) > LONGEST
    return length > _MOST_CHARACTERS[words[0].of.is_alphabetic]


def _written(phrase: _Occurrences, usual_case: dict[str, Counter[str]]) -> str:
    """Return the most frequent spelling, its words in their usual case."""
    forms = phrase.forms
    most = max(forms.values())
    form = min(form for form, count in forms.items() if count == most)
    words = [_cased(word, usual_case[word.casefold()]) for word in form.split(" ")]
    written = " ".join(words)
    if written in forms or written.islower() or phrase.language == _CAPITALISING:
        return written
    # "Product quantization" comes from "Product Quantization (PQ)", but is never written like that.
    uses = sum(forms.values())
    return " ".join(
        word.lower() if word.istitle() and usual_case[word.casefold()][word] <= uses else word
        for word in words
    )


def _cased(word: str, spellings: Counter[str]) -> str:
    if spellings:
        most = max(spellings.values())
        return min(form for form, count in spellings.items() if count == most)
    is_acronym = sum(c.isupper() for c in word) > 1 or any(c.isdigit() for c in word)
    return word if is_acronym else word.lower()

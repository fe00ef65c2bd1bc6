"""Phrases of papers: runs of one to four words that can be a name.

Phrases have no stop words and do not begin or end with the filler words of abstracts. Each comes
with its completeness (whether it is mostly followed or preceded by further words, as
"large language" is by "models") and its share of uses in titles, which separates subjects from
means ("computational resources").
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from explorer.index.full_text import STOP_WORDS, stem
from explorer.papers.paper import Paper

_FILLER = frozenset(
    """able accuracy achieve achieved achieves achieving across additional address addresses
    advance advanced advances aim aims allow allowing allows analysis analyze application
    applications apply applied approach approaches art available average baseline baselines based
    benchmark benchmarks best better beyond bridge case cases challenge challenges challenging code
    common compare compared comparison complex component comprehensive conduct consider
    considerable consistent consistently contribution conventional crucial current demonstrate
    demonstrated demonstrates demonstrating despite detail develop developed development
    different difficult direct directly due easily effective effectively effectiveness effect
    effects efficient efficiently efficiency enable enables enabling end enhance enhanced enhances
    enhancing ensure ensuring entire especially essential evaluate evaluated evaluating evaluation
    evaluations evidence example existing experiment experimental experiments explore exploring
    extensive extra fast faster feature features final finally find findings first focus following
    framework frameworks full fully fundamental furthermore future gain gains gap general generally
    given goal great greatly handle hard help hence high higher highly idea impact implement
    implementation implemented importance important importantly improve improved improvement
    improvements improves improving include includes including increase increased increases
    increasing independent information input instance interesting introduce introduced introduces
    introducing investigate issue issues key know known lack large largely larger largest lead
    leading leads level leverage leverages leveraging limit limitation limitations limited line
    low lower main mainly major make makes making manner mean means mechanism mechanisms meet
    method methodology methods metric metrics model models moreover motivated multiple named nature
    necessary need needed needs new non notable notably novel number numerous observe obtain
    obtained offer offers one open order original outperform outperforming outperforms output
    overall overcome paper papers part particular particularly perform performance performing
    performs perspective pipeline popular possible potential potentially powerful practical
    practice precise present presented presents previous previously prior problem problems procedure
    process processes produce produces promising proper propose proposed proposes proposing
    prove provide provided provides providing public publicly purpose quality question range
    rapid rapidly rate ratio real recent recently reduce reduced reduces reducing reduction related
    relative relevant rely remain remains remarkable report require required requirements requires
    requiring research researchers respectively result resulting results reveal rich robust role
    run running scale scales scenario scenarios second seen set sets setting settings several
    show showing shown shows significant significantly similar simple simply single situation size
    small smaller sota source special specific specifically speed standard state states step steps
    strategy strategies strong studied studies study substantial substantially success successful
    successfully suffer suffers suggest suitable superior support survey system systems tackle
    target task tasks technique techniques term terms test tested testing third time times total
    traditional train trained training transform type types typical typically unified unique unlike
    usage useful user users utilize utilizes utilizing validate value values variety various vast
    verify version versus way ways wide widely widespread work works world year years
    github https http www com org available url arxiv abstract et al x""".split()
)
"""Words that abstracts of every field share; no phrase consists of them alone."""

_RUN = re.compile(r"[^\W_]+(?:[-’'+.][^\W_]+)*\+*")
_BREAK = re.compile(
    r"[.,;:!?()\[\]{}\"“”«»/|<>=*•–—]+(?=\s|$|[\"“”(\[])|[()\[\]{}\"“”|<>=*•–—]|\s[-&]\s"
)
_ADJECTIVE = re.compile(
    r"-(?:intensive|efficient|based|aware|free|driven|guided|oriented|level|scale|specific|agnostic"
    r"|friendly|wise|end|time|shot|source|quality|art|par|performance|cost|rank|dimensional|context"
    r"|form|range|grained|fidelity|order|step|world)$"
    r"|(?<!se)(?<!ne)(?<!fe)(?<!spe)(?<!emb)(?<!f)ed$|ly$|(?:consuming|expensive)$"
)
LONGEST = 4
"""Words of a phrase, at most."""
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


def phrase_table(papers: Iterable[Paper]) -> PhraseTable:
    """Return the phrases that occur in at least two of ``papers``."""
    all_phrases: dict[str, _Occurrences] = {}
    in_paper: list[dict[str, None]] = []
    in_title: list[dict[str, None]] = []
    usual_case: dict[str, Counter[str]] = defaultdict(Counter)
    for row, paper in enumerate(papers):
        own: dict[str, None] = {}
        titles: dict[str, None] = {}
        in_paper.append(own)
        in_title.append(titles)
        for text, is_title in ((paper.readable_title, True), (paper.readable_abstract, False)):
            for start_of_run, run in _runs(text):
                words = [_analysed(word) for word in run]
                if not is_title:
                    for position, word in enumerate(run):
                        if position or not start_of_run:
                            usual_case[words[position].lower][word] += 1
                stems = tuple(word.stems for word in words)
                for start, end in _phrases(words):
                    key = " ".join(stems[start:end])
                    phrase = all_phrases.get(key)
                    if phrase is None:
                        phrase = all_phrases[key] = _Occurrences()
                    if key not in own:
                        own[key] = None
                        phrase.rows.append(row)
                    phrase.times += 1
                    phrase.followed += end < len(run) and not words[end].is_stop
                    phrase.preceded += start > 0 and not words[start - 1].is_weak
                    phrase.words = stems[start:end]
                    form = " ".join(run[start:end])
                    phrase.forms[form] = phrase.forms.get(form, 0) + (1 if is_title else 2)
                    if is_title:
                        titles[key] = None
    kept = {key: phrase for key, phrase in all_phrases.items() if len(phrase.rows) > 1}
    titled = Counter(key for keys in in_title for key in keys if key in kept)
    usual = sum(titled.values()) / max(1, sum(len(phrase.rows) for phrase in kept.values()))
    return PhraseTable(
        {key: frozenset(phrase.rows) for key, phrase in kept.items()},
        tuple(tuple(key for key in keys if key in kept) for keys in in_paper),
        tuple(tuple(key for key in keys if key in kept) for keys in in_title),
        {key: _written(phrase.forms, usual_case) for key, phrase in kept.items()},
        {key: phrase.completeness for key, phrase in kept.items()},
        {
            key: (titled[key] + _PRIOR_PAPERS * usual) / (len(phrase.rows) + _PRIOR_PAPERS)
            for key, phrase in kept.items()
        },
        {key: tuple(word for word in phrase.words if word in kept) for key, phrase in kept.items()},
    )


class _Occurrences:
    """Occurrences of one phrase."""

    __slots__ = ("followed", "forms", "preceded", "rows", "times", "words")

    def __init__(self) -> None:
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


def key_of(phrase: str) -> str:
    """Return the key of a phrase, as in :class:`PhraseTable`."""
    return _key([_analysed(word) for word in phrase.split()])


def contains_phrase(paper: Paper) -> Callable[[str], bool]:
    """Return a test whether ``paper`` contains the phrase of a key."""
    runs = []
    for text in (paper.readable_title, paper.readable_abstract):
        for _, run in _runs(text):
            words = [_analysed(word) for word in run]
            runs.append((f" {_key(words)} ", words))

    def contains(key: str) -> bool:
        # Most keys are ruled out by their stems alone, without listing phrases.
        return any(f" {key} " in stems and key in _keys(run) for stems, run in runs)

    return contains


def _keys(run: Sequence[_Word]) -> Iterable[str]:
    return (_key(run[start:end]) for start, end in _phrases(run))


def _key(phrase: Sequence[_Word]) -> str:
    return " ".join(word.stems for word in phrase)


def _runs(text: str) -> Iterable[tuple[bool, list[str]]]:
    """Yield (is at the start of a sentence, words) for each stretch between punctuation marks."""
    end = 0
    begins = True
    for mark in [*_BREAK.finditer(text), None]:
        stretch = text[end : mark.start() if mark else len(text)]
        run = [match[0] for match in _RUN.finditer(stretch)]
        if run:
            yield begins, run
        if mark:
            begins = bool(re.search(r"[.!?]", mark[0]))
            end = mark.end()


_OPENERS = _FILLER - frozenset(
    "code large low high real open single multiple feature information time quality world end "
    "model source small training state task first system user test".split()
)
_CLOSERS = _FILLER - frozenset(
    "model models training code system systems quality world analysis evaluation benchmark "
    "benchmarks features reduction search survey states rate".split()
)
_WEAK = STOP_WORDS | _FILLER
_EXCEPTIONS = frozenset({("world", "models"), ("world", "model"), ("code", "quality")})


class _Word(NamedTuple):
    """Properties of a word that decide which phrases it can be part of."""

    lower: str
    stems: str
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


@lru_cache(maxsize=200_000)
def _analysed(word: str) -> _Word:
    lower = word.casefold()
    is_content = lower not in _FILLER
    is_adjective = _ADJECTIVE.search(lower) is not None
    return _Word(
        lower,
        " ".join(stem(part) for part in re.split(r"[-’']", word)),
        is_stop=lower in STOP_WORDS,
        is_weak=lower in _WEAK,
        ends=lower in STOP_WORDS or not any(c.isalpha() for c in word),
        alone=len(lower) > 2 and is_content and not is_adjective,
        opens=lower not in _OPENERS and not lower.endswith("ly"),
        closes=lower not in _CLOSERS and not is_adjective,
        is_content=is_content,
    )


def _phrases(run: Sequence[_Word]) -> Iterable[tuple[int, int]]:
    """Yield (start, end) of each candidate within a run of words."""
    for start, first in enumerate(run):
        has_content = False
        for end in range(start + 1, min(start + LONGEST, len(run)) + 1):
            last = run[end - 1]
            if last.ends:
                break
            has_content = has_content or last.is_content
            if end == start + 1:
                if first.alone:
                    yield start, end
            elif (first.opens and last.closes) and (
                has_content or tuple(word.lower for word in run[start:end]) in _EXCEPTIONS
            ):
                yield start, end


def _written(forms: dict[str, int], usual_case: dict[str, Counter[str]]) -> str:
    """Return the most frequent spelling, its words in their usual case."""
    most = max(forms.values())
    form = min(form for form, count in forms.items() if count == most)
    words = [_cased(word, usual_case[word.casefold()]) for word in form.split(" ")]
    written = " ".join(words)
    if written in forms or written.islower():
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

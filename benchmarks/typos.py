"""Typing errors in queries: ``python -m benchmarks typos BEIR_FOLDER ...``.

Three words in ten of five letters or more get a typing error, at least one word a query, and one
word in five of them a second: a letter is inserted, left out, changed, or swapped with the next
(four in five misspelt words have one such error, Damerau 1964, doi:10.1145/363958.363994). Half of
the wrong letters are neighbours on the keyboard. Figures are nDCG@10 over several draws: of the
queries as they are, with errors, with errors corrected by the library's words alone, and with the
encoder as a judge between whole queries where those leave several. Kept is the share of the figure
without errors. Queries longer than those that are corrected in a search (pasted abstracts) are
corrected here, too.

Queries as they are have errors of their own, too; the words corrected in them are listed.
The settings were chosen on `cacm` and `cisi`; the others were held out.

Times are those of the correction of two misspelt words of five, in a made-up vocabulary of a
library of a million papers: 1.5 million words, as frequent as Zipf's law has it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np

from explorer.builds.progress import Silence
from explorer.embedders import Embedder, open_embedder
from explorer.embedders.openvino import cache_folder
from explorer.evaluation.beir import JudgedQuery, read_collection
from explorer.evaluation.benchmark import OpenCollection, Vector, open_collection, score_queries
from explorer.index.full_text import FullTextIndex
from explorer.index.vocabulary import Tally, Vocabulary, neighbour_slots, spelt_words
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.search.model import Mode
from explorer.search.queries.spelling import Spelling, correct_spelling, rating_by_meaning
from explorer.search.ranking import ranked_rows
from explorer.settings import SpellingSettings

Change = Callable[[str], str]

_SHARE = 0.3
_LEAST_LETTERS = 5
_TWICE = 0.2
"""Share of misspelt words with a second error."""
_DRAWS = 3
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ANY_LENGTH = replace(SpellingSettings(), most_words=1_000)
_PAPERS, _FORMS, _TIMED = 1_000_000, 1_500_000, 500
_NEIGHBOURS = 400
"""Increments of the table of neighbours for each paper."""
_ONSETS = "b br c ch d dr f g gr h j l m n p ph pl pr qu r s sh st str t th tr v".split()
_CORES = "a e i o u ai ea io ou".split()
_CODAS = ["", "", *"l m n nt r rm s st t x".split()]


def measure(arguments: list[str]) -> dict[str, object]:
    """Return what errors cost, what correction brings back, and how long it takes."""
    if not arguments:
        sys.exit(__doc__)
    embedder = open_embedder()
    quality: dict[str, dict[str, float]] = {}
    shares: dict[str, dict[str, float]] = {}
    changed: dict[str, str] = {}
    for folder in map(Path, arguments):
        collection = read_collection(folder)
        with open_collection(
            collection, embedder, cache_folder() / "evaluate", Silence()
        ) as opened:
            name = folder.name
            quality[name], shares[name], changed[name] = _measured(opened, embedder)
        print(folder.name, quality[folder.name], shares[folder.name], file=sys.stderr)
    return {
        "ndcg@10": quality,
        "words and queries": shares,
        "corrected in queries as they are": changed,
        "milliseconds": _times(),
    }


def misspelt(text: str, random: np.random.Generator) -> tuple[str, list[tuple[str, str]]]:
    """Return ``text`` with typing errors, and the words that have them as (right, wrong)."""
    chunks = text.split(" ")
    places = [
        place
        for place, chunk in enumerate(chunks)
        if len(chunk) >= _LEAST_LETTERS and chunk.isalpha() and chunk[1:].islower()
    ]
    chosen = [place for place in places if random.random() < _SHARE]
    if places and not chosen:
        chosen = [int(random.choice(places))]
    changed = []
    for place in chosen:
        right = wrong = chunks[place]
        for _ in range(1 + (random.random() < _TWICE)):
            wrong = _with_error(wrong, random)
        if wrong != right:
            chunks[place] = wrong
            changed.append((right, wrong))
    return " ".join(chunks), changed


def _with_error(word: str, random: np.random.Generator) -> str:
    place = int(random.integers(len(word)))
    match int(random.integers(4)):
        case 0:
            return word[:place] + _wrong_letter(word[place], random) + word[place:]
        case 1:
            return word[:place] + word[place + 1 :]
        case 2:
            return word[:place] + _wrong_letter(word[place], random) + word[place + 1 :]
    place = min(place, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _wrong_letter(letter: str, random: np.random.Generator) -> str:
    row = next((row for row in _ROWS if letter.lower() in row), "")
    if row and random.random() < 0.5:
        place = row.index(letter.lower())
        return str(random.choice([*row[max(0, place - 1) : place], *row[place + 1 : place + 2]]))
    return str(random.choice([other for other in _LETTERS if other != letter.lower()]))


def _measured(
    opened: OpenCollection, embedder: Embedder
) -> tuple[dict[str, float], dict[str, float], str]:
    generation = opened.generation
    queries = opened.collection.queries
    rate = rating_by_meaning(generation, embedder)

    def by_words(text: str) -> Spelling:
        return correct_spelling(generation, text, settings=_ANY_LENGTH)

    def by_meaning(text: str) -> Spelling:
        return correct_spelling(generation, text, rate=rate, settings=_ANY_LENGTH)

    ways: dict[str, Change] = {
        "with errors": lambda text: text,
        "corrected": lambda text: by_words(text).words,
        "corrected, with the encoder": lambda text: by_meaning(text).words,
    }
    clean = _ndcg(opened, embedder, [query.text for query in queries])
    scores: dict[str, list[float]] = {way: [] for way in ways}
    wrong_words = restored = offered = 0
    for draw in range(_DRAWS):
        random = np.random.default_rng([20_240_311, draw])
        drawn = [misspelt(query.text, random) for query in queries]
        texts = [text for text, _ in drawn]
        for way, change in ways.items():
            scores[way].append(_ndcg(opened, embedder, [change(text) for text in texts]))
        for text, errors in drawn:
            spelling = by_words(text)
            wrong_words += len(errors)
            alternatives = [{*spelt_words(query.casefold())} for query in spelling.offered]
            changes = {*spelling.changes, *spelling.equivalents}
            for right, wrong in errors:
                is_restored = (wrong, right.casefold()) in changes
                restored += is_restored
                offered += not is_restored and any(
                    right.casefold() in words for words in alternatives
                )
    means = {way: statistics.mean(of) for way, of in scores.items()}
    quality = {"clean": clean} | means
    quality |= {f"kept, {way}": mean / clean for way, mean in means.items()}
    spellings = [by_words(query.text) for query in queries]
    return (
        {name: round(value, 4) for name, value in quality.items()},
        {
            "misspelt words": wrong_words,
            "restored": round(restored / wrong_words, 3),
            "offered": round(offered / wrong_words, 3),
            "clean queries": len(queries),
            "changed": sum(spelling.is_applied for spelling in spellings),
            "with an offer": sum(bool(spelling.offered) for spelling in spellings),
        },
        ", ".join(f"{a} to {b}" for spelling in spellings for a, b in spelling.changes) or "none",
    )


def _ndcg(opened: OpenCollection, embedder: Embedder, texts: Sequence[str]) -> float:
    """Return the mean nDCG@10 of the collection's queries typed as ``texts``."""
    pairs = zip(opened.collection.queries, texts, strict=True)
    queries = tuple(replace(query, text=text) for query, text in pairs)
    typed = replace(
        opened,
        collection=replace(opened.collection, queries=queries),
        vectors=embedder.embed_queries(texts),
    )

    def rank(query: JudgedQuery, vector: Vector, k: int) -> Sequence[int]:
        return ranked_rows(opened.generation, vector, query.text, Mode.HYBRID, k)

    return statistics.mean(score_queries(typed, rank).ndcg)


def _made_up_words(random: np.random.Generator) -> list[str]:
    """Return words of two to four syllables, the shorter ones first."""
    syllables = [o + core + coda for o in _ONSETS for core in _CORES for coda in _CODAS]
    words: dict[str, None] = {}
    while len(words) < _FORMS:
        length = 2 + (len(words) > _FORMS // 20) + (len(words) > _FORMS // 3)
        drawn = random.integers(len(syllables), size=(50_000, length)).tolist()
        words |= dict.fromkeys("".join(syllables[n] for n in numbers) for numbers in drawn)
    return list(words)[:_FORMS]


def _times() -> dict[str, float]:
    """Return the time of a correction in the vocabulary of a million papers."""
    random = np.random.default_rng(20_240_311)
    forms = _made_up_words(random)
    ranks = np.arange(1, _FORMS + 1)
    counts = np.zeros((_FORMS, 3), dtype=np.int64)
    counts[:, 0] = np.maximum(1, _PAPERS // 2 / ranks)
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / name for name in ("vocabulary", "words")]
        for folder in folders:
            folder.mkdir()
        slots = neighbour_slots(_PAPERS)
        pairs = random.poisson(_NEIGHBOURS * _PAPERS / slots, slots).astype(np.int64)
        Tally.of(forms, counts, pairs).write(_PAPERS, folders[0])
        opened = Vocabulary.open(folders[0])
        papers = [
            Paper(title=" ".join(forms[start : start + 1_000]), id=str(start))
            for start in range(0, _FORMS, 1_000)
        ]
        lexicon = FullTextIndex.build(papers, folders[1])
        library = cast(Generation, SimpleNamespace(vocabulary=opened, lexicon=lexicon))
        size = sum(path.stat().st_size for path in folders[0].iterdir())
        taken = []
        for _ in range(_TIMED):
            known = [forms[rank] for rank in np.minimum(random.zipf(1.3, 5) + 50, _FORMS - 1)]
            typed = [_with_error(word, random) for word in known[:2]] + known[2:]
            begin = time.perf_counter()
            correct_spelling(library, " ".join(typed))
            taken.append(1_000 * (time.perf_counter() - begin))
    median, late = np.percentile(taken, [50, 95])
    return {
        "p50": round(float(median), 2),
        "p95": round(float(late), 2),
        "MB on disk": round(size / 1e6),
    }

"""The vocabulary of a library: its words with their counts, their neighbours, and words alike.

For each word as it is written, without case: the papers that have it, those that have it in
capitals alone, and those that have it in the name of an author. Words alike are looked up among
deletions: two words within two typing errors become the same once at most two letters of each are
left out (SymSpell, Garbe 2012, which compares the beginnings of words so). How often two stems
stand near each other is counted in a table of hashes (the count-min sketch, Cormack and
Muthukrishnan 2005, doi:10.1016/j.jalgor.2003.12.001). Counts of papers that come and go are added
and subtracted, so that an update gives what building anew would.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations, islice
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from explorer.arrays import RowMap
from explorer.errors import LibraryDamaged
from explorer.index.analysis import PLAIN_WORD, stem
from explorer.index.analysis import VERSION as ANALYSIS
from explorer.index.full_text import STOP_WORDS
from explorer.papers.paper import Paper
from explorer.papers.scripts import is_plain
from explorer.papers.table import papers_at

_VERSION = 1
"""Number of the rules by which words are counted."""
MOST_ERRORS = 2
"""Typing errors between two words that are alike, at most."""
SHORT = 4
"""Letters up to which a word is alike with one error at most: two would change half of it."""
_SHORTEST, _LONGEST = 3, 40
"""Letters of a word that others are compared with."""
_COMPARED_FROM = 1_000
"""Papers from which a word must be in one more of them for each ten times as many, to be compared
with others: rare words of large libraries are mostly typing errors themselves."""
_PREFIX = 7
"""Letters at the beginning of a word of which some are left out."""
_PIECE = 20_000
"""Papers whose words are counted in memory before they join the others."""
_SLOTS_PER_PAPER = 16
_FEWEST_SLOTS, _MOST_SLOTS = 1 << 10, 1 << 24
"""Counters in the table of neighbours; the most take 64 MiB."""
_REACH = 2
"""Words to either side that are neighbours; function words are left out before."""
_SPREAD, _SUM, _MIX = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F
"""Odd numbers that spread hashes over their whole range."""
_BASE = 0x100000001B3
_BITS = (1 << 64) - 1
_LOW = np.uint64((1 << 32) - 1)
_HALF = np.uint64(32)
_RULES = "vocabulary.json"
_ARRAYS = ("hashes", "letters", "starts", "counts", "pairs", "deletions")

Hashes = NDArray[np.uint64]


class Likeness(NamedTuple):
    """A word of the library that resembles another."""

    form: str
    errors: int
    """Letters to insert, to leave out, to change, or to swap with the next."""
    papers: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of words and of neighbours in some papers, in arrays as those of a vocabulary."""

    hashes: Hashes
    letters: NDArray[np.uint8]
    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    pairs: NDArray[np.int64]

    @classmethod
    def of(cls, forms: Sequence[str], counts: NDArray[np.int64], pairs: NDArray[np.int64]) -> Tally:
        """Return the counts of ``forms``, distinct words in any order, and of neighbours."""
        hashes = np.array([_form_hash(form) for form in forms], dtype=np.uint64)
        order = np.argsort(hashes)
        ordered = [forms[place].encode() for place in order.tolist()]
        starts = np.cumsum([0, *map(len, ordered)], dtype=np.int64)
        letters = np.frombuffer(b"".join(ordered), dtype=np.uint8)
        return cls(hashes[order], letters, starts, counts[order], pairs)

    def combined(self, other: Tally, sign: int) -> Tally:
        """Return these counts with those of ``other`` added, or subtracted where ``sign`` is -1."""
        hashes, first, where = np.unique(
            np.concatenate([self.hashes, other.hashes]), return_index=True, return_inverse=True
        )
        counts = np.zeros((len(hashes), 3), dtype=np.int64)
        counts[where[: len(self.hashes)]] += self.counts
        counts[where[len(self.hashes) :]] += sign * other.counts
        # Where words were cut otherwise by an earlier version, too much may be subtracted.
        counts = counts.clip(min=0)
        kept = np.flatnonzero(counts.any(axis=1))
        lengths = np.concatenate([np.diff(self.starts), np.diff(other.starts)])[first[kept]]
        sources = np.concatenate([self.starts[:-1], other.starts[:-1] + len(self.letters)])
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        taken = np.repeat(sources[first[kept]] - starts[:-1], lengths) + np.arange(starts[-1])
        letters = np.concatenate([self.letters, other.letters])[taken]
        pairs = (self.pairs + sign * other.pairs).clip(min=0)
        return Tally(hashes[kept], letters, starts, counts[kept], pairs)

    def write(self, papers: int, folder: Path) -> Vocabulary:
        """Write the vocabulary of ``papers`` papers with these counts into an empty ``folder``."""
        most = np.iinfo(np.uint32).max
        vocabulary = Vocabulary(
            papers=papers,
            noise=float(np.median(self.pairs)),
            hashes=self.hashes,
            letters=self.letters,
            starts=self.starts.astype(np.uint32),
            counts=self.counts.clip(max=most).astype(np.uint32),
            pairs=self.pairs.clip(max=most).astype(np.uint32),
            deletions=_deletions(self, papers),
        )
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(vocabulary, name), allow_pickle=False)
        rules = {"rules": [_VERSION, ANALYSIS], "papers": papers, "noise": vocabulary.noise}
        (folder / _RULES).write_text(json.dumps(rules), encoding="utf-8")
        return vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The vocabulary of one generation; its arrays are memory-mapped when it is opened."""

    papers: int
    """Papers of the library."""
    noise: float
    """Count of neighbours that two words have by chance, since others share their counters."""
    hashes: Hashes
    """Hash of each word, in order."""
    letters: NDArray[np.uint8]
    """All words in UTF-8, one after the other, in the order of their hashes."""
    starts: NDArray[np.uint32]
    """First byte of each word, and the end of the last: shape (words + 1,)."""
    counts: NDArray[np.uint32]
    """Papers that have each word, in capitals alone, in an author's name: shape (words, 3)."""
    pairs: NDArray[np.uint32]
    """The table of neighbours."""
    deletions: Hashes
    """In the upper half of each number the hash of a word with letters left out, in the lower half
    the place of that word; in order."""

    @classmethod
    def build(cls, papers: Sequence[Paper], folder: Path) -> Vocabulary:
        """Write the vocabulary of ``papers`` into an existing, empty ``folder``."""
        return _tally(papers, neighbour_slots(len(papers))).write(len(papers), folder)

    def updated(
        self, before: Sequence[Paper], papers: Sequence[Paper], row_map: RowMap, folder: Path
    ) -> Vocabulary:
        """Write the vocabulary of ``papers`` into an empty ``folder``, starting from this one.

        Args:
            before: the papers of this vocabulary.
            row_map: for each of them its row in ``papers``, or -1 if it was removed or its text
                changed.
        """
        gone = np.flatnonzero(row_map < 0)
        new = np.setdiff1d(np.arange(len(papers)), row_map)
        slots = neighbour_slots(len(papers))
        if len(gone) + len(new) >= len(papers) or slots != len(self.pairs):
            return self.build(papers, folder)
        tally = Tally(
            self.hashes,
            self.letters,
            self.starts.astype(np.int64),
            self.counts.astype(np.int64),
            self.pairs.astype(np.int64),
        )
        # Added before others are subtracted: a word that both have is not lost in between.
        tally = tally.combined(_tally(papers_at(papers, new), slots), 1)
        if len(gone):
            tally = tally.combined(_tally(papers_at(before, gone), slots), -1)
        return tally.write(len(papers), folder)

    @classmethod
    def open(cls, folder: Path) -> Vocabulary | None:
        """Return the vocabulary in ``folder``; None if it has none, or one of other rules.

        Raises:
            LibraryDamaged: it cannot be read.
        """
        path = folder / _RULES
        if not path.exists():
            return None
        try:
            rules = json.loads(path.read_text(encoding="utf-8"))
            if rules["rules"] != [_VERSION, ANALYSIS]:
                return None
            # Plain arrays over the mapped files: np.memmap takes longer to index.
            arrays = {
                name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))
                for name in _ARRAYS
            }
            return cls(int(rules["papers"]), float(rules["noise"]), **arrays)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise LibraryDamaged(f"the vocabulary cannot be read ({error}).", path=folder) from None

    @property
    def size(self) -> int:
        """The number of words."""
        return len(self.hashes)

    @property
    def forms(self) -> list[str]:
        """All words, in the order of their hashes."""
        return self._forms_at(range(self.size))

    def papers_with(self, word: str) -> int:
        """Return the number of papers that have ``word``, names of authors left out."""
        return self._counts(word)[0]

    def papers_by(self, word: str) -> int:
        """Return the number of papers that have ``word`` in the name of an author."""
        return self._counts(word)[2]

    def is_acronym(self, word: str) -> bool:
        """Return whether most papers that have ``word`` have it in capitals alone."""
        papers, capitals, _ = self._counts(word)
        return 2 * capitals > papers

    def times_near(self, one: str, other: str) -> float:
        """Return about how often two words of any inflection stand near each other."""
        first, second = _stem_hash(one), _stem_hash(other)
        shift = _shift(len(self.pairs))
        slots = (
            ((first + second) * _SUM & _BITS) >> shift,
            ((first ^ second) * _MIX & _BITS) >> shift,
        )
        return max(0.0, min(int(self.pairs[slot]) for slot in slots) - self.noise)

    def alike(self, word: str) -> list[Likeness]:
        """Return other words that resemble ``word``, a word in lower case; acronyms are left out.

        Two words are alike with at most :data:`MOST_ERRORS` errors, short ones with one.
        """
        most = _most_errors(len(word))
        prefix = word[:_PREFIX]
        hashes = {
            _letters_hash(kept)
            for errors in range(min(most, len(prefix) - 1) + 1)
            for kept in combinations(prefix, len(prefix) - errors)
        }
        keys = np.array(sorted(hashes), dtype=np.uint64) << _HALF
        begins = np.searchsorted(self.deletions, keys).tolist()
        ends = np.searchsorted(self.deletions, keys | _LOW, side="right").tolist()
        runs = [self.deletions[begin:end] for begin, end in zip(begins, ends, strict=True)]
        places = np.unique(np.concatenate(runs) & _LOW).astype(np.int64)
        lengths = self.starts[places + 1].astype(np.int64) - self.starts[places]
        # A letter takes up to three bytes in the scripts that are compared.
        longer = lengths - len(word.encode())
        shortest = -most if word.isascii() else -3 * most
        places = places[(shortest <= longer) & (longer <= 3 * most)]
        forms = self._forms_at(places.tolist())
        if not forms:
            return []
        errors = cdist([word], forms, scorer=OSA.distance, score_cutoff=most)[0]
        near = np.flatnonzero((errors > 0) & (errors <= most)).tolist()
        return [
            Likeness(forms[index], int(errors[index]), int(self.counts[places[index], 0]))
            for index in near
            if errors[index] <= _most_errors(len(forms[index]))
        ]

    def _counts(self, word: str) -> tuple[int, int, int]:
        key = _form_hash(word)
        place = int(np.searchsorted(self.hashes, np.uint64(key)))
        if place == len(self.hashes) or int(self.hashes[place]) != key:
            return 0, 0, 0
        papers, capitals, names = self.counts[place].tolist()
        return papers, capitals, names

    def _forms_at(self, places: Iterable[int]) -> list[str]:
        letters, starts = self.letters, self.starts
        return [letters[starts[p] : starts[p + 1]].tobytes().decode() for p in places]


def spelt_words(text: str) -> list[str]:
    """Return the words of ``text`` that have a spelling: letters alone, of scripts with blanks."""
    pieces = PLAIN_WORD.findall(text)
    words = [piece for piece in pieces if piece.isalpha() and 1 < len(piece) <= _LONGEST]
    return words if is_plain(text) else [word for word in words if is_plain(word)]


def _tally(papers: Iterable[Paper], slots: int) -> Tally:
    """Return the counts of ``papers``, with ``slots`` counters of neighbours."""
    remaining = iter(papers)
    total, is_whole = _counted(islice(remaining, _PIECE), slots)
    while is_whole:
        more, is_whole = _counted(islice(remaining, _PIECE), slots)
        total = total.combined(more, 1)
    return total


def _counted(papers: Iterable[Paper], slots: int) -> tuple[Tally, bool]:
    """Return the counts of ``papers``, and whether they are as many as are counted at once."""
    numbers: dict[str, int] = {"": 0}
    present, capitals, names, running = (array("L") for _ in range(4))
    size = 0
    for paper in papers:
        size += 1
        text = "\n".join((paper.text, *paper.keywords, *paper.notes, *paper.annotations))
        words = spelt_words(text)
        forms = [word.casefold() for word in words]
        for form in forms:
            numbers.setdefault(form, len(numbers))
        present.extend(numbers[form] for form in {*forms})
        if not text.isupper():
            small = {word.casefold() for word in {*words} if not word.isupper()}
            shouted = {word.casefold() for word in {*words} if word.isupper()} - small
            capitals.extend(numbers[form] for form in shouted)
        running.extend(numbers[form] for form in forms if form not in STOP_WORDS)
        running.append(0)  # no word of one paper is next to one of another
        for name in {word.casefold() for word in spelt_words(" ".join(paper.authors))}:
            names.append(numbers.setdefault(name, len(numbers)))
    forms = list(numbers)
    counts = np.stack(
        [np.bincount(_int64(ids), minlength=len(forms)) for ids in (present, capitals, names)],
        axis=1,
    )
    pairs = _neighbours(_int64(running), forms, slots)
    return Tally.of(forms[1:], counts[1:], pairs), size == _PIECE


def _neighbours(running: NDArray[np.int64], forms: Sequence[str], slots: int) -> NDArray[np.int64]:
    """Return the table of neighbours in running text: numbers of ``forms``, 0 between papers."""
    used = np.unique(running)
    hashes = np.zeros(len(forms), dtype=np.uint64)
    hashes[used] = [_stem_hash(forms[number]) for number in used.tolist()]
    pairs = np.zeros(slots, dtype=np.int64)
    is_joined = np.ones(len(running), dtype=bool)
    for step in range(1, _REACH + 1):
        is_joined = is_joined[:-1] & (running[step:] > 0)
        first, second = hashes[running[:-step]], hashes[running[step:]]
        chosen = is_joined & (running[:-step] > 0) & (first != second)
        for places in _pair_slots(first[chosen], second[chosen], slots):
            np.add.at(pairs, places, 1)
    return pairs


def _pair_slots(
    first: Hashes, second: Hashes, slots: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the two counters of each pair, the same for either order of the two."""
    shift = np.uint64(_shift(slots))
    one = ((first + second) * np.uint64(_SUM)) >> shift
    two = ((first ^ second) * np.uint64(_MIX)) >> shift
    return one.astype(np.int64), two.astype(np.int64)


def _shift(slots: int) -> int:
    """Return the bits of a hash that a number of one of ``slots`` counters does without."""
    return 65 - slots.bit_length()


def neighbour_slots(papers: int) -> int:
    """Return the size of the table of neighbours.

    It is a power of four, so that few updates make another one, which means counting anew.
    """
    slots = _FEWEST_SLOTS
    while slots < min(_SLOTS_PER_PAPER * papers, _MOST_SLOTS):
        slots *= 4
    return slots


def _deletions(tally: Tally, papers: int) -> Hashes:
    """Return the index of words with letters left out (:attr:`Vocabulary.deletions`)."""
    in_papers, in_capitals, _ = tally.counts.T
    fewest = 1 + sum(papers >= _COMPARED_FROM * 10**power for power in range(1, 5))
    places = np.flatnonzero((in_papers >= fewest) & (2 * in_capitals <= in_papers))
    letters, starts = tally.letters.tobytes(), tally.starts.tolist()
    forms = [letters[starts[p] : starts[p + 1]].decode() for p in places.tolist()]
    lengths = np.array([len(form) for form in forms], dtype=np.int64)
    begun = np.array([form[:_PREFIX] for form in forms], dtype=f"U{_PREFIX}")
    signs = begun.view(np.uint32).reshape(-1, _PREFIX).astype(np.uint64)
    parts = []
    for length in range(_SHORTEST, _PREFIX + 1):
        same = np.flatnonzero(lengths == length if length < _PREFIX else lengths >= length)
        for errors in range(_most_errors(length) + 1):
            for kept in combinations(range(length), length - errors):
                hashed = np.zeros(len(same), dtype=np.uint64)
                for column in kept:
                    hashed = hashed * np.uint64(_BASE) + signs[same, column]
                hashed = (hashed * np.uint64(_SPREAD)) & ~_LOW
                parts.append(hashed | places[same].astype(np.uint64))
    # Sorted here, since np.unique takes ten times as long for a million numbers.
    entries = np.sort(np.concatenate(parts))
    is_first = np.ones(len(entries), dtype=bool)
    is_first[1:] = entries[1:] != entries[:-1]
    return entries[is_first]


def _most_errors(length: int) -> int:
    return 1 if length <= SHORT else MOST_ERRORS


def _letters_hash(letters: Sequence[str]) -> int:
    """Return the hash of ``letters``, 32 bits; :func:`_deletions` computes the same."""
    hashed = 0
    for letter in letters:
        hashed = (hashed * _BASE + ord(letter)) & _BITS
    return (hashed * _SPREAD & _BITS) >> 32


def _form_hash(form: str) -> int:
    return int.from_bytes(blake2b(form.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=200_000)
def _stem_hash(word: str) -> int:
    return crc32(stem(word).encode()) * _SPREAD & _BITS


def _int64(numbers: array[int]) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64)

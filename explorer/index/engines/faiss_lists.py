"""FAISS inverted lists of codes, refined with the vectors themselves (Douze et al. 2024).

Vectors lie in lists about the centres of a clustering; a query looks only through the lists whose
centres are nearest, at codes of a fraction of the vectors' size, and compares the best of what it
finds with the vectors themselves, which stay on disk. Codes are 8-bit scalars, or RaBitQ with four
bits or one (Gao and Long 2024, arXiv:2405.12497; Gao et al. 2024, arXiv:2409.09913).

How many lists that takes is measured when an index is built (``faiss_tuning.py``). Where a filter
lets few vectors through, all of those are compared; where it lets many, only lists that hold some
are looked through, and more of them the fewer they hold.
"""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys, Vectors
from explorer.errors import LibraryDamaged
from explorer.index.engines import DEFAULTS, Engine, InFolder, Neighbours
from explorer.index.engines.faiss_threads import threads
from explorer.index.engines.faiss_tuning import Tuning, tuned
from explorer.index.engines.stored_vectors import StoredVectors, refined
from explorer.settings import IndexSettings

_FILE = "index.faiss"
_LIST_OF = "list_of.npy"
_TUNING = "lists.json"
_SHARD = 50_000
"""Vectors that are added at once."""
_LISTS = 4.0
"""Lists are so many times the square root of how many vectors there are."""
_TRAINED_ON = 64
"""Vectors a list that its centre is trained on, and the fewest that a list is made for."""
_ROUNDS = 8
"""Of k-means; more change nothing that recall would show."""
_OUTGROWN = 2.0
"""Times as many vectors as the lists were made for, from which they are made anew."""
_FEW = 5_000
"""Vectors, of the index or of those that a filter lets through, which are all compared."""


_AGAINST = 0.5
"""Share of what a filter usually lets through, below which it keeps near vectors out."""
_AS_USUAL = 0.9
"""Share of it from which it lets near vectors through like others, so that as many lists do."""
_NEARER = (0.125, 0.25, 0.5, 1.0)
"""Parts of the lists to be looked through, the nearest first, in which that share is taken."""


class ListsFactory(InFolder):
    """Makes :class:`FaissLists` of one kind of code."""

    code: ClassVar[str]
    """As FAISS calls it."""

    @staticmethod
    def in_folder(folder: Path) -> ListsFactory | None:
        """Return the maker of what is in ``folder``, or None where that has no lists."""
        path = folder / _TUNING
        if not path.exists():
            return None
        try:
            code = Tuning(**json.loads(path.read_text(encoding="utf-8"))).code
            return next(maker() for maker in _MAKERS if maker.code == code)
        except (OSError, ValueError, TypeError, StopIteration) as error:
            raise LibraryDamaged(f"{path}: cannot be read ({error}).") from None

    def bytes_of_one(self, dimension: int) -> float:
        """Return the bytes that a vector takes in memory, its key and its place included."""
        import faiss

        made: Any = faiss.index_factory(dimension, f"IVF1,{self.code}", faiss.METRIC_INNER_PRODUCT)
        return float(made.code_size + 12)

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:
        import faiss

        size, dimension = vectors.shape
        lists = max(1, min(round(_LISTS * size**0.5), size // _TRAINED_ON))
        index: Any = faiss.index_factory(
            dimension, f"IVF{lists},{self.code}", faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter = _ROUNDS
        index.cp.spherical = True
        index.cp.min_points_per_centroid = 1
        index.cp.max_points_per_centroid = _TRAINED_ON
        sample = np.linspace(0, size - 1, min(size, lists * _TRAINED_ON)).astype(np.int64)
        index.train(np.ascontiguousarray(vectors[sample], dtype=np.float32))
        list_of = np.full(size, -1, dtype=np.int64)
        return _filled(index, vectors, list_of, Tuning.not_yet(self.code, size), settings)

    def update(
        self, before: Engine, moved: Keys, vectors: Vectors, settings: IndexSettings = DEFAULTS
    ) -> Engine:
        size = len(vectors)
        if (
            not isinstance(before, FaissLists)
            or before.tuning.code != self.code
            or not size / _OUTGROWN < before.tuning.made_for < size * _OUTGROWN
        ):
            return self.build(vectors, settings)
        list_of = np.full(size, -1, dtype=np.int64)
        list_of[moved[moved >= 0]] = before.list_of[moved >= 0]
        return _filled(before.emptied(), vectors, list_of, before.tuning, settings)

    def open(self, folder: Path) -> Engine:
        import faiss

        try:
            index = faiss.read_index(str(folder / _FILE), faiss.IO_FLAG_MMAP)
        except RuntimeError as error:
            raise LibraryDamaged(f"{folder / _FILE}: FAISS cannot read it ({error}).") from None
        try:
            list_of = np.load(folder / _LIST_OF, mmap_mode="r", allow_pickle=False)
            tuning = Tuning(**json.loads((folder / _TUNING).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, EOFError) as error:
            raise LibraryDamaged(f"{folder}: the index cannot be read ({error}).") from None
        stored = StoredVectors.open(folder)
        if not index.ntotal == stored.size == len(list_of):
            raise LibraryDamaged(f"{folder}: the index and its vectors differ in number.")
        return FaissLists(index, stored, list_of, tuning, folder)


class EightBitFactory(ListsFactory):
    """8-bit scalars."""

    code = "SQ8"


class FourBitFactory(ListsFactory):
    """RaBitQ with four bits a number."""

    code = "RaBitQ4"


class OneBitFactory(ListsFactory):
    """RaBitQ with one bit a number."""

    code = "RaBitQ"


_MAKERS = (EightBitFactory, FourBitFactory, OneBitFactory)


def _filled(
    index: Any,
    vectors: Vectors,
    list_of: Keys,
    tuning: Tuning,
    settings: IndexSettings,
) -> FaissLists:
    """Put ``vectors`` into the trained ``index``; ``list_of`` is -1 where the list is not known."""
    import faiss

    for start in range(0, len(vectors), _SHARD):
        shard = np.ascontiguousarray(vectors[start : start + _SHARD], dtype=np.float32)
        lists = list_of[start : start + _SHARD]
        unknown = np.flatnonzero(lists < 0)
        if len(unknown):
            lists[unknown] = index.quantizer.assign(shard[unknown], 1)[:, 0]
        keys = np.arange(start, start + len(shard), dtype=np.int64)
        pointers = [faiss.swig_ptr(array) for array in (shard, keys, lists)]
        index.add_core(len(shard), *pointers)
    stored = StoredVectors.of(vectors)
    tuning = tuned(index, stored, tuning, settings)
    return FaissLists(index, stored, list_of.astype(np.int32), tuning)


class FaissLists:
    """Codes in lists, memory-mapped once saved; the vectors beside them."""

    def __init__(
        self,
        index: Any,
        stored: StoredVectors,
        list_of: NDArray[np.int32],
        tuning: Tuning,
        folder: Path | None = None,
    ) -> None:
        """Take what an index is made of; ``folder`` is where it is mapped from."""
        self._index = index
        self._folder = folder
        self._stored = stored
        self.list_of = list_of
        """The list of each key, shape (size,)."""
        self.tuning = tuning

    @property
    def size(self) -> int:
        return self._stored.size

    @property
    def dimension(self) -> int:
        return self._stored.dimension

    @property
    def stats(self) -> dict[str, Any]:
        bytes_in_all = self.size * (self._index.code_size + 12)
        bytes_in_all += 4 * self.dimension * self._index.nlist
        return {
            "kind": f"IVF{self._index.nlist},{self.tuning.code}",
            "recall@10": self.tuning.recall,
            "recall wanted": self.tuning.wanted,
            "measured on": self.tuning.queries,
            "probes": self.tuning.probes(10, self._index.nlist),
            "probes for 100": self.tuning.probes(100, self._index.nlist),
            "refined": self.tuning.candidates(10),
            "bytes": bytes_in_all,
        }

    @cached_property
    def _list_sizes(self) -> Keys:
        return np.bincount(self.list_of, minlength=self._index.nlist)

    def search(self, queries: Vectors, k: int, among: Keys | None = None) -> Neighbours:
        found = min(k, self.size if among is None else len(among))
        if found <= 0 or not len(queries):
            empty = (len(queries), max(found, 0))
            return Neighbours(np.empty(empty, dtype=np.int64), np.empty(empty, dtype=np.float32))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if among is None and self.size <= _FEW:
            among = np.arange(self.size, dtype=np.int64)
        if among is not None and len(among) <= max(_FEW, found):
            return self._compared(queries, found, np.sort(among))
        wanted = min(self.tuning.candidates(found), self.size if among is None else len(among))
        with threads(1 if len(queries) == 1 else 0):
            if among is None:
                candidates = self._candidates(queries, wanted, found)
            else:
                candidates = np.vstack(
                    [self._candidates_among(query[None], wanted, found, among) for query in queries]
                )
            return refined(self._stored, queries, candidates, found)

    def with_effort(self, effort: float) -> FaissLists:
        near = math.ceil(effort * self.tuning.near)
        far = math.ceil(effort * self.tuning.far)
        tuning = replace(self.tuning, near=near, far=far)
        return FaissLists(self._index, self._stored, self.list_of, tuning, self._folder)

    def vectors(self, keys: Keys) -> Vectors:
        return self._stored.take(keys)

    def save(self, folder: Path) -> None:
        import faiss

        if self._folder is not None:
            # Of an index that is mapped, FAISS would write nothing but where it lies.
            for path in self._folder.iterdir():
                shutil.copyfile(path, folder / path.name)
            return
        faiss.write_index(self._index, str(folder / _FILE))
        np.save(folder / _LIST_OF, self.list_of, allow_pickle=False)
        self._stored.save(folder)
        text = json.dumps(asdict(self.tuning), indent=1)
        (folder / _TUNING).write_text(text + "\n", encoding="utf-8")

    def emptied(self) -> Any:
        """Return an index with the same lists and codes, and nothing in it."""
        import faiss

        # FAISS cannot copy an index that is mapped.
        path = self._folder / _FILE if self._folder else None
        index: Any = faiss.read_index(str(path)) if path else faiss.clone_index(self._index)
        index.reset()
        return index

    def _compared(self, queries: Vectors, found: int, among: Keys) -> Neighbours:
        # A product of matrices is shared among threads, at the cost of whatever runs beside it.
        scores = np.einsum("qd,rd->qr", queries, self._stored.take(among))
        order = np.argsort(-scores, axis=1, kind="stable")[:, :found]
        return Neighbours(among[order], np.take_along_axis(scores, order, axis=1))

    def _candidates(self, queries: Vectors, wanted: int, found: int) -> Keys:
        import faiss

        lists = self._index.nlist
        parameters = faiss.SearchParametersIVF(nprobe=self.tuning.probes(found, lists))  # type: ignore[call-arg]
        keys: Keys = self._index.search(queries, wanted, params=parameters)[1]
        short = np.flatnonzero(keys[:, found - 1] < 0)
        if len(short):  # the lists that were looked through held fewer
            parameters = faiss.SearchParametersIVF(nprobe=lists)  # type: ignore[call-arg]
            keys[short] = self._index.search(queries[short], wanted, params=parameters)[1]
        return keys

    def _candidates_among(self, query: Vectors, wanted: int, found: int, among: Keys) -> Keys:
        """Look through lists that hold any of ``among``, the nearest first.

        Where the filter lets near vectors through as it does others, as many lists do as for a
        search of all. Else each time as many as before are added, until those bring nothing new.
        Where it keeps out what lies near the query, nearness tells little of the rest, and all are
        looked through.
        """
        import faiss

        flags = np.zeros(self.size, dtype=bool)
        flags[among] = True
        allowed = np.packbits(flags, bitorder="little")
        selector = faiss.IDSelectorBitmap(allowed)  # type: ignore[call-arg, arg-type]
        lists = self._index.nlist
        inside = np.bincount(self.list_of[among], minlength=lists)
        holds = inside > 0
        nearness, order = self._index.quantizer.search(query, lists)
        held = holds[order[0]]
        order, nearness = order[:, held], nearness[:, held]
        # The nearest of a tenth of all vectors are as rare as the ten times as many of all.
        share = len(among) / float(self._list_sizes[holds].sum())
        start, stop = 0, self.tuning.probes(max(1, round(found / share)), lists)
        usual = self._let_through(inside, order[0, :stop]) / share
        if usual[-1] < _AGAINST:
            stop = order.shape[1]
        is_enough = usual.min() >= _AS_USUAL
        keys = np.empty(0, dtype=np.int64)
        scores = np.empty(0, dtype=np.float32)
        while start < order.shape[1]:
            some = slice(start, stop)
            more, theirs = self._in_lists(
                query, wanted, order[:, some], nearness[:, some], selector
            )
            new = len(keys) + np.arange(np.count_nonzero(more >= 0))
            keys = np.concatenate([keys, more[more >= 0]])
            scores = np.concatenate([scores, theirs[more >= 0]])
            best = np.argsort(-scores, kind="stable")[:wanted]
            changed = np.isin(best[:found], new).sum()
            keys, scores = keys[best], scores[best]
            is_enough = is_enough or changed <= (1 - self.tuning.wanted) * found
            if len(keys) >= found and is_enough:
                break
            start, stop = stop, 2 * stop
        return np.pad(keys, (0, wanted - len(keys)), constant_values=-1)

    def _let_through(self, inside: Keys, lists: Keys) -> NDArray[np.float64]:
        """Return which share of the vectors in the nearest of ``lists`` a filter lets through.

        Args:
            inside: how many it lets through of each list.
        """
        ends = np.array([math.ceil(part * len(lists)) - 1 for part in _NEARER])
        passing = np.cumsum(inside[lists])[ends]
        shares: NDArray[np.float64] = passing / np.cumsum(self._list_sizes[lists])[ends]
        return shares

    def _in_lists(
        self,
        query: Vectors,
        wanted: int,
        lists: Keys,
        nearness: NDArray[np.float32],
        selector: Any,
    ) -> tuple[Keys, NDArray[np.float32]]:
        import faiss

        keys = np.empty((1, wanted), dtype=np.int64)
        scores = np.empty((1, wanted), dtype=np.float32)
        lists = np.ascontiguousarray(lists)
        nearness = np.ascontiguousarray(nearness)
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=lists.shape[1])  # type: ignore[call-arg]
        pointers = [faiss.swig_ptr(array) for array in (lists, nearness, scores, keys)]
        self._index.search_preassigned_c(
            1, faiss.swig_ptr(query), wanted, *pointers, False, parameters
        )
        return keys[0], scores[0]

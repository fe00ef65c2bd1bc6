"""FAISS inverted lists of codes, refined with the vectors themselves (Douze et al. 2024).

Vectors are assigned to the nearest centre of a clustering. A search scans only the lists with the
nearest centres (it probes them), as codes of a fraction of the vectors' size, and compares the best
candidates by their full vectors, which stay on disk. Codes are 8-bit scalars, or RaBitQ with four
bits or one (Gao and Long 2024, arXiv:2405.12497; Gao et al. 2024, arXiv:2409.09913).

The number of probes is measured when an index is built (``faiss_tuning.py``). If a filter allows
few vectors, all of them are compared; if it allows many, only lists that contain allowed vectors
are probed, and more of them the fewer they contain.
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

from explorer.arrays import Keys, Vectors, evenly_spaced
from explorer.errors import LibraryDamaged
from explorer.index.engines.contract import DEFAULTS, Engine, Neighbours, empty_neighbours
from explorer.index.engines.faiss_threads import threads
from explorer.index.engines.faiss_tuning import Tuning, tuned
from explorer.index.engines.stored_vectors import StoredVectors, refined
from explorer.settings import IndexSettings

_FILE = "index.faiss"
_LIST_OF = "list_of.npy"
_TUNING = "lists.json"
_BATCH = 50_000
"""Vectors added in one step."""
_LISTS_PER_ROOT = 4.0
"""Number of lists, divided by the square root of the number of vectors."""
_TRAINING_VECTORS = 64
"""Training vectors per list, and the average length of a list at least."""
_KMEANS_ITERATIONS = 8
"""More do not improve recall measurably."""
_REBUILD_RATIO = 2.0
"""Growth or shrinkage since the clustering, as a factor, from which the lists are made anew."""
_EXHAUSTIVE_UP_TO = 5_000
"""Allowed vectors up to which all are compared."""

_ADVERSE_FILTER = 0.5
"""Pass rate near the query, relative to the whole, below which a filter excludes near vectors."""
_NEUTRAL_FILTER = 0.9
"""Relative pass rate from which a filtered search needs no more probes than an unfiltered one."""
_NEAREST_PARTS = (0.125, 0.25, 0.5, 1.0)
"""Nearest parts of the lists to be probed in which the relative pass rate is measured."""


class ListsFactory:
    """Maker of :class:`FaissLists` with one kind of code."""

    code: ClassVar[str]
    """FAISS's name of the code."""

    @staticmethod
    def in_folder(folder: Path) -> ListsFactory | None:
        """Return the factory of the index in ``folder``, or None if that is no index of lists."""
        path = folder / _TUNING
        if not path.exists():
            return None
        try:
            code = Tuning(**json.loads(path.read_text(encoding="utf-8"))).code
            return next(factory() for factory in _FACTORIES if factory.code == code)
        except (OSError, ValueError, TypeError, StopIteration) as error:
            raise LibraryDamaged(f"cannot be read ({error}).", path=path) from None

    def bytes_per_vector(self, dimension: int) -> float:
        """Return the memory that a vector takes, including its key and list number."""
        import faiss

        index: Any = faiss.index_factory(dimension, f"IVF1,{self.code}", faiss.METRIC_INNER_PRODUCT)
        return float(index.code_size + 12)

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:
        import faiss

        size, dimension = vectors.shape
        lists = max(1, min(round(_LISTS_PER_ROOT * size**0.5), size // _TRAINING_VECTORS))
        index: Any = faiss.index_factory(
            dimension, f"IVF{lists},{self.code}", faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter = _KMEANS_ITERATIONS
        index.cp.spherical = True
        index.cp.min_points_per_centroid = 1
        index.cp.max_points_per_centroid = _TRAINING_VECTORS
        sample = evenly_spaced(size, lists * _TRAINING_VECTORS)
        index.train(np.ascontiguousarray(vectors[sample], dtype=np.float32))
        list_of = np.full(size, -1, dtype=np.int64)
        return _filled(index, vectors, list_of, Tuning.initial(self.code, size), settings)

    def update(
        self, before: Engine, row_map: Keys, vectors: Vectors, settings: IndexSettings = DEFAULTS
    ) -> Engine:
        size = len(vectors)
        if (
            not isinstance(before, FaissLists)
            or before.tuning.code != self.code
            or not size / _REBUILD_RATIO < before.tuning.made_for < size * _REBUILD_RATIO
        ):
            return self.build(vectors, settings)
        list_of = np.full(size, -1, dtype=np.int64)
        list_of[row_map[row_map >= 0]] = before.list_of[row_map >= 0]
        return _filled(before.emptied(), vectors, list_of, before.tuning, settings)

    def open(self, folder: Path) -> Engine:
        import faiss

        try:
            index = faiss.read_index(str(folder / _FILE), faiss.IO_FLAG_MMAP)
        except RuntimeError as error:
            raise LibraryDamaged(f"FAISS cannot read it ({error}).", path=folder / _FILE) from None
        try:
            list_of = np.load(folder / _LIST_OF, mmap_mode="r", allow_pickle=False)
            tuning = Tuning(**json.loads((folder / _TUNING).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, EOFError) as error:
            raise LibraryDamaged(f"the index cannot be read ({error}).", path=folder) from None
        stored = StoredVectors.open(folder)
        if not index.ntotal == stored.size == len(list_of):
            raise LibraryDamaged("the index and its vectors differ in number.", path=folder)
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


_FACTORIES = (EightBitFactory, FourBitFactory, OneBitFactory)


def _filled(
    index: Any,
    vectors: Vectors,
    list_of: Keys,
    tuning: Tuning,
    settings: IndexSettings,
) -> FaissLists:
    """Add ``vectors`` to the trained ``index``; ``list_of`` is -1 where the list is unknown."""
    import faiss

    for start in range(0, len(vectors), _BATCH):
        batch = np.ascontiguousarray(vectors[start : start + _BATCH], dtype=np.float32)
        lists = list_of[start : start + _BATCH]
        unknown = np.flatnonzero(lists < 0)
        if len(unknown):
            lists[unknown] = index.quantizer.assign(batch[unknown], 1)[:, 0]
        keys = np.arange(start, start + len(batch), dtype=np.int64)
        pointers = [faiss.swig_ptr(array) for array in (batch, keys, lists)]
        index.add_core(len(batch), *pointers)
    stored = StoredVectors.of(vectors)
    tuning = tuned(index, stored, tuning, settings)
    return FaissLists(index, stored, list_of.astype(np.int32), tuning)


class FaissLists:
    """Codes in inverted lists and the full vectors; both memory-mapped once saved."""

    def __init__(
        self,
        index: Any,
        stored: StoredVectors,
        list_of: NDArray[np.int32],
        tuning: Tuning,
        folder: Path | None = None,
    ) -> None:
        """Combine the parts of an index; ``folder`` is the one it is mapped from, if any."""
        self._index = index
        self._folder = folder
        self._stored = stored
        self.list_of = list_of
        """List number of each key, shape (size,)."""
        self.tuning = tuning

    @property
    def size(self) -> int:
        return self._stored.size

    @property
    def dimension(self) -> int:
        return self._stored.dimension

    @property
    def stats(self) -> dict[str, Any]:
        total_bytes = self.size * (self._index.code_size + 12)
        total_bytes += 4 * self.dimension * self._index.nlist
        return {
            "kind": f"IVF{self._index.nlist},{self.tuning.code}",
            "recall@10": self.tuning.recall,
            "recall wanted": self.tuning.wanted,
            "measured on": self.tuning.queries,
            "probes": self.tuning.probes(10, self._index.nlist),
            "probes for 100": self.tuning.probes(100, self._index.nlist),
            "refined": self.tuning.candidates(10),
            "bytes": total_bytes,
        }

    @cached_property
    def _list_sizes(self) -> Keys:
        return np.bincount(self.list_of, minlength=self._index.nlist)

    def search(self, queries: Vectors, k: int, allowed: Keys | None = None) -> Neighbours:
        k = min(k, self.size if allowed is None else len(allowed))
        if k <= 0 or not len(queries):
            return empty_neighbours(len(queries), max(k, 0))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if allowed is None and self.size <= _EXHAUSTIVE_UP_TO:
            allowed = np.arange(self.size, dtype=np.int64)
        if allowed is not None and len(allowed) <= max(_EXHAUSTIVE_UP_TO, k):
            return self._exhaustive(queries, k, np.sort(allowed))
        count = min(self.tuning.candidates(k), self.size if allowed is None else len(allowed))
        with threads(1 if len(queries) == 1 else 0):
            if allowed is None:
                candidates = self._candidates(queries, count, k)
            else:
                candidates = np.vstack(
                    [self._allowed_candidates(query[None], count, k, allowed) for query in queries]
                )
            return refined(self._stored, queries, candidates, k)

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
            # Of a mapped index, FAISS would write only the path it is mapped from.
            for path in self._folder.iterdir():
                shutil.copyfile(path, folder / path.name)
            return
        faiss.write_index(self._index, str(folder / _FILE))
        np.save(folder / _LIST_OF, self.list_of, allow_pickle=False)
        self._stored.save(folder)
        text = json.dumps(asdict(self.tuning), indent=1)
        (folder / _TUNING).write_text(text + "\n", encoding="utf-8")

    def emptied(self) -> Any:
        """Return a copy with the same lists and codes, without vectors."""
        import faiss

        # FAISS cannot copy an index that is mapped.
        path = self._folder / _FILE if self._folder else None
        index: Any = faiss.read_index(str(path)) if path else faiss.clone_index(self._index)
        index.reset()
        return index

    def _exhaustive(self, queries: Vectors, k: int, allowed: Keys) -> Neighbours:
        # A matrix product would use all cores, which slows down whatever runs in parallel.
        scores = np.einsum("qd,rd->qr", queries, self._stored.take(allowed))
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return Neighbours(allowed[order], np.take_along_axis(scores, order, axis=1))

    def _candidates(self, queries: Vectors, count: int, k: int) -> Keys:
        """Return the ``count`` nearest by their codes, shape (queries, count); -1 fills up.

        At least ``k`` of each row are keys.
        """
        import faiss

        lists = self._index.nlist
        parameters = faiss.SearchParametersIVF(nprobe=self.tuning.probes(k, lists))  # type: ignore[call-arg]
        keys: Keys = self._index.search(queries, count, params=parameters)[1]
        short = np.flatnonzero(keys[:, k - 1] < 0)
        if len(short):  # the probed lists hold fewer than k
            parameters = faiss.SearchParametersIVF(nprobe=lists)  # type: ignore[call-arg]
            keys[short] = self._index.search(queries[short], count, params=parameters)[1]
        return keys

    def _allowed_candidates(self, query: Vectors, count: int, k: int, allowed: Keys) -> Keys:
        """Return the ``count`` nearest of ``allowed`` by their codes; -1 fills up.

        Only lists that contain allowed vectors are probed, the nearest first. If the filter passes
        near vectors at its usual rate, the probes of an unfiltered search are enough. Otherwise
        their number is doubled until the best ``k`` no longer change. If the filter excludes the
        vectors near the query, distance to a centre says little about the rest, and all lists are
        probed.
        """
        flags = np.zeros(self.size, dtype=bool)
        flags[allowed] = True
        lists = self._index.nlist
        allowed_in_list = np.bincount(self.list_of[allowed], minlength=lists)
        is_populated = allowed_in_list > 0
        nearness, order = self._index.quantizer.search(query, lists)
        kept = is_populated[order[0]]
        order, nearness = order[:, kept], nearness[:, kept]
        # The k nearest of a tenth of all vectors are as rare as the 10 k nearest of all.
        share = len(allowed) / float(self._list_sizes[is_populated].sum())
        probes = self.tuning.probes(max(1, round(k / share)), lists)
        pass_rates = self._pass_rates(allowed_in_list, order[0, :probes]) / share
        if pass_rates[-1] < _ADVERSE_FILTER:
            probes = order.shape[1]
        return self._probed_until_stable(
            query,
            count,
            k,
            (order, nearness, probes),
            flags,
            is_enough=pass_rates.min() >= _NEUTRAL_FILTER,
        )

    def _probed_until_stable(
        self,
        query: Vectors,
        count: int,
        k: int,
        lists: tuple[Keys, NDArray[np.float32], int],
        flags: NDArray[np.bool_],
        *,
        is_enough: bool,
    ) -> Keys:
        """Probe ever more lists until the best ``k`` no longer change.

        Args:
            query: one query, shape (1, dimension).
            count: candidates to return.
            k: hits that must be among them.
            lists: lists, nearest first, the nearness of their centres, and how many to probe at
                first.
            flags: whether each vector is allowed, shape (size,).
            is_enough: whether the first probes are enough, provided that they give ``k`` hits.
        """
        import faiss

        order, nearness, stop = lists
        bitmap = np.packbits(flags, bitorder="little")
        selector = faiss.IDSelectorBitmap(bitmap)  # type: ignore[call-arg, arg-type]
        keys = np.empty(0, dtype=np.int64)
        scores = np.empty(0, dtype=np.float32)
        start = 0
        while start < order.shape[1]:
            part = slice(start, stop)
            new_keys, new_scores = self._probed(
                query, count, order[:, part], nearness[:, part], selector
            )
            is_hit = new_keys >= 0
            added = len(keys) + np.arange(np.count_nonzero(is_hit))
            keys = np.concatenate([keys, new_keys[is_hit]])
            scores = np.concatenate([scores, new_scores[is_hit]])
            best = np.argsort(-scores, kind="stable")[:count]
            changed = np.isin(best[:k], added).sum()
            keys, scores = keys[best], scores[best]
            is_enough = is_enough or changed <= (1 - self.tuning.wanted) * k
            if len(keys) >= k and is_enough:
                break
            start, stop = stop, 2 * stop
        return np.pad(keys, (0, count - len(keys)), constant_values=-1)

    def _pass_rates(self, allowed_in_list: Keys, lists: Keys) -> NDArray[np.float64]:
        """Return the share of allowed vectors in each of the nearest parts of ``lists``."""
        ends = np.array([math.ceil(part * len(lists)) - 1 for part in _NEAREST_PARTS])
        passing = np.cumsum(allowed_in_list[lists])[ends]
        shares: NDArray[np.float64] = passing / np.cumsum(self._list_sizes[lists])[ends]
        return shares

    def _probed(
        self,
        query: Vectors,
        count: int,
        lists: Keys,
        nearness: NDArray[np.float32],
        selector: Any,
    ) -> tuple[Keys, NDArray[np.float32]]:
        """Return the ``count`` nearest by their codes in ``lists``, and their scores."""
        import faiss

        keys = np.empty((1, count), dtype=np.int64)
        scores = np.empty((1, count), dtype=np.float32)
        lists = np.ascontiguousarray(lists)
        nearness = np.ascontiguousarray(nearness)
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=lists.shape[1])  # type: ignore[call-arg]
        pointers = [faiss.swig_ptr(array) for array in (lists, nearness, scores, keys)]
        self._index.search_preassigned_c(
            1, faiss.swig_ptr(query), count, *pointers, False, parameters
        )
        return keys[0], scores[0]

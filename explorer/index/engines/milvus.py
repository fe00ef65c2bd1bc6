"""Milvus (Wang et al. 2021, doi:10.1145/3448016.3457550): search beyond one machine.

Each generation has its own collection on the server; the library's folder holds a pointer to it,
which names the server and no credentials. The pointer is on disk before the collection is created,
so that the next build can drop whatever an interrupted one leaves. A saved collection never
changes. The current one also has an alias, for people who use the server directly; the explorer
itself opens the collection in the pointer.

Until it is saved, an index is FAISS's, in memory: trials and failed builds leave nothing behind.
"""

from __future__ import annotations

import json
import math
import os
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from explorer.arrays import Keys, Vectors
from explorer.errors import EngineError, EngineLost, LibraryDamaged
from explorer.files import replace_text
from explorer.index.engines import load_engine
from explorer.index.engines.contract import (
    DEFAULTS,
    Engine,
    Neighbours,
    ServerEngineFactory,
    empty_neighbours,
)
from explorer.index.engines.milvus_server import LOOPBACK, Server, checked_uri
from explorer.settings import IndexSettings

_FILE = "collection.json"
_WINDOW = 16_384
"""Limit of the server on hits per query and on keys per lookup."""
_KEYS_PER_FILTER = 8_192
"""Keys that are sent in one filter expression at most."""
_BROAD_FILTER = 0.25
"""Share of allowed vectors from which filtering the hits of an unfiltered search is tried first."""
_OVERSAMPLING = 1.5
"""Hits of the unfiltered search for each that is expected to be needed."""
_UPSERT_BYTES = 4 << 20
_HITS_PER_CALL = 100_000
"""Hits in one response at most, over all its queries."""
_EXACT_UP_TO = 1_000_000
"""Vectors that the server compares one by one; more are searched through a graph (HNSW)."""
_CALL_TIMEOUT = 20.0
"""Seconds for one call."""
_INDEXING_TIMEOUT = 3600.0
"""Seconds for a call that waits until an index is made."""


class MilvusFactory(ServerEngineFactory):
    """Maker of engines whose vectors are on a Milvus server."""

    def __init__(self, uri: str = "", *, exact_up_to: int = _EXACT_UP_TO) -> None:
        self._uri = uri
        self._exact_up_to = exact_up_to

    @property
    def uri(self) -> str:
        return self._uri or os.environ.get("EXPLORER_ENGINE_URI") or LOOPBACK

    def at(self, uri: str) -> MilvusFactory:
        return MilvusFactory(checked_uri(uri), exact_up_to=self._exact_up_to)

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:
        index = load_engine("faiss").build(vectors, settings)
        return _InMemory(vectors, index, self.uri, exact=len(vectors) <= self._exact_up_to)

    def update(
        self,
        before: Engine,  # noqa: ARG002
        row_map: Keys,  # noqa: ARG002
        vectors: Vectors,
        settings: IndexSettings = DEFAULTS,
    ) -> Engine:
        return self.build(vectors, settings)

    def open(self, folder: Path) -> Engine:
        pointer = _read(folder / _FILE)
        server = Server(os.environ.get("EXPLORER_ENGINE_URI") or pointer["uri"])
        return _OnServer(server, pointer)

    def make_live(self, folder: Path, library: str) -> None:
        engine = self.open(folder)
        assert isinstance(engine, _OnServer)
        engine.set_alias(re.sub(r"\W", "_", library, flags=re.ASCII))

    def remove(self, folder: Path, kept: Sequence[Path]) -> None:
        try:
            pointer = _read(folder / _FILE)
        except LibraryDamaged:
            return  # the pointer is written before anything is created on the server
        for other in kept:
            with suppress(LibraryDamaged):
                if _read(other / _FILE)["collection"] == pointer["collection"]:
                    return
        engine = self.open(folder)
        assert isinstance(engine, _OnServer)
        engine.drop()


class _InMemory:
    """Vectors that are not on the server yet, searched with FAISS."""

    def __init__(self, vectors: Vectors, index: Engine, uri: str, *, exact: bool) -> None:
        self._vectors = vectors
        self._index = index
        self._uri = uri
        self._exact = exact

    @property
    def size(self) -> int:
        return self._index.size

    @property
    def dimension(self) -> int:
        return self._index.dimension

    def search(self, queries: Vectors, k: int, allowed: Keys | None = None) -> Neighbours:
        return self._index.search(queries, k, allowed)

    def with_effort(self, effort: float) -> Engine:  # noqa: ARG002
        return self

    @property
    def stats(self) -> dict[str, Any]:
        return _stats(exact=self._exact)

    def vectors(self, keys: Keys) -> Vectors:
        return np.asarray(self._vectors[keys], dtype=np.float32)

    def save(self, folder: Path) -> None:
        _upload(self, self._uri, folder, exact=self._exact)


class _OnServer:
    """A collection on a server, connected to at the first call."""

    def __init__(self, server: Server, pointer: dict[str, Any]) -> None:
        self._server = server
        self._pointer = pointer
        self._name: str = pointer["collection"]
        self._exact: bool = pointer["exact"]

    @property
    def size(self) -> int:
        return int(self._pointer["size"])

    @property
    def dimension(self) -> int:
        return int(self._pointer["dimension"])

    def search(self, queries: Vectors, k: int, allowed: Keys | None = None) -> Neighbours:
        k = min(k, self.size if allowed is None else len(allowed))
        if k <= 0 or not len(queries):
            return empty_neighbours(len(queries), max(k, 0))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if allowed is None and k <= _WINDOW:
            hits = self._hits(queries, k)
        elif allowed is not None and len(allowed) <= _KEYS_PER_FILTER:
            hits = self._hits(queries, k, _one_of(np.sort(allowed)))
        else:
            hits = self._filtered_afterwards(queries, k, allowed)
        return hits or self._slice_by_slice(queries, k, allowed)

    def with_effort(self, effort: float) -> Engine:  # noqa: ARG002
        return self

    @property
    def stats(self) -> dict[str, Any]:
        return _stats(exact=self._exact)

    def vectors(self, keys: Keys) -> Vectors:
        distinct, inverse = np.unique(np.asarray(keys, dtype=np.int64), return_inverse=True)
        rows = np.empty((len(distinct), self.dimension), dtype=np.float32)
        for start in range(0, len(distinct), _KEYS_PER_FILTER):
            batch = distinct[start : start + _KEYS_PER_FILTER]
            entities = self._server.call(partial(self._get, keys=batch), self._name)
            if len(entities) != len(batch):
                raise EngineLost(
                    f"The Milvus server at {self._server.uri} has lost vectors of the collection "
                    f"{self._name!r}.",
                    advice="Rebuild it with `explorer build --full`.",
                )
            for entity in entities:
                rows[np.searchsorted(distinct, entity["id"])] = entity["vector"]
        return rows[inverse]

    def save(self, folder: Path) -> None:
        _upload(self, self._server.uri, folder, exact=self._exact)

    def set_alias(self, alias: str) -> None:
        """Point ``alias`` to this collection."""

        def switch(client: Any) -> None:
            from pymilvus import MilvusException

            try:
                client.create_alias(self._name, alias, timeout=_CALL_TIMEOUT)
            except MilvusException:  # it exists; servers differ in the error they report
                client.alter_alias(self._name, alias, timeout=_CALL_TIMEOUT)

        self._server.call(switch, self._name)

    def drop(self) -> None:
        """Delete the collection and its aliases, if it is there."""

        def drop(client: Any) -> None:
            if not client.has_collection(self._name, timeout=_CALL_TIMEOUT):
                return
            for alias in client.list_aliases(self._name, timeout=_CALL_TIMEOUT).get("aliases", ()):
                client.drop_alias(alias, timeout=_CALL_TIMEOUT)
            client.drop_collection(self._name, timeout=_CALL_TIMEOUT)

        self._server.call(drop)

    def _get(self, client: Any, keys: Keys) -> list[dict[str, Any]]:
        entities: list[dict[str, Any]] = client.query(
            self._name,
            filter=_one_of(keys),
            output_fields=["id", "vector"],
            limit=len(keys),
            consistency_level="Eventually",
            timeout=_CALL_TIMEOUT,
        )
        return entities

    def _hits(self, queries: Vectors, k: int, expression: str = "") -> Neighbours | None:
        """Return the server's hits, or None if a query has fewer than ``k``."""
        keys = np.empty((len(queries), k), dtype=np.int64)
        scores = np.empty((len(queries), k), dtype=np.float32)
        batch_size = max(1, min(1000, _HITS_PER_CALL // k))
        for start in range(0, len(queries), batch_size):
            batch = queries[start : start + batch_size]
            call = partial(self._search, queries=batch, k=k, expression=expression)
            for row, hits in enumerate(self._server.call(call, self._name), start):
                if len(hits) < k:
                    return None
                keys[row] = [hit["id"] for hit in hits]
                scores[row] = [hit["distance"] for hit in hits]
        return Neighbours(keys, scores)

    def _search(self, client: Any, queries: Vectors, k: int, expression: str) -> Any:
        # Searching the graph more broadly than k makes it likely that the hits are the nearest.
        breadth = {} if self._exact else {"ef": min(max(4 * k, 200), 2 * _WINDOW)}
        return client.search(
            self._name,
            list(queries),
            limit=k,
            filter=expression,
            output_fields=["id"],
            search_params={"metric_type": "IP", "params": breadth},
            # A saved collection never changes, so there is no later state to wait for.
            consistency_level="Eventually",
            timeout=_CALL_TIMEOUT,
        )

    def _filtered_afterwards(
        self, queries: Vectors, k: int, allowed: Keys | None
    ) -> Neighbours | None:
        """Return the allowed hits of an unfiltered search, or None if there are fewer than ``k``.

        None also where that would be slower: for several queries or a narrow filter.
        """
        if allowed is None or len(queries) > 1 or len(allowed) < _BROAD_FILTER * self.size:
            return None
        enough = min(self.size, math.ceil(_OVERSAMPLING * k * self.size / len(allowed)))
        if enough > _WINDOW or (hits := self._hits(queries, enough)) is None:
            return None
        passing = np.flatnonzero(np.isin(hits.keys[0], allowed))[:k]
        if len(passing) < k:
            return None
        return Neighbours(hits.keys[:, passing], hits.scores[:, passing])

    def _slice_by_slice(self, queries: Vectors, k: int, allowed: Keys | None) -> Neighbours:
        """Return the best hits over all slices of the keys, however many there are."""
        best = empty_neighbours(len(queries), 0)
        for expression, count in _slices(self.size, allowed):
            hits = self._hits(queries, min(k, count), expression)
            if hits is None:
                raise EngineLost(
                    f"The Milvus server at {self._server.uri} does not return all vectors of the "
                    f"collection {self._name!r}.",
                    advice="Rebuild it with `explorer build --full`.",
                )
            keys = np.hstack([best.keys, hits.keys])
            scores = np.hstack([best.scores, hits.scores])
            order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
            best = Neighbours(
                np.take_along_axis(keys, order, axis=1), np.take_along_axis(scores, order, axis=1)
            )
        return best


def _slices(size: int, allowed: Keys | None) -> Iterator[tuple[str, int]]:
    """Yield filters that cover all keys, or ``allowed``, each with the number of its keys."""
    if allowed is None:
        for start in range(0, size, _WINDOW):
            end = min(start + _WINDOW, size)
            yield f"id >= {start} and id < {end}", end - start
        return
    ordered = np.sort(allowed)
    for start in range(0, len(ordered), _KEYS_PER_FILTER):
        keys = ordered[start : start + _KEYS_PER_FILTER]
        yield _one_of(keys), len(keys)


def _stats(*, exact: bool) -> dict[str, Any]:
    return {"kind": "Milvus, exact" if exact else "Milvus, HNSW"}


def _one_of(keys: Keys) -> str:
    return f"id in {keys.tolist()}"


def _upload(engine: Engine, uri: str, folder: Path, *, exact: bool) -> None:
    """Copy the vectors of ``engine`` into a new collection; write a pointer to it in ``folder``."""
    name = f"explorer_{uuid.uuid4().hex}"
    server = Server(uri)
    pointer = {
        "uri": uri,
        "collection": name,
        "size": engine.size,
        "dimension": engine.dimension,
        "exact": exact,
    }
    # Before the collection exists: removing the folder must be able to remove the collection too.
    replace_text(folder / _FILE, json.dumps(pointer, indent=1) + "\n")
    server.call(lambda client: _create(client, name, engine.dimension))
    rows = max(1, _UPSERT_BYTES // (4 * engine.dimension))
    for start in range(0, engine.size, rows):
        keys = np.arange(start, min(start + rows, engine.size), dtype=np.int64)
        vectors = engine.vectors(keys)
        entities = [
            {"id": key, "vector": vector}
            for key, vector in zip(keys.tolist(), vectors, strict=True)
        ]
        server.call(partial(_upsert, name=name, entities=entities), name)
    server.call(lambda client: _finish(client, name, exact=exact), name)
    held = server.call(lambda client: _count(client, name), name)
    server.close()
    if held != engine.size:
        raise EngineError(
            f"The Milvus server at {uri} holds only {held} of {engine.size} vectors sent to it.",
            advice="Check its log, then build again.",
        )


def _create(client: Any, name: str, dimension: int) -> None:
    from pymilvus import DataType

    if client.has_collection(name, timeout=_CALL_TIMEOUT):
        return  # created by a call whose response was lost
    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    # Some servers return the key of a hit as "id" whatever the name of its field.
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    client.create_collection(name, schema=schema, consistency_level="Strong", timeout=_CALL_TIMEOUT)


def _upsert(client: Any, name: str, entities: list[dict[str, Any]]) -> None:
    client.upsert(name, entities, timeout=_CALL_TIMEOUT)


def _finish(client: Any, name: str, *, exact: bool) -> None:
    """Flush, index and load the collection, so that it can be searched."""
    client.flush(name, timeout=_INDEXING_TIMEOUT)
    kind: dict[str, Any] = {"index_type": "FLAT"}
    if not exact:
        kind = {"index_type": "HNSW", "params": {"M": 16, "efConstruction": 200}}
    index = client.prepare_index_params()
    index.add_index("vector", metric_type="IP", **kind)
    client.create_index(name, index, timeout=_INDEXING_TIMEOUT)
    client.load_collection(name, timeout=_INDEXING_TIMEOUT)


def _count(client: Any, name: str) -> int:
    rows = client.query(
        name,
        filter="",
        output_fields=["count(*)"],
        consistency_level="Strong",
        timeout=_CALL_TIMEOUT,
    )
    return int(rows[0]["count(*)"])


def _read(path: Path) -> dict[str, Any]:
    try:
        pointer = json.loads(path.read_text(encoding="utf-8"))
        kinds = {"uri": str, "collection": str, "size": int, "dimension": int, "exact": bool}
        if any(not isinstance(pointer[field], kind) for field, kind in kinds.items()):
            raise ValueError("a field has the wrong type")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryDamaged(
            f"does not name a collection ({error}).",
            path=path,
            advice=(
                "Go back with `explorer rollback`, or rebuild the library with `explorer build "
                "--full`."
            ),
        ) from None
    return dict(pointer)

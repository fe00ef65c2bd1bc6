"""Milvus (Wang et al. 2021, doi:10.1145/3448016.3457550): search beyond one machine.

Each generation has a collection of its own on the server; the library's folder keeps a pointer to
it, which names the server and no credentials. The pointer is on disk before the collection is
made, so that whatever a dying build leaves can be found and dropped by the next. Nothing changes in
a collection once it is saved. The live one also goes by an alias, for people who look from
outside; the explorer itself opens what the pointer names.

Until it is saved an index is FAISS's, in memory: trials and builds that fail leave nothing behind.
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
from explorer.index.engines import DEFAULTS, Engine, EngineFactory, Neighbours, load_engine
from explorer.index.engines.milvus_server import LOOPBACK, Server, checked_uri
from explorer.settings import IndexSettings

_FILE = "collection.json"
_WINDOW = 16_384
"""The server gives no more hits a query, and looks up no more keys at once."""
_PUSHED_DOWN = 8_192
"""A filter of at most so many keys is sent whole, as one expression."""
_BROAD = 0.25
"""Share of the vectors from which the nearest of all are looked through first."""
_MARGIN = 1.5
"""Vectors looked through for each that is expected to be allowed."""
_UPSERT_BYTES = 4 << 20
_HITS_AT_ONCE = 100_000
"""Hits in one answer at most, over all its queries."""
_EXACT_UP_TO = 1_000_000
"""Vectors that the server compares one by one; more are searched through a graph (HNSW)."""
_CALL = 20.0
"""Seconds for one call; for those that wait for an index to be made there is more time."""
_LONG_CALL = 3600.0


class MilvusFactory:
    """Makes engines whose vectors lie on a Milvus server."""

    def __init__(self, uri: str = "", *, exact_up_to: int = _EXACT_UP_TO) -> None:
        self._uri = uri
        self._exact_up_to = exact_up_to

    @property
    def uri(self) -> str:
        return self._uri or os.environ.get("EXPLORER_ENGINE_URI") or LOOPBACK

    def at(self, uri: str) -> EngineFactory:
        return MilvusFactory(checked_uri(uri), exact_up_to=self._exact_up_to)

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:
        near = load_engine("faiss").build(vectors, settings)
        return _InMemory(vectors, near, self.uri, exact=len(vectors) <= self._exact_up_to)

    def update(
        self,
        before: Engine,  # noqa: ARG002
        moved: Keys,  # noqa: ARG002
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
        engine.call_it(re.sub(r"\W", "_", library, flags=re.ASCII))

    def remove(self, folder: Path, kept: Sequence[Path]) -> None:
        try:
            pointer = _read(folder / _FILE)
        except LibraryDamaged:
            return  # nothing is made on the server before it is written
        for other in kept:
            with suppress(LibraryDamaged):
                if _read(other / _FILE)["collection"] == pointer["collection"]:
                    return
        engine = self.open(folder)
        assert isinstance(engine, _OnServer)
        engine.drop()


class _InMemory:
    """Vectors that are not on the server yet."""

    def __init__(self, vectors: Vectors, near: Engine, uri: str, *, exact: bool) -> None:
        self._vectors = vectors
        self._near = near
        self._uri = uri
        self._exact = exact

    @property
    def size(self) -> int:
        return self._near.size

    @property
    def dimension(self) -> int:
        return self._near.dimension

    def search(self, queries: Vectors, k: int, among: Keys | None = None) -> Neighbours:
        return self._near.search(queries, k, among)

    @property
    def stats(self) -> dict[str, Any]:
        return _facts(exact=self._exact)

    def vectors(self, keys: Keys) -> Vectors:
        return np.asarray(self._vectors[keys], dtype=np.float32)

    def save(self, folder: Path) -> None:
        _upload(self, self._uri, folder, exact=self._exact)


class _OnServer:
    """A collection on a server, which is connected to when it is asked."""

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

    def search(self, queries: Vectors, k: int, among: Keys | None = None) -> Neighbours:
        found = min(k, self.size if among is None else len(among))
        if found <= 0 or not len(queries):
            empty = (len(queries), max(found, 0))
            return Neighbours(np.empty(empty, dtype=np.int64), np.empty(empty, dtype=np.float32))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if among is None and found <= _WINDOW:
            nearest = self._asked(queries, found)
        elif among is not None and len(among) <= _PUSHED_DOWN:
            nearest = self._asked(queries, found, _one_of(np.sort(among)))
        else:
            nearest = self._looked_through(queries, found, among)
        return nearest or self._slice_by_slice(queries, found, among)

    @property
    def stats(self) -> dict[str, Any]:
        return _facts(exact=self._exact)

    def vectors(self, keys: Keys) -> Vectors:
        distinct, places = np.unique(np.asarray(keys, dtype=np.int64), return_inverse=True)
        rows = np.empty((len(distinct), self.dimension), dtype=np.float32)
        for start in range(0, len(distinct), _PUSHED_DOWN):
            some = distinct[start : start + _PUSHED_DOWN]
            told = self._server.ask(partial(self._get, keys=some), self._name)
            if len(told) != len(some):
                raise EngineLost(
                    f"The Milvus server at {self._server.uri} has lost vectors of the collection "
                    f"{self._name!r}. Build anew with `explorer build --full`."
                )
            for entity in told:
                rows[np.searchsorted(distinct, entity["id"])] = entity["vector"]
        return rows[places]

    def save(self, folder: Path) -> None:
        _upload(self, self._server.uri, folder, exact=self._exact)

    def call_it(self, alias: str) -> None:
        """Let ``alias`` mean this collection from now on."""

        def switch(client: Any) -> None:
            from pymilvus import MilvusException

            try:
                client.create_alias(self._name, alias, timeout=_CALL)
            except MilvusException:  # there is one; servers differ in how they say so
                client.alter_alias(self._name, alias, timeout=_CALL)

        self._server.ask(switch, self._name)

    def drop(self) -> None:
        """Delete the collection and its aliases, if it is there."""

        def drop(client: Any) -> None:
            if not client.has_collection(self._name, timeout=_CALL):
                return
            for alias in client.list_aliases(self._name, timeout=_CALL).get("aliases", ()):
                client.drop_alias(alias, timeout=_CALL)
            client.drop_collection(self._name, timeout=_CALL)

        self._server.ask(drop)

    def _get(self, client: Any, keys: Keys) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = client.query(
            self._name,
            filter=_one_of(keys),
            output_fields=["id", "vector"],
            limit=len(keys),
            consistency_level="Eventually",
            timeout=_CALL,
        )
        return told

    def _asked(self, queries: Vectors, found: int, expression: str = "") -> Neighbours | None:
        """Return the server's answer; None where it is short of what there is."""
        keys = np.empty((len(queries), found), dtype=np.int64)
        scores = np.empty((len(queries), found), dtype=np.float32)
        at_once = max(1, min(1000, _HITS_AT_ONCE // found))
        for start in range(0, len(queries), at_once):
            some = queries[start : start + at_once]
            ask = partial(self._hits, queries=some, found=found, expression=expression)
            for row, hits in enumerate(self._server.ask(ask, self._name), start):
                if len(hits) < found:
                    return None
                keys[row] = [hit["id"] for hit in hits]
                scores[row] = [hit["distance"] for hit in hits]
        return Neighbours(keys, scores)

    def _hits(self, client: Any, queries: Vectors, found: int, expression: str) -> Any:
        # The graph is followed further than is asked for, so that what is found is the nearest.
        breadth = {} if self._exact else {"ef": min(max(4 * found, 200), 2 * _WINDOW)}
        return client.search(
            self._name,
            list(queries),
            limit=found,
            filter=expression,
            output_fields=["id"],
            search_params={"metric_type": "IP", "params": breadth},
            # A collection is as it was saved, so there is no later state to wait for.
            consistency_level="Eventually",
            timeout=_CALL,
        )

    def _looked_through(
        self, queries: Vectors, found: int, among: Keys | None
    ) -> Neighbours | None:
        """Return those of ``among`` that are nearest of all, or None where they are too few."""
        if among is None or len(queries) > 1 or len(among) < _BROAD * self.size:
            return None
        enough = min(self.size, math.ceil(_MARGIN * found * self.size / len(among)))
        if enough > _WINDOW or (nearest := self._asked(queries, enough)) is None:
            return None
        passed = np.flatnonzero(np.isin(nearest.keys[0], among))[:found]
        if len(passed) < found:
            return None
        return Neighbours(nearest.keys[:, passed], nearest.scores[:, passed])

    def _slice_by_slice(self, queries: Vectors, found: int, among: Keys | None) -> Neighbours:
        """Return the best of the nearest of each slice of the keys, whatever their number."""
        best = Neighbours(
            np.empty((len(queries), 0), dtype=np.int64),
            np.empty((len(queries), 0), dtype=np.float32),
        )
        for expression, held in _slices(self.size, among):
            nearest = self._asked(queries, min(found, held), expression)
            if nearest is None:
                raise EngineLost(
                    f"The Milvus server at {self._server.uri} does not find all that is in the "
                    f"collection {self._name!r}. Build anew with `explorer build --full`."
                )
            keys = np.hstack([best.keys, nearest.keys])
            scores = np.hstack([best.scores, nearest.scores])
            order = np.argsort(-scores, axis=1, kind="stable")[:, :found]
            best = Neighbours(
                np.take_along_axis(keys, order, axis=1), np.take_along_axis(scores, order, axis=1)
            )
        return best


def _slices(size: int, among: Keys | None) -> Iterator[tuple[str, int]]:
    """Yield filters that together let through all keys, or ``among``, and how many each does."""
    if among is None:
        for start in range(0, size, _WINDOW):
            end = min(start + _WINDOW, size)
            yield f"id >= {start} and id < {end}", end - start
        return
    allowed = np.sort(among)
    for start in range(0, len(allowed), _PUSHED_DOWN):
        some = allowed[start : start + _PUSHED_DOWN]
        yield _one_of(some), len(some)


def _facts(*, exact: bool) -> dict[str, Any]:
    return {"kind": "Milvus, exact" if exact else "Milvus, HNSW"}


def _one_of(keys: Keys) -> str:
    return f"id in {keys.tolist()}"


def _upload(engine: Engine, uri: str, folder: Path, *, exact: bool) -> None:
    """Copy what ``engine`` holds into a new collection, and point to it from ``folder``."""
    name = f"explorer_{uuid.uuid4().hex}"
    server = Server(uri)
    pointer = {
        "uri": uri,
        "collection": name,
        "size": engine.size,
        "dimension": engine.dimension,
        "exact": exact,
    }
    # Before the collection: whoever clears the folder away finds by it what else is to be cleared.
    replace_text(folder / _FILE, json.dumps(pointer, indent=1) + "\n")
    server.ask(lambda client: _create(client, name, engine.dimension))
    rows = max(1, _UPSERT_BYTES // (4 * engine.dimension))
    for start in range(0, engine.size, rows):
        keys = np.arange(start, min(start + rows, engine.size), dtype=np.int64)
        vectors = engine.vectors(keys)
        entities = [
            {"id": key, "vector": vector}
            for key, vector in zip(keys.tolist(), vectors, strict=True)
        ]
        server.ask(partial(_upsert, name=name, entities=entities), name)
    server.ask(lambda client: _finish(client, name, exact=exact), name)
    held = server.ask(lambda client: _count(client, name), name)
    server.close()
    if held != engine.size:
        raise EngineError(
            f"The Milvus server at {uri} holds {held} of {engine.size} vectors that it was given. "
            "Look into its log, then build again."
        )


def _create(client: Any, name: str, dimension: int) -> None:
    from pymilvus import DataType

    if client.has_collection(name, timeout=_CALL):
        return  # made by a call whose answer was lost
    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    # Some servers call the key of a hit "id" whatever its field is called.
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    client.create_collection(name, schema=schema, consistency_level="Strong", timeout=_CALL)


def _upsert(client: Any, name: str, entities: list[dict[str, Any]]) -> None:
    client.upsert(name, entities, timeout=_CALL)


def _finish(client: Any, name: str, *, exact: bool) -> None:
    """Let the server write down what it was given, index it and get it ready for searches."""
    client.flush(name, timeout=_LONG_CALL)
    kind: dict[str, Any] = {"index_type": "FLAT"}
    if not exact:
        kind = {"index_type": "HNSW", "params": {"M": 16, "efConstruction": 200}}
    index = client.prepare_index_params()
    index.add_index("vector", metric_type="IP", **kind)
    client.create_index(name, index, timeout=_LONG_CALL)
    client.load_collection(name, timeout=_LONG_CALL)


def _count(client: Any, name: str) -> int:
    told = client.query(
        name,
        filter="",
        output_fields=["count(*)"],
        consistency_level="Strong",
        timeout=_CALL,
    )
    return int(told[0]["count(*)"])


def _read(path: Path) -> dict[str, Any]:
    try:
        pointer = json.loads(path.read_text(encoding="utf-8"))
        kinds = {"uri": str, "collection": str, "size": int, "dimension": int, "exact": bool}
        if any(not isinstance(pointer[field], kind) for field, kind in kinds.items()):
            raise ValueError("a field is of another kind")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryDamaged(
            f"{path}: does not name a collection ({error}). Go back with `explorer rollback`, or "
            "build anew with `explorer build --full`."
        ) from None
    return dict(pointer)

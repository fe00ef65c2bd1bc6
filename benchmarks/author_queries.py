"""Queries for an author: ``python -m benchmarks author_queries CORPUS VECTORS [COLLECTION ...]``.

Authors are drawn from a corpus (JSON Lines with ``authors`` and ``date``, and its vectors), and
their names are typed in ten ways. A query is right if the first hit is by an author of that name,
and strictly right if it is by the author who was drawn; a surname and a year may fit several. Rules
are developed on a random half of the authors; the other half checks them. Papers that meet what was
understood come first, ranked by words alone.

The queries of judged collections are topics. Of them the share is shown in which an author or a
venue is recognised, in the library of the corpus and in one of the collection itself.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import tempfile
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.builds.build import BuildOptions, build
from explorer.evaluation.beir import read_collection
from explorer.index.full_text import STOP_WORDS
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper, title_key
from explorer.search.filters import Filters, allowed_rows
from explorer.search.model import Mode, Query
from explorer.search.queries.reading import Understanding, understand
from explorer.search.queries.syntax import Field
from explorer.search.search import search

_SEED = 7
_EACH = 20
"""Queries for each way of writing and half."""
_RECOGNISED = (Field.AUTHOR, Field.VENUE)


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A query with the author who is meant."""

    text: str
    author: str


def measure(arguments: list[str]) -> dict[str, object]:
    """Return the shares of right first hits by way of writing, false recognitions and times."""
    if len(arguments) < 2:
        sys.exit(__doc__)
    corpus, vectors, *collections = map(Path, arguments)
    with tempfile.TemporaryDirectory() as scratch:
        generation = build_corpus(corpus, vectors, Path(scratch))
        papers = [paper for paper in generation.records if len(paper.published) >= 4]
        tables: dict[str, object] = {}
        for is_development, half in ((True, "development half"), (False, "checking half")):
            tables[half] = _table(generation, papers, is_development=is_development)
        tables["topics taken for authors or venues"] = {
            folder.name: _false_shares(generation, folder, Path(scratch)) for folder in collections
        }
    return tables


def build_corpus(corpus: Path, vectors: Path, scratch: Path, most: int | None = None) -> Generation:
    """Build a library of a corpus, or of its first papers, and return it."""
    digest, units = scratch / "corpus.jsonl", scratch / "vectors.npy"
    content = corpus.read_bytes()
    lines = (gzip.decompress(content) if corpus.suffix == ".gz" else content).splitlines()[:most]
    digest.write_bytes(b"\n".join(lines) + b"\n")
    rows = np.load(vectors, mmap_mode="r")[:most].astype(np.float32)
    np.save(units, rows / np.linalg.norm(rows, axis=1, keepdims=True))
    library = LibraryStore(scratch / "library")
    build(library, [digest], BuildOptions(given_vectors=units))
    return library.open()


def queries(
    papers: Sequence[Paper], *, is_development: bool, each: int = _EACH
) -> Iterator[tuple[str, NameQuery]]:
    """Yield queries with their way of writing, for authors of one half."""
    for way, write in _WAYS.items():
        draw = random.Random(f"{_SEED} {way}")
        made = 0
        while made < each:
            paper = draw.choice(papers)
            query = write(paper, draw)
            if query is not None and _is_for_development(query.author) == is_development:
                made += 1
                yield way, query


def _is_for_development(author: str) -> bool:
    return random.Random(f"{_SEED} {author}").random() < 0.5


def _plain_author(paper: Paper, draw: random.Random) -> str:
    """Return an author with a given name and a surname of one word each at least, or ``""``."""
    if not paper.authors:
        return ""
    author = draw.choice(paper.authors)
    parts = author.split()
    is_plain = len(parts) > 1 and not any(sign in author for sign in ",@0123456789")
    return author if is_plain and len(parts[-1].strip(".")) > 1 else ""


def _of_name(
    write: Callable[[list[str]], str],
) -> Callable[[Paper, random.Random], NameQuery | None]:
    def query(paper: Paper, draw: random.Random) -> NameQuery | None:
        author = _plain_author(paper, draw)
        return NameQuery(write(author.split()), author) if author else None

    return query


def _without_diacritics(paper: Paper, draw: random.Random) -> NameQuery | None:
    author = _plain_author(paper, draw)
    letters = (sign for sign in unicodedata.normalize("NFKD", author))
    plain = "".join(sign for sign in letters if not unicodedata.combining(sign))
    plain = plain.replace("ø", "o").replace("ł", "l").replace("Ø", "O").replace("Ł", "L")
    return NameQuery(plain, author) if plain != author and plain.isascii() else None


def _et_al(paper: Paper, draw: random.Random) -> NameQuery | None:
    first = next(iter(paper.authors), "")
    if len(paper.authors) < 3 or _plain_author(Paper("", authors=(first,)), draw) != first:
        return None
    return NameQuery(f"{first.split()[-1]} et al. {paper.published[:4]}", first)


def _with_year(paper: Paper, draw: random.Random) -> NameQuery | None:
    author = _plain_author(paper, draw)
    return NameQuery(f"{author.split()[-1]} {paper.published[:4]}", author) if author else None


def _both(paper: Paper, draw: random.Random) -> NameQuery | None:
    if len(paper.authors) != 2:
        return None
    one, other = paper.authors
    if any(_plain_author(Paper("", authors=(name,)), draw) != name for name in (one, other)):
        return None
    text = f"{one.split()[-1]} and {other.split()[-1]} {paper.published[:4]}"
    return NameQuery(text, one)


def _with_topic(paper: Paper, draw: random.Random) -> NameQuery | None:
    query = _et_al(paper, draw)
    words = [word for word in title_key(paper.readable_title).split() if word not in STOP_WORDS]
    if query is None or len(words) < 2:
        return None
    topic = " ".join(sorted(words, key=len)[-2:])
    return NameQuery(f"{query.author.split()[-1].lower()} et al {topic}", query.author)


_WAYS: dict[str, Callable[[Paper, random.Random], NameQuery | None]] = {
    "Ada Lovelace": _of_name(" ".join),
    "Lovelace Ada": _of_name(lambda parts: " ".join([parts[-1], *parts[:-1]])),
    "Lovelace, A.": _of_name(lambda parts: f"{parts[-1]}, {parts[0][0]}."),
    "A. Lovelace": _of_name(lambda parts: f"{parts[0][0]}. {parts[-1]}"),
    "ada lovelace": _of_name(lambda parts: " ".join(parts).lower()),
    "without accents": _without_diacritics,
    "Lovelace et al. 1843": _et_al,
    "Lovelace 1843": _with_year,
    "Lovelace and Babbage 1843": _both,
    "lovelace et al analytical engine": _with_topic,
}


def _table(
    generation: Generation, papers: Sequence[Paper], *, is_development: bool
) -> dict[str, dict[str, float]]:
    right: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    seconds: list[float] = []
    for way, query in queries(papers, is_development=is_development):
        begin = time.perf_counter()
        understanding = understand(generation, query.text)
        seconds.append(time.perf_counter() - begin)
        authors = _authors_of_first_hit(generation, understanding)
        of_name = any(_may_be(query.author, author) for author in authors)
        strict = title_key(query.author) in map(title_key, authors)
        if not of_name:
            print(f"{way}: {query.text} | {query.author} | {understanding}")
        for group in (way, "all"):
            right[group].append((of_name, strict))
    table = {
        group: {
            "queries": float(len(results)),
            "by an author of that name": round(float(np.mean([one for one, _ in results])), 3),
            "by that author": round(float(np.mean([strict for _, strict in results])), 3),
        }
        for group, results in right.items()
    }
    milliseconds = np.array(seconds) * 1e3
    table["all"] |= {
        "ms, median": round(float(np.median(milliseconds)), 2),
        "ms, p95": round(float(np.percentile(milliseconds, 95)), 2),
    }
    return table


def right_share(generation: Generation, drawn: Sequence[NameQuery]) -> float:
    """Return the share of the queries whose first hit is by an author of the name."""
    return float(
        np.mean(
            [
                any(
                    _may_be(query.author, author)
                    for author in _authors_of_first_hit(
                        generation, understand(generation, query.text)
                    )
                )
                for query in drawn
            ]
        )
    )


def _may_be(author: str, other: str) -> bool:
    """Return whether ``other`` holds the surname of ``author``."""
    one, two = (title_key(name).split() for name in (author, other))
    return bool(two) and one[-1] in two


def _authors_of_first_hit(generation: Generation, understanding: Understanding) -> Sequence[str]:
    """Return the authors of the first hit: papers referred to, then those that meet the clauses."""
    if understanding.papers:
        return generation.records[understanding.papers[0]].authors
    filters = tuple(one.clause for one in understanding.clauses if one.is_filter)
    preferred = tuple(one.clause for one in understanding.clauses if not one.is_filter)
    for clauses in ((*filters, *preferred), *((*filters, one) for one in preferred), filters):
        allowed = allowed_rows(generation, Filters(clauses=clauses))
        if allowed is None or len(allowed):
            query = Query(understanding.words, filters=Filters(clauses=clauses), mode=Mode.LEXICAL)
            hits = search(generation, None, query, 1).hits
            if hits:
                return hits[0].paper.authors
            if allowed is not None:
                return generation.records[int(allowed[0])].authors
    return ()


def _false_shares(generation: Generation, folder: Path, scratch: Path) -> dict[str, float]:
    collection = read_collection(folder)
    library = LibraryStore(scratch / folder.name)
    digest = scratch / f"{folder.name}.jsonl"
    lines = (
        json.dumps(
            {
                "id": paper.id,
                "title": paper.title or paper.abstract[:80],
                "abstract": paper.abstract,
            }
        )
        for paper in collection.papers
    )
    digest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    build(library, [digest], BuildOptions(model="hashing"))
    shares: dict[str, float] = {"queries": float(len(collection.queries))}
    for name, place in (("in the corpus", generation), ("in its own", library.open())):
        taken = []
        for query in collection.queries:
            understanding = understand(place, query.text)
            fields = {one.clause.field for one in understanding.clauses}
            if fields & set(_RECOGNISED) or understanding.unknown_names:
                print(f"{folder.name}, {name}: {query.text[:100]!r} | {understanding}")
            taken.append(bool(fields & set(_RECOGNISED)))
        shares[name] = round(float(np.mean(taken)), 4)
    return shares

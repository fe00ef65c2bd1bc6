"""Near-duplicates: hits folded under the better hit that they nearly are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.builds.build import BuildOptions, build
from explorer.embedders import open_embedder
from explorer.index.knn_graph import NEAR_DUPLICATE
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.model import Mode, Query, Results
from explorer.search.near_duplicates import folded, folded_results
from explorer.search.search import search
from tests.helpers.corpus import WriteDigest


@pytest.fixture(scope="module")
def generation(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> Generation:
    """A library with two papers that each stand in it four times, but for one sign."""
    folder = tmp_path_factory.mktemp("alike")
    alike = [
        Paper(f"Robots Folding {what} No. {n}", abstract=f"{what} by robots. " * 30 + f"Part {n}.")
        for what in ("Towels", "Maps")
        for n in range(4)
    ]
    digest = write_digest(folder / "alike.txt", [*corpus, *alike])
    build(LibraryStore(folder / "library"), [digest], BuildOptions(model="hashing"))
    return LibraryStore(folder / "library").open()


def _ask(generation: Generation, k: int) -> Results:
    return search(generation, open_embedder("hashing"), Query("robots folding towels"), k)


def test_hits_nearly_the_same_as_a_better_one_are_folded_under_it(
    generation: Generation,
) -> None:
    results = _ask(generation, 12)
    folds = folded(generation, results.hits)
    towels = folds[0]
    assert towels.hit.row == results.hits[0].row
    assert len(towels.same) == 3
    assert all("Towels" in hit.paper.title for hit in towels.same)
    kept = [hit.row for fold in folds for hit in (fold.hit, *fold.same)]
    assert sorted(kept) == sorted(hit.row for hit in results.hits)
    assert [fold.hit.rank for fold in folds] == list(range(1, len(folds) + 1))
    heads = generation.engine.vectors(np.array([fold.hit.row for fold in folds]))
    assert (heads @ heads.T)[np.triu_indices(len(folds), 1)].max() < NEAR_DUPLICATE


def test_as_many_hits_are_shown_as_were_asked_for(generation: Generation) -> None:
    for k in (1, 3, 8):
        _, folds = folded_results(generation, lambda n: _ask(generation, n), k)
        assert len(folds) == k
    results, folds = folded_results(generation, lambda n: _ask(generation, n), 500)
    assert len(folds) < len(results.hits) == generation.size


def test_nothing_found_is_nothing_folded(generation: Generation) -> None:
    assert folded(generation, ()) == ()


def test_without_near_duplicates_every_hit_stands_alone(hashing_library: LibraryStore) -> None:
    generation = hashing_library.open()
    results = search(generation, open_embedder("hashing"), Query("graph networks"), 10)
    folds = folded(generation, results.hits)
    assert [fold.hit for fold in folds] == list(results.hits)
    assert not any(fold.same for fold in folds)


def test_very_many_that_are_nearly_one_take_few_searches(generation: Generation) -> None:
    (hit,) = _ask(generation, 1).hits
    asked: list[int] = []

    def ask(k: int) -> Results:
        asked.append(k)
        return Results(tuple(replace(hit, rank=rank) for rank in range(1, k + 1)), 0.0, Mode.DENSE)

    _, folds = folded_results(generation, ask, 10)
    assert len(folds) == 1
    assert asked == [10, 20, 40, 80, 160, 200]
    asked.clear()
    folded_results(generation, ask, 300)
    assert asked == [300, 600]

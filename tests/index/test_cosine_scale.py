"""The scale of cosines: measured on texts that are related to a library and on others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from explorer.arrays import Vectors
from explorer.index.cosine_scale import (
    _UNRELATED,
    CosineScale,
    is_current,
    measure_scale,
    stored_scale,
)
from explorer.index.engines import DEFAULT_ENGINE, load_engine
from explorer.index.engines.contract import Engine
from explorer.index.knn_graph import NeighbourGraph, build_graph
from explorer.papers.paper import Paper
from explorer.settings import Settings

_DIMENSION = 16


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """Pairs of papers that are near to each other, within half of all dimensions."""
    random = np.random.default_rng(1)
    near = random.normal(size=(40, _DIMENSION))
    near[:, _DIMENSION // 2 :] = 0
    both = np.concatenate([near, near + 0.1 * random.normal(size=near.shape)])
    return np.asarray(both / np.linalg.norm(both, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def engine(vectors: Vectors) -> Engine:
    return load_engine(DEFAULT_ENGINE).build(vectors)


@pytest.fixture(scope="module")
def graph(engine: Engine) -> NeighbourGraph:
    return build_graph(engine, Settings().graph)


def test_a_title_is_compared_with_other_papers_than_its_own(
    vectors: Vectors, engine: Engine, graph: NeighbourGraph
) -> None:
    titles = [f"paper {row}" for row in range(len(vectors))]
    papers = [Paper(title=title, abstract="") for title in titles]
    unrelated = np.eye(_DIMENSION, dtype=np.float32)[-1]

    def embed(texts: Sequence[str]) -> Vectors:
        return np.stack(
            [unrelated if text in _UNRELATED else vectors[titles.index(text)] for text in texts]
        )

    scale = measure_scale(engine, graph, papers, embed)
    assert scale is not None
    assert scale.unrelated < 0.4
    assert 0.9 < scale.title < 0.9999
    assert scale.paper == pytest.approx(scale.title, abs=0.02)
    assert scale.papers == len(vectors)
    assert stored_scale(scale.as_dict()) == scale


def test_a_few_papers_have_no_scale(vectors: Vectors) -> None:
    few = load_engine(DEFAULT_ENGINE).build(vectors[:9])
    graph = build_graph(few, Settings().graph)
    assert measure_scale(few, graph, [], lambda texts: vectors[: len(texts)]) is None


def test_a_scale_that_tells_nothing_apart_is_not_used() -> None:
    scale = CosineScale(unrelated=0.8, title=0.84, paper=0.9, papers=100)
    assert stored_scale(scale.as_dict()) is None
    assert stored_scale({}) is None


@pytest.mark.parametrize(
    ("papers", "current"), [(100, True), (149, True), (160, False), (50, False)]
)
def test_a_scale_is_measured_anew_after_growth(papers: int, *, current: bool) -> None:
    assert is_current(CosineScale(0.2, 0.6, 0.7, 100), papers) is current

"""Trustworthiness, preservation and agreement: against their definitions and scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_mutual_info_score

from explorer.evaluation.metrics import agreement, faithfulness


def _units(count: int, seed: int = 1) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(count, 8))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("k", [1, 5, 15])
def test_trustworthiness_is_that_of_venna_and_kaski(k: int) -> None:
    vectors = _units(120)
    positions = vectors[:, :2] + 0.2 * _units(120, seed=2)[:, :2]
    trust, _ = faithfulness(vectors, positions, np.arange(120), k)
    expected = trustworthiness(vectors, positions, n_neighbors=k, metric="cosine")
    assert trust == pytest.approx(expected, abs=1e-6)


def test_a_map_that_keeps_every_angle_keeps_every_neighbour() -> None:
    angles = np.sort(np.random.default_rng(3).uniform(0, 1.5, 80))
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert faithfulness(circle, circle, np.arange(80), 7) == (1.0, 1.0)


def test_preservation_is_the_share_of_neighbours_in_common() -> None:
    vectors, positions = _units(90), _units(90, seed=5)[:, :2]
    sample = np.array([3, 40, 77])
    _, kept = faithfulness(vectors, positions, sample, 6)
    shares = []
    for row in sample:
        near = np.argsort(-(vectors @ vectors[row]))[1:7]
        beside = np.argsort(np.linalg.norm(positions - positions[row], axis=1))[1:7]
        shares.append(len({*near.tolist()} & {*beside.tolist()}) / 6)
    assert kept == pytest.approx(np.mean(shares))


def test_papers_on_one_spot_of_the_map_do_not_count_themselves() -> None:
    vectors = _units(40)
    trust, kept = faithfulness(vectors, np.zeros((40, 2), dtype=np.float32), np.arange(40), 5)
    assert 0.0 <= kept < 1.0
    assert 0.0 <= trust < 1.0


@pytest.mark.parametrize("groups", [(2, 2), (3, 7), (30, 20), (1, 4)])
def test_agreement_is_the_adjusted_mutual_information(groups: tuple[int, int]) -> None:
    draw = np.random.default_rng(8)
    one = draw.integers(groups[0], size=200)
    other = np.where(draw.random(200) < 0.6, one % groups[1], draw.integers(groups[1], size=200))
    expected = adjusted_mutual_info_score(one, other)
    assert agreement(one, other) == pytest.approx(expected, abs=1e-9)
    assert agreement(one, one + 5) == pytest.approx(1.0)

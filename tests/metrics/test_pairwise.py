"""Blocked float32 sums of distances against float64 ones."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from sgmbench.metrics.pairwise import Rows, cross_sums, own_sum, same_run_sum


def exact(x: Rows, y: Rows) -> float:
    return float(x.weights @ cdist(x.values, y.values) @ y.weights)


def equally_weighted(values) -> Rows:
    return Rows(values, np.full(len(values), 1 / len(values)))


@pytest.mark.parametrize(("n", "m", "d"), [(37, 2_500, 1), (1_500, 1_100, 16), (1_025, 700, 200), (300, 200, 2_000)])
def test_float32_agrees_with_float64(n, m, d):
    rng = np.random.default_rng(d)
    x = Rows(rng.standard_normal((n, d)), rng.uniform(-0.5, 1, n))
    y = equally_weighted(0.5 + rng.standard_normal((m, d)))
    assert y.weights @ cross_sums(x, y) == pytest.approx(exact(x, y), rel=1e-6)
    assert own_sum(y) == pytest.approx(exact(y, y), rel=1e-6)


@pytest.mark.parametrize(("distinct", "d"), [(1, 200), (2, 1), (2, 200), (10, 16), (128, 200), (10, 2_000)])
def test_duplicates_have_no_distance(distinct, d):
    rng = np.random.default_rng(distinct)
    points = rng.standard_normal((distinct, d))
    index = rng.integers(distinct, size=1_500)
    share = np.bincount(index, minlength=distinct) / len(index)
    expected = float(share @ cdist(points, points) @ share)
    assert own_sum(equally_weighted(points[index])) == pytest.approx(expected, rel=1e-6, abs=0)


def test_near_pairs_cost_less_than_1e5_of_the_mean():
    """Points on a line in many dimensions have the most neighbors near enough to be rounded to zero."""
    x = equally_weighted(np.random.default_rng(0).uniform(-1, 1, (2_000, 1)) * np.ones(200))
    assert own_sum(x) == pytest.approx(exact(x, x), rel=1e-5)


def test_huge_values_do_not_overflow():
    x = Rows(np.array([[0.0], [1e30], [-1e30]]), np.ones(3))
    assert own_sum(x) == pytest.approx(8e30, rel=1e-12)
    assert cross_sums(x, Rows(np.zeros((2, 1)), np.ones(2))) == pytest.approx(np.full(2, 2e30), rel=1e-12)


def test_same_run_sum_is_that_of_the_masked_matrix():
    rng = np.random.default_rng(1)
    x, run = Rows(rng.standard_normal((200, 3)), rng.uniform(-1, 1, 200)), rng.integers(40, size=200)
    mask = run[:, None] == run
    assert same_run_sum(x, run) == pytest.approx(float(x.weights @ (cdist(x.values, x.values) * mask) @ x.weights))
    assert same_run_sum(x, np.arange(200)) == 0

"""Centered W2: the exact assignment, shifts, and no reward for samples that are too narrow."""

from itertools import permutations

import numpy as np
import pytest

from sgmbench.metrics.wasserstein_2 import Wasserstein2, wasserstein_2_squared


def score(x, truth, samples, **options):
    return Wasserstein2().score(samples(x, truth, **options), truth)["all"]


def test_it_is_the_least_of_all_permutations():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((6, 3)), rng.standard_normal((6, 3))
    least = min(np.sum((x - y[list(order)]) ** 2) / 6 for order in permutations(range(6)))
    assert wasserstein_2_squared(x, y) == pytest.approx(least, rel=1e-12)


def test_in_one_dimension_it_pairs_sorted_values():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((200, 1)), rng.exponential(size=(200, 1))
    expected = np.mean((np.sort(x, axis=0) - np.sort(y, axis=0)) ** 2)
    assert wasserstein_2_squared(x, y) == pytest.approx(expected, rel=1e-12)


def test_a_shift_adds_its_square(reference, samples):
    """|a|^2 + a . (mean of X and X' - mean of Y and Y'), whatever the laws are."""
    rng = np.random.default_rng(2)
    x, y, a = rng.standard_normal((40, 3)), 2 * rng.standard_normal((40, 3)), np.array([0.5, -1.0, 0.2])
    truth = reference(y)
    shift = a / truth.sd
    expected = shift @ shift + shift @ (2 * (x.mean(axis=0) - y.mean(axis=0)) / truth.sd)
    assert score(x + a, truth, samples) - score(x, truth, samples) == pytest.approx(expected, rel=1e-9)


def test_too_narrow_samples_score_worse_where_the_plain_distance_praises_them(reference, samples):
    rng = np.random.default_rng(3)
    plain, centered = [], []
    for _ in range(30):
        x, y = rng.standard_normal((240, 12)), rng.standard_normal((240, 12))
        truth = reference(y)
        plain.append([wasserstein_2_squared(factor * x[:120], y[:120]) for factor in (1.0, 0.8)])
        centered.append([score(factor * x, truth, samples) for factor in (1.0, 0.8)])
    for scores, sign in ((plain, -1), (centered, 1)):
        right, narrow = np.array(scores).T
        assert sign * np.mean(narrow - right) > 4 * np.std(right, ddof=1) / np.sqrt(30)


def test_the_reference_is_at_no_distance_of_itself(reference, samples):
    truth = reference(np.random.default_rng(4).standard_normal((60, 3)))
    for is_law in (True, False):
        assert score(truth.values, truth, samples, is_law=is_law) == pytest.approx(0, abs=1e-12)


def test_a_finite_set_is_scored_with_its_own_error(reference, samples):
    """Of N runs as a set nothing is taken out but the reference's part: E (W2^2(X, Y) - W2^2(Y, Y') / 2)."""
    rng = np.random.default_rng(5)
    as_set, as_law = [], []
    for _ in range(200):
        truth = reference(rng.standard_normal((60, 3)))
        x = rng.standard_normal((30, 3))
        as_set.append(score(x, truth, samples, is_law=False))
        as_law.append(wasserstein_2_squared(*np.split(truth.values / truth.sd, 2)) / 2)
    difference = np.array(as_set) - as_law
    assert abs(difference.mean()) < 4 * difference.std(ddof=1) / np.sqrt(200)
    assert np.mean(as_set) > 20 * np.std(as_set, ddof=1) / np.sqrt(200)


def test_units_and_constant_coordinates_do_not_matter(reference, samples):
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((50, 5)), 0.5 + rng.standard_normal((50, 5))
    before = score(x, reference(y, u=(2,), v=(3,)), samples)
    scale, shift = np.repeat([1e-4, 7e3], [2, 3]), np.repeat([1.0, -5e4], [2, 3])
    wide_x, wide_y = (np.hstack([shift + scale * rows, np.full((50, 1), 4.0)]) for rows in (x, y))
    assert score(wide_x, reference(wide_y, u=(2,), v=(3,), k=(1,)), samples) == pytest.approx(before, rel=1e-6)


def test_above_16_varying_coordinates_there_is_no_score(reference, samples):
    y = np.random.default_rng(7).standard_normal((20, 17))
    wide, narrow = reference(y), reference(np.where(np.arange(17) < 16, y, 3.0))
    assert Wasserstein2().score(samples(y, wide), wide) == {}
    assert Wasserstein2().score(samples(y, narrow), narrow).keys() == {"all"}
    assert np.isnan(score(y[:1], narrow, samples))

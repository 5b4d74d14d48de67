"""Variances that are sums of squares."""

import jax
import numpy as np
import pytest

from sgmbench.learning.log_variance import fit_log_variance
from sgmbench.learning.polynomials import legendre_features
from sgmbench.learning.random_coefficients import fit_random_coefficients, random_coefficient_variance

GRID = legendre_features(np.linspace(-1, 1, 201)[:, None], 1)
SLOPES = np.array([0.0, 0.5, 2.0, -3.0])


@pytest.fixture(scope="module")
def vanishing():
    """y = (1 + b u) xi: the variance is zero at u = -1/b for two of four slopes."""
    rng = np.random.default_rng(0)
    u = rng.uniform(-1, 1, (4_000, 1))
    squares = ((1 + u * SLOPES) * rng.standard_normal((4_000, 4))) ** 2
    features = legendre_features(u, 1)
    return features, squares, fit_random_coefficients(features, squares, key=jax.random.key(1))


def test_recovers_a_variance_that_vanishes_inside_the_domain(vanishing):
    truth = abs(1 + np.linspace(-1, 1, 201)[:, None] * SLOPES)
    error = np.sqrt(random_coefficient_variance(vanishing[2], GRID)) - truth
    assert (np.sqrt(np.mean(error**2, axis=0)) < 0.04 * np.sqrt(np.mean(truth**2, axis=0))).all()


def test_follows_it_where_a_log_linear_variance_cannot(vanishing):
    features, squares, fitted = vanishing
    truth = abs(1 + np.linspace(-1, 1, 201)[:, None] * SLOPES)[:, 2:]
    log_linear = np.exp(GRID @ fit_log_variance(features, squares, np.arange(2)) / 2)[:, 2:]
    ours = np.sqrt(random_coefficient_variance(fitted, GRID))[:, 2:]
    assert np.mean((ours - truth) ** 2) < 0.05 * np.mean((log_linear - truth) ** 2)


def test_same_key_gives_bitwise_equal_coefficients(vanishing):
    features, squares, fitted = vanishing
    again = fit_random_coefficients(features, squares, key=jax.random.key(1))
    for name in fitted:
        np.testing.assert_array_equal(again[name], fitted[name])


def test_a_warm_start_without_a_learning_rate_stays(vanishing):
    features, squares, fitted = vanishing
    again = fit_random_coefficients(features, squares, key=jax.random.key(2), start=fitted, steps=20, learning_rate=0.0)
    for name in fitted:
        np.testing.assert_array_equal(again[name], fitted[name])


def test_is_the_sum_of_squares_that_it_says():
    rng = np.random.default_rng(3)
    coefficients = {"a": rng.standard_normal((2, 3, 3)), "log_e": rng.standard_normal(3), "scale": rng.random(3)}
    for n, f in enumerate(GRID[::50]):
        for j in range(3):
            squares = sum((f @ coefficients["a"][:, j, m]) ** 2 for m in range(3))
            expected = (squares + np.exp(coefficients["log_e"][j])) * coefficients["scale"][j]
            assert random_coefficient_variance(coefficients, GRID[::50])[n, j] == pytest.approx(expected, rel=1e-12)

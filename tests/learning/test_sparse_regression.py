"""Sparse regression: nonnegative garrote on an orthonormal basis, exact support, and less error than least squares."""

import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.learning.polynomials import legendre_features
from sgmbench.learning.sparse_regression import sparse_regression


@pytest.fixture(scope="module")
def orthonormal():
    """Features f with f'f = n I, exactly."""
    return np.linalg.qr(np.random.default_rng(0).standard_normal((400, 12)))[0] * 20


@pytest.mark.parametrize("threshold", [1.0, 4.0, 9.0])
def test_is_the_nonnegative_garrote_on_an_orthonormal_basis(orthonormal, threshold):
    """With t the least-squares t-value, b = b_ls (1 - threshold / t^2)_+, away from the edge where it is slow."""
    n, sd, rng = len(orthonormal), 0.5, np.random.default_rng(1)
    least = rng.standard_normal((12, 30))
    least = np.where(np.arange(12)[:, None] < 4, np.sign(least) * (1 + abs(least)), 0.01 * np.sign(least))
    b = sparse_regression(orthonormal, orthonormal @ least, np.full((n, 30), sd**2), threshold=threshold)
    t_squared = least**2 * n / sd**2
    assert (abs(t_squared - threshold) > 0.5 * threshold).all()
    np.testing.assert_allclose(b, least * np.maximum(1 - threshold / t_squared, 0), atol=1e-6)


def heteroscedastic(n, d, seed):
    """Outputs on four of the 35 features of degree 4 in three conditions, noise of tenfold varying size."""
    rng = np.random.default_rng(seed)
    u = rng.uniform(-1, 1, (n, 3))
    features = legendre_features(u, 4)
    support = np.isin(np.arange(35), [0, 2, 7, 21])
    truth = support[:, None] * rng.choice([-1, 1], (35, d)) * rng.uniform(0.4, 1.5, (35, d))
    sd = 0.3 * 10 ** (u[:, :1] * np.ones(d))
    return features, features @ truth + sd * rng.standard_normal((n, d)), sd**2, truth


def test_recovers_exactly_the_true_support():
    """Beyond t = 5 no noise feature is left (chance 6e-7 each), while every true one has t > 15."""
    features, y, variance, truth = heteroscedastic(2_000, 40, seed=2)
    b = sparse_regression(features, y, variance, threshold=25.0)
    np.testing.assert_array_equal(abs(b) > 1e-6, truth != 0)


def test_keeps_as_many_noise_features_as_chance_has_t_values_beyond_two():
    features, y, variance, truth = heteroscedastic(2_000, 60, seed=3)
    b = sparse_regression(features, y, variance)
    assert (abs(b[truth != 0]) > 0.1).all()
    false, share = abs(b[truth == 0]) > 1e-6, 2 * norm.sf(2)
    assert abs(false.mean() - share) < 5 * np.sqrt(share / false.size)


def test_beats_least_squares_weighted_or_not():
    features, y, variance, truth = heteroscedastic(1_000, 20, seed=4)
    root = variance[:, :1] ** -0.5
    estimates = {
        "sparse": sparse_regression(features, y, variance),
        "weighted": np.linalg.lstsq(features * root, y * root, rcond=None)[0],
        "plain": np.linalg.lstsq(features, y, rcond=None)[0],
    }
    error = {name: np.sum((b - truth) ** 2) for name, b in estimates.items()}
    assert error["sparse"] < 0.6 * error["weighted"] < 0.2 * error["plain"]


def test_constant_outputs_stay_constant_and_change_no_other():
    features, y, variance, _ = heteroscedastic(500, 3, seed=5)
    constant = np.tile([0.0, 1.0], (500, 1))
    b = sparse_regression(features, np.hstack([y, constant]), np.hstack([variance, np.full((500, 2), 1e-14)]))
    np.testing.assert_allclose(features @ b[:, 3:], constant, atol=1e-6)
    np.testing.assert_allclose(b[:, :3], sparse_regression(features, y, variance), rtol=1e-9, atol=1e-12)

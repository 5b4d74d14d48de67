"""Sparse regression: garrote on an orthonormal basis, the exact support, and less error than least squares."""

import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.learning.polynomials import legendre_features
from sgmbench.learning.sparse_regression import sparse_regression


def alike(d):
    """All outputs share all evidence."""
    return np.full((d, d), 1 / d)


@pytest.fixture(scope="module")
def orthonormal():
    """Features f with f'f = n I, exactly."""
    return np.linalg.qr(np.random.default_rng(0).standard_normal((400, 12)))[0] * 20


@pytest.mark.parametrize("threshold", [1.0, 4.0, 9.0])
def test_is_the_nonnegative_garrote_on_an_orthonormal_basis(orthonormal, threshold):
    """With t^2 the mean squared t-value of a feature by least squares, b = b_ls (1 - threshold / t^2)_+."""
    n, sd, rng = len(orthonormal), 0.5, np.random.default_rng(1)
    least = rng.standard_normal((12, 30))
    least = np.where(np.arange(12)[:, None] < 4, np.sign(least) * (1 + abs(least)), 0.01 * np.sign(least))
    b = sparse_regression(
        orthonormal, orthonormal @ least, np.full((n, 30), sd**2), threshold=np.full(12, threshold), sharing=alike(30)
    )
    t_squared = np.mean(least**2, axis=1, keepdims=True) * n / sd**2
    np.testing.assert_allclose(b, least * np.maximum(1 - threshold / t_squared, 0), atol=1e-6)


def test_outputs_of_other_sizes_count_alike_in_units_of_their_noise():
    features, y, variance, _ = heteroscedastic(800, 4, seed=6)
    factor = 10.0 ** np.arange(-3, 1)
    plain = sparse_regression(features, y, variance, threshold=np.full(35, 3.0), sharing=alike(y.shape[1]))
    scaled = sparse_regression(
        features, y * factor, variance * factor**2, threshold=np.full(35, 3.0), sharing=alike(y.shape[1])
    )
    np.testing.assert_allclose(scaled, plain * factor, rtol=1e-9, atol=1e-15)


def heteroscedastic(n, d, seed):
    """Outputs on four of the 35 features of degree 4 in three conditions, noise of tenfold varying size."""
    rng = np.random.default_rng(seed)
    u = rng.uniform(-1, 1, (n, 3))
    features = legendre_features(u, 4)
    support = np.isin(np.arange(35), [0, 2, 7, 21])
    truth = support[:, None] * rng.choice([-1, 1], (35, d)) * rng.uniform(0.4, 1.5, (35, d))
    sd = 0.3 * 10 ** (u[:, :1] * np.ones(d))
    return features, features @ truth + sd * rng.standard_normal((n, d)), sd**2, truth


def test_many_outputs_recover_the_support_that_none_would_alone():
    """A mean of 40 squared t-values of noise is 1, sd sqrt(2 / 40): none reaches 3; a single one often does."""
    features, y, variance, truth = heteroscedastic(2_000, 40, seed=2)
    together = sparse_regression(features, y, variance, threshold=np.full(35, 3.0), sharing=alike(y.shape[1]))
    np.testing.assert_array_equal(together != 0, truth != 0)
    alone = sparse_regression(features, y, variance, threshold=np.full(35, 3.0), sharing=np.eye(40))
    false, share = alone[truth == 0] != 0, 2 * norm.sf(np.sqrt(3))
    assert abs(false.mean() - share) < 5 * np.sqrt(share / false.size)


def test_a_feature_needs_as_much_as_its_own_threshold():
    features, y, variance, _ = heteroscedastic(2_000, 5, seed=3)
    free = sparse_regression(features, y, variance, threshold=np.full(35, 3.0), sharing=alike(y.shape[1]))
    barred = np.where(np.arange(35) == 7, 1e9, 3.0)
    b = sparse_regression(features, y, variance, threshold=barred, sharing=alike(5))
    assert (free[7] != 0).all()
    assert (b[7] == 0).all()
    assert (b[[0, 2, 21]] != 0).all()


def test_beats_least_squares_weighted_or_not():
    features, y, variance, truth = heteroscedastic(1_000, 20, seed=4)
    root = variance[:, :1] ** -0.5
    estimates = {
        "sparse": sparse_regression(features, y, variance, threshold=np.full(35, 3.0), sharing=alike(y.shape[1])),
        "weighted": np.linalg.lstsq(features * root, y * root, rcond=None)[0],
        "plain": np.linalg.lstsq(features, y, rcond=None)[0],
    }
    error = {name: np.sum((b - truth) ** 2) for name, b in estimates.items()}
    assert error["sparse"] < 0.25 * error["weighted"] < 0.1 * error["plain"]


def test_outputs_that_share_nothing_do_not_know_of_each_other():
    features, y, variance, _ = heteroscedastic(800, 6, seed=7)
    threshold, blocks = np.full(35, 3.0), np.kron(np.eye(2), alike(3))
    both = sparse_regression(features, y, variance, threshold=threshold, sharing=blocks)
    for part in (slice(0, 3), slice(3, 6)):
        own = sparse_regression(features, y[:, part], variance[:, part], threshold=threshold, sharing=alike(3))
        np.testing.assert_allclose(both[:, part], own, rtol=2e-2, atol=1e-3)

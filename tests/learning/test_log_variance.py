"""Log-linear variances by quasi-likelihood."""

import numpy as np

from sgmbench.learning.log_variance import fit_log_variance
from sgmbench.learning.polynomials import legendre_features, total_degree_indices

DEGREES = total_degree_indices(2, 2).sum(axis=1)


def log_linear(n, d, seed):
    rng = np.random.default_rng(seed)
    features = legendre_features(rng.uniform(-1, 1, (n, 2)), 2)
    b = rng.uniform(-0.4, 0.4, (6, d)) + np.eye(6)[:, :1] * rng.uniform(-10, 10, d)
    return features, b, np.exp(features @ b) * rng.standard_normal((n, d)) ** 2


def test_recovers_a_log_linear_variance_within_its_statistical_error():
    """The Fisher information of a coefficient is n/2; the ridge (1 + degree)^2 moves it by ridge |b| / (n/2)."""
    features, b, squares = log_linear(20_000, 10, seed=0)
    error = np.linalg.norm(fit_log_variance(features, squares, DEGREES) - b, axis=1) / np.sqrt(10)
    assert (error < 2.2 * np.sqrt(2 / 20_000) + (1 + DEGREES) ** 2 * 0.4 / 10_000).all()  # chi^2_10 / 10 below 2.2^2


def test_the_ridged_score_vanishes_at_the_fit():
    features, _, squares = log_linear(400, 5, seed=1)
    b = fit_log_variance(features, squares, DEGREES)
    ridge = np.where(np.arange(6) == 0, 1e-6, (1.0 + DEGREES) ** 2)[:, None]
    score = features.T @ (squares * np.exp(-features @ b) - 1) / 2 - ridge * b
    np.testing.assert_allclose(score, 0, atol=1e-6)


def test_a_constant_alone_gives_the_mean_square():
    squares = np.random.default_rng(2).exponential(size=(300, 4)) * np.array([1e-14, 1e-3, 1, 1e6])
    b = fit_log_variance(np.ones((300, 1)), squares, np.zeros(1, int))
    np.testing.assert_allclose(np.exp(b[0]), squares.mean(axis=0), rtol=1e-6)


def test_is_equivariant_under_scaling():
    features, _, squares = log_linear(300, 3, seed=3)
    b, scaled = fit_log_variance(features, squares, DEGREES), fit_log_variance(features, 1e8 * squares, DEGREES)
    np.testing.assert_allclose(scaled[1:], b[1:], atol=1e-6)
    np.testing.assert_allclose(scaled[0], b[0] + np.log(1e8), atol=1e-6)

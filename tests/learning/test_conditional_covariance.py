"""Conditional covariance of a few variables."""

import numpy as np

from sgmbench.learning.conditional_covariance import conditional_covariance


def test_errs_as_the_coefficients_it_has_do():
    """Entries 1 + u/2, u/3 and 1: four coefficients, each of squared error about 2/n."""
    rng = np.random.default_rng(0)
    n = 20_000
    u = rng.uniform(-1, 1, (n, 2))
    truth = np.empty((n, 2, 2))
    truth[:, 0, 0], truth[:, 1, 1] = 1 + u[:, 0] / 2, 1
    truth[:, 0, 1] = truth[:, 1, 0] = u[:, 1] / 3
    a = np.einsum("nij,nj->ni", np.linalg.cholesky(truth), rng.standard_normal((n, 2)))
    found = conditional_covariance(u, a)
    assert np.sqrt(np.mean((found - truth) ** 2)) < 1.5 * np.sqrt(2 / n)


def test_is_symmetric_and_follows_the_scale_of_each_variable():
    rng = np.random.default_rng(1)
    u, a = rng.uniform(-1, 1, (2_000, 1)), rng.standard_normal((2_000, 3))
    found = conditional_covariance(u, a)
    np.testing.assert_array_equal(found, np.moveaxis(found, 1, 2))
    flipped = conditional_covariance(u, a * np.array([1, -1, 1]))
    np.testing.assert_allclose(flipped[:, 0, 1], -found[:, 0, 1], atol=1e-9)
    np.testing.assert_allclose(flipped[:, 1, 1], found[:, 1, 1], atol=1e-9)

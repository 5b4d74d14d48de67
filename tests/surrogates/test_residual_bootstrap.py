"""Residual bootstrap: residuals of the nearest runs, moved to the condition and calibrated."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from sgmbench.learning.conditional_moments import ConditionalMoments, mean_at, sd_at
from sgmbench.learning.representations.residual import field_scale
from sgmbench.surrogates.residual_bootstrap import ResidualBootstrap

PLAIN = ResidualBootstrap(moments=ConditionalMoments(mean_degree=2, variance_degree=1), neighbors=40, calibrated=False)
CALIBRATED = replace(PLAIN, calibrated=True)
CONDITIONS = [np.array([0.0]), np.array([-0.9]), np.array([0.7])]


def lent(it, at, count=40):
    """m(u) + s_f(u) (y_i - m(u_i)) / s_f(u_i) of the nearest runs."""
    near = np.argsort(abs(it.pairs.given[:, 0] - at[0]))[:count]
    u, y, arrays = it.pairs.given[near], it.pairs.learned[near], it.fit["transform"]
    residual = (y - mean_at(arrays["moments"], u)) / field_scale(arrays, u)
    return mean_at(arrays["moments"], at[None]) + field_scale(arrays, at[None]) * residual


def is_among(samples, rows):
    """Index of the row that each sample equals to 1e-9, and of which there is one."""
    close = np.isclose(samples[:, None], rows, rtol=1e-9, atol=1e-9).all(axis=-1)
    np.testing.assert_array_equal(close.sum(axis=1), np.ones(len(samples)))
    return close.argmax(axis=1)


@pytest.mark.parametrize("at", CONDITIONS, ids=str)
def test_samples_are_residuals_of_the_nearest_runs_moved_here(fitted, at):
    it = fitted(PLAIN, n=500, q=1)
    drawn = is_among(it.sample(at, 1_000, jax.random.key(1)), lent(it, at))
    assert set(drawn) == set(range(40))  # 1,000 draws of 40 miss one with chance 4e-10


@pytest.mark.parametrize("at", CONDITIONS, ids=str)
def test_calibrated_samples_are_affine_images_of_them_with_the_regressed_moments(fitted, at):
    """Values of this law are too little correlated for the kernel to average over: the deviations are exact."""
    it = fitted(CALIBRATED, n=500, q=1)
    moments = it.fit["transform"]["moments"]
    m, s = mean_at(moments, at[None])[0], sd_at(moments, at[None])[0]
    rows = lent(it, at)
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    samples = it.sample(at, 1_000, jax.random.key(2))
    drawn = is_among((samples - m) / s, standard)
    own = samples[[np.flatnonzero(drawn == i)[0] for i in range(40)]]
    np.testing.assert_allclose(own.mean(axis=0), m, rtol=1e-9)
    np.testing.assert_allclose(own.std(axis=0), s, rtol=1e-9)


def test_a_marginal_is_the_empirical_measure_up_to_the_regressed_spread(fitted):
    it = fitted(PLAIN, n=60, q=0)
    is_among(it.sample(np.zeros(0), 500, jax.random.key(3)), it.pairs.learned)

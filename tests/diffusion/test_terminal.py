"""Terminal mismatch against the textbook divergence of two Gaussians."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal, ortho_group

from sgmbench.diffusion.noise import Level
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.terminal import terminal_kl

LEVEL = Level(jnp.asarray(0.6), jnp.asarray(1.3))
MEAN, VARIANCES = np.array([0.7, -0.2, 0.1]), np.array([2.0, 0.5, 0.01])


def end(noise):
    return noise.level(jnp.asarray(noise.t_max))


@pytest.fixture(scope="module")
def law():
    """(mean, covariance) of x at the largest noise, with eigenvectors that are no axes."""
    V = ortho_group.rvs(3, random_state=0)
    return 0.6 * MEAN, 0.36 * V @ np.diag(VARIANCES) @ V.T + 1.3**2 * np.eye(3)


def test_it_is_the_divergence_of_full_gaussians(law):
    """KL(N(m, S) || N(0, P)) = [tr(P^-1 S) - k + m' P^-1 m + log det P - log det S] / 2."""
    m, S = law
    P = 1.3**2 * np.eye(3)
    log_dets = np.linalg.slogdet(P)[1] - np.linalg.slogdet(S)[1]
    textbook = (np.trace(np.linalg.solve(P, S)) - 3 + m @ np.linalg.solve(P, m) + log_dets) / 2
    assert terminal_kl(MEAN, VARIANCES, LEVEL) == pytest.approx(textbook, rel=1e-12)


def test_it_is_the_mean_log_ratio_of_densities(law):
    x = multivariate_normal(*law).rvs(50_000, random_state=1)
    ratio = multivariate_normal(*law).logpdf(x) - multivariate_normal(np.zeros(3), 1.3**2).logpdf(x)
    assert abs(ratio.mean() - terminal_kl(MEAN, VARIANCES, LEVEL)) < 4.5 * ratio.std() / np.sqrt(50_000)


def test_unit_variance_under_vp():
    """r = alpha^2 / (1 - alpha^2): half the data left gives (1 - log 2) / 2, hardly any r^2 / 4."""
    nothing, one = np.zeros(1), np.ones(1)
    half = VP(beta_min=0.1, beta_max=2 * np.log(2) - 0.1)
    assert terminal_kl(nothing, one, end(half)) == pytest.approx((1 - np.log(2)) / 2, rel=1e-12)
    assert terminal_kl(nothing, one, end(VP())) == pytest.approx(np.expm1(10.05) ** -2 / 4, rel=1e-4)
    assert terminal_kl(np.zeros(7), np.ones(7), end(half)) == pytest.approx(7 * (1 - np.log(2)) / 2, rel=1e-12)


def test_a_tenth_of_a_standard_deviation_is_a_two_hundredth_of_a_nat():
    level = Level(jnp.asarray(0.1), jnp.asarray(1.0))
    assert terminal_kl(np.ones(1), np.zeros(1), level) == pytest.approx(0.005, rel=1e-12)


def test_it_falls_as_more_noise_is_reached():
    values = [terminal_kl(MEAN, VARIANCES, end(VP(beta_max=beta_max))) for beta_max in (0.5, 2, 5, 10, 20, 40)]
    assert (np.diff(values) < 0).all()
    assert values[0] > 0.1
    assert 0 < values[-1] < 1e-8

"""Gaussian: regressed mean and standard deviation, and the covariance of all residuals."""

import jax
import numpy as np
import pytest
from scipy.stats import kstest

from sgmbench.learning.conditional_moments import mean_at, sd_at
from sgmbench.learning.representation import DEFAULT, encode
from sgmbench.learning.representations.identity import Identity
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.surrogates.gaussian import Gaussian

N = 40_000
CONDITIONS = [np.array([0.0]), np.array([-0.9]), np.array([0.7])]


@pytest.mark.parametrize("at", CONDITIONS, ids=str)
def test_mean_and_standard_deviation_are_the_regressions(fitted, at):
    """Calibration leaves Monte Carlo error: s / sqrt(n) of a mean, s / sqrt(2n) of a standard deviation."""
    it = fitted(Gaussian(), n=1_000, q=1)
    moments = it.fit["representation"]["0"]["moments"]
    y, m, s = it.sample(at, N, jax.random.key(1)), mean_at(moments, at[None])[0], sd_at(moments, at[None])[0]
    assert (abs(y.mean(axis=0) - m) < 4.5 * s / np.sqrt(N)).all()
    assert (abs(y.std(axis=0) / s - 1) < 4.5 / np.sqrt(2 * N)).all()


@pytest.mark.parametrize("at", CONDITIONS, ids=str)
def test_coordinates_have_the_residual_covariance_and_are_gaussian(fitted, at):
    it = fitted(Gaussian(calibration=0), n=1_000, q=1)
    representation = it.fit["representation"]
    learned = encode(DEFAULT, representation, it.pairs.given, it.pairs.learned)
    covariance = learned.T @ learned / len(learned)
    a = encode(DEFAULT, representation, np.tile(at, (N, 1)), it.sample(at, N, jax.random.key(2)))
    error = np.sqrt((np.outer(np.diag(covariance), np.diag(covariance)) + covariance**2) / N)
    assert (abs(a.T @ a / N - covariance) < 4.5 * error).all()
    assert all(kstest(c / np.sqrt(v), "norm").pvalue > 1e-5 for c, v in zip(a.T, np.diag(covariance), strict=True))


@pytest.mark.parametrize("transforms", [DEFAULT, (Identity(),), (Standardize("all"),)], ids=len)
def test_a_marginal_has_the_runs_mean_and_covariance(fitted, transforms):
    """In any representation, whether or not it takes the mean out."""
    it = fitted(Gaussian(representation=transforms, calibration=2048 if transforms is DEFAULT else 0), n=1_000, q=0)
    y, runs = it.sample(np.zeros(0), N, jax.random.key(3)), it.pairs.learned
    sd = runs.std(axis=0)
    assert (abs(y.mean(axis=0) - runs.mean(axis=0)) < 4.5 * sd / np.sqrt(N)).all()
    covariance = np.cov(runs.T)
    assert (abs(np.cov(y.T) - covariance) < np.outer(sd, sd) * (4.5 * np.sqrt(2 / N) + 0.02)).all()


def test_the_first_samples_do_not_depend_on_how_many_follow(fitted):
    sample = fitted(Gaussian(), n=1_000, q=1).sample
    few, many = (sample(CONDITIONS[0], n, jax.random.key(4)) for n in (10, 3_000))
    np.testing.assert_allclose(few, many[:10], rtol=1e-12)


def test_refuses_calibration_that_cannot_work():
    with pytest.raises(ValueError, match=r"^calibration: 1000 is not a power of two; write 2048, say, or 0$"):
        Gaussian(calibration=1_000)
    with pytest.raises(ValueError, match=r"^calibration: needs a representation with residual; write calibration: 0, "):
        Gaussian(representation=(Identity(),))

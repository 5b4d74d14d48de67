"""The exact score carried to samples: the law comes back, and a coarse grid errs by as much as theory says."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models import case_of, method

from sgmbench.config.load import build
from sgmbench.core.reference import Reference
from sgmbench.diffusion.gaussian_law import output_variances
from sgmbench.diffusion.noise import Level
from sgmbench.diffusion.samplers.heun import Heun
from sgmbench.errors import UsageError
from sgmbench.metrics.standard_deviation import StandardDeviation
from sgmbench.problems.gaussian import PowerLawGaussian, cosines
from sgmbench.problems.ornstein_uhlenbeck import OrnsteinUhlenbeck
from sgmbench.studies.closeness import as_law, closeness
from sgmbench.studies.resolution import finer
from sgmbench.studies.score_models import carry, exact
from sgmbench.studies.subject import Case


def test_a_fine_grid_has_no_error_and_a_coarse_one_that_of_theory():
    """In its modes the flow of a Gaussian is diagonal: each row is A x + b, with one A and b, and A is known.

    The standard deviation of n samples has the relative error (2n)^-1/2, in the reference and here.
    """
    problem, sampler, n = PowerLawGaussian(dimension=3), Heun(5), 3000
    case = case_of(problem, n)
    score = exact(problem, method(), case)
    assert score is not None
    key = jax.random.key(0)
    coarse, fine = (carry(score, each, case.noise, key) for each in (sampler, finer(sampler)))
    assert (coarse.evaluations, fine.evaluations) == (11, 101)
    assert abs(closeness(score.decode(fine.coordinates), case).d2) < 1 / case.cap

    s, noise = np.sqrt(np.mean(case.independent.var(axis=0))), score.model.noise
    A = np.sqrt(output_variances(sampler, noise, problem.eigenvalues / s**2, initial="prior")) / noise.sigma_max
    x = np.asarray(score.model.at_largest_noise(jnp.asarray(case.noise))) @ cosines(3).T
    a = coarse.coordinates @ cosines(3).T
    np.testing.assert_allclose(np.abs(a - a.mean(axis=0)), A * np.abs(x - x.mean(axis=0)), rtol=1e-6)

    variances = s**2 * A**2 * (problem.eigenvalues / s**2 + noise.sigma_max**2)
    sd = np.sqrt([law @ cosines(3) ** 2 for law in (variances, problem.eigenvalues)])
    expected = np.sqrt(np.mean((sd[0] - sd[1]) ** 2) / np.mean(sd[1] ** 2))
    found = StandardDeviation().score(as_law(score.decode(coarse.coordinates), case), case.reference)["y"]
    assert expected > 0.1
    assert found == pytest.approx(expected, abs=4.5 / np.sqrt(n))


def test_at_a_condition_and_any_level_it_is_the_denoiser_of_that_law():
    """Of N(mu, C) that is mu + alpha C (alpha^2 C + sigma^2)^-1 (x - alpha mu)."""
    problem, z = OrnsteinUhlenbeck(steps=4), (2.0, 1.0)
    case = case_of(problem, 100, z)
    score = exact(problem, method(), case)
    assert score is not None
    m, s = score.decode(np.zeros(4)), np.sqrt(np.mean(case.independent.var(axis=0)))
    decay = np.exp(-z[0] * problem.times)
    apart = np.abs(np.subtract.outer(problem.times, problem.times))
    covariance = (np.exp(-z[0] * apart) - np.outer(decay, decay)) / (2 * z[0] * s**2)
    mean, (alpha, sigma) = (z[1] * decay - m) / s, (0.6, 0.8)
    x = case.noise[:7]
    gain = alpha * covariance @ np.linalg.inv(alpha**2 * covariance + sigma**2 * np.eye(4))
    found = score.model.denoise(jnp.asarray(x), Level(jnp.asarray(alpha), jnp.asarray(sigma)), None)
    np.testing.assert_allclose(found, mean + (x - alpha * mean) @ gain.T, rtol=1e-8)


@dataclass(frozen=True)
class Unsaid(PowerLawGaussian):
    """A Gaussian whose author has left the score open."""

    def score(self, y, z, *, sigma=0.0):
        raise NotImplementedError


def test_where_the_density_is_not_known_there_is_no_exact_score():
    case = case_of(PowerLawGaussian(dimension=1), 60)
    assert exact(Unsaid(dimension=1), method(), case) is None
    assert exact(build("problems", "ishigami"), method(), case) is None


def test_a_law_that_does_not_vary_is_refused():
    """Rather than divided by: it is worth no number of runs."""
    problem = PowerLawGaussian(4)
    still = Case(
        "c1", None, np.zeros((1, 0)), Reference(np.ones((9, 4)), problem, None), np.ones((9, 4)), np.ones((9, 4))
    )
    with pytest.raises(UsageError) as caught:
        closeness(np.ones((9, 4)), still)
    assert str(caught.value) == "c1: nothing varies there, so no error can be measured; study another condition"

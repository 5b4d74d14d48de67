import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from sgmbench.problems.four_branch import FourBranch

PROBLEM = FourBranch()


@jax.jit
@jax.vmap
def run(x):
    return PROBLEM.simulate(x, jnp.zeros(0))["g"]


def probability(p):
    """P(g < 0) by quadrature over u = (x_1 - x_2)/sqrt(2), with p/sqrt(2) in the linear branches."""

    def integrand(u):
        return 2 * norm.pdf(u) * norm.cdf(-3 - u**2 / 5)

    return 2 * norm.cdf(-p / 2) + 2 * quad(integrand, 0, p / 2, epsabs=1e-14, epsrel=1e-12)[0]


def test_the_four_branches_are_the_published_ones():
    x = np.random.default_rng(0).normal(scale=3, size=(10_000, 2))
    d, s = x[:, 0] - x[:, 1], x[:, 0] + x[:, 1]
    branches = np.stack(
        [
            3 + 0.1 * d**2 - s / np.sqrt(2),
            3 + 0.1 * d**2 + s / np.sqrt(2),
            d + 7 / np.sqrt(2),
            -d + 7 / np.sqrt(2),
        ]
    )
    assert set(np.argmin(branches, axis=0)) == {0, 1, 2, 3}
    np.testing.assert_allclose(run(jnp.asarray(x)), branches.min(axis=0), atol=1e-12)


def test_the_probability_is_that_of_quadrature():
    tail = PROBLEM.tail
    assert (tail.field, tail.below) == ("g", 0)
    assert tail.probability == pytest.approx(0.00222279507, abs=5e-12)
    assert tail.probability == pytest.approx(probability(7), rel=1e-11)
    assert probability(6) == pytest.approx(0.00445733149, abs=5e-12)


def test_the_probability_is_that_of_the_runs():
    n, p = 2_000_000, PROBLEM.tail.probability
    failures = np.mean(run(jnp.asarray(np.random.default_rng(1).standard_normal((n, 2)))) < 0)
    assert abs(failures - p) < 4 * np.sqrt(p * (1 - p) / n)

from itertools import pairwise

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import sgmbench.core  # noqa: F401 (switches to double precision)
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge
from sgmbench.problems.numerics.germ_path import GermPath

T, MU, SIGMA = 1.0, 0.5, 0.8
LEVELS = np.array([32, 64, 128, 256])
RUNS = 10_000


def solve(W, solver):
    """X(T) of dX = mu X dt + sigma X dW, X(0) = 1, along one path."""
    n = len(W) - 1
    path = GermPath(W=W, t1=T)
    terms = diffrax.MultiTerm(
        diffrax.ODETerm(lambda t, x, args: MU * x), diffrax.ControlTerm(lambda t, x, args: SIGMA * x, path)
    )
    t = jnp.linspace(0, T, n + 1, dtype=W.dtype)
    solution = diffrax.diffeqsolve(
        terms, solver, t[0], t[-1], None, jnp.ones((), W.dtype), stepsize_controller=diffrax.StepTo(t), max_steps=n
    )
    return solution.ys[0]


def slope(errors):
    return np.polyfit(np.log(1 / LEVELS), np.log(errors), 1)[0]


@pytest.fixture(scope="module", name="W")
def brownian_paths():
    xi = jnp.asarray(np.random.default_rng(0).standard_normal((RUNS, LEVELS[-1])))
    return jax.vmap(lambda each: brownian_bridge(each, T))(xi)


@pytest.mark.parametrize(("solver", "order"), [(diffrax.Euler(), 0.5), (diffrax.ItoMilstein(), 1.0)])
def test_multiplicative_noise_converges_strongly_with_the_order_of_the_scheme(W, solver, order):
    exact = np.exp((MU - SIGMA**2 / 2) * T + SIGMA * W[:, -1])
    found = [jax.jit(jax.vmap(lambda w: solve(w, solver)))(W[:, :: LEVELS[-1] // n]) for n in LEVELS]
    assert abs(slope([np.sqrt(np.mean((x - exact) ** 2)) for x in found]) - order) < 0.06
    if order == 1:  # weak order 1 of both; only here does the path tell the bias from the error of its mean
        assert abs(slope([abs(np.mean(np.cos(x) - np.cos(exact))) for x in found]) - 1) < 0.06


def test_increments_are_differences_of_the_path_and_coarse_ones_their_sums(W):
    path, coarse = GermPath(W=W[0], t1=T), GermPath(W=W[0, ::4], t1=T)
    t = np.linspace(0, T, 65)
    for start, end in pairwise(t):
        parts = [path.evaluate(a, b) for a, b in pairwise(np.linspace(start, end, 5))]
        np.testing.assert_allclose(coarse.evaluate(start, end), sum(parts), atol=1e-14)
    np.testing.assert_array_equal([path.evaluate(each) for each in t], W[0, ::4])
    increment = path.evaluate(t[3], t[7], use_levy=True)
    assert (increment.dt, increment.W) == (t[7] - t[3], W[0, 28] - W[0, 12])


def test_the_solution_is_differentiated_in_the_germ(W):
    """Euler's X(T) is a product of factors 1 + mu h + sigma dW_i, of which each derivative is known."""
    gradient = jax.grad(solve)(W[0], diffrax.Euler())
    factors = 1 + MU * T / LEVELS[-1] + SIGMA * np.diff(W[0])
    by_increment = SIGMA * np.prod(factors) / factors
    np.testing.assert_allclose(gradient, -np.diff(by_increment, prepend=0, append=0), rtol=1e-10, atol=1e-12)


def test_single_precision_stays_single(W):
    assert solve(W[0].astype("float32"), diffrax.Euler()).dtype == jnp.float32


def test_a_solver_that_needs_more_than_increments_is_refused(W):
    with pytest.raises(ValueError, match="Levy"):
        solve(W[0], diffrax.SPaRK())

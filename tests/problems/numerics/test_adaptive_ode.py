import jax
import jax.numpy as jnp
import numpy as np
import pytest

import sgmbench.core  # noqa: F401 (switches to double precision)
from sgmbench.problems.numerics import adaptive_ode
from sgmbench.problems.numerics.adaptive_ode import solve

TIMES = np.array([0.0, 0.3, 1.1, 2.0])


START, UNIT = np.array([0.0, 1.0]), jnp.ones(1)


def oscillator(y, p):
    """y'' = -p^2 y."""
    return p * jnp.stack([y[1], -y[0]])


@pytest.mark.parametrize("tolerance", [1e-6, 1e-10])
def test_the_error_follows_the_tolerance(tolerance):
    y = solve(oscillator, START, TIMES, UNIT, tolerance=tolerance)
    exact = np.stack([np.sin(TIMES), np.cos(TIMES)], axis=1)
    assert 1e-3 * tolerance < np.abs(y - exact).max() < 10 * tolerance
    np.testing.assert_array_equal(y[0], [0, 1])


def test_a_logarithm_is_solved_to_the_same_relative_accuracy_however_small_the_quantity():
    """Logistic growth y' = y (1 - y), u = log y."""
    start = np.array([-1.0, -10.0, -60.0])

    def logistic(u, p):
        return p * (1 - jnp.exp(u))

    u = np.stack([solve(logistic, u_0, 30 * TIMES, UNIT, tolerance=1e-9)[:, 0] for u_0 in start[:, None]])
    exact = start[:, None] + 30 * TIMES - np.log1p(np.exp(start)[:, None] * np.expm1(30 * TIMES))
    np.testing.assert_allclose(u, exact, atol=1e-8)


def test_a_solution_that_ceases_to_exist_is_a_failed_run(monkeypatch):
    y = solve(lambda y, p: p * y**2, np.ones(1), TIMES, UNIT, tolerance=1e-8)
    assert np.isnan(y).all()
    monkeypatch.setattr(adaptive_ode, "MAX_STEPS", 3)
    assert np.isnan(solve(oscillator, START, TIMES, UNIT, tolerance=1e-10)).all()


@pytest.mark.parametrize("derivative", [jax.jacfwd, jax.jacrev])
def test_sensitivities_are_those_of_the_solution_forwards_and_backwards(derivative):
    """y = (sin pt, cos pt): dy/dp = t (cos pt, -sin pt), also of many p at once."""
    p = np.array([0.7, 1.0, 2.5])
    S = jax.jit(jax.vmap(derivative(lambda p: solve(oscillator, START, TIMES, p, tolerance=1e-10))))(p[:, None])
    angle = p[:, None] * TIMES
    exact = TIMES[:, None] * np.stack([np.cos(angle), -np.sin(angle)], axis=2)
    np.testing.assert_allclose(S[..., 0], exact, atol=1e-8)


def test_a_gradient_goes_through_what_is_made_of_the_solution():
    """Of log(1 + y_1^2) + p at t = 2, in one parameter of two; the other is not in the equation."""

    def quantity(p):
        y = solve(lambda y, p: p[0] * jnp.stack([y[1], -y[0]]), START, TIMES, p, tolerance=1e-10)
        return jnp.log1p(y[-1, 0] ** 2) + p[1]

    s, c = np.sin(2 * 0.7), np.cos(2 * 0.7)
    np.testing.assert_allclose(jax.grad(quantity)(jnp.array([0.7, 3.0])), [4 * s * c / (1 + s**2), 1], rtol=1e-8)


def test_single_precision_gets_a_tolerance_that_it_can_meet():
    with jax.enable_x64(False):
        y = solve(oscillator, START, TIMES, jnp.ones(1, "float32"), tolerance=1e-12)
    assert y.dtype == jnp.float32
    np.testing.assert_allclose(y[:, 0], np.sin(TIMES), atol=1e-5)

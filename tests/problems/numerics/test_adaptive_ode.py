import jax
import jax.numpy as jnp
import numpy as np
import pytest

import sgmbench.core  # noqa: F401 (switches to double precision)
from sgmbench.problems.numerics import adaptive_ode
from sgmbench.problems.numerics.adaptive_ode import solve

TIMES = np.array([0.0, 0.3, 1.1, 2.0])


def oscillator(y):
    return jnp.stack([y[1], -y[0]])


@pytest.mark.parametrize("tolerance", [1e-6, 1e-10])
def test_the_error_follows_the_tolerance(tolerance):
    y = solve(oscillator, jnp.asarray([0.0, 1.0]), TIMES, tolerance=tolerance)
    exact = np.stack([np.sin(TIMES), np.cos(TIMES)], axis=1)
    assert 1e-3 * tolerance < np.abs(y - exact).max() < 10 * tolerance
    np.testing.assert_array_equal(y[0], [0, 1])


def test_a_logarithm_is_solved_to_the_same_relative_accuracy_however_small_the_quantity():
    """Logistic growth y' = y (1 - y), u = log y."""
    start = np.array([-1.0, -10.0, -60.0])
    u = jax.vmap(lambda u_0: solve(lambda u: 1 - jnp.exp(u), u_0[None], 30 * TIMES, tolerance=1e-9)[:, 0])(
        jnp.asarray(start)
    )
    exact = start[:, None] + 30 * TIMES - np.log1p(np.exp(start)[:, None] * np.expm1(30 * TIMES))
    np.testing.assert_allclose(u, exact, atol=1e-8)


def test_a_solution_that_ceases_to_exist_is_a_failed_run(monkeypatch):
    y = solve(lambda y: y**2, jnp.ones(1), TIMES, tolerance=1e-8)
    assert np.isnan(y).all()
    monkeypatch.setattr(adaptive_ode, "MAX_STEPS", 3)
    assert np.isnan(solve(oscillator, jnp.asarray([0.0, 1.0]), TIMES, tolerance=1e-10)).all()


def test_single_precision_gets_a_tolerance_that_it_can_meet():
    with jax.enable_x64(False):
        y = solve(oscillator, jnp.asarray([0.0, 1.0], "float32"), TIMES, tolerance=1e-12)
    assert y.dtype == jnp.float32
    np.testing.assert_allclose(y[:, 0], np.sin(TIMES), atol=1e-5)

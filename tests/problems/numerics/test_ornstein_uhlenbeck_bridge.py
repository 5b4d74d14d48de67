import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.numerics.brownian_bridge import brownian_bridge
from sgmbench.problems.numerics.ornstein_uhlenbeck_bridge import ornstein_uhlenbeck_bridge

T = 0.7
RATE = np.array([-3.0, 1e-6, 2.0, 50.0, 1e5])
bridge = jax.jit(lambda xi: ornstein_uhlenbeck_bridge(xi, RATE, T))


def matrices(n):
    """The linear maps from xi to each path, column by column."""
    with jax.enable_x64(True):
        germs = jnp.eye(n)[:, :, None] * jnp.ones(len(RATE))
        return np.asarray(jax.vmap(bridge, out_axes=1)(germs))


@pytest.mark.parametrize("n", [1, 2, 8, 64])
def test_the_covariance_of_each_path_is_that_of_the_process(n):
    t = np.linspace(0, T, n + 1)
    early, late = np.minimum.outer(t, t), np.maximum.outer(t, t)
    B = matrices(n)
    for i, r in enumerate(RATE):
        exact = np.exp(-r * (late - early)) * -np.expm1(-2 * r * early) / (2 * r)
        np.testing.assert_allclose(B[:, :, i] @ B[:, :, i].T, exact, rtol=1e-12, atol=1e-20)


@pytest.mark.parametrize("n", [1, 2, 16])
def test_the_leading_coordinates_alone_decide_every_second_point(n):
    xi = jnp.asarray(np.random.default_rng(0).standard_normal((2 * n, len(RATE))))
    np.testing.assert_array_equal(bridge(xi)[::2], bridge(xi[:n]))


def test_without_a_rate_it_is_the_brownian_bridge():
    xi = jnp.asarray(np.random.default_rng(1).standard_normal((32, 2)))
    found = ornstein_uhlenbeck_bridge(xi, np.full(2, 1e-8), T)
    np.testing.assert_allclose(found, brownian_bridge(xi, T), atol=1e-7)


def test_increments_against_the_decay_are_independent_in_time():
    n = 16
    B = matrices(n)
    for i, r in enumerate(RATE):
        Z = B[:, :, i]
        kicks = Z[1:] - np.exp(-r * T / n) * Z[:-1]
        variance = -np.expm1(-2 * r * T / n) / (2 * r)
        np.testing.assert_allclose(kicks @ kicks.T, variance * np.eye(n), atol=1e-7 * variance)


def test_the_path_keeps_the_precision_of_the_germ():
    with jax.enable_x64(False):
        path = bridge(jnp.ones((4, 5), "float32"))
        assert path.dtype == jnp.float32
        assert np.isfinite(path).all()


@pytest.mark.parametrize("n", [3, 12])
def test_steps_that_cannot_be_halved_are_refused(n):
    with pytest.raises(ValueError, match=f"{n} steps; give a power of two"):
        ornstein_uhlenbeck_bridge(jnp.zeros((n, 5)), RATE, T)

from dataclasses import replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sgmbench.problems.lorenz96 import Lorenz96, drift
from sgmbench.problems.numerics.additive_noise import integrate
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge


def germ(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).standard_normal(shape))


def solve(x_0, xi, *, F, s, duration, times=1):
    """States [runs, times, sites] along Brownian paths of germs xi [runs, steps, sites]."""

    def one(each):
        W = brownian_bridge(each, duration)
        return integrate(drift(F), x_0, W, s=jnp.asarray(s), duration=duration, scheme="heun", times=times)

    return np.asarray(jax.jit(jax.vmap(one))(xi))


def test_without_noise_it_is_the_equation_of_1996():
    """Order 2 towards a solution of order 8 at tolerance 1e-13."""
    x_0, F, T = np.random.default_rng(1).normal(2, 3, 12), 8.0, 1.0

    def right_hand_side(t, x):
        return [(x[(i + 1) % 12] - x[i - 2]) * x[i - 1] - x[i] + F for i in range(12)]

    exact = solve_ivp(right_hand_side, (0, T), x_0, method="DOP853", rtol=1e-13, atol=1e-13).y[:, -1]
    found = [solve(jnp.asarray(x_0), jnp.zeros((1, n, 12)), F=F, s=0.0, duration=T)[0, 0] for n in (2048, 4096)]
    errors = [np.linalg.norm(each - exact) for each in found]
    assert abs(np.log2(errors[0] / errors[1]) - 2) < 0.1
    assert np.linalg.norm(found[-1] + (found[-1] - found[-2]) / 3 - exact) < 1e-5


def test_advection_does_no_work_and_the_forced_state_rests():
    x = germ(16)
    assert x @ drift(5.0)(x) == pytest.approx(float(-x @ x + 5 * x.sum()), rel=1e-12)
    rest = solve(jnp.full(16, 5.0), jnp.zeros((1, 64, 16)), F=5.0, s=0.0, duration=2.0)
    np.testing.assert_array_equal(rest, 5.0)


def test_the_energy_balance_holds_in_the_mean():
    """Ito's formula: what |X|^2/2 gained beyond damping, forcing and N s^2/2 is a martingale, of mean zero."""
    N, F, s, T, n = 8, 8.0, 1.0, 1.5, 256
    x = solve(jnp.zeros(N), germ(4_000, n, N), F=F, s=s, duration=T, times=n)
    x = np.concatenate([np.zeros((len(x), 1, N)), x], axis=1)
    power = -np.sum(x**2, axis=2) + F * np.sum(x, axis=2) + N * s**2 / 2
    surplus = np.sum(x[:, -1] ** 2, axis=1) / 2 - np.trapezoid(power, dx=T / n, axis=1)
    assert abs(surplus.mean()) < 4 * surplus.std() / len(x) ** 0.5
    assert surplus.std() / len(x) ** 0.5 < 0.01 * np.mean(np.sum(x[:, -1] ** 2, axis=1) / 2)


def test_weak_noise_about_a_stable_equilibrium_has_the_known_spectrum():
    """For F < 8/9, mode k decays at 1 - F (cos th - cos 2 th), th = 2 pi k / N: E|x_k|^2 = N s^2 / 2 / that rate."""
    N, F, s = 8, 0.5, 1e-3
    x = solve(jnp.full(N, F), germ(10_000, 256, N, seed=2), F=F, s=s, duration=8.0)[:, 0] - F
    theta = 2 * np.pi * np.arange(N) / N
    rate = 1 - F * (np.cos(theta) - np.cos(2 * theta))
    exact = N * s**2 / 2 / rate * -np.expm1(-2 * 8.0 * rate)
    power = np.abs(np.fft.fft(x, axis=1)) ** 2
    assert (np.abs(power.mean(axis=0) - exact) < 4 * power.std(axis=0) / len(x) ** 0.5).all()
    assert exact.max() > 1.5 * exact.min()


def test_a_shifted_path_gives_the_shifted_state():
    problem = Lorenz96(sites=12)
    xi, z = germ(problem.germ_dimension), jnp.asarray([8.0, 1.0])
    both = jnp.stack([xi, jnp.roll(xi.reshape(-1, 12), 5, axis=1).ravel()])
    x = jax.jit(jax.vmap(problem.simulate, in_axes=(None, 0)))(z, both)["x"]
    np.testing.assert_allclose(x[1], jnp.roll(x[0], 5), rtol=1e-11)


def test_paths_converge_strongly_with_order_one():
    problem = Lorenz96(sites=8, steps=1024)
    xi, z = germ(500, problem.germ_dimension, seed=3), jnp.asarray([6.0, 1.0])
    levels = [jax.jit(jax.vmap(replace(problem, level=i).simulate, in_axes=(None, 0)))(z, xi)["x"] for i in range(3)]
    errors = [np.sqrt(np.mean((a - b) ** 2)) for a, b in pairwise(levels)]
    assert abs(np.log2(errors[1] / errors[0]) - 1) < 0.1
    assert [replace(problem, level=i).relative_cost for i in range(3)] == [1, 0.5, 0.25]
    assert replace(problem, level=4).coarser() is None

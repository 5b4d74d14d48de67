from dataclasses import replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad_vec, solve_ivp
from scipy.linalg import expm

from sgmbench.problems.lorenz63 import Lorenz63, beta, drift, sigma
from sgmbench.problems.numerics.additive_noise import integrate

RHO = 28.0
START = np.array([-8.0, -7.0, 27.0])


def germ(n, m, seed=0):
    return jnp.asarray(np.random.default_rng(seed).standard_normal((n, m)))


def states(problem, xi, *, noise=1.0):
    """Paths as arrays [runs, times, 3]."""
    z = jnp.asarray([RHO, noise])
    fields = jax.jit(jax.vmap(lambda each: problem.simulate(z, each)))(xi)
    return np.stack([fields[name] for name in ("x", "y", "z")], axis=-1)


def test_without_noise_it_is_the_equation_of_1963():
    """Order 2 towards a solution of order 8 at tolerance 1e-13, and Richardson's extrapolation on it."""
    T = 1.0

    def right_hand_side(t, u):
        x, y, z = u
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    exact = solve_ivp(right_hand_side, (0, T), START, method="DOP853", rtol=1e-13, atol=1e-13).y[:, -1]
    found = [
        integrate(
            drift(RHO),
            jnp.asarray(START),
            jnp.zeros((n + 1, 3)),
            s=jnp.asarray(0.0),
            duration=T,
            scheme="heun",
        )[-1]
        for n in (2048, 4096)
    ]
    errors = [np.linalg.norm(each - exact) for each in found]
    assert abs(np.log2(errors[0] / errors[1]) - 2) < 0.1
    assert np.linalg.norm(found[-1] + (found[-1] - found[-2]) / 3 - exact) < 1e-5


def test_the_drift_contracts_volumes_and_rests_where_lorenz_says():
    f = drift(RHO)
    c = np.sqrt(beta * (RHO - 1))
    for rest in ([0.0, 0.0, 0.0], [c, c, RHO - 1], [-c, -c, RHO - 1]):
        np.testing.assert_allclose(f(jnp.asarray(rest)), 0, atol=1e-12)
    divergence = np.trace(jax.jacfwd(f)(jnp.asarray(START)))
    assert divergence == pytest.approx(-(sigma + 1 + beta), rel=1e-12)


def test_the_mirrored_path_gives_the_mirror_image():
    problem = Lorenz63()
    xi = germ(4, problem.germ_dimension)
    mirror = jnp.asarray([-1.0, -1.0, 1.0])
    mirrored = (xi.reshape(4, -1, 3) * mirror).reshape(4, -1)
    np.testing.assert_array_equal(states(problem, mirrored), states(problem, xi) * np.asarray(mirror))


def test_half_of_the_paths_take_each_wing():
    problem = Lorenz63(steps=128)
    x = states(problem, germ(20_000, problem.germ_dimension))[..., 0]
    assert (np.abs(x.mean(axis=0)) < 4 * x.std(axis=0) / len(x) ** 0.5).all()
    end = x[:, -1]
    assert abs(np.mean(end > 0) - 0.5) < 4 * 0.5 / len(x) ** 0.5
    assert np.mean(np.abs(end) < 2) < 0.5 * np.mean(np.abs(end - 9) < 2)


def test_weak_noise_leaves_the_saddle_by_its_linearization():
    """Covariance s^2 times the integral of e^(A t) e^(A^T t), A the Jacobian at the origin, for noise of 1e-4."""
    noise, problem = 1e-4, Lorenz63(steps=512, duration=0.25, times=1)
    u = states(problem, germ(20_000, problem.germ_dimension, seed=1), noise=noise)[:, 0]
    A = np.array([[-sigma, sigma, 0], [RHO, -1, 0], [0, 0, -beta]])
    covariance = noise**2 * quad_vec(lambda t: expm(A * t) @ expm(A * t).T, 0, 0.25)[0]
    variance = np.diag(covariance)
    error = np.sqrt((np.outer(variance, variance) + covariance**2) / len(u))
    assert (np.abs(u.T @ u / len(u) - covariance) < 4 * error).all()


def test_before_chaos_sets_in_paths_converge_strongly_with_order_one():
    problem = Lorenz63(steps=2048, duration=0.5, times=1)
    xi = germ(500, problem.germ_dimension, seed=2)
    levels = [states(replace(problem, level=level), xi)[:, 0] for level in range(3)]
    errors = [np.median(np.linalg.norm(a - b, axis=1)) for a, b in pairwise(levels)]
    assert abs(np.log2(errors[1] / errors[0]) - 1) < 0.15
    assert [replace(problem, level=level).relative_cost for level in range(3)] == [1, 0.5, 0.25]
    assert replace(problem, level=5).coarser() is None

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import kstwobign

from sgmbench.problems.double_well import GRID, DoubleWell
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge
from sgmbench.problems.numerics.langevin_law import stationary_density

RUNS = 100_000
NOISE, TILT = 0.8, 0.3


def germ(n, m, seed=0):
    return jnp.asarray(np.random.default_rng(seed).standard_normal((n, m)))


@cache
def batch(problem):
    return jax.jit(jax.vmap(problem.simulate, in_axes=(None, 0)))


def paths(problem, xi, *, noise=NOISE, tilt):
    return np.asarray(batch(problem)(jnp.asarray([noise, tilt]), xi)["x"])


@pytest.fixture(scope="module")
def xi():
    return germ(RUNS, DoubleWell().germ_dimension)


@pytest.fixture(scope="module")
def symmetric(xi):
    """X(T) without tilt, on two levels along the same Brownian paths."""
    fine = DoubleWell(times=1)
    return [paths(problem, xi, tilt=0.0)[:, 0] for problem in (fine, fine.coarser())]


def within_standard_errors(estimates, exact):
    return abs(np.mean(estimates) - exact) < 4 * np.std(estimates) / len(estimates) ** 0.5


def stationary_distribution(x):
    """Integral of the stationary density up to x, by the trapezoidal rule on a refined grid."""
    fine = np.linspace(GRID[0], GRID[-1], 6_001)
    density = stationary_density(lambda x: (x**2 - 1) ** 2, NOISE, fine)
    cumulative = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * (fine[1] - fine[0]))])
    return np.interp(x, fine, cumulative)


def test_without_tilt_the_law_at_the_end_is_the_stationary_one(symmetric):
    """Moments extrapolated in the step by Heun's order 2, and the whole distribution by Kolmogorov's test."""
    density = stationary_density(lambda x: (x**2 - 1) ** 2, NOISE, GRID)
    fine, coarse = symmetric
    for power in (1, 2, 4, 6):
        exact = np.sum(density * GRID**power) * (GRID[1] - GRID[0])
        assert within_standard_errors(fine**power + (fine**power - coarse**power) / 3, exact), power
    ranks = np.arange(1, RUNS + 1) / RUNS
    distance = np.abs(stationary_distribution(np.sort(fine)) - ranks).max()
    assert kstwobign.sf(distance * RUNS**0.5) > 1e-3
    for p in (0.05, 0.25, 0.75, 0.95):
        assert within_standard_errors(fine < np.interp(p, *quantile_table()), p)


def quantile_table():
    x = np.linspace(-2.5, 2.5, 5_001)
    return stationary_distribution(x), x


def test_without_tilt_both_modes_weigh_the_same(symmetric):
    fine, _ = symmetric
    assert within_standard_errors(fine > 0, 0.5)
    near = [np.mean(np.abs(fine - center) < 0.2) for center in (-1, 0, 1)]
    assert near[1] < 0.3 * min(near[0], near[2])


def test_the_mirrored_path_in_the_mirrored_well_is_the_mirror_image(xi):
    problem = DoubleWell(times=1)
    np.testing.assert_allclose(paths(problem, -xi, tilt=-TILT), -paths(problem, xi, tilt=TILT), atol=1e-12)


@pytest.mark.parametrize(("noise", "tilt"), [(0.5, -0.5), (1.0, 0.25)])
def test_the_moments_at_every_time_are_those_of_the_fokker_planck_equation(noise, tilt):
    problem = DoubleWell()
    fine = paths(problem, germ(40_000, problem.germ_dimension, seed=2), noise=noise, tilt=tilt)
    exact = problem.moments((noise, tilt))["x"]
    for x, mean, sd in zip(fine.T, np.asarray(exact.mean), np.asarray(exact.sd), strict=True):
        assert within_standard_errors(x, mean)
        assert within_standard_errors((x - mean) ** 2, sd**2)


def test_moments_without_tilt_approach_the_stationary_ones_and_the_mean_stays_zero():
    density = stationary_density(lambda x: (x**2 - 1) ** 2, NOISE, GRID)
    mean, sd = DoubleWell().moments((NOISE, 0.0))["x"]
    np.testing.assert_allclose(mean, 0, atol=1e-10)
    assert sd[-1] == pytest.approx(np.sqrt(np.sum(density * GRID**2) * (GRID[1] - GRID[0])), rel=1e-5)
    assert DoubleWell().moments(None) is None


def test_a_longer_run_forgets_on_which_side_it_fell():
    """The tilted law has its stationary weights only after many crossings."""
    tilt, noise = 0.2, 1.0
    density = stationary_density(lambda x: (x**2 - 1) ** 2 - tilt * x, noise, GRID)
    limit = np.sum(density * GRID) * (GRID[1] - GRID[0])
    errors = [abs(float(DoubleWell(duration=T).moments((noise, tilt))["x"].mean[-1]) - limit) for T in (4.0, 8.0, 40.0)]
    assert errors[0] > 2 * errors[1] > 100 * errors[2]
    rate = np.log(errors[0] / errors[1]) / 4
    assert errors[2] == pytest.approx(errors[1] * np.exp(-32 * rate), rel=0.01)


def heun(W, *, noise, tilt, duration):
    """X after each step, written out."""
    h, x = duration / (len(W) - 1), [0.0]
    for dW in noise * np.diff(W):
        slope = 4 * x[-1] * (1 - x[-1] ** 2) + tilt
        ahead = x[-1] + h * slope + dW
        x.append(x[-1] + h / 2 * (slope + 4 * ahead * (1 - ahead**2) + tilt) + dW)
    return np.array(x[1:])


def test_each_level_is_heuns_scheme_on_every_second_point_of_the_same_path(xi):
    problem = DoubleWell(times=1)
    ends = [paths(each, xi, tilt=TILT)[:3, 0] for each in (problem, problem.coarser())]
    for i in range(3):
        W = np.asarray(brownian_bridge(xi[i], 4.0))
        for level, end in enumerate(ends):
            by_hand = heun(W[:: 2**level], noise=NOISE, tilt=TILT, duration=4.0)
            assert end[i] == pytest.approx(by_hand[-1], abs=1e-11)


def test_levels_end_where_the_scheme_becomes_unstable():
    levels = [DoubleWell()]
    while (coarser := levels[-1].coarser()) is not None:
        levels.append(coarser)
    assert [level.relative_cost for level in levels] == [1, 0.5, 0.25]
    with pytest.raises(ValueError, match="level: 256 steps can be halved 2 times at most, to 64"):
        DoubleWell(level=3)

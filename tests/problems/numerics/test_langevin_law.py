import numpy as np
import pytest
from scipy.stats import norm

import sgmbench.core  # noqa: F401 (switches to double precision)
from sgmbench.problems.numerics.langevin_law import langevin_density, stationary_density

THETA, S = 1.5, 0.8


def grid(x_0=0.0, radius=4.0, n=241):
    return x_0 + np.linspace(-radius, radius, n)


def double_well(x):
    return (x**2 - 1) ** 2 - 0.2 * x


@pytest.mark.parametrize("x_0", [0.0, 0.7])
def test_a_harmonic_potential_gives_the_ornstein_uhlenbeck_law(x_0):
    x, times = grid(x_0), np.array([0.2, 1.0, 3.0])
    p = langevin_density(lambda x: THETA * x**2 / 2, S, x, times)
    for t, found in zip(times, p, strict=True):
        sd = S * np.sqrt(-np.expm1(-2 * THETA * t) / (2 * THETA))
        np.testing.assert_allclose(found, norm.pdf(x, x_0 * np.exp(-THETA * t), sd), atol=1e-10)


def test_the_stationary_density_is_a_fixed_point_and_the_limit():
    x = grid(radius=3.0)
    pi = stationary_density(double_well, S, x)
    dx = x[1] - x[0]
    assert pi.sum() * dx == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(np.diff(np.log(pi)), -2 / S**2 * np.diff(double_well(x)), rtol=1e-9, atol=1e-11)
    short, limit = langevin_density(double_well, S, x, np.array([1.0, 400.0]))
    assert short.sum() * dx == pytest.approx(1, abs=1e-10)
    assert np.abs(short - pi).max() > 0.05
    np.testing.assert_allclose(limit, pi, atol=1e-9)


def test_the_law_is_reversible_and_composes():
    """Detailed balance pi(x) p(y, t | x) = pi(y) p(x, t | y), and with it Chapman-Kolmogorov for the return to x_0."""
    x = grid(radius=3.0)
    dx, pi = x[1] - x[0], stationary_density(double_well, S, x)
    shift = 40  # another starting point
    forth, again = langevin_density(double_well, S, x, np.array([0.7, 1.4]))
    back = langevin_density(double_well, S, x + shift * dx, np.array([0.7]))[0]
    middle = len(x) // 2
    assert pi[middle] * forth[middle + shift] == pytest.approx(pi[middle + shift] * back[middle - shift], rel=1e-8)
    inside = pi > 1e-12
    assert again[middle] == pytest.approx(np.sum(forth[inside] ** 2 * pi[middle] / pi[inside]) * dx, rel=1e-8)


def test_a_finer_and_wider_grid_changes_nothing():
    x, finer = grid(radius=3.0), grid(radius=3.5, n=561)
    p, q = (langevin_density(double_well, 0.5, each, np.array([0.5, 4.0])) for each in (x, finer))
    np.testing.assert_allclose(p, q[:, 40:-40:2], atol=1e-9)

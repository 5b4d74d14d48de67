"""The variance of quantiles against the normal and the uniform law, and against sets that are drawn again and again."""

import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.statistics.quantile_variance import bandwidth, quantile_variance

N, COORDINATES = 20_000, 100
LEVELS = [0.025, 0.5, 0.975]


def allowed(p):
    """Four standard errors over the coordinates, and 4 % for the slope that rises towards the tail."""
    return 0.04 + 4 * (2 / (N * bandwidth(N, p)) / COORDINATES) ** 0.5


def v_of(values, p):
    values = np.sort(values, axis=0)
    sd = values.std(axis=0)
    return quantile_variance(values, sd > 0, sd, p=p)


@pytest.mark.parametrize("p", LEVELS)
def test_of_normal_laws_whatever_their_scale(p):
    """p (1 - p) / phi(u)^2: 1.57 at the median, 7.1 at the ends of the 95 % band."""
    values = np.random.default_rng(0).normal(size=(N, COORDINATES)) * np.geomspace(1e-3, 1e3, COORDINATES)
    exact = p * (1 - p) / norm.pdf(norm.ppf(p)) ** 2
    found = v_of(values, p)
    assert found == pytest.approx(exact, rel=allowed(p))


@pytest.mark.parametrize("p", LEVELS)
def test_of_uniform_laws(p):
    """12 p (1 - p), for f is 1 and sd^2 1/12."""
    values = np.random.default_rng(1).random((N, COORDINATES))
    assert v_of(values, p) == pytest.approx(12 * p * (1 - p), rel=allowed(p))


@pytest.mark.parametrize("p", LEVELS)
def test_it_is_n_times_the_mean_square_error_of_quantiles(p):
    """Sets of 2,000 exponential runs, 1,000 times: four standard errors of both, and 4 % for the finite number."""
    rng = np.random.default_rng(2)
    sets, exact = np.sort(rng.exponential(size=(2_000, 1_000)), axis=0), -np.log1p(-p)
    squares = 2_000 * (np.quantile(sets, p, axis=0) - exact) ** 2
    found = v_of(rng.exponential(size=(N, COORDINATES)), p)
    standard_error = squares.std() / 1_000**0.5
    assert abs(found - squares.mean()) < 4 * standard_error + allowed(p) * found


def test_coordinates_that_do_not_vary_are_left_out():
    values = np.random.default_rng(3).normal(size=(N, 2)) * np.array([1.0, 0.0])
    assert v_of(values, 0.5) == pytest.approx(v_of(values[:, :1], 0.5), rel=1e-9)
    assert v_of(values[:, 1:], 0.5) == 0


def test_the_width_is_hall_and_sheather_s_and_stays_inside():
    """1.96^2 1.5 phi(0)^2 = 0.917084 at the median: h = (0.917084 / n)^1/3."""
    assert bandwidth(10_000, 0.5) == pytest.approx((0.917084 / 10_000) ** (1 / 3), rel=1e-5)
    assert bandwidth(50, 0.995) == pytest.approx(0.0025)

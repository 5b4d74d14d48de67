"""Moments of order statistics against closed forms and sets that are drawn."""

import numpy as np
import pytest

from sgmbench.metrics.cvar import cvar_of_sorted
from sgmbench.statistics.normal_samples import (
    cvar_moments,
    quantile_distance_square,
    quantile_moments,
    sd_power,
    squared_difference,
    standardized_difference,
)


def test_of_three_values_the_largest_and_the_middle_have_closed_forms():
    """E y_(3) = 3 / (2 sqrt pi), E y_(3)^2 = 1 + sqrt 3 / (2 pi); of the median E y^2 = 1 - sqrt 3 / pi."""
    assert quantile_moments(3, 1.0) == pytest.approx((1.5 / np.pi**0.5, 1 + 3**0.5 / (2 * np.pi)), rel=1e-8)
    assert quantile_moments(3, 0.5) == pytest.approx((0.0, 1 - 3**0.5 / np.pi), abs=1e-8)


def test_the_median_of_two_and_the_mean_of_all_but_the_smallest():
    """The first is the mean of both, the second half of -y_(1) of three, whose sum is independent of their spread."""
    assert quantile_moments(2, 0.5) == pytest.approx((0.0, 0.5), abs=1e-3)
    mean, square = cvar_moments(3, 1 / 3)
    assert mean == pytest.approx(0.75 / np.pi**0.5, rel=1e-8)
    assert square == pytest.approx((3 + 1 + 3**0.5 / (2 * np.pi) - 2) / 4, rel=1e-8)


def test_powers_of_a_standard_deviation():
    """E sd^2 = 1, E sd^-2 = nu / (nu - 2), and of two values sd = |y - y'| / sqrt 2."""
    assert sd_power(9, 2) == pytest.approx(1.0, rel=1e-12)
    assert sd_power(9, -2) == pytest.approx(8 / 6, rel=1e-12)
    assert sd_power(2, 1) == pytest.approx((2 / np.pi) ** 0.5, rel=1e-12)


def quantile(sets, p):
    return np.quantile(sets, p, axis=0)


@pytest.mark.parametrize(
    ("statistic", "moments", "p"),
    [
        (quantile, quantile_moments, 0.3),
        (quantile, quantile_moments, 0.975),
        (cvar_of_sorted, cvar_moments, 0.3),
        (cvar_of_sorted, cvar_moments, 0.9),
    ],
)
def test_sets_that_are_drawn_have_these_moments(statistic, moments, p):
    """Of 20,000 sets of 30 rows against others of 45, where a row counts in part: four standard errors."""
    rng = np.random.default_rng(0)
    x, y = (np.sort(rng.standard_normal((rows, 20_000)), axis=0) for rows in (30, 45))
    error, of_x, of_y = statistic(x, p) - statistic(y, p), moments(30, p), moments(45, p)
    for found, expected in (
        (statistic(x, p), of_x.mean),
        (error**2, squared_difference(of_x, of_y)),
        ((error / y.std(axis=0, ddof=1)) ** 2, standardized_difference(of_x, of_y, n=45)),
    ):
        assert abs(found.mean() - expected) < 4 * found.std() / 20_000**0.5


def test_the_distance_of_two_quantiles_is_that_of_sets_that_are_drawn():
    """Of 20,000 sets of 300 rows, in the middle and in the tail."""
    sets = np.sort(np.random.default_rng(1).standard_normal((300, 20_000)), axis=0)
    for low, high in ((0.4, 0.6), (0.96, 0.99)):
        squares = (quantile(sets, high) - quantile(sets, low)) ** 2
        expected = quantile_distance_square(300, low, high)
        assert abs(squares.mean() - expected) < 4 * squares.std() / 20_000**0.5

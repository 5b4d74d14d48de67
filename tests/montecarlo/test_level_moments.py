"""Moments of differences between levels, and their rates."""

import numpy as np
import pytest

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.montecarlo.level_moments import floored, moments, rate

LAYOUT = Layout((Field("q", "V"), Field("u", "W", (Axis("x", "m", (0.0, 1.0, 4.0)),))))
WEIGHTS = np.array([1, 2, 3]) / 6


def test_moments_of_known_rows():
    """q is +-1 about 2; u is q on the grid times 1, 2, 3, so that V is (1 + 2 * 4 + 3 * 9) / 6 times that of q."""
    q = 2 + np.tile([-1.0, 1.0], 50)
    found = moments(np.stack([q, q, 2 * q, 3 * q], axis=1), LAYOUT)
    factor = WEIGHTS @ [1, 4, 9]
    assert factor == 6
    np.testing.assert_allclose(found.variance, np.array([1, factor]) * 100 / 99, rtol=1e-12)
    np.testing.assert_allclose(found.mean_square, np.array([4 - 1 / 99, factor * (4 - 1 / 99)]), rtol=1e-12)
    np.testing.assert_allclose(found.kurtosis, [1, 1], rtol=1e-12)


def test_the_square_of_a_mean_is_estimated_without_bias():
    rng = np.random.default_rng(0)
    rows = np.array([0.5, 0.1, 0.0, -0.2]) + rng.standard_normal((2_000, 5, 4))
    found = np.array([moments(each, LAYOUT).mean_square for each in rows])
    exact = np.array([0.25, WEIGHTS @ [0.01, 0, 0.04]])
    z = (found.mean(axis=0) - exact) / (found.std(axis=0) / np.sqrt(2_000))
    assert np.all(np.abs(z) < 4)
    assert np.any(found < 0)


def test_the_kurtosis_of_rows_that_seldom_differ_is_one_over_their_share():
    """For a share p of ones among zeros it is (1 - 3 p + 3 p^2) / (p (1 - p))."""
    values = np.zeros((1_000, 4))
    values[:2] = 1
    p = 0.002
    np.testing.assert_allclose(moments(values, LAYOUT).kurtosis, (1 - 3 * p + 3 * p**2) / (p * (1 - p)), rtol=1e-12)
    assert np.isnan(moments(np.ones((5, 4)), LAYOUT).kurtosis).all()


def test_a_rate_is_the_exponent_of_a_power_of_two():
    levels = np.arange(5)
    assert rate(3 * 2.0 ** (-1.5 * levels)) == pytest.approx(-1.5, abs=1e-12)
    assert rate(np.array([8.0, 0.0, 2.0, -1.0])) == pytest.approx(-1, abs=1e-12)  # levels 0 and 2
    assert rate(np.array([8.0, 0.0, -2.0])) is None


def test_a_level_whose_few_rows_do_not_differ_is_held_up_by_the_others():
    np.testing.assert_allclose(floored(np.array([1.0, 0.25, 0.0, 0.0])), [1, 0.25, 1 / 32, 1 / 256])
    np.testing.assert_array_equal(floored(np.array([1.0, 0.25, 1 / 16])), [1, 0.25, 1 / 16])
    np.testing.assert_allclose(floored(np.array([1.0, 0.0])), [1, 2**-0.5 / 2])

"""Calibration: moments replaced, nothing else touched."""

import jax
import numpy as np
import pytest
from scipy.stats import kstest

from sgmbench.learning.calibration import average, calibrate, correlation_average, sobol_normal
from sgmbench.learning.conditional_moments import ConditionalMoments, mean_at, sd_at

AT = np.array([0.3, -0.4])
ALONE = {"weights": np.ones(12), "columns": np.arange(12), "ends": np.arange(13)}


def matrix(kernel):
    """K [d, d]."""
    return np.stack([average(kernel, e) for e in np.eye(len(kernel["ends"]) - 1)], axis=1)


@pytest.fixture(scope="module")
def moments(toy):
    return ConditionalMoments().fit(*toy.pairs(400))


@pytest.fixture(scope="module")
def values(toy):
    """Samples at a condition with wrong mean and spread; the last coordinate is constant, and wrong too."""
    rng = np.random.default_rng(1)
    shape = rng.gamma(3.0, size=(1_000, 12)) * 10.0 ** np.arange(-6, 6)
    return np.where(np.arange(12) < 11, shape, 100.1)


def test_the_mean_is_the_wanted_one_when_a_set_calibrates_itself(moments, values):
    kernel = correlation_average(values, np.zeros(12, int))
    made = calibrate(moments, kernel, AT, values, values)
    wanted, spread = mean_at(moments, AT[None])[0], sd_at(moments, AT[None])[0]
    np.testing.assert_allclose(made.mean(axis=0), wanted, rtol=1e-12, atol=1e-9 * spread.max())


def test_so_is_the_standard_deviation_without_averaging_over_coordinates(moments, values):
    made = calibrate(moments, ALONE, AT, values, values)
    np.testing.assert_allclose(made[:, :11].std(axis=0), sd_at(moments, AT[None])[0, :11], rtol=1e-9)


def test_samples_are_affine_images_coordinate_by_coordinate(moments, values):
    made = calibrate(moments, ALONE, AT, values, values[:500])
    standard = [(v - v.mean(axis=0)) / v.std(axis=0) for v in (made[:, :11], values[:, :11])]
    np.testing.assert_allclose(*standard, rtol=1e-6, atol=1e-6)


def test_constant_coordinates_only_shift(moments, values):
    """100.1 is no binary fraction: the mean of equal values differs from them in the last digit."""
    kernel = correlation_average(values, np.zeros(12, int))
    made = calibrate(moments, kernel, AT, values, values)
    np.testing.assert_allclose(made[:, 11], mean_at(moments, AT[None])[0, 11], rtol=1e-14)


def walks(d):
    """Smooth fields, of which one coordinate is constant."""
    rng = np.random.default_rng(2)
    walk = np.cumsum(0.05 * rng.standard_normal((500, d)), axis=1) + rng.standard_normal((500, 1))
    walk[:, 9] = 1.0
    return walk


def test_kernel_rows_are_weights_and_stay_in_their_field():
    field = np.repeat([0, 1], 10)
    kernel = matrix(correlation_average(walks(20), field))
    np.testing.assert_allclose(kernel.sum(axis=1), 1, rtol=1e-12)
    assert (kernel >= 0).all()
    assert (kernel[field[:, None] != field] == 0).all()
    np.testing.assert_array_equal(kernel[9], np.eye(20)[9])
    assert 0.01 < kernel[0, 1] < 1  # neighbors of a smooth field are averaged over


def test_the_kernel_is_the_power_of_the_correlation_up_to_rounding():
    """More coordinates than one block has, most pairs of them correlated too little to be kept."""
    d, field = 600, np.arange(600) // 200
    rng = np.random.default_rng(0)
    smooth = np.exp(-0.5 * (np.subtract.outer(np.arange(d), np.arange(d)) / 20) ** 2)
    values = rng.standard_normal((400, d)) @ smooth
    kernel = correlation_average(values, field)
    full = np.clip(np.corrcoef(values, rowvar=False), 0, 1) ** 64 * (field[:, None] == field)
    full /= full.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(matrix(kernel), full, rtol=1e-9, atol=1e-15)
    assert len(kernel["weights"]) < 0.2 * d**2


def test_the_kernel_leaves_uncorrelated_coordinates_alone():
    kernel = correlation_average(np.random.default_rng(3).standard_normal((500, 8)), np.zeros(8, int))
    np.testing.assert_allclose(matrix(kernel), np.eye(8), atol=1e-12)
    assert len(kernel["weights"]) == 8


@pytest.mark.parametrize("k", [1, 10, 60])
def test_moments_of_the_sobol_set_err_far_less_than_independent_draws(k):
    n = 2_048
    x = sobol_normal(n, k, jax.random.key(0))
    assert abs(x.mean(axis=0)).max() < 0.1 * n**-0.5
    assert abs(x.var(axis=0) - 1).max() < 0.2 * (2 / n) ** 0.5
    assert all(kstest(column, "norm").statistic < 0.1 * n**-0.5 * 1.36 for column in x.T)


def test_the_sobol_set_is_scrambled_by_its_key():
    one, same, other = (sobol_normal(64, 3, jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert abs(one - other).max(axis=0).min() > 0.1
    assert sobol_normal(0, 3, jax.random.key(0)).shape == (0, 3)

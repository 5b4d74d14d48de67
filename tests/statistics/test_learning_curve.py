"""Learning curves: exact on power laws, covering under noise, silent where nothing is to be told."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgmbench.statistics.learning_curve import (
    fit_learning_curve,
    interval_of_runs,
    is_extrapolated,
    width_of_runs,
)

BUDGETS = [250, 1_000, 25_000]


@given(st.floats(1e-3, 1e3), st.floats(0.05, 2.0), st.floats(0.01, 0.5))
def test_an_exact_power_law_is_found_and_inverted(amplitude, exponent, tolerance):
    curve = fit_learning_curve(BUDGETS, [amplitude * N**-exponent for N in BUDGETS])
    assert curve is not None
    assert curve.exponent == pytest.approx(exponent, rel=1e-9)
    assert curve(5_000) == pytest.approx(amplitude * 5_000**-exponent, rel=1e-9)
    runs = curve.runs_needed(tolerance)
    expected = (math.log(amplitude) - 2 * math.log(tolerance)) / exponent
    assert (math.isinf(runs) and expected > 699) or math.log(runs) == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_the_fit_is_of_least_squares_in_logarithms():
    """NumPy's polynomial of degree one is the same line."""
    noisy = np.exp(np.random.default_rng(0).normal(size=3)) / np.array(BUDGETS)
    slope, offset = np.polyfit(np.log(BUDGETS), np.log(noisy), 1)
    curve = fit_learning_curve(BUDGETS, noisy.tolist())
    assert curve is not None
    assert (-curve.exponent, curve.log_amplitude) == pytest.approx((slope, offset))


def test_a_bias_that_does_not_fall_is_never_small():
    curve = fit_learning_curve([100, 200, 400], [0.01, 0.02, 0.03])
    assert curve is not None
    assert curve.exponent < 0
    assert math.isinf(curve.runs_needed(0.5))


@pytest.mark.parametrize("bias2", [[0.0, 0.0, 1.0], [math.inf, 0.0, 1.0], [0.0] * 3])
def test_one_positive_bias_makes_no_curve(bias2):
    assert fit_learning_curve(BUDGETS, bias2) is None
    assert fit_learning_curve([100, 100], [0.1, 0.2]) is None


def test_the_interval_is_student_s_in_the_logarithm():
    low, high = interval_of_runs(4_000.0, [3_900.0, 4_100.0])
    half = 12.7062 * abs(math.log(4_100 / 3_900)) / 2  # s / sqrt(2) of two values is half their distance
    assert (low, high) == pytest.approx((4_000 * math.exp(-half), 4_000 * math.exp(half)), rel=1e-4)
    assert interval_of_runs(4_000.0, [4_000.0]) is None
    assert interval_of_runs(4_000.0, [4_000.0, math.inf]) is None


def test_the_interval_covers_the_runs_needed():
    """Five replicates whose log biases scatter by 20 %: 95 % of 1,000 experiments, within four standard errors."""
    rng, eps, exponent = np.random.default_rng(1), 0.1, 0.5
    truth = (4.0 / eps**2) ** (1 / exponent)
    covered = 0
    for _ in range(1_000):
        noisy = 4.0 * np.array(BUDGETS) ** -exponent * np.exp(0.2 * rng.normal(size=(5, 3)))
        curves = [fit_learning_curve(BUDGETS, row.tolist()) for row in noisy]
        pooled = fit_learning_curve(BUDGETS, np.exp(np.log(noisy).mean(axis=0)).tolist())
        low, high = interval_of_runs(pooled.runs_needed(eps), [curve.runs_needed(eps) for curve in curves])
        covered += low <= truth <= high
    assert abs(covered / 1_000 - 0.95) < 4 * (0.95 * 0.05 / 1_000) ** 0.5


def test_the_width_by_inverse_regression_is_the_spread_of_the_runs_needed():
    """Log biases that scatter by 1 %, 4,000 times: the sd of log N* within 5 %, its standard error being 1.1 %."""
    rng, eps, exponent = np.random.default_rng(2), 0.1, 0.5
    biases = 4.0 * np.array(BUDGETS) ** -exponent
    curve = fit_learning_curve(BUDGETS, biases.tolist())
    noisy = biases * np.exp(0.01 * rng.normal(size=(4_000, 3)))
    logs = [math.log(fit_learning_curve(BUDGETS, row.tolist()).runs_needed(eps)) for row in noisy]
    width = width_of_runs(curve, curve.runs_needed(eps), dict.fromkeys(BUDGETS, 0.01))
    assert width == pytest.approx(np.std(logs), rel=0.05)


def test_what_replicates_share_widens_the_interval_and_a_steady_fall_bounds_it():
    """Half-widths 3 and 4 of the logarithm make 5."""
    each = [math.exp(offset) for offset in (-3 / 12.7062, 3 / 12.7062)]
    low, high = interval_of_runs(1.0, each, shared=4.0)
    assert (math.log(low), math.log(high)) == pytest.approx((-5, 5), rel=1e-5)
    assert interval_of_runs(1.0, each, shared=4.0, steady=1e3) == pytest.approx((low, 1e3))


def test_beyond_a_hundred_times_the_largest_budget_is_extrapolated():
    assert not is_extrapolated(2.5e6, largest=25_000)
    assert is_extrapolated(2.5e6 + 1, largest=25_000)

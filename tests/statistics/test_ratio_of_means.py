"""Fieller's interval covers what it says, touches what it should, and is none where the denominator may be zero."""

import numpy as np
import pytest

from sgmbench.statistics.intervals import t_interval
from sgmbench.statistics.ratio_of_means import fieller_interval


@pytest.mark.parametrize(("mean", "ratio"), [(1.0, 2.0), (-1.0, 0.5), (1.0, -0.3)])
def test_covers_the_ratio_as_often_as_it_says(mean, ratio):
    """Of correlated normal replicates whose denominator is 20 standard deviations from zero."""
    rng, R, trials = np.random.default_rng(0), 5, 2_000
    covered = 0
    for _ in range(trials):
        shared = rng.standard_normal(R)
        y = mean + 0.05 * shared
        x = ratio * mean + 0.03 * shared + 0.04 * rng.standard_normal(R)
        low, high = fieller_interval(x, y)
        covered += low <= ratio <= high
    assert abs(covered / trials - 0.95) < 4 * np.sqrt(0.95 * 0.05 / trials)


def test_at_either_end_the_interval_of_the_difference_touches_zero():
    rng = np.random.default_rng(1)
    x, y = 2 + 0.3 * rng.standard_normal(6), 1 + 0.2 * rng.standard_normal(6)
    low, high = fieller_interval(x, y)
    assert t_interval(x - low * y)[0] == pytest.approx(0, abs=1e-12)
    assert t_interval(x - high * y)[1] == pytest.approx(0, abs=1e-12)
    assert fieller_interval(3 * x, -y) == pytest.approx((-3 * high, -3 * low))


def test_where_the_denominator_may_be_zero_or_is_a_single_one_there_is_none():
    x = np.array([1.0, 1.1, 0.9])
    assert fieller_interval(x, np.array([0.1, -0.1, 0.05])) is None
    assert fieller_interval(x[:1], x[:1]) is None


def test_exact_replicates_have_their_ratio():
    assert fieller_interval(np.full(3, 3.0), np.full(3, 2.0)) == pytest.approx((1.5, 1.5))

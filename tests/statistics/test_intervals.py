"""The t-interval covers what it says, also for few replicates."""

import numpy as np
import pytest

from sgmbench.statistics.intervals import t_half_width, t_interval


@pytest.mark.parametrize("R", [2, 3, 5, 10])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_covers_the_mean_as_often_as_it_says(R, level):
    rng = np.random.default_rng(R)
    intervals = [t_interval(rng.normal(3, 2, R), level=level) for _ in range(1_500)]
    covered = np.mean([low <= 3 <= high for low, high in intervals])
    assert abs(covered - level) < 4 * np.sqrt(level * (1 - level) / 1_500)


def test_follows_shift_and_scale():
    values = np.random.default_rng(0).standard_normal(6)
    low, high = t_interval(values)
    assert t_interval(7 - 2 * values) == pytest.approx((7 - 2 * high, 7 - 2 * low))
    assert high - low == pytest.approx(2 * t_half_width(values))


def test_one_replicate_has_no_interval():
    assert t_interval(np.array([1.0])) is None

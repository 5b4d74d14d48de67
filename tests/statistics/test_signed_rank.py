"""Hodges and Lehmann's interval: exact for symmetric laws of any tails, moved and stretched as the numbers are."""

import itertools

import numpy as np
import pytest

from sgmbench.statistics.intervals import t_interval
from sgmbench.statistics.signed_rank import center, center_interval


def test_the_interval_is_exact_by_all_patterns_of_signs():
    """Of given distances from the center each pattern of signs is as likely: the share that misses it is counted."""
    distances = np.array([0.1, 0.35, 0.7, 1.3, 2.1, 9.0, 1e3, 1e4])
    for level in (0.95, 0.98):
        misses = []
        for signs in itertools.product((-1, 1), repeat=len(distances)):
            low, high = center_interval(np.array(signs) * distances, level=level)
            misses.append(not low <= 0 <= high)
        assert 0 < np.mean(misses) <= 1 - level
    assert np.mean(misses) == 2 * 2 / 2**8  # T is 0 or 1: at level 0.98 four patterns of 256


def test_of_heavy_tails_it_is_shorter_than_students_and_of_normal_ones_hardly_longer():
    rng = np.random.default_rng(0)
    for draw, low, high in ((rng.standard_normal, 1.0, 1.1), (rng.standard_cauchy, 0.0, 0.6)):
        lengths = np.array(
            [
                [np.ptp(each(draw_n)) for each in (center_interval, t_interval)]
                for draw_n in (draw(20) for _ in range(400))
            ]
        )
        assert low < np.median(lengths[:, 0] / lengths[:, 1]) < high


def test_it_moves_and_stretches_with_the_numbers():
    x = np.random.default_rng(1).standard_cauchy(12)
    low, high = center_interval(x)
    assert center_interval(3 - 2 * x) == pytest.approx((3 - 2 * high, 3 - 2 * low))
    assert center(3 - 2 * x) == pytest.approx(3 - 2 * center(x))


def test_so_few_numbers_admit_no_interval():
    """The extremes of five miss the center in one of sixteen, of six in one of 32."""
    assert center_interval(np.arange(5.0)) is None
    assert center_interval(np.arange(6.0)) == (0.0, 5.0)
    assert center(np.array([1.0, 2.0, 9.0])) == 3.5

import math

import numpy as np
import pytest

from sgmbench.statistics.paired import paired_difference


def test_the_standard_error_is_that_of_the_differences_and_covers_like_one():
    """What both have in common cancels, however large it is: 95 % of the intervals hold the true difference."""
    rng = np.random.default_rng(0)
    within = []
    for _ in range(2_000):
        common = 100 * rng.standard_normal(200)
        found = paired_difference(common + 0.3 + rng.standard_normal(200), common + rng.standard_normal(200))
        assert found.standard_error == pytest.approx(np.sqrt(2 / 200), rel=0.3)
        within.append(abs(found.mean - 0.3) < 1.96 * found.standard_error)
    assert np.mean(within) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2_000))


def test_a_method_is_exactly_itself_and_a_single_case_has_no_error():
    values = np.random.default_rng(1).standard_normal(7)
    assert paired_difference(values, values) == (0.0, 0.0)
    single = paired_difference(values[:1], values[1:2])
    assert single.mean == values[0] - values[1]
    assert math.isnan(single.standard_error)

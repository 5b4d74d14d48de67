import math

import numpy as np
import pytest

from sgmbench.statistics.paired import paired_difference, paired_ratio, sign_flip_p


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


def test_a_ratio_is_the_same_in_any_unit_and_turns_over():
    rng = np.random.default_rng(2)
    a, b = rng.lognormal(size=(2, 8))
    found, scaled, turned = paired_ratio(a, b), paired_ratio(1e6 * a, 1e6 * b), paired_ratio(b, a)
    assert scaled == pytest.approx(found)
    assert (turned.value, turned.low, turned.high) == pytest.approx((1 / found.value, 1 / found.high, 1 / found.low))
    assert turned.p == pytest.approx(found.p)


def test_the_interval_of_a_ratio_covers_and_its_p_is_uniform():
    """Log-normal errors, true ratio 2, five replicates: 95 % of intervals hold it, and p of a true ratio 1 is flat."""
    rng = np.random.default_rng(3)
    within, p = [], []
    for _ in range(2_000):
        hard = rng.lognormal(sigma=2.0, size=5)
        a, b = (hard * rng.lognormal(sigma=0.4, size=5) for _ in range(2))
        found = paired_ratio(2 * a, b)
        within.append(found.low < 2 < found.high)
        p.append(paired_ratio(a, b).p)
    bound = 4 * np.sqrt(0.95 * 0.05 / 2_000)
    assert np.mean(within) == pytest.approx(0.95, abs=bound)
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=bound)


def test_of_one_case_there_is_a_ratio_and_no_more_and_of_zeros_nothing():
    single = paired_ratio(np.array([3.0]), np.array([2.0]))
    assert single.value == pytest.approx(1.5)
    assert np.isnan([single.low, single.high, single.p]).all()
    assert np.isnan(paired_ratio(np.array([0.0, 1.0]), np.array([1.0, 1.0]))).all()


def test_five_differences_of_one_sign_have_the_smallest_p_there_is():
    assert sign_flip_p(np.array([0.1, 2.0, 0.3, 1.0, 0.7])) == 2 / 2**5
    assert sign_flip_p(np.array([1.0, -1.0])) == 1.0
    assert sign_flip_p(np.zeros(4)) == 1.0


def test_sign_flips_reject_at_their_level():
    """Of symmetric differences p <= 1/8 in one of eight cases: 2^6 patterns make it exact."""
    rng = np.random.default_rng(4)
    p = np.array([sign_flip_p(rng.standard_t(2, size=6)) for _ in range(4_000)])
    assert np.mean(p <= 1 / 8) == pytest.approx(1 / 8, abs=4 * np.sqrt(7 / 64 / 4_000))


def test_too_many_cases_to_flip_are_refused():
    with pytest.raises(ValueError, match=r"17 cases have too many patterns of signs; give 16 at most"):
        sign_flip_p(np.ones(17))

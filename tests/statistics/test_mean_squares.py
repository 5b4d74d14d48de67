"""The interval of a mean square holds what it says, where Student's does not."""

import numpy as np
import pytest
from scipy.stats import chi2
from scipy.stats import t as student

from sgmbench.statistics.intervals import t_interval
from sgmbench.statistics.mean_squares import mean_square_interval, replicates_below


@pytest.mark.parametrize("bias", [0.0, 1.0, 5.0])
@pytest.mark.parametrize(("replicates", "numbers"), [(2, 1), (3, 1), (5, 1), (3, 4), (5, 32)])
def test_the_upper_end_is_seldom_below_the_mean(replicates, numbers, bias):
    """Of squares of normal errors of sd 1, 4,000 times: 7.1 % at most (one number, no bias), and 4 standard errors."""
    errors = np.random.default_rng(1).normal(bias, 1, (4_000, replicates, numbers))
    ends = [mean_square_interval(each)[1] for each in np.mean(errors**2, axis=2)]
    assert np.mean(np.array(ends) < 1 + bias**2) < 0.071 + 4 * (0.07 / 4_000) ** 0.5


def test_student_s_interval_of_few_squares_ends_below_the_mean_three_times_as_often():
    squares = np.random.default_rng(2).normal(size=(4_000, 5)) ** 2
    student, own = ([f(each)[1] < 1 for each in squares] for f in (t_interval, mean_square_interval))
    assert np.mean(student) == pytest.approx(0.17, abs=4 * (0.17 / 4_000) ** 0.5)
    assert np.mean(own) < np.mean(student) / 2.5


def test_the_ends_by_hand():
    """Squares 1 and 3: m = 2, s^2 = 2, c = (1 * 2/4 + 2 * 2)/3 = 1.5, nu = 4/1.5; by logarithms far wider.

    Of 9, 10 and 11: by logarithms t l / 3^1/2 of 4.3027 * 0.100366 / 1.73205, far narrower than chi-square.
    """
    nu = 8 / 3
    expected = nu * 2 / chi2.ppf([0.975, 0.025], nu)
    assert mean_square_interval(np.array([1.0, 3.0])) == pytest.approx(expected)
    width = np.exp(4.30265 * 0.100366 / 3**0.5)
    assert mean_square_interval(np.array([9.0, 10.0, 11.0])) == pytest.approx((10 / width, 10 * width), rel=1e-4)


def test_what_is_no_square_has_student_s_interval_and_a_single_square_has_none():
    """D2 of energy may be below zero, its mean likewise."""
    for values in (np.array([-1.0, 0.0, 0.5]), np.array([-1.0, 0.1, 1.0])):
        assert mean_square_interval(values) == t_interval(values)
        assert mean_square_interval(values)[1] < 1e6 * abs(values.mean())
    assert mean_square_interval(np.array([1.0])) is None


def test_errors_that_agree_close_the_interval():
    assert mean_square_interval(np.full(5, 2.0)) == pytest.approx((2.0, 2.0))


def test_the_number_of_replicates_that_tell_is_the_first_whose_interval_ends_below():
    values = np.array([0.01, 0.02, 0.06])
    R = replicates_below(values, 0.05)
    c = (2 * np.var(values, ddof=1) / 0.03**2 + 4) / 4
    chi = [2 * n / c * 0.03 / chi2.ppf(0.025, 2 * n / c) for n in (R, R - 1)]
    log = [0.03 * np.exp(student.ppf(0.975, n - 1) * np.std(np.log(values), ddof=1) / n**0.5) for n in (R, R - 1)]
    first, before = np.minimum(chi, log)
    assert first < 0.05 <= before
    assert replicates_below(np.array([-1.0, 1.0]), 0.1) == next(
        n for n in range(2, 1_000) if student.ppf(0.975, n - 1) * 2**0.5 / n**0.5 < 0.1
    )
    assert replicates_below(values, 0.03) is None
    assert replicates_below(values, 0.03 + 1e-6) is None


def test_errors_at_conditions_that_go_together_are_no_more_numbers():
    """Means over 32 errors of one fit, of correlation a half: the upper end is below the truth in 11 % at most."""
    rng = np.random.default_rng(4)
    shared, own = rng.normal(size=(2_000, 3, 1)), rng.normal(size=(2_000, 3, 32))
    squares = np.mean((0.5**0.5 * shared + 0.5**0.5 * own) ** 2, axis=2)
    assert np.mean([mean_square_interval(each)[1] < 1 for each in squares]) < 0.11 + 4 * (0.1 / 2_000) ** 0.5

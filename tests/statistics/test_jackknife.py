import numpy as np
import pytest
from scipy.special import digamma

from sgmbench.statistics.jackknife import log_pseudo_values
from sgmbench.statistics.paired import paired_ratio


def test_an_error_that_does_not_scatter_is_its_own_log():
    assert log_pseudo_values(np.full((4, 1), 0.3)) == pytest.approx(np.full(4, np.log(0.3)), rel=1e-12)
    assert log_pseudo_values(np.array([[0.2, 0.7]])) == pytest.approx([np.log(0.2 * 0.7) / 2])


def test_two_replicates_have_their_closed_form():
    """P_1 = 2 log (e_1 + e_2) / 2 - log e_2."""
    first, second = log_pseudo_values(np.array([[1.0], [3.0]]))
    assert first == pytest.approx(2 * np.log(2) - np.log(3))
    assert second == pytest.approx(2 * np.log(2))


def test_a_unit_is_a_shift_and_conditions_are_averaged():
    errors = np.random.default_rng(0).gamma(1.0, size=(5, 3))
    found = log_pseudo_values(errors)
    assert log_pseudo_values(errors * [1e3, 1e-6, 7.0]) == pytest.approx(found + np.log(7e-3) / 3)
    assert found == pytest.approx(np.mean([log_pseudo_values(errors[:, [c]]) for c in range(3)], axis=0))
    assert log_pseudo_values(errors[::-1]) == pytest.approx(found[::-1])


def test_most_of_the_bias_of_a_log_is_taken_out():
    """Chi-squares of mean 1 have a mean log of -1.27, that of their mean over R is digamma(R/2) + log(2/R)."""

    def log_of_mean(R):
        return digamma(R / 2) + np.log(2 / R)

    expected = 5 * log_of_mean(5) - 4 * log_of_mean(4)
    assert abs(expected) < 0.02
    rng = np.random.default_rng(1)
    found = [log_pseudo_values(rng.chisquare(1, size=(5, 1))).mean() for _ in range(5_000)]
    assert abs(np.mean(found) - expected) < 4 * np.std(found) / np.sqrt(len(found))


def test_the_interval_of_a_ratio_of_expected_errors_covers():
    """Errors with the spread of one-dimensional energy distances, four conditions, five replicates, true ratio 2."""
    rng = np.random.default_rng(2)
    weights = np.arange(1, 31) ** -2.0 / np.sum(np.arange(1, 31) ** -2.0)
    within = []
    for _ in range(2_000):
        shared, *own = (rng.chisquare(1, size=(5, 4, 30)) @ weights for _ in range(3))
        a, b = (np.exp(log_pseudo_values((shared + each) / 2)) for each in own)
        found = paired_ratio(2 * a, b)
        within.append(found.low < 2 < found.high)
    assert np.mean(within) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2_000))


def test_what_is_not_positive_has_no_log():
    """A single estimate may be negative, the mean without some replicate may not."""
    assert np.isfinite(log_pseudo_values(np.array([[-0.1], [1.0], [1.0]]))).all()
    assert np.isnan(log_pseudo_values(np.array([[0.0], [1.0]]))).all()
    assert np.isnan(log_pseudo_values(np.array([[-3.0], [1.0], [1.0]]))).all()

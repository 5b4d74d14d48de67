"""Holm's correction: a known case, its bound, and its level."""

import numpy as np
import pytest

from sgmbench.statistics.holm import holm


def test_a_case_worked_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_one_test_stays_as_it_is_and_none_exceeds_one():
    assert holm(np.array([0.3])) == pytest.approx([0.3])
    assert holm(np.array([0.9, 0.8, 0.7])).max() == 1.0


def test_lies_between_no_correction_and_bonferroni():
    p = np.random.default_rng(0).uniform(size=(200, 7))
    adjusted = np.array([holm(each) for each in p])
    assert np.all(adjusted >= p)
    assert np.all(adjusted <= np.minimum(1, 7 * p))


def test_a_test_that_could_not_be_made_counts_among_them():
    adjusted = holm(np.array([0.01, np.nan]))
    assert adjusted[0] == pytest.approx(0.02)
    assert np.isnan(adjusted[1])


def test_five_true_hypotheses_are_rejected_together_in_five_of_a_hundred_cases():
    """The smallest of five uniform p, times five, is below alpha with probability 1 - (1 - alpha/5)^5."""
    rng = np.random.default_rng(1)
    rejected = np.mean([holm(rng.uniform(size=5)).min() < 0.05 for _ in range(20_000)])
    exact = 1 - (1 - 0.05 / 5) ** 5
    assert rejected == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))

"""Moderated variances: their limits, and the level of the test that they are for."""

import numpy as np
import pytest
from scipy.stats import t as student

from sgmbench.statistics.moderated_variances import moderated_variances


def test_variances_that_scatter_no_more_than_chance_are_pooled():
    """Equal ones are the extreme case; no row has more degrees of freedom than all have together."""
    found = moderated_variances(np.full(5, 2.0), np.full(5, 3.0))
    assert found.variances == pytest.approx(np.full(5, 2.0), rel=1e-5)
    assert found.freedom == pytest.approx(np.full(5, 15.0))


def test_variances_of_different_orders_gain_no_degrees_of_freedom():
    """And the largest ones, which the others tell nothing of, stay what they are."""
    s2 = 10.0 ** np.arange(-20, 21, 10)
    found = moderated_variances(s2, np.full(5, 4.0))
    assert found.freedom == pytest.approx(np.full(5, 4.0), rel=0.02)
    assert found.variances[-2:] == pytest.approx(s2[-2:], rel=0.02)


def test_one_row_and_rows_without_variance_stay_as_they_are():
    """And rows that do not vary say nothing about the others."""
    alone = moderated_variances(np.array([2.0, 0.0]), np.array([4.0, 4.0]))
    assert (alone.variances.tolist(), alone.freedom.tolist()) == ([2.0, 0.0], [4.0, 4.0])
    with_zero = moderated_variances(np.array([1.0, 0.0, 3.0]), np.full(3, 4.0))
    without = moderated_variances(np.array([1.0, 3.0]), np.full(2, 4.0))
    assert with_zero.variances[[0, 2]] == pytest.approx(without.variances)
    assert (with_zero.variances[1], with_zero.freedom[1]) == (0.0, 4.0)


def test_the_prior_is_found_again():
    """Of variances drawn from s_0^2 d_0 / chi^2(d_0) with d_0 = 6 and s_0^2 = 4: d_0 to 20 %, s_0^2 to 5 %."""
    rng, d0, d, m = np.random.default_rng(0), 6.0, 4.0, 20_000
    true = 4.0 * d0 / rng.chisquare(d0, m)
    found = moderated_variances(true * rng.chisquare(d, m) / d, np.full(m, d))
    assert found.freedom[0] - d == pytest.approx(d0, rel=0.2)
    s2 = true * 0 + found.variances  # v_i has the mean of the true variance given s_i^2, up to its prior's own mean
    assert np.mean(1 / s2) == pytest.approx(np.mean(1 / true), rel=0.05)


@pytest.mark.parametrize("d0", [4.0, np.inf])
def test_the_moderated_test_has_its_level_far_into_the_tail(d0):
    """At .001 one-sided, of 2,000 rows of three replicates, within four standard errors of a binomial count."""
    rng, R, m, trials, level = np.random.default_rng(1), 3, 2_000, 30, 1e-3
    alarms = 0
    for _ in range(trials):
        true = np.ones(m) if np.isinf(d0) else d0 / rng.chisquare(d0, m)
        rows = rng.standard_normal((m, R)) * np.sqrt(true)[:, None]
        v, freedom = moderated_variances(rows.var(axis=1, ddof=1), np.full(m, R - 1.0))
        alarms += int(np.sum(rows.mean(axis=1) / np.sqrt(v / R) > student.isf(level, freedom)))
    expected = trials * m * level
    assert abs(alarms - expected) < 4 * np.sqrt(expected)

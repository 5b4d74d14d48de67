"""The test has the size that it claims whatever law the rows are of, and finds rows that were copied."""

import numpy as np
import pytest
from scipy.spatial import KDTree
from scipy.stats import binom, kstest, mannwhitneyu

from sgmbench.learning.membership import membership

LEVEL = 0.01
TRIALS = 150


def laws(rng, k):
    """Scales of laws that are right, too narrow and too wide, and of one far off."""
    yield from np.array([1.0, 0.95, 1.1])[:, None] * np.ones(k)
    yield 3 * rng.random(k) ** 2


def p_values(trials, k, *, n, h, g):
    """Of each law in turn, all rows anew in each trial."""
    rng = np.random.default_rng([k, n, h])
    for _ in range(trials):
        members, others = (rng.standard_normal((rows, k)) for rows in (n, h))
        yield [membership(scale * rng.standard_normal((g, k)), members, others) for scale in laws(rng, k)]


@pytest.mark.parametrize("k", [2, 8, 32])
@pytest.mark.parametrize(("n", "h"), [(19, 1), (48, 2), (95, 5), (90, 30)])
def test_false_alarms_are_no_more_than_claimed_for_any_law(n, h, k):
    """More alarms than this in 150 trials have a probability below 1e-4. A lone row among 19 cannot raise one."""
    found = np.array(list(p_values(TRIALS, k, n=n, h=h, g=60)))
    most = binom.isf(1e-4, TRIALS, LEVEL) if h > 1 else 0
    assert ((found < LEVEL).sum(axis=0) <= most).all()
    assert ((found < 0.25).sum(axis=0) <= binom.isf(1e-4, TRIALS, 0.25)).all()


def test_p_values_are_uniform_where_rows_are_many():
    found = np.array(list(p_values(200, 4, n=200, h=60, g=100)))
    assert all(kstest(column, "uniform").pvalue > 1e-3 for column in found.T)


@pytest.mark.parametrize("k", [2, 8, 32])
@pytest.mark.parametrize(("n", "h"), [(48, 2), (95, 5)])
def test_half_of_the_rows_copied_are_found(n, h, k):
    """In 39 of 40 trials at least."""
    rng, found = np.random.default_rng([k, n]), []
    for _ in range(40):
        members, others, fresh = (rng.standard_normal((rows, k)) for rows in (n, h, 500))
        copies = members[rng.integers(0, n, 500)]
        found.append(membership(np.concatenate([fresh, copies]), members, others))
    assert np.mean(np.array(found) < LEVEL) >= 39 / 40


def test_it_is_the_rank_test_of_distances_to_the_nearest_generated_row():
    """More rows than one block has, and few enough for the exact law of ranks."""
    rng = np.random.default_rng(0)
    for n, h in ((600, 60), (300, 5)):
        members, others, generated = (rng.standard_normal((rows, 3)) for rows in (n, h, 200))
        near = [KDTree(generated).query(rows)[0] for rows in (members, others)]
        assert membership(generated, members, others) == pytest.approx(mannwhitneyu(*near, alternative="less").pvalue)


def test_equal_distances_count_against_the_alarm():
    """All rows alike, or all of them generated: with no order between them the p-value is 1."""
    rows = np.random.default_rng(0).standard_normal((40, 3))
    assert membership(rows, rows[:30], rows[30:]) == pytest.approx(1, abs=1e-4)
    assert membership(rows[:, :0], rows[:30, :0], rows[30:, :0]) == pytest.approx(1, abs=1e-4)


def test_a_lone_row_is_the_farthest_by_chance_once_in_n_plus_one():
    rows = np.random.default_rng(0).standard_normal((19, 3))
    assert membership(rows, rows, np.full((1, 3), 9.0)) == pytest.approx(1 / 20)


def test_rows_that_are_not_finite_are_not_used():
    rng = np.random.default_rng(0)
    members, others, generated = (rng.standard_normal((rows, 3)) for rows in (90, 20, 50))
    broken = np.concatenate([generated, np.full((5, 3), np.nan), np.full((5, 3), np.inf)])
    assert membership(broken, members, others) == membership(generated, members, others)
    assert np.isnan(membership(broken[50:], members, others))

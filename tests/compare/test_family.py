"""How often equal code raises an alarm, and which losses are found: from numbers alone."""

import numpy as np
import pytest

from sgmbench.compare.decision import more_replicates
from sgmbench.compare.family import ACCURACY_LEVEL, adjusted_p
from sgmbench.compare.judge import Estimate, judge, judge_squares

MARGIN = 0.1


def regressions(family: list[Estimate]) -> list[bool]:
    p = adjusted_p(family)
    return [each.place == "beyond" and level <= ACCURACY_LEVEL for each, level in zip(family, p, strict=True)]


def logs(rng, *, rows, replicates, shared, low=0.05, high=0.3):
    """Log ratios of equal code: spreads from low to high, and a share of the variance that all rows have in common."""
    sd = np.exp(rng.uniform(np.log(low), np.log(high), rows))[:, None]
    own, common = rng.standard_normal((rows, replicates)), rng.standard_normal(replicates)
    return sd * (np.sqrt(1 - shared) * own + np.sqrt(shared) * common)


def test_equal_code_raises_an_alarm_in_one_comparison_of_a_hundred_at_most():
    """Ten rows of the primary metric and forty others; replicates are independent, as after a change of all keys."""
    rng, comparisons, alarms = np.random.default_rng(0), 100, 0
    cases = [(replicates, shared) for replicates in (3, 5) for shared in (0.0, 0.5)]
    for replicates, shared in comparisons * cases:
        found = False
        for rows in (10, 40):
            ratios = logs(rng, rows=rows, replicates=replicates, shared=shared)
            found |= any(regressions([judge(x, MARGIN) for x in ratios]))
        alarms += found
    assert alarms <= 0.01 * comparisons * len(cases)


def test_a_loss_of_thirty_percent_is_found_by_five_replicates():
    """In nine of ten comparisons, of a method whose log ratio varies as the nine others do, by up to 0.08."""
    rng, comparisons, found = np.random.default_rng(1), 200, 0
    for _ in range(comparisons):
        rows = logs(rng, rows=10, replicates=5, shared=0.0, low=0.08, high=0.08)
        rows[0] += np.log(1.3)
        found += regressions([judge(x, MARGIN) for x in rows])[0]
    assert found >= 0.9 * comparisons


def test_a_row_that_a_change_does_not_reach_costs_nothing():
    """The p of one that differs is the same beside a thousand that do not."""
    worse = judge(np.array([0.3, 0.32, 0.31]), MARGIN)
    same = judge(np.zeros(3), MARGIN)
    assert adjusted_p([worse])[0] == adjusted_p([worse, *[same] * 1_000])[0]
    assert adjusted_p([same, judge(np.array([1.0]), MARGIN)]).tolist() == [1.0, 1.0]


def test_what_is_significant_and_within_the_margin_is_no_regression():
    family = [judge(np.array([0.05, 0.051, 0.052]), MARGIN)]
    assert adjusted_p(family)[0] < ACCURACY_LEVEL
    assert (family[0].place, regressions(family)) == ("within", [False])


def test_squares_have_variances_of_their_own():
    """Whose units do not matter: p is the same for squares a million times as large."""
    old, new = np.array([0.1, -0.1, 0.0, 0.05]), np.array([0.5, 0.4, 0.55, 0.5])
    other = judge_squares(1e6 * old, 1e6 * new, MARGIN)
    p = adjusted_p([judge_squares(old, new, MARGIN), other, judge(np.array([0.1, 0.4, 0.2]), MARGIN)])
    assert p[0] == pytest.approx(p[1])


def test_as_many_replicates_more_as_are_said_do_decide():
    """With the mean and the spread that were seen, and one fewer does not."""
    x = np.array([0.02, 0.06, -0.02, 0.14, -0.08])
    more = more_replicates(judge(x, MARGIN), level=ACCURACY_LEVEL)
    assert more == 3
    for extra, place in ((more, "within"), (more - 1, "across")):
        R = len(x) + extra
        z = np.linspace(-1, 1, R)
        same = x.mean() + x.std(ddof=1) * z / z.std(ddof=1)
        assert judge(same, MARGIN).place == place


def test_a_regression_that_awaits_its_family_needs_more_than_one_whose_interval_is_wide():
    x = np.array([0.25, 0.31, 0.28])
    beyond = judge(x, MARGIN)
    assert beyond.place == "beyond"
    assert more_replicates(beyond, level=1e-2) == 1
    assert more_replicates(beyond, level=1e-6) == 4


def test_one_replicate_and_a_mean_at_the_margin_tell_no_number():
    assert more_replicates(judge(np.array([0.5]), MARGIN), level=ACCURACY_LEVEL) is None
    at_margin = np.log(1.1) + np.array([-0.2, 0.2, 1e-6])
    assert more_replicates(judge(at_margin, MARGIN), level=ACCURACY_LEVEL) is None

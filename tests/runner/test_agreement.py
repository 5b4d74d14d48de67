"""Two sets of scores differ by rounding, by more, or not at all."""

import math

import pytest

from sgmbench.runner.agreement import ROUNDING, Difference, differences

TOLD = {"all": {"energy": {"d2": 1e-6, "mu": 2.0}, "mean": {"u": 0.5}}}


def changed(metric, part, value):
    return {"all": {name: parts | ({part: value} if name == metric else {}) for name, parts in TOLD["all"].items()}}


def test_the_same_scores_do_not_differ():
    assert differences(TOLD, changed("mean", "u", 0.5)) == []
    assert differences({"all": {"mean": {"u": None}}}, {"all": {"mean": {"u": math.nan}}}) == []


@pytest.mark.parametrize(("share", "is_rounding"), [(0.5, True), (2.0, False)])
def test_what_is_left_of_a_difference_is_measured_by_what_it_came_from(share, is_rounding):
    """d2 is 1e-6 after sums of size mu = 2: an error of 2e-9 there is one of its 500th, and is rounding."""
    step = share * ROUNDING * 2.0
    (found,) = differences(TOLD, changed("energy", "d2", 1e-6 + step))
    assert found.relative == pytest.approx(share * ROUNDING, rel=1e-6)
    assert found.is_rounding == is_rounding
    (alone,) = differences(TOLD, changed("mean", "u", 0.5 * (1 + share * ROUNDING)))
    assert alone.is_rounding == is_rounding


def test_a_score_that_one_lacks_differs_by_infinity():
    missing = {"all": {"energy": TOLD["all"]["energy"]}}
    assert differences(TOLD, missing) == [Difference("all", "mean/u", 0.5, None, math.inf)]
    assert differences(missing, TOLD) == [Difference("all", "mean/u", None, 0.5, math.inf)]
    assert differences(TOLD, changed("mean", "u", math.inf)) == [Difference("all", "mean/u", 0.5, None, math.inf)]


def test_the_largest_difference_comes_first():
    other = {"all": {"energy": {"d2": 1e-6, "mu": 2.2}, "mean": {"u": 1.0}}}
    assert [each.score for each in differences(TOLD, other)] == ["mean/u", "energy/mu"]

"""How long the rest takes, of units that take as long as those before."""

import pytest

from sgmbench.cli.time_left import TimeLeft


def told(*progress, total=10):
    left = TimeLeft()
    return [left.told(done, total, now) for done, now in progress]


def test_equal_units_leave_in_proportion():
    assert told((0, 100.0), (1, 103.0), (2, 106.0), (6, 118.0)) == [None, 27.0, 24.0, 12.0]


def test_units_that_were_found_finished_tell_nothing():
    assert told((0, 0.0), (4, 0.01), (5, 2.01), (6, 6.01)) == [None, None, pytest.approx(10.0), pytest.approx(12.0)]


def test_another_round_begins_anew():
    assert told((0, 0.0), (5, 5.0), (0, 6.0), (1, 8.0)) == [None, 5.0, None, 18.0]


def test_nothing_is_left_at_the_end():
    assert told((0, 0.0), (10, 5.0))[-1] == 0


def test_unequal_units_leave_what_was_planned_of_them():
    left = TimeLeft([1.0, 1.0, 8.0])
    assert [left.told(done, 3, float(done)) for done in range(4)] == [10.0, 9.0, 8.0, 0.0]


def test_the_pace_that_is_found_takes_over_from_the_plan_as_more_is_done():
    left, thrice = TimeLeft([2.0] * 10), TimeLeft([2.0] * 10)
    assert [left.told(done, 10, 2.0 * done) for done in (0, 1, 9)] == [20.0, 18.0, 2.0]
    told = [thrice.told(done, 10, 6.0 * done) for done in (0, 1, 9)]
    assert told == [20.0, pytest.approx(18 * (6 + 2) / (2 + 2)), pytest.approx(2 * (54 + 2) / (18 + 2))]


def test_a_plan_of_another_number_of_units_is_none():
    assert [TimeLeft([1.0]).told(0, 3, 0.0), TimeLeft([0.0, 0.0]).told(0, 2, 0.0)] == [None, None]

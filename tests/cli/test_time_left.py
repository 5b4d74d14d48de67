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

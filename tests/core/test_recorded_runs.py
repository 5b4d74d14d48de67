"""Recorded runs are handed out as they are; none is made."""

from dataclasses import dataclass

import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Field, Layout
from sgmbench.core.prepare import MakesRuns, prepare
from sgmbench.core.problem import Pool, Recorded
from sgmbench.core.rng import stream
from sgmbench.errors import CellError


@dataclass(frozen=True)
class Five(Recorded):
    """Five rows, the fourth of them failed."""

    parameters = ()
    layout = Layout((Field("y", "-"),))
    held_out_runs = 1
    samples_a_pair = 1
    content = "five"

    @property
    def pool(self):
        return Pool(np.zeros((5, 0)), np.array([[0.0], [1.0], [2.0], [np.nan], [4.0]]))


def test_the_first_rows_are_handed_out_and_no_time_is_booked():
    clock = Clock()
    runs = prepare(Five(), clock, at_condition=False)(4, key=stream(0, "any"))
    np.testing.assert_array_equal(runs.y[:, 0], [0, 1, 2, np.nan])
    assert (runs.executed, runs.failed, sum(runs.seconds.values())) == (4, 1, 0)


def test_what_has_not_been_recorded_is_refused():
    recorded = prepare(Five(), Clock(), at_condition=False)
    assert isinstance(recorded, MakesRuns)
    with pytest.raises(CellError, match=r"^6 runs are asked for and 5 are recorded; ask for no more than these$"):
        recorded(6, key=stream(0, "any"))
    words = "recorded runs cannot be made again at points of a method's choice; choose a method that learns from runs"
    with pytest.raises(CellError, match=f"^{words}$"):
        recorded.at(np.zeros((2, 0)))
    words = "recorded runs cannot be made again at a condition; choose a method that learns from runs"
    with pytest.raises(CellError, match=f"^{words}$"):
        prepare(Five(), Clock(), at_condition=True)

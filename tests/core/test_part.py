from dataclasses import dataclass

import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Field, Layout
from sgmbench.core.part import held_out, part_of, runs, runs_each, training
from sgmbench.core.prepare import prepare
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Pool, Recorded
from sgmbench.core.rng import stream
from sgmbench.errors import CellError


@dataclass(frozen=True)
class Counted(Recorded):
    """Row i of z and of y is i; every seventh run failed."""

    n: int = 103
    held_out_runs: int = 40
    samples_a_pair: int = 8
    content: str = "counted"

    parameters = (Parameter("i", "-", Uniform(0.0, 103.0)),)
    layout = Layout((Field("i", "-"),))

    @property
    def pool(self):
        i = np.arange(self.n, dtype=float)[:, None]
        return Pool(i, np.where(i % 7 == 6, np.nan, i))


def rows(part):
    return set(part.pool.z[:, 0].tolist())


@pytest.mark.parametrize("replicates", [1, 2, 5, 63])
def test_what_is_held_out_and_what_replicates_have_is_disjoint(replicates):
    problem = Counted()
    parts = [rows(runs(problem, r, replicates)) for r in range(replicates)]
    assert {len(part) for part in parts} == {63 // replicates} == {runs_each(problem, replicates)}
    assert len(set.union(*parts)) == sum(map(len, parts))
    assert rows(held_out(problem)) == set(range(40))
    assert set.union(*parts) <= rows(training(problem)) == set(range(40, 103))


def test_a_part_is_the_problem_with_fewer_rows_and_known_by_its_name():
    problem = Counted()
    part = part_of(problem, "runs", 1, 3)
    assert part == runs(problem, 1, 3)
    assert hash(part) == hash(runs(problem, 1, 3)) != hash(runs(problem, 2, 3))
    assert (part.parameters, part.layout, part.content) == (problem.parameters, problem.layout, problem.content)
    assert (part.samples_a_pair, part.held_out_runs, part.germ_dimension) == (8, 0, 0)
    assert part_of(problem, "held_out") == held_out(problem)
    assert part_of(problem, "training") == training(problem)


def test_runs_are_the_first_rows_whatever_the_stream_and_failed_ones_are_counted():
    part = training(Counted())
    make = prepare(part, Clock(), at_condition=False)
    few, many = make(10, key=stream(0, "a")), make(30, key=stream(1, "b"))
    np.testing.assert_array_equal(few.z[:, 0], np.arange(40, 50))
    np.testing.assert_array_equal(many.y[:10], few.y)
    assert (few.failed, many.failed) == (2, 5)  # 41 and 48; 55, 62 and 69 too
    assert few.executed == 10
    assert set(few.seconds.values()) == {0.0}


def test_runs_that_are_not_there_are_refused():
    with pytest.raises(CellError, match=r"^64 runs are asked for and 63 are recorded; ask for no more than these$"):
        prepare(training(Counted()), Clock(), at_condition=False)(64, key=stream(0, "a"))
    with pytest.raises(
        CellError, match="recorded runs cannot be made again at a condition; choose a method that learn"
    ):
        prepare(Counted(), Clock(), at_condition=True)

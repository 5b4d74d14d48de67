"""Which worker begins which step: nobody beside what is timed, no worker idle for nothing, all of it in the end."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgmbench.cells import Cell
from sgmbench.runner.assignment import assigned
from sgmbench.runner.steps import Step

CELL = Cell("marginal", "m", 1, 0, {})


def step(name, *, timed=False):
    return Step(name, "cell", CELL, timed)


A, B, C = (step(name) for name in "abc")
T, U = (step(name, timed=True) for name in "tu")
ONE = {"1": "x", "2": "x"}
TWO = {"1": "x", "2": "x", "3": "y"}


@pytest.mark.parametrize(
    ("ready", "at_work", "machines", "begun"),
    [
        ([A, B, C], {}, ONE, {"1": A, "2": B}),
        ([A, B, T], {}, ONE, {"1": T}),
        ([A, T, U], {}, TWO, {"3": T, "1": U}),
        ([A, T], {}, TWO, {"3": T, "1": A}),
        ([A, B], {"1": T}, TWO, {"3": A}),
        ([T, A], {"1": B}, ONE, {}),
        ([T, A], {"1": B, "3": C}, TWO, {"2": A}),
        ([T, U, A], {"1": B, "3": C}, TWO, {}),
        ([A], {"1": T, "2": B}, {"2": "x", "3": "y"}, {"3": A}),
        ([A], {}, {}, {}),
    ],
    ids=[
        "in order",
        "timed first",
        "one on each machine",
        "others elsewhere",
        "nobody beside it",
        "until it is alone",
        "on the smallest machine with the fewest at work",
        "on as many as are needed",
        "of a worker that is gone nothing is kept",
        "nobody there",
    ],
)
def test_who_begins(ready, at_work, machines, begun):
    assert assigned(ready, at_work, machines, {}) == begun


def test_a_step_goes_where_no_worker_has_died_at_it():
    assert assigned([A, B], {}, ONE, {"a": ["1"]}) == {"2": A, "1": B}
    assert assigned([T], {}, TWO, {"t": ["1", "2"]}) == {"3": T}
    assert assigned([A], {"2": B}, ONE, {"a": ["1"]}) == {}
    assert assigned([A], {}, {"1": "x"}, {"a": ["1"]}) == {"1": A}
    assert assigned([A], {}, ONE, {"a": ["1", "2"]}) == {"1": A}


@given(
    st.lists(st.booleans(), max_size=12),
    st.lists(st.sampled_from("xyz"), min_size=1, max_size=5),
    st.integers(0, 2**32 - 1),
)
def test_all_is_made_once_and_what_is_timed_alone(timed, places, seed):
    """Steps end in any order; a worker may die at one, which is then another's, or its own where it is the only one."""
    rng = np.random.default_rng(seed)
    machines = {str(i): place for i, place in enumerate(places)}
    left = [step(str(i), timed=each) for i, each in enumerate(timed)]
    at_work, died, done = {}, {}, []
    while left or at_work:
        begun = assigned(left, at_work, machines, died)
        assert not set(begun) & set(at_work)
        for worker, each in begun.items():
            left.remove(each)
            assert worker not in died.get(each.name, []) or len(machines) == 1
        at_work |= begun
        busy = Counter(machines[worker] for worker in at_work)
        assert all(busy[machines[worker]] == 1 for worker, each in at_work.items() if each.is_timed)
        closed = {machines[worker] for worker, each in at_work.items() if each.is_timed}
        idle = [worker for worker in machines if worker not in at_work and machines[worker] not in closed]
        assert not idle or any(each.is_timed for each in left) or all(each.name in died for each in left)
        worker = rng.choice(sorted(at_work))
        ended = at_work.pop(worker)
        if rng.random() < 0.3 and ended.name not in died:
            died[ended.name] = [worker]
            left.append(ended)
        else:
            done.append(ended.name)
    assert sorted(done) == sorted(str(i) for i in range(len(timed)))

"""What the steps of a run are, in which order, and what each waits for."""

from pathlib import Path

import pytest
import small

from sgmbench.cells import cells_of
from sgmbench.config.load import load
from sgmbench.runner.steps import steps_of

CONDITIONAL = {"kind": "conditional", "conditions": [{"a": 0.0, "b": 1.0}], "drawn": 0}


@pytest.fixture
def cells(tmp_path):
    def made(**changes):
        asked = {"methods": ["monte_carlo", "bootstrap", "gaussian"], "budgets": [20], "replicates": 2} | changes
        return cells_of(load(small.write(Path(tmp_path / "a.yaml"), **asked)).experiment)

    return made


def told(steps):
    return [(step.name, step.what, step.is_timed, step.after) for step in steps]


def test_what_is_timed_comes_first_and_training_runs_are_made_once(cells):
    every = cells(targets=["marginal"])
    truth, first, second = "truth of marginal", "20 training runs r0", "20 training runs r1"
    assert told(steps_of(every, without_truth=every[:1], timed=True)) == [
        (truth, "truth", True, ()),
        (first, "runs", True, ()),
        ("marginal.monte_carlo.20.r0", "cell", True, (truth,)),
        ("marginal.bootstrap.20.r0", "cell", True, (truth, first)),
        ("marginal.gaussian.20.r0", "cell", True, (truth, first)),
        (second, "runs", False, ()),
        ("marginal.monte_carlo.20.r1", "cell", False, (truth,)),
        ("marginal.bootstrap.20.r1", "cell", False, (truth, second)),
        ("marginal.gaussian.20.r1", "cell", False, (truth, second)),
    ]


def test_what_is_there_is_no_step_and_what_one_alone_learns_from_it_makes_itself(cells):
    every = cells(targets=["marginal"])
    missing = [cell for cell in every if cell.method == "gaussian"]
    assert told(steps_of(missing, without_truth=[], timed=True)) == [
        ("marginal.gaussian.20.r0", "cell", True, ()),
        ("marginal.gaussian.20.r1", "cell", False, ()),
    ]
    assert steps_of([], without_truth=[], timed=True) == []


def test_nothing_is_timed_where_nobody_asks_for_it(cells):
    every = cells()
    assert not any(step.is_timed for step in steps_of(every, without_truth=every[:1], timed=False))


def test_targets_share_training_runs(cells):
    every = cells(targets=["marginal", CONDITIONAL], methods=["bootstrap"], replicates=1)
    runs, *waiting = steps_of(every, without_truth=[], timed=True)
    assert (runs.name, [step.after for step in waiting]) == ("20 training runs r0", [(runs.name,)] * 2)


def test_budgets_that_are_parts_of_one_another_share_them_too(cells):
    """Where runs are held out a replicate makes those of its largest budget once."""
    sizes = {"reference": {"held_out": 60}, "budgets": [20, 40], "methods": ["bootstrap"]}
    every = cells(targets=["marginal"], replicates=1, **sizes)
    runs, *waiting = steps_of(every, without_truth=[], timed=True)
    assert (runs.name, [step.after for step in waiting]) == ("40 training runs r0", [(runs.name,)] * 2)

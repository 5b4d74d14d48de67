"""Every target is rehearsed by the run's own functions: how often the solver runs, and what follows from the times."""

import math
import time
from pathlib import Path

import jax
import numpy as np
import pytest
import small

from sgmbench import api
from sgmbench.cells import cells_of
from sgmbench.config.load import load
from sgmbench.core.cost import Cost
from sgmbench.core.result import Result
from sgmbench.metrics.pairwise import BLOCK
from sgmbench.runner import plan as planning
from sgmbench.runner import rehearsal, rehearsed_truth
from sgmbench.runner.miniature import Miniature, warmup_draws
from sgmbench.runner.pace import CellPace
from sgmbench.runner.rehearsed_method import _of_sampler
from sgmbench.runner.stamps import Stamps
from sgmbench.runner.truth import Truth
from sgmbench.store.cache import Cache

SHARES = {"kind": "sgmbench.metrics.variance_shares:VarianceShares", "label": "variance_shares"}
DECOMPOSITION = {"kind": "decomposition", "inner": 5}
POSTERIOR = {
    "problem": {"kind": "linear_gaussian", "dimension": 2},
    "metrics": ["energy", "mean"],
}
BOTH = {"targets": [{"kind": "posterior", "drawn": 1}, {"kind": "predictive", "drawn": 1}]}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cheap(monkeypatch):
    """A run takes 0.1 ms, whatever the clock says."""
    monkeypatch.setattr(rehearsal, "seconds_a_run", lambda description: 1e-4)


def cells(**changes):
    return cells_of(load(small.write(Path("a.yaml"), **changes)).experiment)


def planned(**changes):
    return api.plan(small.write(Path("a.yaml"), **changes))


def miniature(cell, size=60):
    cache = Cache(Path("cache"))
    return Miniature(cell, size, 0, Path("folder"), cache, Truth(cache, lambda *_: None))


def test_the_solver_runs_of_all_targets_learn_from_one_set(folder, cheap):
    """20 for training, a reference and a floor at two conditions of each target, and two of plain Monte Carlo there."""
    listed = [{"kind": "conditional", "drawn": 3}, "marginal"]
    made = cells(problem="small:Counting", targets=listed, budgets=[10, 20], metrics=["energy"], replicates=2)
    small.EXECUTED.clear()
    found = rehearsal.rehearse(made, folder / "scratch")
    jax.effects_barrier()
    assert len(small.EXECUTED) == 20 + (4 * 50 + 2 * 20) + (4 * 60 + 2 * 20)
    assert [each.size for each in found.truths.values()] == [50, 60]
    assert found.methods.keys() == {"conditional", "marginal"}
    assert {pace.budget for methods in found.methods.values() for pace in methods.values()} == {20}


def test_a_dear_solver_is_not_run_more_than_its_time_is_known_from(folder, monkeypatch):
    monkeypatch.setattr(rehearsal, "seconds_a_run", lambda description: 2.0)
    small.EXECUTED.clear()
    (plan,) = planned(problem="small:Counting", targets=["marginal"])
    jax.effects_barrier()
    assert small.EXECUTED == []
    assert [(row.part, row.seconds) for row in plan.rows] == [
        ("training runs", 20 * 2.0),
        ("truth", 120 * 2.0),
        ("monte_carlo", None),
        ("bootstrap", None),
    ]
    assert plan.rows[1].note == "one run takes 2 s, too long to rehearse what is made of 60 of them"


def test_a_target_whose_truth_fails_does_not_keep_others_from_being_planned(folder, cheap):
    """At a = 0.9 every run is NaN, at most of the prior none is."""
    failing = {"kind": "conditional", "conditions": [{"a": 0.9, "b": 1.0}]}
    (plan,) = planned(problem="small:NaNAbove", targets=[failing, "marginal"])
    by_target = {target: [row for row in plan.rows if row.target == target] for target in ("conditional", "marginal")}
    assert [row.seconds for row in by_target["conditional"]] == [None] * 3
    assert by_target["conditional"][0].note.startswith("all 60 solver runs of the reference gave NaN or infinity")
    assert all(row.seconds > 0 for row in by_target["marginal"])


def test_posteriors_with_exact_draws_are_planned_whole(folder, cheap):
    """Draws are no solver runs: those are of the training runs and of the chains alone."""
    drawn = [{"kind": "posterior", "drawn": 2}]
    mcmc = {"kind": "mcmc", "budgets": [1500], "depth": 6}
    sizes = {"reference": {"size": 80, "drawn_size": 80}, "budgets": [200]}
    (plan,) = planned(**POSTERIOR | sizes, targets=drawn, methods=["bootstrap", mcmc])
    assert [row.note for row in plan.rows] == [""] * 4
    assert plan.is_whole
    assert {row.part: row.solver_runs for row in plan.rows} == {
        "training runs": 200,
        "truth": 0,
        "bootstrap": 0,
        "mcmc": 2 * 1500,
    }


def test_outputs_given_data_are_planned_whole(folder, cheap):
    drawn = [{"kind": "predictive", "drawn": 1}]
    (plan,) = planned(**POSTERIOR, targets=drawn, methods=["bootstrap"], reference={"size": 80, "drawn_size": 80})
    assert plan.is_whole
    assert plan.solver_runs == 20


def test_long_chains_have_a_warm_up_and_exact_draws_have_none(folder):
    """Outputs at exact draws are exact where no germ is beside them."""
    exact = cells(**POSTERIOR | BOTH, methods=["bootstrap"])
    assert [warmup_draws(cell.description) for cell in exact] == [0, 0]
    chained = cells(**POSTERIOR | BOTH | {"problem": "gauged:Gauged"}, methods=["bootstrap"])
    assert [warmup_draws(cell.description) for cell in chained] == [800, 800]
    assert warmup_draws(cells()[0].description) == 0


CHAINED = POSTERIOR | {"problem": "gauged:Gauged", "methods": ["bootstrap"]}
CHAINED |= {"targets": [{"kind": "posterior", "drawn": 1}], "reference": {"size": 200, "drawn_size": 200}}


@pytest.mark.slow
def test_posteriors_by_long_chains_are_planned_whole(folder, cheap):
    found = rehearsal.rehearse(cells(**CHAINED), folder / "scratch")
    truth = found.truths["posterior"]
    assert (truth.size, truth.extra) == (200, 800)
    assert found.methods["posterior"]["bootstrap"].failed == ""


def test_chains_that_would_take_too_long_are_not_rehearsed(folder, monkeypatch):
    monkeypatch.setattr(rehearsal, "seconds_a_run", lambda description: 1e-3)
    (plan,) = planned(**CHAINED)
    said = {row.part: (row.seconds, row.note) for row in plan.rows}
    why = "the truth is long chains, of which a set takes some 15 s, too long for a rehearsal"
    assert said["truth"] == (None, why)
    assert said["bootstrap"] == (None, "")
    assert said["training runs"][0] > 0


def test_decompositions_are_planned_whole(folder, cheap, monkeypatch):
    """Of a Generator each z of the reference has its own samples beyond those delivered."""
    seen = []
    monkeypatch.setattr(planning, "rehearse", lambda *given: seen.append(rehearsal.rehearse(*given)) or seen[0])
    nested = {"kind": "nested", "budgets": [40]}
    gaussian = {"kind": "gaussian", "calibration": 32}
    changes = {"targets": [DECOMPOSITION], "methods": [nested, "bootstrap", gaussian], "metrics": [SHARES]}
    (plan,) = planned(**changes, budgets=[60], reference={"size": 70})
    assert plan.is_whole
    assert {row.part: row.solver_runs for row in plan.rows} == {
        "training runs": 60,
        "truth": 140,
        "nested": 40,
        "bootstrap": 0,
        "gaussian": 0,
    }
    assert seen[0].methods["decomposition"]["gaussian"].extra == 0


def test_a_nested_reference_is_rehearsed_at_ten_values_of_z(folder):
    changes = {"metrics": [SHARES], "reference": {"size": 6000}, "methods": ["bootstrap"]}
    made = cells(targets=[{"kind": "decomposition", "inner": 300}], **changes)
    assert rehearsal._size(made[0].description, run=1e-4) == 3000
    assert rehearsal._size(made[0].description, run=1.0) == 3000
    made = cells(targets=[DECOMPOSITION], **changes)
    assert rehearsal._size(made[0].description, run=1e-4) == BLOCK
    assert rehearsal._size(made[0].description, run=0.01) == 500


def test_a_series_has_a_plan_for_each_problem(folder, cheap):
    text = small.write(Path("a.yaml"), problems=["small:Line", "small:Constant"]).read_text()
    Path("a.yaml").write_text(text.replace("problem: small:Line\n", ""))
    plans = api.plan(Path("a.yaml"))
    assert [plan.experiment for plan in plans] == ["line_Line", "line_Constant"]
    assert all(plan.is_whole for plan in plans)
    assert [plan.solver_runs for plan in plans] == [20 + 120 + 20] * 2
    assert [plan.rows[0].disk for plan in plans] == [20 * 8 * (6 + 2), 20 * 8 * 1]


@pytest.mark.parametrize(("power", "e"), [(0.5, 1.0), (1.0, 1.0), (1.5, 1.5), (2.0, 2.0), (3.0, 2.0)])
def test_how_scoring_grows_is_told_by_twice_the_rows(folder, monkeypatch, power, e):
    monkeypatch.setattr(rehearsed_truth, "_scoring", lambda _, rows: (rows**power, rows))
    (cell, *_) = cells(reference={"size": 5000})
    assert rehearsed_truth._growth(miniature(cell)) == (pytest.approx(e), BLOCK)
    (cell, *_) = cells(reference={"size": BLOCK})
    assert rehearsed_truth._growth(miniature(cell)) == (1.0, 0.0)


def test_rows_that_are_scored_twice_are_of_other_z_the_second_time(folder, monkeypatch):
    """12 z of 5 rows each, three times: 36 z of 5 rows each, in both sets."""
    seen = []
    monkeypatch.setattr(rehearsed_truth, "score", lambda metrics, *sets: seen.append(sets))
    (cell, *_) = cells(targets=[DECOMPOSITION], metrics=[SHARES], methods=["bootstrap"], reference={"size": 500})
    rehearsed_truth._scoring(miniature(cell), 180)
    (samples, reference), _ = seen
    for outer in (samples.outer, reference.outer):
        np.testing.assert_array_equal(np.bincount(outer), np.full(36, 5))
    np.testing.assert_array_equal(reference.values[:60], reference.values[120:])


def result(**seconds):
    cost = Cost(seconds=dict.fromkeys(("compile", "simulate", "train", "sample"), 0.0) | seconds)
    return Result("a", "0", "marginal", "a", "sampler", 1, 0, "ok", cost=cost)


def test_fits_of_a_sampler_are_stretched_and_scores_are_not():
    """Two conditions of 3 s of runs, 1 s of fits, 10 times as long in the run, and 0.5 s of scores; 2 s to compile."""
    made = result(compile=2.0, simulate=6.0, train=2.0)
    found = _of_sampler(CellPace(10, 60), made, Stamps([0.0, 4.5]), wall=2 + 8 + 1, longer=10.0)
    assert (found.fixed, found.each, found.scoring) == (2.0, 3.0 + 10.0, 0.5)


def test_what_runs_take_more_at_the_second_condition_is_no_scoring():
    """Chains of 2 s and then 6 s: 2 s more than the mean, where all but 0.4 s is booked."""
    found = _of_sampler(CellPace(10, 60), result(simulate=8.0), Stamps([0.0, 6.2]), wall=8.4, longer=1.0)
    assert (found.each, found.scoring) == (4.0, pytest.approx(0.2))


def test_steps_are_timed_after_the_first_chunk_of_the_last_training(monkeypatch):
    now = iter((0.0, 1.0, 5.0, 5.5, 6.0, 9.0, 9.25))
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    stamps = Stamps()
    for done in (25, 50):
        stamps("training", done, 50)
    assert stamps.training == (50, 1 / 25)
    for done in (25, 50, 75):
        stamps("training", done, 75)
    assert stamps.training == (75, 1 / 50)
    for done in (1, 2):
        stamps("conditions", done, 2)
    assert stamps.between_conditions == 0.25
    assert math.isclose(Stamps().between_conditions, 0.0)

"""What a plan counts is what the run then makes; what is cached is planned no more; warnings word for word."""

import dataclasses
from pathlib import Path

import jax
import pytest
import small

from sgmbench import api
from sgmbench.cells import cells_of
from sgmbench.config.load import load
from sgmbench.core.experiment import ReferencePlan
from sgmbench.report.plan import total
from sgmbench.runner import plan as planning
from sgmbench.runner.pace import CellPace, Paces, RunsPace, TruthPace
from sgmbench.runner.plan_rows import Row
from sgmbench.runner.plan_warnings import beyond_memory, warnings_of, weak_rivals

STEPS = {"kind": "learner:Learner", "training": {"steps": 300, "evaluate_every": 100}}
TARGETS = ["marginal", small.CONDITIONAL]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    return tmp_path


@pytest.fixture
def paced(monkeypatch):
    """Every part takes a known time; nothing is rehearsed."""
    truth = TruthPace(cold=1.0, run=0.25, scoring=0.125, size=60, exponent=1.0, peak=3000)
    pace = CellPace(budget=20, size=60, fixed=1.0, fit=2.0, peak=1000, fit_bytes=100)
    targets = ("marginal", "conditional", "decomposition")
    methods = {target: {"monte_carlo": pace, "bootstrap": pace} for target in targets}
    paces = Paces(RunsPace(0.25, 0.5, size=20, peak=2000), dict.fromkeys(targets, truth), methods)
    monkeypatch.setattr(planning, "rehearse", lambda *_: paces)


def planned(**changes):
    (found,) = api.plan(small.write(Path("a.yaml"), **changes))
    return found


def rows(plan, part):
    return [row for row in plan.rows if row.part == part]


def test_the_solver_runs_that_are_planned_are_those_that_are_made(folder, paced):
    listed = {"kind": "conditional", "conditions": [{"a": 0.0, "b": 1.0}], "drawn": 1}
    plan = planned(problem="small:Counting", targets=[listed], budgets=[20, 30], metrics=["energy"], replicates=2)
    small.EXECUTED.clear()
    api.run(Path("a.yaml"))
    jax.effects_barrier()
    runs = 2 * (20 + 30)
    truths = 2 * (60 + 50)
    sampled = 2 * 2 * (20 + 30)
    assert plan.solver_runs == runs + truths + sampled
    assert len(small.EXECUTED) == plan.solver_runs  # budgets and sizes below a chunk are not padded


def test_what_is_cached_is_planned_no_more(folder, paced):
    before = planned(replicates=2)
    assert [(row.part, row.cells, row.cached, row.seconds) for row in before.rows] == [
        ("training runs", 2, 0, 2 * (0.25 + 10)),
        ("truth", 1, 0, 1 + 120 * 0.25 + 0.125),
        ("monte_carlo", 2, 0, 2 * 1),
        ("bootstrap", 2, 0, 2 * (1 + 2)),
    ]
    assert before.seconds == sum(row.seconds for row in before.rows)
    api.run(Path("a.yaml"))
    after = planned(replicates=2)
    assert [(row.part, row.cached, row.solver_runs, row.seconds) for row in after.rows] == [
        ("training runs", 2, 0, 0),
        ("truth", 2, 0, 0.125),
        ("monte_carlo", 0, 40, 2),
        ("bootstrap", 2, 0, 2),
    ]


def test_disk_is_what_the_cache_then_holds(folder, paced):
    plan = planned(keep_samples="none", replicates=3)
    api.run(Path("a.yaml"))
    for part, kinds, sets, size in (("training runs", ("runs",), 3, 20), ("truth", ("reference", "floor"), 2, 60)):
        held = sum(path.stat().st_size for kind in kinds for path in Path("results/.cache", kind).glob("*.npz"))
        (row,) = rows(plan, part)
        assert row.disk == sets * size * 8 * (6 + 2)
        assert row.disk <= held <= row.disk + sets * 2000  # names and headers of the archive


def test_memory_is_that_of_the_rehearsal_and_of_the_rows_beyond_it(folder, paced):
    """Of references held at all conditions, one more of them and training runs three times; rows of 6 and 2 numbers."""
    listed = {"kind": "conditional", "conditions": [{"a": 0.0, "b": 1.0}, {"a": 0.5, "b": 1.0}]}
    sizes = {"reference": {"size": 100}, "budgets": [50]}
    plan = planned(targets=[listed], **sizes)
    held = 6 * 8 * ((100 + 100 - 2 * 60) + 3 * (100 - 60))
    assert {row.part: row.memory for row in plan.rows} == {
        "training runs": 2000 + (6 + 2) * 8 * 3 * (50 - 20),
        "truth": 3000 + held,
        "monte_carlo": 1000 + held,
        "bootstrap": 1000 + held + 6 * 8 * 3 * (50 - 20),
    }
    assert plan.memory == 1000 + held + 6 * 8 * 3 * (50 - 20)
    api.run(Path("a.yaml"))
    assert {row.part: row.memory for row in planned(targets=[listed], **sizes).rows}["training runs"] is None


def test_a_rehearsal_paces_every_part_and_leaves_its_paces_alone(folder):
    plan = planned(targets=[small.CONDITIONAL], methods=["monte_carlo", "bootstrap", STEPS])
    assert plan.is_whole
    assert all(row.seconds > 0 for row in plan.rows)
    assert plan.seconds == sum(row.seconds for row in plan.rows)
    assert [row.part for row in plan.rows if row.is_most] == ["Learner"]
    assert all(row.memory > 10**8 for row in plan.rows)  # JAX alone has it
    left = [path for path in folder.rglob("*") if path.is_file() and path.name != "a.yaml"]
    assert {path.parent for path in left} == {folder / "results" / ".cache" / "pace"}


def test_a_method_that_fails_in_its_rehearsal_says_so(folder):
    plan = planned(methods=["monte_carlo", "small:Unable"])
    (row,) = rows(plan, "Unable")
    assert (row.seconds, row.note) == (None, "its rehearsal failed: nothing to learn here")
    assert not plan.is_whole


def test_recorded_runs_are_rehearsed_and_none_is_spent(folder):
    small.record()
    recorded = {"problem": small.RECORDED, "metrics": ["energy", "energy_score"], "replicates": 2}
    plan = planned(**recorded, methods=["monte_carlo", "bootstrap"])
    at_pairs = planned(**recorded, methods=["bootstrap"], targets=["marginal", small.PAIRS])
    for each in (plan, at_pairs):
        assert each.is_whole
        assert each.solver_runs == 0
    timed = [(row.target, row.part, row.cells) for row in (*plan.rows, *at_pairs.rows) if row.seconds > 0]
    assert timed == [
        *(("marginal", "truth", 1), ("marginal", "monte_carlo", 2), ("marginal", "bootstrap", 2)),
        *(("marginal", "truth", 1), ("marginal", "bootstrap", 2)),
        *(("conditional", "truth", 1), ("conditional", "bootstrap", 2)),
    ]


def made_plan(seconds, *, is_most=False):
    rows = [Row("marginal", "truth", 60, 1, 0, 60, 100, seconds=each, is_most=is_most) for each in seconds]
    return planning.Plan("line", rows, [])


def test_the_time_of_several_plans_says_what_is_missing_in_it_and_what_may_be_less():
    whole, partly, unknown = made_plan([1.0, 2.0]), made_plan([1.0, None]), made_plan([None])
    assert total([whole, whole]) == "6 s"
    assert total([whole, made_plan([1.0], is_most=True)]) == "to 4 s"
    assert total([whole, partly]) == total([whole, unknown, partly]) == "from 4 s"
    assert total([unknown, unknown]) == "-"


def experiment(folder, **changes):
    loaded = load(small.write(folder / "a.yaml", **changes)).experiment
    return loaded, cells_of(loaded)


def test_few_replicates_are_warned_of(folder):
    enough = {"reference": {"size": 10_000, "drawn_size": 10_000}}
    said = {n: warnings_of(*experiment(folder, replicates=n, **enough)) for n in (1, 2, 3)}
    assert said == {
        1: ["replicates: 1 gives no interval, so that nothing is surely better; write at least 3"],
        2: ["replicates: 2 give an interval 3.6 times as wide as 3 do; write at least 3"],
        3: [],
    }


def test_rivals_that_are_left_out_are_warned_of(folder):
    learner, network = "residual_bootstrap", {"kind": "network", "training": {"steps": 5, "warmup": 1}}
    of_network = {"kind": "control_variate", "control": network}
    groups = [["monte_carlo"], [learner], [learner, network], [learner, of_network], [learner, "small:Watching"]]
    said = [list(weak_rivals(experiment(folder, methods=methods)[0])) for methods in groups]
    unused = (
        "methods: none uses the germ. If it is known, add control_variate, quasi_monte_carlo or network, the rivals to "
        "beat; if not, write hide_germ: true"
    )
    unmet = (
        "methods: control_variate is not among them, the strongest rival where the germ is known; whoever wins without "
        "is said not to have met it"
    )
    assert said == [[], [unused], [unmet], [], [unmet]]
    assert list(weak_rivals(experiment(folder, methods=[learner], hide_germ=True)[0])) == []


def test_a_reference_that_is_too_small_is_warned_of_by_the_size_that_is_enough(folder):
    asked = {"replicates": 3, "ask": {"tolerance": 0.05}, "budgets": [100]}
    made = experiment(folder, reference={"size": 600}, **asked)
    assert warnings_of(*made) == [
        "reference: 600 runs of marginal tell no error of the mean below 7.1% of a standard deviation from none; a "
        "tolerance of 5.0% takes 1,200"
    ]
    larger = dataclasses.replace(made[0], reference=ReferencePlan(size=1200))
    assert warnings_of(larger, cells_of(larger)) == []
    asked |= {"targets": [{**small.CONDITIONAL, "drawn": 2}], "reference": {"size": 400, "drawn_size": 400}}
    assert warnings_of(*experiment(folder, **asked)) == [
        "reference: 400 runs of conditional at each of 4 conditions tell no error of the mean below 6.1% of a standard "
        "deviation from none; a tolerance of 5.0% takes 600"
    ]


def test_a_budget_that_no_claim_reaches_is_warned_of(folder):
    made = experiment(folder, replicates=3, reference={"size": 1500}, budgets=[600])
    made = (dataclasses.replace(made[0], ask=(dataclasses.replace(made[0].ask[0], tolerance=0.05),)), made[1])
    assert warnings_of(*made) == [
        "reference: of 1,500 runs equivalent runs are claimed up to 500, fewer than the 600 that are learned from; "
        "write a reference.size of 1,800 or more"
    ]


def test_of_a_streamed_reference_what_is_kept_tells_energy_and_all_runs_tell_moments(folder):
    """3 / (500 sqrt K) at K = 1 is 7.7 % squared; 1,500 kept runs tell 5 %, and are worth 500."""
    tail = {"kind": "tail_probability", "thresholds": [{"field": "u", "above": 1}]}
    streamed = {
        "reference": {"size": 30_000, "kept": 500},
        "replicates": 3,
        "metrics": ["mean", "quantiles", "energy", tail],
    }
    said = {}
    for quantity in ("mean", "q0.975", "energy", "P(u>1)"):
        asked = {"ask": {"tolerance": 0.05, "quantities": [quantity]}, "budgets": [100]}
        said[quantity] = warnings_of(*experiment(folder, **streamed, **asked))
    by_kept = (
        "reference: 500 kept runs of marginal tell no error by energy or of a probability below 7.7% from none; a "
        "tolerance of 5.0% takes 1,200"
    )
    assert said == {"mean": [], "q0.975": [], "energy": [by_kept], "P(u>1)": [by_kept]}
    claims = {"ask": {"tolerance": 0.05, "quantities": ["mean"]}, "budgets": [500]}
    assert warnings_of(*experiment(folder, **streamed, **claims)) == [
        "reference: of 500 kept runs equivalent runs by energy are claimed up to 166, fewer than the 500 that are "
        "learned from; write a reference.kept of 1,500 or more"
    ]
    for enough in ({"reference": {"size": 30_000, "kept": 1_500}}, {"metrics": ["mean", "quantiles", tail]}):
        assert warnings_of(*experiment(folder, **{**streamed, **enough, "primary": "mean"}, **claims)) == []


def test_held_out_runs_so_few_that_every_cell_is_invalid_are_warned_of(folder):
    held_out = {"targets": [{**small.CONDITIONAL, "drawn": 2}], "ask": {"tolerance": 0.5}, "replicates": 3}
    generators = {"methods": ["bootstrap"], "budgets": [20]}
    said = {n: warnings_of(*experiment(folder, reference={"held_out": n}, **held_out, **generators)) for n in (24, 25)}
    assert said == {
        24: [
            "reference: every cell of conditional will be invalid: the reference has 24 runs at each of 4 conditions "
            "without failure (c1), which tell about 48 equivalent runs apart, fewer than 50; write a larger reference"
        ],
        25: [],
    }


def test_memory_beyond_the_machine_is_warned_of():
    assert list(beyond_memory(10**9, "truth", 2 * 10**9)) == []
    assert list(beyond_memory(30 * 10**9, "diffusion from 25,000 runs", 16 * 10**9)) == [
        "memory: about 30 GB for diffusion from 25,000 runs, and this machine has 16 GB; write a smaller reference, "
        "fewer conditions or a smaller budget"
    ]

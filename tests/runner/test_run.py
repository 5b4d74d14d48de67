"""A whole run in small: who gets which runs, what failure leaves, what resume redoes."""

import dataclasses
import json
from pathlib import Path

import jax
import numpy as np
import pytest
import small

from sgmbench import api
from sgmbench.errors import UsageError
from sgmbench.runner.runnable import check_runnable
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import read_samples

MISUSES = {
    small.Untraceable: r"Untraceable\.simulate cannot be traced by JAX: TracerBoolConversionError: Attempted boolean",
    small.Silent: r"Silent\.simulate cannot be traced by JAX: NotImplementedError \(\S+small\.py:\d+, in simulate\)$",
    small.WrongShape: r"WrongShape\.simulate must return 'u' of shape \(5,\); it returns \(4,\)$",
    small.MissingField: r"MissingField\.simulate must return 'q' of shape \(\); it returns nothing$",
    small.NotFields: r"NotFields\.simulate must return a dictionary of fields; it returns ",
    small.Nowhere: r"derive Nowhere from Traceable, Hosted or Recorded, so that it is known where its runs come from$",
}


@pytest.fixture
def go(tmp_path, monkeypatch):
    """Runs a configuration in an empty folder; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    return lambda resume=False, **changes: api.run(small.write(Path("a.yaml"), **changes), resume=resume)


def metrics(answer):
    """What must not depend on when and how often a run was interrupted."""
    return {result.name: (result.content, result.scores, result.failed_runs) for result in answer.summary.results}


def by_name(answer):
    return {result.name: result for result in answer.summary.results}


@pytest.mark.parametrize("problem", MISUSES)
def test_a_problem_that_cannot_run_is_refused_before_anything_is_spent(go, problem):
    with pytest.raises(UsageError, match=MISUSES[problem]):
        go(problem=f"small:{problem.__name__}")
    assert not Path("results").exists()


def test_a_problem_that_can_run_passes():
    check_runnable(small.Line())
    check_runnable(small.Constant())


def test_generators_of_one_replicate_and_budget_get_the_same_runs(go):
    methods = [{"kind": "small:Watching", "label": name, "name": name} for name in ("first", "second")]
    small.SEEN.clear()
    go(methods=methods, replicates=2, targets=["marginal", small.CONDITIONAL])
    seen = {"first": [], "second": []}
    for name, given, learned in small.SEEN:
        seen[name].append((given, learned))
    assert len(seen["first"]) == 4
    for one, two in zip(seen["first"], seen["second"], strict=True):
        np.testing.assert_array_equal(one[0], two[0])
        np.testing.assert_array_equal(one[1], two[1])
    (_, marginal_0), (_, marginal_1), (given, conditional_0), _ = seen["first"]
    assert not np.any(np.isin(marginal_0, marginal_1))
    np.testing.assert_array_equal(marginal_0, conditional_0)
    assert given.shape == (20, 2)
    assert np.all(abs(given) <= 1)


def test_references_floors_and_training_share_no_run(go):
    small.SEEN.clear()
    answer = go(methods=["small:Watching", "monte_carlo"])
    folder = RunFolder(Path(answer.summary.run))
    reference = read_samples(folder.path / "references" / "marginal.nc")["q"].to_numpy().ravel()
    delivered = read_samples(folder.cell("marginal.monte_carlo.20.r0") / "samples.nc")["q"].to_numpy().ravel()
    learned = small.SEEN[0][2][:, -1]
    assert (len(reference), len(delivered), len(learned)) == (60, 20, 20)
    assert len(np.unique(np.concatenate([reference, delivered, learned]))) == 100


def test_failed_runs_never_reach_a_generator_and_are_counted(go):
    small.SEEN.clear()
    answer = go(problem="small:SometimesNaN", methods=["small:Watching", "monte_carlo"])
    (_, _, learned) = small.SEEN[0]
    assert 0 < len(learned) < 20
    assert np.isfinite(learned).all()
    generator, sampler = answer.summary.results
    assert generator.failed_runs == 20 - len(learned)
    assert generator.cost.solver_runs == sampler.cost.solver_runs == 20
    assert 0 < sampler.failed_runs < 20
    assert {generator.status, sampler.status} == {"ok"}
    condition = answer.summary.targets[0].conditions["all"]
    assert 0 < condition["failed"] < condition["size"] == 60


def test_a_target_whose_runs_all_fail_leaves_the_others_whole(go):
    targets = [{"kind": "conditional", "conditions": [{"a": 0.9, "b": 1.0}]}, "marginal"]
    answer = go(problem="small:NaNAbove", targets=targets)
    results = by_name(answer)
    assert {name: r.status for name, r in results.items()} == {
        "conditional.monte_carlo.20.r0": "failed",
        "conditional.bootstrap.20.r0": "failed",
        "marginal.monte_carlo.20.r0": "ok",
        "marginal.bootstrap.20.r0": "ok",
    }
    assert results["conditional.monte_carlo.20.r0"].reason == "condition c1: all 20 samples are NaN or infinite"
    assert answer.has_failed_cells
    assert RunFolder(Path(answer.summary.run)).record["status"] == "failed cells"


@pytest.mark.parametrize(
    ("method", "reason"), [("Unable", "nothing to learn here"), ("Exhausting", "RESOURCE_EXHAUSTED: out of memory")]
)
def test_a_method_that_fails_is_a_result_and_the_run_goes_on(go, method, reason):
    answer = go(methods=[f"small:{method}", "monte_carlo"])
    failed, good = answer.summary.results
    assert (failed.status, good.status) == ("failed", "ok")
    assert reason in failed.reason


LEARNERS = ["bootstrap", "gaussian", "energy_score", "polynomial_chaos"]


def test_claimed_cost_is_what_the_solver_executed(go):
    """All that learn say what they learn from, which is run once for all of them."""
    small.EXECUTED.clear()
    tiny = {"network": {"kind": "mlp", "width": 8, "blocks": 1}, "calibration": 0}
    tiny |= {"training": {"steps": 4, "warmup": 1, "evaluate_every": 2}}
    methods = [{"kind": "energy_score", **tiny} if each == "energy_score" else each for each in LEARNERS]
    answer = go(problem="small:Counting", methods=["monte_carlo", *methods], budgets=[40])
    claimed = {r.name: (r.status, r.cost.solver_runs, r.cost.executed_runs) for r in answer.summary.results}
    names = [f"marginal.{method}.40.r0" for method in ("monte_carlo", *LEARNERS)]
    assert claimed == dict.fromkeys(names, ("ok", 40, 40))
    truth, sampled, learned = 2 * 60, 40, 40
    jax.effects_barrier()
    assert len(small.EXECUTED) == truth + sampled + learned


def test_the_same_configuration_gives_the_same_numbers(go):
    first = go(seed=3)
    assert metrics(api.run(Path("a.yaml"), results=Path("elsewhere"))) == metrics(first)


def test_adding_a_method_changes_no_result(go):
    few = metrics(go())
    many = metrics(go(methods=["small:Watching", "monte_carlo", "bootstrap"]))
    assert {name: many[name] for name in few} == few


def test_resume_of_a_complete_run_computes_nothing_and_changes_nothing(go, monkeypatch):
    first = go()
    monkeypatch.setattr("sgmbench.runner.here.execute", None)
    again = go(resume=True)
    assert again.summary.run == first.summary.run
    assert [dataclasses.asdict(r) for r in again.summary.results] == [
        dataclasses.asdict(r) for r in first.summary.results
    ]


def test_resume_without_a_run_says_so(go):
    with pytest.raises(UsageError, match=r"^--resume: no run of this configuration below results/line/; run it with"):
        go(resume=True)
    go()
    with pytest.raises(UsageError, match="no run of this configuration"):
        go(resume=True, seed=1)


@pytest.mark.parametrize("file", ["result.json", "samples.nc"])
@pytest.mark.parametrize("damage", ["cut", "gone", "flipped"])
def test_damaged_files_are_redone_on_resume(go, file, damage):
    before = go()
    folder = RunFolder(Path(before.summary.run))
    path = folder.cell("marginal.bootstrap.20.r0") / file
    untouched = folder.cell("marginal.monte_carlo.20.r0") / "result.json"
    stamp, data = untouched.stat().st_mtime_ns, bytearray(path.read_bytes())
    data[len(data) // 2] ^= 8
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else data)
    after = go(resume=True)
    assert metrics(after) == metrics(before)
    assert folder.read_result("marginal.bootstrap.20.r0") is not None
    assert untouched.stat().st_mtime_ns == stamp


def test_the_folder_of_an_unfinished_run_goes_on_from_anywhere(go, monkeypatch):
    before = go()
    folder = RunFolder(Path(before.summary.run).resolve())
    (folder.cell("marginal.bootstrap.20.r0") / "result.json").unlink()
    folder.finish("interrupted")
    monkeypatch.chdir(folder.path)
    after = api.run(Path("."))
    assert metrics(after) == metrics(before)
    assert folder.record["status"] == "complete"
    assert (folder.path.parents[1] / ".cache").is_dir()
    assert not list(folder.path.parents[2].glob("**/.cache"))[1:]


def test_a_folder_keeps_its_configuration(go):
    folder = Path(go().summary.run)
    with pytest.raises(UsageError, match=r"a run keeps its configuration; use --set with a \.yaml file$"):
        api.run(folder, overrides=["seed=4"])


def test_results_are_json_without_nan(go):
    answer = go(metrics=["energy"], budgets=[1], methods=["monte_carlo"])
    path = RunFolder(Path(answer.summary.run)).cell("marginal.monte_carlo.1.r0") / "result.json"
    plain = json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(name))
    assert plain["scores"]["all"]["energy"]["mu_samples"] is None
    assert plain["cost"]["solver_runs"] == 1


@pytest.mark.parametrize("metric", ["energy", "mean", "wasserstein"])
def test_any_choice_of_metrics_can_be_reported(go, metric):
    answer = go(metrics=[metric])
    api.print_answer(answer)
    assert "is not among the metrics" in answer.sentences[-1] or "are not among" in answer.sentences[-1]


def test_a_field_that_does_not_vary_is_said(go, capsys):
    """It is worth no number of runs, not even at least one."""
    answer = go(problem="small:Constant", metrics=["energy", "mean", "standard_deviation", "constraints"])
    api.print_answer(answer)
    assert answer.sentences[-1] == "Marginal: nothing to answer, since no field varies."
    assert not any("is worth" in sentence for sentence in answer.sentences)
    printed = capsys.readouterr().out
    assert "nothing varies" in printed
    assert ">" not in printed

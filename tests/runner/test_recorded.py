"""Whole runs on recorded data: what is worth what, who gets which rows, and what another file changes."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import small

from sgmbench import api
from sgmbench.core.part import held_out, runs
from sgmbench.errors import IncomparableError, UsageError
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import read_samples

SCORES = ["energy", "mean", "standard_deviation", "energy_score", "crps"]


@pytest.fixture
def go(tmp_path, monkeypatch):
    """Runs a configuration beside a file of runs; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    small.record()
    defaults = {"problem": small.RECORDED, "metrics": SCORES, "ask": {"cost_per_run": [60]}}
    return lambda resume=False, **changes: api.run(small.write(Path("a.yaml"), **(defaults | changes)), resume=resume)


def conditional(go, **changes):
    return go(**({"targets": [small.PAIRS], "methods": ["bootstrap"], "metrics": SCORES} | changes))


def content(answer):
    return {result.name: result.content for result in answer.summary.results}


def test_rows_of_monte_carlo_are_worth_their_number(tmp_path, monkeypatch):
    """Of 16 independent normal values: 4 disjoint sets of 100 rows, against 1,200 that are held out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    np.savez("normal.npz", y=np.random.default_rng(0).standard_normal((2_400, 16)))
    config = small.write(
        Path("a.yaml"),
        problem={"kind": "dataset", "path": "normal.npz"},
        methods=["monte_carlo", "bootstrap"],
        budgets=[50, 100],
        replicates=6,
        reference={"size": 10_000},
    )
    (target,) = api.run(config).summary.targets
    assert target.conditions["all"]["size"] == 1_200
    for line in target.lines:
        worth = line.equivalent["energy"]["all"]
        assert worth.cap == 400
        assert worth.low is not None
        assert worth.high is not None
        assert worth.low < line.budget < worth.high, (line.method, line.budget, worth)
        assert worth.high < 3 * worth.low


def test_replicates_and_truth_share_no_row_and_budgets_are_nested(go):
    small.SEEN.clear()
    answer = go(methods=["small:Watching", "monte_carlo"], budgets=[20, 60], replicates=3, keep_samples="all")
    learned = {}
    for (_, _, y), result in zip(small.SEEN, [r for r in answer.summary.results if r.kind == "generator"], strict=True):
        learned[result.budget, result.replicate] = y
    folder, problem = RunFolder(Path(answer.summary.run)), small.recorded()
    truth = read_samples(folder.path / "references" / "marginal.nc")["q"].to_numpy().ravel()
    np.testing.assert_array_equal(truth, held_out(problem).pool.y[:60, -1])
    for replicate in range(3):
        part = runs(problem, replicate, 3).pool.y
        np.testing.assert_array_equal(learned[60, replicate], part[:60])
        np.testing.assert_array_equal(learned[20, replicate], part[:20])
        delivered = read_samples(folder.cell(f"marginal.monte_carlo.60.r{replicate}") / "samples.nc")["q"].to_numpy()
        np.testing.assert_array_equal(delivered.ravel(), part[:60, -1])
    every = np.concatenate([truth, *(learned[60, replicate][:, -1] for replicate in range(3))])
    assert len(np.unique(every)) == 60 + 3 * 60


def test_a_generator_answers_at_the_conditions_of_held_out_runs(go):
    answer = conditional(go, methods=["bootstrap", "small:Watching"], budgets=[100])
    (target,) = answer.summary.targets
    assert (target.pairs, list(target.conditions)) == (40, ["held_out"])
    near, blind = answer.summary.results
    assert near.scores.keys() == {"held_out"}
    assert near.scores["held_out"].keys() == near.pair_scores.keys() == {"energy_score", "crps"}
    assert near.samples_each == {"held_out": 40 * 64}
    assert near.cost.samples == 40 * 64
    for result in (near, blind):
        for metric, parts in result.pair_scores.items():
            for part, values in parts.items():
                assert len(values) == 40
                assert result.scores["held_out"][metric][part] == pytest.approx(np.mean(values))
    # What knows of the conditions scores better than what does not, which is the marginal law.
    ignored = target.conditions["held_out"]["climatology"]["energy_score"]["all"]
    error = np.std(np.subtract(*(r.pair_scores["energy_score"]["all"] for r in (near, blind)))) / np.sqrt(40)
    assert near.scores["held_out"]["energy_score"]["all"] < ignored
    assert abs(blind.scores["held_out"]["energy_score"]["all"] - ignored) < 4 * error


def test_samples_are_drawn_at_the_z_of_each_held_out_run_and_scored_against_its_y(go):
    """A method that knows q exactly, but for a small spread, has the CRPS of that spread alone."""
    answer = conditional(go, methods=["small:Knowing"], metrics=["crps"])
    (result,) = answer.summary.results
    problem = small.recorded()
    sd = held_out(problem).pool.y[:, -1].std(ddof=1)
    # E|X - y| - E|X - X'| / 2 of X ~ N(y, 0.01^2) is 0.01 (sqrt(2) - 1) / sqrt(pi).
    assert np.mean(result.pair_scores["crps"]["q"]) * sd == pytest.approx(
        0.01 * (np.sqrt(2) - 1) / np.sqrt(np.pi), rel=0.1
    )
    kept = read_samples(RunFolder(Path(answer.summary.run)).cell(result.name) / "samples.nc")["q"].to_numpy()[0]
    truth = held_out(problem).pool.y[:40, -1]
    for i in (0, 1):  # sample by sample, all pairs in turn
        np.testing.assert_allclose(kept[40 * i : 40 * (i + 1)], truth, atol=0.06)


def test_failed_runs_are_counted_and_are_no_pairs(go):
    small.record(failed=range(0, 400, 5))
    answer = go(
        problem=small.RECORDED | {"failed_runs": "count"},
        targets=["marginal", small.PAIRS],
        methods=["bootstrap"],
        budgets=[100],
    )
    pool = small.recorded(failed_runs="count").pool.y
    failed = np.isnan(pool).any(axis=1)
    assert RunFolder(Path(answer.summary.run)).record["data"] | {"content": ""} == {
        "content": "",
        "runs": 400,
        "held_out": 200,
        "failed": 80,
    }
    for result in answer.summary.results:
        assert result.failed_runs == failed[200:300].sum() > 0
        assert result.cost.solver_runs == 100
    assert answer.summary.targets[0].conditions["all"]["failed"] == failed[:60].sum()
    assert answer.summary.targets[1].conditions["held_out"]["failed"] == failed[:200].sum()
    assert len(answer.summary.results[1].pair_scores["energy_score"]["all"]) == 40


def test_another_file_is_another_experiment(go):
    before = conditional(go)
    again = conditional(go)
    assert content(again) == content(before)
    small.record(seed=1)
    after = conditional(go)
    assert all(content(after)[name] != digest for name, digest in content(before).items())
    assert [r.scores for r in after.summary.results] != [r.scores for r in before.summary.results]
    with pytest.raises(IncomparableError, match=r"not comparable: recorded data\.content is"):
        api.compare(before.summary.run, after.summary.run)
    assert api.compare(before.summary.run, again.summary.run).verdict == "pass"


def test_resume_keeps_what_was_made_of_the_same_file_and_nothing_else(go, monkeypatch):
    first = conditional(go)
    with monkeypatch.context() as patch:
        patch.setattr("sgmbench.runner.here.execute", None)
        same = conditional(go, resume=True)
    assert [dataclasses.asdict(r) for r in same.summary.results] == [
        dataclasses.asdict(r) for r in first.summary.results
    ]
    small.record(seed=1)
    other = conditional(go, resume=True)
    assert other.summary.run == first.summary.run
    assert content(other) != content(first)
    record = RunFolder(Path(other.summary.run)).record
    assert record["data"]["content"] == small.recorded().content


def test_a_file_that_changes_during_a_run_stops_it(go):
    with pytest.raises(UsageError, match=r"^the recorded runs have changed since this run began; begin a new one$"):
        conditional(go, methods=["small:Meddling", "bootstrap"])
    (record,) = Path("results").glob("line/*/run.json")
    assert json.loads(record.read_text())["status"] == "interrupted"


def test_a_generator_that_gives_no_number_at_some_run_fails(go):
    answer = conditional(go, methods=["small:Patchy", "bootstrap"])
    failed, good = answer.summary.results
    assert (failed.status, good.status) == ("failed", "ok")
    assert failed.reason.startswith("condition held_out: all samples at ")
    assert failed.reason.endswith(" held-out runs are NaN or infinite")


def test_the_number_of_samples_a_pair_changes_the_spread_of_scores_and_not_their_mean(go):
    """The fair scores have no bias from few samples: over 200 pairs they agree within their paired standard error."""
    scores = []
    for draws in (4, 256):
        problem = small.RECORDED | {"draws": draws}
        answer = conditional(go, problem=problem, targets=[small.PAIRS | {"drawn": 200}], budgets=[100])
        scores.append(np.array(answer.summary.results[0].pair_scores["energy_score"]["all"]))
    d = scores[0] - scores[1]
    assert abs(d.mean()) < 4 * d.std(ddof=1) / np.sqrt(200)


def test_monte_carlo_beside_a_conditional_target_is_refused_by_name(go):
    with pytest.raises(
        UsageError, match="monte_carlo needs fresh runs at each condition, and dataset has none; remove"
    ):
        conditional(go, methods=["monte_carlo"])
    assert not Path("results").exists()

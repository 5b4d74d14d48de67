"""Verdicts on pairs of runs made by hand from one real run, and on real ones."""

import dataclasses
import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from sgmbench import api, registry
from sgmbench.cli import app
from sgmbench.compare.judge import judge, judge_squares
from sgmbench.compare.junit import as_junit
from sgmbench.core.findings import Finding
from sgmbench.errors import IncomparableError, UsageError
from sgmbench.store.run_folder import RunFolder


def change(run, method, factors, metric="mean"):
    """Multiplies a metric of a method by a factor in each replicate, or takes its numbers away."""
    folder = RunFolder(Path("results/line") / run)
    for result in folder.results():
        if result.method == method:
            parts = result.scores["all"][metric]
            f = factors[result.replicate]
            result.scores["all"][metric] = {part: None if f is None else v * f for part, v in parts.items()}
            folder.write_result(result)


def give(run, metric, *scores):
    """Scores the replicates of the bootstrap by one more metric."""
    folder = RunFolder(Path("results/line") / run)
    for result in folder.results():
        if result.method == "bootstrap":
            result.scores["all"][metric] = scores[result.replicate]
            folder.write_result(result)
    known = folder.record["configuration"]["metrics"]
    edit(run, metrics=[*known, {"kind": metric, "label": metric}])


def scores_of(metric, e):
    """What a metric says of an error e: its distance from the ideal, or N_eq = 1 / e."""
    if metric.judged_by == "equivalent_runs":
        return {"d2": e, "mu": 1.0, "mu_samples": 1e-3}
    return {"part": e + (0.0 if metric.judged_by == "square" or np.isnan(metric.ideal) else metric.ideal)}


def hold(run, name, says):
    """Makes a cell invalid."""
    folder = RunFolder(Path("results/line") / run)
    result = folder.read_result(name)
    assert result is not None
    folder.write_result(dataclasses.replace(result, reasons=(Finding("reason", says),)))


def spend(run, method, **costs):
    """Other costs of a method; one for each replicate where they are several."""
    folder = RunFolder(Path("results/line") / run)
    for result in folder.results():
        if result.method == method:
            of = {k: v[result.replicate] if isinstance(v, list | tuple) else v for k, v in costs.items()}
            folder.write_result(dataclasses.replace(result, cost=dataclasses.replace(result.cost, **of)))


def ask_elsewhere(run, method, budget, *, too=False):
    """Asks a method for another budget, or for it too, with the results of the one that it had."""
    folder = RunFolder(Path("results/line") / run)
    record, cells = folder.record, Path("results/line") / run / "cells"
    for result in [each for each in folder.results() if each.method == method]:
        moved = dataclasses.replace(result, name=result.name.replace(".20.", f".{budget}."), budget=budget)
        shutil.copytree(cells / result.name, cells / moved.name)
        folder.write_result(moved)
        record["cells"].append(moved.name)
        if not too:
            shutil.rmtree(cells / result.name)
            record["cells"].remove(result.name)
    for entry in record["configuration"]["methods"]:
        if entry["label"] == method:
            entry["budgets"] = [20, budget] if too else [budget]
    folder.write_record(record)


def edit(run, **configuration):
    """Changes the record of a run."""
    folder = RunFolder(Path("results/line") / run)
    record = folder.record
    record["configuration"] |= configuration
    folder.write_record(record)


def surround(run, **environment):
    """Changes where a run was made."""
    folder = RunFolder(Path("results/line") / run)
    folder.write_record({**folder.record, "environment": {**folder.record["environment"], **environment}})


def call(*words):
    return CliRunner().invoke(app, ["compare", *words])


def test_a_run_against_itself_passes(results):
    ended = call()
    assert ended.exit_code == 0
    comparison = api.compare()
    assert ended.stdout.endswith(f"verdict: pass ({len(comparison.rows)} pass)\n")
    assert (comparison.old, comparison.new) == ("results/line/1-old", "results/line/2-new")
    assert {row.verdict for row in comparison.rows} == {"pass"}
    assert {row.ratio for row in comparison.rows} == {1.0}
    assert {row.error for row in comparison.rows if row.kind == "error"} == {
        "energy",
        "mean/u",
        "mean/q",
        "standard_deviation/u",
        "standard_deviation/q",
    }
    exact = {("solver runs", 0.0), ("operations", 0.0)}
    assert {(row.error, row.margin) for row in comparison.rows if row.kind == "count"} == exact
    assert comparison.unpaired == comparison.notes == comparison.failed == []


def test_a_planted_regression_is_found_and_only_there(results):
    change("2-new", "bootstrap", [1.5, 1.6, 1.55])
    ended = call()
    assert ended.exit_code == 3
    assert re.search(r"verdict: regression \(2 regression, \d+ pass\)\n$", ended.stdout)
    rows = api.compare().rows
    worse = {(row.method, row.error) for row in rows if row.verdict == "regression"}
    assert worse == {("bootstrap", "mean/u"), ("bootstrap", "mean/q")}
    assert {row.verdict for row in rows} == {"regression", "pass"}


@pytest.mark.parametrize("name", registry.builtin("metrics"))
def test_a_loss_planted_in_any_metric_is_found_and_only_there(results, name):
    """On either side of the ideal, where there is one; of unbiased squares, beside scores that scatter around zero."""
    metric = registry.load("metrics", name)
    before, after = (0.010, 0.012, 0.011), (0.016, 0.018, 0.018)
    if metric.judged_by == "square":
        before, after = (0.010, -0.012, 0.001), (0.050, 0.029, 0.041)
    has_sides = metric.judged_by == "deviation" and np.isfinite(metric.ideal)
    error = name if metric.judged_by == "equivalent_runs" else f"{name}/part"
    for side in (1, -1) if has_sides else (1,):
        give("1-old", name, *(scores_of(metric, side * e) for e in before))
        give("2-new", name, *(scores_of(metric, e) for e in after))
        worse = {(row.method, row.error) for row in api.compare().rows if row.verdict == "regression"}
        assert worse == {("bootstrap", error)}
        assert {row.verdict for row in api.compare("2-new", "1-old").rows} == {"pass"}


def test_errors_of_rounding_do_not_differ(results):
    """As of a constraint that solver runs meet to the last digits."""
    give("1-old", "constraints", *({"u.end": e} for e in (1e-16, 2e-16, 1e-16)))
    give("2-new", "constraints", *({"u.end": e} for e in (5e-16, 9e-16, 8e-16)))
    assert api.compare().verdict == "pass"


def test_a_law_that_does_not_vary_has_no_equivalent_runs_to_compare(results):
    nothing = {"d2": 0.0, "mu": 0.0, "mu_samples": 0.0}
    for run in ("1-old", "2-new"):
        give(run, "energy", nothing, nothing, nothing)
    assert not [row for row in api.compare().rows if (row.method, row.error) == ("bootstrap", "energy")]


def judged(estimate):
    return estimate.ratio, estimate.low, estimate.high, estimate.place


def test_squares_that_scatter_around_zero_are_beyond_the_margin_as_rarely_as_said():
    """Equal laws on both sides: in 2.5 % of the pairs either way, and across else."""
    rng, trials = np.random.default_rng(0), 2_000
    places = [judge_squares(*rng.standard_normal((2, 5)), 0.1).place for _ in range(trials)]
    for place in ("beyond", "within"):
        assert abs(places.count(place) / trials - 0.025) < 4 * np.sqrt(0.025 * 0.975 / trials)
    assert judged(judge_squares(np.zeros(3), np.zeros(3), 0.1)) == (1.0, 1.0, 1.0, "within")
    assert judged(judge_squares(np.ones(1), np.full(1, 3.0), 0.1)) == (3.0, None, None, "across")


def test_the_other_way_round_it_is_an_improvement(results):
    change("1-old", "bootstrap", [1.5, 1.6, 1.55])
    assert api.compare().verdict == "pass"


def test_replicates_that_disagree_are_inconclusive(results):
    """With as many more as would decide, at what a cell has cost; strictly that is an exit code of its own."""
    change("2-new", "bootstrap", [3.0, 0.5, 1.1])
    assert (call().exit_code, call("--strict").exit_code) == (0, 4)
    comparison = api.compare()
    assert comparison.verdict == "inconclusive"
    decision = next(row.decision for row in comparison.rows if row.error == "mean/u" and row.method == "bootstrap")
    assert decision is not None
    assert decision.solver_runs == 20 * decision.replicates
    said = f"{decision.replicates} more replicates ({decision.solver_runs:,.0f} runs, {decision.seconds:.3g} s)"
    assert said in call().stdout


def test_a_cell_that_became_invalid_is_a_regression_and_its_scores_are_not_judged(results):
    change("2-new", "bootstrap", [1.0, 9.0, 1.0])
    hold("2-new", "marginal.bootstrap.20.r1", "chains have not mixed")
    comparison = api.compare()
    assert (comparison.verdict, comparison.exit_code()) == ("regression", 3)
    (row,) = [row for row in comparison.rows if row.verdict != "pass"]
    assert (row.error, row.why) == ("the cell became invalid", "replicate 1: chains have not mixed")
    assert {row.replicates for row in comparison.rows if row.method == "bootstrap" and row.kind == "error"} == {2}


def test_cells_that_were_invalid_before_are_not_judged_and_that_is_said(results):
    for name in ("marginal.bootstrap.20.r0", "marginal.bootstrap.20.r1"):
        hold("1-old", name, "too few runs")
    hold("2-new", "marginal.bootstrap.20.r0", "no runs")
    change("2-new", "bootstrap", [9.0, 9.0, 1.0])
    comparison = api.compare()
    assert comparison.verdict == "pass"
    assert comparison.notes == [
        "marginal.bootstrap.20.r0 is invalid in both runs and not judged: no runs",
        "marginal.bootstrap.20.r1 was invalid, is valid now and not judged: too few runs",
    ]


def test_one_solver_run_more_is_a_regression_and_one_less_passes(results):
    spend("2-new", "bootstrap", solver_runs=21.0)
    (row,) = [row for row in api.compare().rows if row.verdict == "regression"]
    assert (row.method, row.error, row.ratio) == ("bootstrap", "solver runs", 21 / 20)
    assert api.compare("2-new", "1-old").verdict == "pass"


def test_counts_that_vary_are_judged_as_errors_are(results):
    """As of a method that decides by its first runs how many it makes."""
    for run, counts in (("1-old", (20.0, 30.0, 25.0)), ("2-new", (30.0, 20.0, 25.5))):
        spend(run, "bootstrap", solver_runs=counts)
    (row,) = [row for row in api.compare().rows if row.verdict == "inconclusive"]
    assert (row.error, row.margin) == ("solver runs", 0.1)
    spend("2-new", "bootstrap", solver_runs=(26.0, 39.1, 32.4))
    assert api.compare().verdict == "regression"


def test_one_operation_in_a_thousand_is_a_regression_unless_a_margin_tolerates_it(results):
    for run, operations in (("1-old", 1_000_000.0), ("2-new", 1_001_000.0)):
        spend(run, "bootstrap", operations=operations)
    (row,) = [row for row in api.compare().rows if row.verdict == "regression"]
    assert (row.method, row.error, row.ratio, row.margin) == ("bootstrap", "operations", 1.001, 0.0)
    assert api.compare("2-new", "1-old").verdict == "pass"
    assert (call().exit_code, call("--margin", "operations=0.01").exit_code) == (3, 0)
    edit("2-new", compare={"accuracy": 0.1, "time": 0.25, "margins": {"operations": 0.01}})
    assert call().exit_code == 0


def test_operations_that_one_version_has_not_counted_decide_nothing(results):
    """As an older one; of a method that has no program there is nothing to compare, and nothing to say."""
    spend("2-new", "bootstrap", operations=9.0)
    found = api.compare()
    judged = [row.method for row in found.rows if row.error == "operations"]
    assert (found.verdict, judged, found.notes) == ("pass", ["monte_carlo"], [])
    for method in ("bootstrap", "monte_carlo"):
        spend("1-old", method, operations=None)
    said = "operations are not compared: they were not counted in results/line/1-old"
    for found in (api.compare(), api.compare("2-new", "1-old")):
        assert not [row for row in found.rows if row.error == "operations"]
        assert (found.verdict, found.notes) == ("pass", [said])


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"versions": {"jax": "9.9"}}, "jax is 0.1 in results/line/1-old and 9.9 in results/line/2-new"),
        (
            {"device": "2 x CPU (abacus, 2 cores)"},
            "device is 1 x CPU (abacus) in results/line/1-old and 2 x CPU (abacus) in results/line/2-new",
        ),
        ({"device": "1 x CPU (abacus, 64 cores)", "processor": "another"}, ""),
    ],
)
def test_operations_decide_on_any_machine_where_the_same_packages_write_the_programs(results, environment, said):
    for run, operations in (("1-old", 100.0), ("2-new", 101.0)):
        spend(run, "monte_carlo", operations=operations)
        surround(run, versions={"jax": "0.1"}, device="1 x CPU (abacus, 2 cores)")
    surround("2-new", **environment)
    found = api.compare()
    worse = [row.error for row in found.rows if row.verdict == "regression"]
    assert worse == ([] if said else ["operations"])
    assert [note for note in found.notes if note.startswith("operations")] == (
        [f"operations are not compared: {said}"] if said else []
    )


def test_a_method_that_became_slower_is_a_regression_between_equal_machines_only(results):
    for run, seconds in (("1-old", (1.0, 1.1, 1.05)), ("2-new", (1.6, 1.75, 1.7))):
        spend(run, "bootstrap", seconds=[{"compile": 9.0, "simulate": 9.0, "train": s, "sample": 0.1} for s in seconds])
    (row,) = [row for row in api.compare().rows if row.verdict == "regression"]
    assert (row.method, row.error, row.margin) == ("bootstrap", "seconds", 0.25)
    assert row.ratio == pytest.approx((1.7 * 1.85 * 1.8 / (1.1 * 1.2 * 1.15)) ** (1 / 3))
    assert call().stdout.splitlines()[-2] == (
        "times of runs that were made one after the other may differ by the load of the machine alone; let both "
        "versions take turns: sgmbench compare CONFIG.yaml --ab git:REF"
    )
    assert api.compare(margins={"time": 0.7}).verdict == "pass"
    surround("2-new", device="an abacus", kernel_seconds=None)
    comparison = api.compare()
    device = RunFolder(results / "line" / "1-old").record["environment"]["device"]
    assert comparison.verdict == "pass"
    assert [note for note in comparison.notes if note.startswith("times")] == [
        f"times are not compared: device is {device} in results/line/1-old and an abacus in results/line/2-new"
    ]


def test_times_of_unequal_machines_are_divided_by_the_kernels_and_decide_nothing(results):
    """Twice the seconds on a machine that takes twice as long is no difference; five times as many are advice."""
    surround("1-old", kernel_seconds=0.2)
    surround("2-new", device="an abacus", kernel_seconds=0.4)
    device = RunFolder(results / "line" / "1-old").record["environment"]["device"]
    for times, ratio in ((2, 1.0), (10, 5.0)):
        for run, seconds in (("1-old", (1.0, 1.1, 1.05)), ("2-new", (times, 1.1 * times, 1.05 * times))):
            spend(run, "bootstrap", seconds=[{"train": float(s)} for s in seconds])
        comparison = api.compare()
        (row,) = [row for row in comparison.rows if row.kind == "time"]
        assert (row.ratio, row.verdict) == (pytest.approx(ratio), "advisory")
        assert (comparison.verdict, comparison.exit_code(strict=True)) == ("pass", 0)
    assert [note for note in comparison.notes if note.startswith("times")] == [
        "times are divided by the seconds of the calibration kernel (0.2 in results/line/1-old, 0.4 in "
        f"results/line/2-new) and decide nothing: device is {device} in results/line/1-old and an abacus in "
        "results/line/2-new"
    ]
    assert re.search(r"verdict: pass \(1 advisory, \d+ pass\)\n$", call().stdout)


def test_times_too_short_to_tell_are_not_judged(results):
    for run, seconds in (("1-old", 0.01), ("2-new", 0.04)):
        spend(run, "bootstrap", seconds=[{"train": seconds}] * 3)
    assert api.compare().verdict == "pass"


def test_a_metric_of_other_settings_is_not_comparable(results):
    """By each method and budget that it has scored; why is said once. What became worse elsewhere comes first."""
    metrics = RunFolder(results / "line" / "2-new").record["configuration"]["metrics"]
    edit("2-new", metrics=[entry | ({"norm": "standardized"} if "norm" in entry else {}) for entry in metrics])
    found = api.compare()
    why = "energy.norm is field_l2 in results/line/1-old and standardized in results/line/2-new"
    assert [(row.name, row.verdict, row.why) for row in found.rows if row.verdict != "pass"] == [
        (f"marginal, {method} at 20 runs, energy", "not comparable", why) for method in ("monte_carlo", "bootstrap")
    ]
    assert (found.verdict, found.exit_code(), found.notes) == ("not comparable", 6, [])
    ended = call()
    assert ended.exit_code == 6
    assert ended.stdout.count(f"\nenergy is not comparable: {why}\n") == 1
    assert re.search(r"\nverdict: not comparable \(2 not comparable, \d+ pass\)\n$", ended.stdout)
    change("2-new", "bootstrap", [1.5, 1.6, 1.55])
    assert (api.compare().verdict, call().exit_code) == ("regression", 3)


def test_a_metric_that_is_gone_is_not_comparable_and_one_that_is_new_opens_no_question(results):
    folder = RunFolder(results / "line" / "2-new")
    metrics = folder.record["configuration"]["metrics"]
    edit("2-new", metrics=[entry for entry in metrics if entry["label"] != "mean"])
    for result in folder.results():
        del result.scores["all"]["mean"]
        folder.write_result(result)
    lost = [(row.method, row.error, row.why) for row in api.compare().rows if row.verdict != "pass"]
    said = "it is not among the metrics of results/line/2-new"
    assert lost == [(method, "mean", said) for method in ("monte_carlo", "bootstrap")]
    assert api.compare("2-new", "1-old").verdict == "pass"


def test_an_option_of_a_metric_that_is_not_set_changes_nothing(results):
    """As one that a later version knows."""
    metrics = RunFolder(results / "line" / "2-new").record["configuration"]["metrics"]
    edit("2-new", metrics=[entry | {"later": None} for entry in metrics])
    assert api.compare().verdict == "pass"


def test_an_error_that_has_no_number_any_more_is_not_comparable(results):
    change("2-new", "bootstrap", [None, None, None])
    lost = [(row.name, row.verdict, row.why) for row in api.compare().rows if row.verdict != "pass"]
    why = "it has no number in results/line/2-new"
    assert lost == [(f"marginal, bootstrap at 20 runs, mean/{part}", "not comparable", why) for part in ("q", "u")]
    assert (call().exit_code, api.compare("2-new", "1-old").exit_code()) == (6, 0)


def test_margins_of_one_metric_come_before_those_of_all_and_those_said_before_those_written(results):
    change("2-new", "bootstrap", [1.2, 1.21, 1.19])
    assert call("--margin", "mean=0.5").exit_code == 0
    assert call("--margin", "0.5", "--margin", "mean=0.1").exit_code == 3
    edit("2-new", compare={"accuracy": 0.1, "time": 0.25, "margins": {"mean": 0.5}})
    assert call().exit_code == 0
    assert call("--margin", "0.1").exit_code == 3


@pytest.mark.parametrize(
    ("margin", "said"),
    [
        (
            "meen=0.1",
            "no metric is labeled 'meen' (did you mean mean?); write one of accuracy, time, operations, energy, mean",
        ),
        ("0", "--margin accuracy=0: a margin is positive; write 0.1 to tolerate 10 %"),
        ("ten", "--margin ten: write a number, as 0.1, or a label and a number, as energy=0.2"),
    ],
)
def test_margins_that_are_none(results, margin, said):
    ended = call("--margin", margin)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert said in ended.stderr


def test_errors_of_zero_in_both_runs_are_the_same_and_in_one_are_not(results):
    """As of quantiles of a discrete law."""
    change("2-new", "bootstrap", [0.0, 0.0, 0.0])
    assert {row.verdict for row in api.compare().rows if row.error.startswith("mean")} == {"pass", "inconclusive"}
    change("1-old", "bootstrap", [0.0, 0.0, 0.0])
    assert api.compare().verdict == "pass"


def test_the_margin_is_what_is_tolerated(results):
    change("2-new", "bootstrap", [1.2, 1.21, 1.19])
    assert call("--margin", "0.1").exit_code == 3
    assert call("--margin", "0.5").exit_code == 0
    assert api.compare(margin=0.5).verdict == "pass"


def test_one_replicate_that_differs_settles_nothing():
    assert judged(judge(np.log([1.5]), 0.1)) == (pytest.approx(1.5), None, None, "across")
    assert judge(np.zeros(1), 0.1).place == "within"


def test_a_cell_that_fails_now_is_a_regression_with_an_exit_code_of_its_own(results):
    folder = RunFolder(results / "line" / "2-new")
    result = folder.read_result("marginal.bootstrap.20.r1")
    assert result is not None
    folder.write_result(dataclasses.replace(result, status="failed", reason="diverged", scores={}))
    comparison = api.compare()
    assert comparison.verdict == "regression"
    (row,) = [row for row in comparison.rows if row.verdict == "regression"]
    assert (row.method, row.error) == ("bootstrap", "the cell failed")
    ended = call()
    assert ended.exit_code == 5
    assert "in one of the runs only: marginal.bootstrap.20.r1" in ended.stdout
    assert re.search(r"verdict: 1 cells failed; regression \(1 regression, \d+ pass\)\n$", ended.stdout)
    assert (row.why, comparison.failed) == ("replicate 1: diverged", ["marginal.bootstrap.20.r1"])
    json.loads(call("--json").stdout, parse_constant=lambda name: pytest.fail(name))


def test_the_newest_run_is_judged_whatever_became_of_its_cells(results):
    folder = RunFolder(results / "line" / "2-new")
    (result, *_) = folder.results()
    folder.write_result(dataclasses.replace(result, status="failed", reason="diverged", scores={}))
    folder.finish("failed cells")
    assert (Path(api.compare().new).name, api.compare().failed) == ("2-new", [result.name])


def test_a_method_that_is_new_and_fails_is_told_and_one_that_is_gone_leaves_the_comparison_open(results):
    for name in ("bootstrap.20.r0", "bootstrap.20.r1", "bootstrap.20.r2"):
        shutil.rmtree(results / "line" / "1-old" / "cells" / f"marginal.{name}")
    assert api.compare().exit_code(strict=False) == 0
    assert api.compare().exit_code(strict=True) == 4
    turned = api.compare("2-new", "1-old")
    assert (turned.exit_code(strict=False), turned.exit_code(strict=True)) == (0, 4)
    folder = RunFolder(results / "line" / "2-new")
    for result in [each for each in folder.results() if each.method == "bootstrap"]:
        folder.write_result(dataclasses.replace(result, status="failed", reason="diverged", scores={}))
    found = api.compare()
    assert found.exit_code() == 5
    assert found.failed == [f"marginal.bootstrap.20.r{r}" for r in range(3)]


def test_what_xml_does_not_know_is_replaced_in_a_junit_file(results):
    folder = RunFolder(results / "line" / "2-new")
    result = folder.read_result("marginal.bootstrap.20.r1")
    assert result is not None
    folder.write_result(dataclasses.replace(result, status="failed", reason="solver said \x1b[31mNaN\x00", scores={}))
    root = ElementTree.fromstring(as_junit(api.compare()))
    assert [error.get("message") for error in root.iter("error")] == [
        "marginal, bootstrap at 20 runs, the cell failed: replicate 1: solver said \ufffd[31mNaN\ufffd"
    ]


def test_json_has_rows_and_verdict(results):
    ended = call("--json")
    plain = json.loads(ended.stdout)
    assert plain["verdict"] == "pass"
    assert len([row for row in plain["rows"] if row["kind"] == "error"]) == 10


def test_runs_of_different_questions_are_refused_by_what_differs(results):
    edit("2-new", problem={"kind": "small:Line", "slope": 2.0}, seed=9)
    ended = call()
    assert (ended.exit_code, ended.stdout) == (6, "")
    assert ended.stderr == (
        "sgmbench: not comparable: problem.slope is 1.0 in results/line/1-old and 2.0 in results/line/2-new, "
        "seed is 0 in results/line/1-old and 9 in results/line/2-new; run both with the same\n"
    )


def test_a_budget_that_is_no_longer_asked_for_is_not_comparable(results):
    """A gate that no longer covers what it covered does not open; what became worse elsewhere comes first."""
    ask_elsewhere("1-old", "bootstrap", 40)
    found = api.compare()
    (row,) = [row for row in found.rows if row.verdict == "not comparable"]
    assert (row.method, row.budget, row.kind) == ("bootstrap", 40, "cell")
    assert row.why == "budgets of bootstrap is [40] in results/line/1-old and [20] in results/line/2-new"
    assert found.unpaired == [f"marginal.bootstrap.20.r{r}" for r in range(3)]
    assert (found.verdict, found.exit_code(), found.exit_code(strict=True)) == ("not comparable", 6, 6)
    ended = call()
    assert ended.exit_code == 6
    assert f"\nmarginal, bootstrap at 40 runs, no longer asked for: {row.why}\n" in ended.stdout
    assert re.search(r"\nverdict: not comparable \(1 not comparable, \d+ pass\)\n$", ended.stdout)
    change("2-new", "monte_carlo", [1.5, 1.6, 1.55])
    assert (api.compare().verdict, call().exit_code) == ("regression", 3)


def test_a_method_that_is_no_longer_asked_for_is_not_comparable(results):
    record = RunFolder(results / "line" / "2-new").record
    edit("2-new", methods=[entry for entry in record["configuration"]["methods"] if entry["label"] != "bootstrap"])
    for r in range(3):
        shutil.rmtree(results / "line" / "2-new" / "cells" / f"marginal.bootstrap.20.r{r}")
    found = api.compare()
    assert [(row.name, row.why) for row in found.rows if row.verdict != "pass"] == [
        (
            "marginal, bootstrap at 20 runs, no longer asked for",
            "budgets of bootstrap is [20] in results/line/1-old and absent in results/line/2-new",
        )
    ]
    assert (found.exit_code(), found.unpaired) == (6, [])


def test_a_budget_that_is_asked_for_as_well_is_told_and_opens_no_question(results):
    ask_elsewhere("2-new", "bootstrap", 40, too=True)
    found = api.compare()
    assert (found.verdict, found.exit_code()) == ("pass", 0)
    assert found.unpaired == [f"marginal.bootstrap.40.r{r}" for r in range(3)]


def test_runs_without_a_common_cell_are_refused(results):
    edit("2-new", budgets=[40])
    shutil.rmtree(results / "line" / "2-new" / "cells")
    with pytest.raises(IncomparableError) as refused:
        api.compare()
    assert str(refused.value) == (
        "not comparable: no finished cell is in both runs (budgets of bootstrap is [20] in results/line/1-old and [40] "
        "in results/line/2-new, budgets of monte_carlo is [20] in results/line/1-old and [40] in results/line/2-new); "
        "run both with a common budget"
    )


def test_runs_are_named_by_folder_or_experiment(results):
    named = [("1-old", "2-new"), ("results/line/1-old", None), (str(Path("results/line/1-old").resolve()), None)]
    for old, new in [*named, ("line", None)]:
        found = api.compare(old, new)
        assert (Path(found.old).name, Path(found.new).name) == ("1-old", "2-new")
    turned = api.compare("2-new", "1-old")
    assert (Path(turned.old).name, Path(turned.new).name) == ("2-new", "1-old")
    for named in ("2-new", "results/line/2-new", "results/line"):  # the newest is judged, by whatever name
        found = api.compare(named)
        assert (Path(found.old).name, Path(found.new).name) == ("1-old", "2-new")
    with pytest.raises(UsageError, match=r"^other: no such run below results/ \(experiments with runs: line\)$"):
        api.compare("other")


def test_a_run_is_not_compared_with_itself(results):
    with pytest.raises(UsageError) as refused:
        api.compare("line", "2-new")
    assert str(refused.value) == (
        "results/line/2-new: named twice, and a run is no worse than itself; name another one, or this alone"
    )


def test_unfinished_runs_are_not_compared_unless_named(results):
    RunFolder(results / "line" / "2-new").finish("interrupted")
    with pytest.raises(UsageError, match=r"needs two finished runs of line below results/; it has 1$"):
        api.compare()
    assert api.compare("1-old", "2-new").verdict == "pass"

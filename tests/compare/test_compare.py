"""Verdicts on pairs of runs made by hand from one real run, and on real ones."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import small
from typer.testing import CliRunner

from sgmbench import api, registry
from sgmbench.cli import app
from sgmbench.compare.compare import judge, judge_squares
from sgmbench.errors import IncomparableError, UsageError
from sgmbench.store.run_folder import RunFolder


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A run of three replicates with two methods."""
    folder = tmp_path_factory.mktemp("original")
    config = small.write(folder / "a.yaml", replicates=3, keep_samples="none")
    api.run(config, results=folder / "results")
    return folder / "results"


@pytest.fixture
def results(original, tmp_path, monkeypatch):
    """The run under the names `1-old` and `2-new`, in ./results."""
    monkeypatch.chdir(tmp_path)
    (source,) = (original / "line").iterdir()
    for name in ("1-old", "2-new"):
        shutil.copytree(source, Path("results/line") / name)
    return Path("results")


def change(run, method, factors, metric="mean"):
    """Multiplies a metric of a method by a factor in each replicate."""
    folder = RunFolder(Path("results/line") / run)
    for result in folder.results():
        if result.method == method:
            parts = result.scores["all"][metric]
            result.scores["all"][metric] = {part: v * factors[result.replicate] for part, v in parts.items()}
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


def edit(run, **configuration):
    """Changes the record of a run."""
    path = Path("results/line") / run / "run.json"
    record = json.loads(path.read_text())
    record["configuration"] |= configuration
    path.write_text(json.dumps(record))


def call(*words):
    return CliRunner().invoke(app, ["compare", *words])


def test_a_run_against_itself_passes(results):
    ended = call()
    assert ended.exit_code == 0
    assert ended.stdout.endswith("verdict: pass\n")
    comparison = api.compare()
    assert (comparison.old, comparison.new) == ("results/line/1-old", "results/line/2-new")
    assert {row.verdict for row in comparison.rows} == {"pass"}
    assert {row.ratio for row in comparison.rows} == {1.0}
    assert {row.error for row in comparison.rows} == {
        "energy",
        "mean/u",
        "mean/q",
        "standard_deviation/u",
        "standard_deviation/q",
    }
    assert comparison.unpaired == []


def test_a_planted_regression_is_found_and_only_there(results):
    change("2-new", "bootstrap", [1.5, 1.6, 1.55])
    ended = call()
    assert ended.exit_code == 3
    assert ended.stdout.endswith("verdict: regression\n")
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
        before, after = (0.010, -0.012, 0.001), (0.050, 0.051, 0.055)
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


def test_squares_that_scatter_around_zero_raise_an_alarm_as_rarely_as_said():
    """Equal laws on both sides: in 2.5 % of the pairs either way, and inconclusive else."""
    rng, trials = np.random.default_rng(0), 2_000
    verdicts = [judge_squares(*rng.standard_normal((2, 5)), 0.1)[3] for _ in range(trials)]
    for verdict in ("regression", "pass"):
        assert abs(verdicts.count(verdict) / trials - 0.025) < 4 * np.sqrt(0.025 * 0.975 / trials)
    assert judge_squares(np.zeros(3), np.zeros(3), 0.1) == (1.0, 1.0, 1.0, "pass")
    assert judge_squares(np.ones(1), np.full(1, 3.0), 0.1) == (3.0, None, None, "inconclusive")


def test_the_other_way_round_it_is_an_improvement(results):
    change("1-old", "bootstrap", [1.5, 1.6, 1.55])
    assert api.compare().verdict == "pass"


def test_replicates_that_disagree_are_inconclusive(results):
    change("2-new", "bootstrap", [3.0, 0.5, 1.1])
    assert call().exit_code == 0
    assert api.compare().verdict == "inconclusive"


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
    assert judge(np.log([1.5]), 0.1) == (pytest.approx(1.5), None, None, "inconclusive")
    assert judge(np.zeros(1), 0.1)[3] == "pass"


def test_a_cell_that_fails_now_is_a_regression(results):
    folder = RunFolder(results / "line" / "2-new")
    result = folder.read_result("marginal.bootstrap.20.r1")
    assert result is not None
    folder.write_result(dataclasses.replace(result, status="failed", reason="diverged", scores={}))
    comparison = api.compare()
    assert comparison.verdict == "regression"
    (row,) = [row for row in comparison.rows if row.verdict == "regression"]
    assert (row.method, row.error) == ("bootstrap", "the cell failed")
    ended = call()
    assert ended.exit_code == 3
    assert "in one of the runs only: marginal.bootstrap.20.r1" in ended.stdout
    json.loads(call("--json").stdout, parse_constant=lambda name: pytest.fail(name))


def test_json_has_rows_and_verdict(results):
    ended = call("--json")
    plain = json.loads(ended.stdout)
    assert plain["verdict"] == "pass"
    assert len(plain["rows"]) == 10


def test_runs_of_different_questions_are_refused_by_what_differs(results):
    edit("2-new", problem={"kind": "small:Line", "slope": 2.0}, seed=9)
    ended = call()
    assert (ended.exit_code, ended.stdout) == (6, "")
    assert ended.stderr == (
        "sgmbench: not comparable: problem, seed differ between results/line/1-old and results/line/2-new\n"
    )


def test_runs_without_a_common_cell_are_refused(results):
    shutil.rmtree(results / "line" / "2-new" / "cells")
    with pytest.raises(IncomparableError, match="no finished cell is in both runs"):
        api.compare()


def test_runs_are_named_by_folder_or_experiment(results):
    named = [("1-old", "2-new"), ("results/line/1-old", None), (str(Path("results/line/1-old").resolve()), None)]
    for old, new in [*named, ("line", None)]:
        found = api.compare(old, new)
        assert (Path(found.old).name, Path(found.new).name) == ("1-old", "2-new")
    turned = api.compare("2-new", "1-old")
    assert (Path(turned.old).name, Path(turned.new).name) == ("2-new", "1-old")
    with pytest.raises(UsageError, match=r"^other: no such run below results/ \(experiments with runs: line\)$"):
        api.compare("other")


def test_unfinished_runs_are_not_compared_unless_named(results):
    RunFolder(results / "line" / "2-new").finish("interrupted")
    with pytest.raises(UsageError, match=r"needs two complete runs of line below results/; it has 1$"):
        api.compare()
    assert api.compare("1-old", "2-new").verdict == "pass"

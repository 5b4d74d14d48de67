"""Methods ranked over held-out pairs: the numbers of a real small run, and sentences on results made by hand."""

import csv
import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import small

from sgmbench import api
from sgmbench.core.cost import Cost
from sgmbench.core.result import Result
from sgmbench.report.answer import answers
from sgmbench.report.draw import draw_figures
from sgmbench.report.standings import standings_of
from sgmbench.report.summary import Line, Summary, TargetSummary, summarize
from sgmbench.report.terminal import notes, tables
from sgmbench.store.run_folder import RunFolder


def result(method, values, *, replicate=0, budget=100, status="ok", metric="energy_score"):
    return Result(
        name=f"conditional.{method}.{budget}.r{replicate}",
        content="",
        target="conditional",
        method=method,
        kind="generator",
        budget=budget,
        replicate=replicate,
        status=status,
        cost=Cost(seconds={"train": 1.0, "compile": 0.0, "simulate": 0.0, "sample": 0.0}),
        pair_scores={metric: {"all": list(values)}} if status == "ok" else {},
    )


def test_the_best_is_first_and_the_others_are_behind_by_their_paired_difference():
    rng = np.random.default_rng(0)
    hard = 10 * rng.random(50)
    near, far = hard + 0.01 + rng.standard_normal(50), hard + 1 + 0.1 * rng.standard_normal(50)
    best, *others = standings_of([result("far", far), result("best", hard), result("near", near)])
    assert (best.method, best.behind, best.standard_error, best.is_told_apart) == ("best", 0.0, 0.0, False)
    for standing, values in zip(others, sorted([near, far], key=np.mean), strict=True):
        assert standing.score == pytest.approx(values.mean())
        assert standing.behind == pytest.approx((values - hard).mean())
        assert standing.standard_error == pytest.approx((values - hard).std(ddof=1) / np.sqrt(50))
    assert {standing.method: standing.is_told_apart for standing in others} == {"near": False, "far": True}


def test_a_score_is_the_mean_over_replicates_pair_by_pair():
    values = np.random.default_rng(1).random((3, 20))
    standings = standings_of(
        [result("a", row, replicate=i) for i, row in enumerate(values)] + [result("b", np.zeros(20))]
    )
    assert [(s.method, s.replicates) for s in standings] == [("b", 1), ("a", 3)]
    assert standings[1].score == pytest.approx(values.mean())
    assert standings[1].standard_error == pytest.approx(values.mean(axis=0).std(ddof=1) / np.sqrt(20))


def test_what_failed_has_no_standing_and_what_is_no_number_is_last():
    found = standings_of([result("bad", [None, 1.0]), result("good", [2.0, 3.0]), result("gone", [], status="failed")])
    assert [standing.method for standing in found] == ["good", "bad"]
    assert math.isnan(found[1].score)
    assert standings_of([result("c", [1.0], metric="crps")]) == []


def summary(*results, different=4):
    condition = {
        "pairs": 4,
        "different_conditions": different,
        "is_listed": False,
        "z": None,
        "size": 200,
        "failed": 0,
        "seconds": None,
        "floors": {},
        "variances": {"u": {"mean": 1.0, "sd": 0.5}},
        "climatology": {"energy_score": {"all": 0.5}},
    }
    lines = [
        Line("conditional", r.method, r.kind, r.budget, 1, int(r.status == "failed"), r.reason, 0) for r in results
    ]
    target = TargetSummary("conditional", {"held_out": condition}, lines, "", standings_of(list(results)))
    record = {"configuration": {"ask": [{}, {}], "methods": [], "name": "x"}, "started": "20260101", "environment": {}}
    return Summary("results/x", record, [target], list(results))


NOTHING = (
    "No equivalent runs and no costs can be given, because no condition repeats: each held-out run is the only one at "
    "its condition."
)


def test_the_ranking_is_one_paragraph_whatever_was_asked():
    base = np.array([0.1, 0.2, 0.3, 0.4])
    said = answers(
        summary(
            result("good", base),
            result("close", base + np.array([0.01, -0.01, 0.02, 0.0]), budget=2_000),
            result("bad", base + np.array([0.3, 0.31, 0.29, 0.3])),
        )
    )
    assert said == [
        "Conditional: over 4 held-out runs, each at its own condition, good from 100 runs has the best energy score, "
        "0.25 (0.5 where the conditions are ignored). Not told apart from it: close from 2,000 runs (0.005 +- 0.006). "
        f"Behind it: bad from 100 runs (0.3 +- 0.004). {NOTHING}"
    ]


def test_one_method_alone_is_the_best_of_them():
    (said,) = answers(summary(result("only", [0.1, 0.2, 0.3, 0.4])))
    assert said == (
        "Conditional: over 4 held-out runs, each at its own condition, only from 100 runs has the best energy score, "
        f"0.25 (0.5 where the conditions are ignored). {NOTHING}"
    )


def test_conditions_that_repeat_are_not_denied():
    (said,) = answers(summary(result("only", [0.1, 0.2, 0.3, 0.4]), different=2))
    assert said == (
        "Conditional: over 4 held-out runs, at 2 different conditions, only from 100 runs has the best energy score, "
        "0.25 (0.5 where the conditions are ignored). No equivalent runs and no costs can be given, because held-out "
        "runs are scored one by one, not as the law of those at one condition."
    )


def test_without_a_score_there_is_no_ranking_and_it_is_said_why():
    assert answers(summary(result("a", [1.0], metric="crps"))) == [
        "Conditional: no answer, since energy_score is not among the metrics."
    ]
    assert answers(summary(result("a", [], status="failed"))) == ["Conditional: no answer, since every cell failed."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run on recorded data, of two replicates, for both targets."""
    root = tmp_path_factory.mktemp("pairs")
    small.record(folder=root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        config = small.write(
            Path("a.yaml"),
            problem=small.RECORDED,
            targets=["marginal", small.PAIRS],
            methods=["bootstrap", {"kind": "bootstrap", "label": "single", "neighbors": 1}, "small:Unable"],
            budgets=[20, 60],
            replicates=2,
            metrics=["energy", "mean", "standard_deviation", "energy_score", "crps"],
            ask={"tolerance": 0.3},
        )
        yield RunFolder(Path(api.run(config).summary.run).absolute())


def test_the_table_has_a_row_for_each_method_best_first(folder):
    marginal, conditional = tables(summarize(folder))
    assert str(marginal.title) == "line: marginal (one law)"
    assert str(conditional.title) == "line: conditional (over 40 held-out runs, each at its own condition)"
    columns = {str(column.header): [str(cell) for cell in column.cells] for column in conditional.columns}
    assert list(columns) == ["method", "runs", "energy score", "behind the best", "CRPS", "train", "a sample"]
    *scored, failed, failed_too, ignored = columns["energy score"]
    assert sorted(map(float, scored)) == list(map(float, scored))
    assert (failed, failed_too) == ("failed", "failed")
    assert columns["method"][-1] == "conditions ignored"
    assert float(ignored) > float(scored[0])
    assert columns["behind the best"][0] == "best"
    assert all(" +- " in cell for cell in columns["behind the best"][1:4])
    assert all(len(cell.split()) == 2 for cell in (*columns["CRPS"][:4], columns["CRPS"][-1]))
    assert "No equivalent runs, since no condition repeats: each held-out run is" in " ".join(
        str(conditional.caption).split()
    )


def test_one_neighbor_is_behind_many(folder):
    standings = summarize(folder).targets[1].standings
    assert {(s.method, s.budget, s.replicates) for s in standings} == {
        (method, budget, 2) for method in ("bootstrap", "single") for budget in (20, 60)
    }
    assert standings[0].method == "bootstrap"
    assert standings[-1].method == "single"
    assert standings[-1].is_told_apart


def test_the_cost_of_a_recorded_run_is_not_made_up(folder):
    found = summarize(folder)
    assert math.isnan(found.targets[0].seconds_a_run)
    (asked,) = [said for said in answers(found) if said.startswith("Marginal: for mean")]
    assert "What a run took is not recorded (write cost_per_run in seconds to be told what is cheapest); " in asked
    assert "a run (measured)" not in asked
    assert any("Unable at 20 runs in 2 of 2 replicates" in said for said in notes(found))
    (marginal, _) = tables(found)
    assert [str(cell) for cell in marginal.columns[0].cells][-1] == "floor: as many runs"


def test_the_csv_has_scores_and_how_far_each_is_behind(folder):
    with (folder.path / "summary.csv").open(newline="") as file:
        rows = {(r["target"], r["method"], r["budget"], r["score"]): r for r in csv.DictReader(file)}
    for standing in summarize(folder).targets[1].standings:
        key = ("conditional", standing.method, str(standing.budget))
        assert float(rows[(*key, "energy_score/all")]["mean"]) == pytest.approx(standing.score, rel=1e-5)
        assert rows[(*key, "crps/u")]["floor"] == ""
        behind = rows[(*key, "behind_best/energy_score")]
        assert float(behind["mean"]) == pytest.approx(standing.behind, rel=1e-5)
        assert float(behind["high"]) - float(behind["low"]) == pytest.approx(4 * standing.standard_error, rel=1e-3)
    assert not any(target == "conditional" and "equivalent" in score for target, _, _, score in rows)


def test_figures_show_the_best_method_at_the_conditions_of_the_held_out_runs(folder):
    paths = sorted((folder.path / "figures").iterdir())
    assert [path.name for path in paths] == [
        "conditional_bands.svg",
        "conditional_costs.svg",
        *(f"conditional_{name}.svg" for name in ("distributions", "histograms", "modes", "pit", "spectra")),
        "error_against_runs.svg",
        "marginal_bands.svg",
        "marginal_costs.svg",
        "marginal_decision_map.svg",
        *(f"marginal_{name}.svg" for name in ("distributions", "histograms", "modes", "pit", "spectra")),
    ]
    before = [path.read_bytes() for path in paths]
    draw_figures(folder, summarize(folder))
    assert [path.read_bytes() for path in paths] == before
    for content in before:
        assert list(ET.fromstring(content).iter("{http://www.w3.org/2000/svg}path"))
    best = b'<g id="legend_1">'
    assert best in before[0]

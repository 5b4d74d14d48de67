"""The files and tables of a real small run."""

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import small

from sgmbench import api
from sgmbench.report.contest_words import contest_sentences
from sgmbench.report.draw import draw_figures
from sgmbench.report.format import count, percent, seconds, several, short
from sgmbench.report.summary import summarize
from sgmbench.report.terminal import tables
from sgmbench.statistics.jackknife import log_pseudo_values
from sgmbench.store.run_folder import RunFolder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of two replicates at three conditions and for the marginal."""
    root = tmp_path_factory.mktemp("report")
    config = small.write(
        root / "a.yaml", targets=[small.CONDITIONAL, "marginal"], replicates=2, budgets=[10, 20], metrics=METRICS
    )
    return RunFolder(Path(api.run(config, results=root / "results").summary.run))


OF_EACH = ("bands", "costs", "distributions", "error_against_cost", "histograms", "modes", "pit", "spectra")
METRICS = ["energy", {"kind": "energy", "label": "energy_standardized", "norm": "standardized"}, "mean", "wasserstein"]


def rows(folder):
    with (folder.path / "summary.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_has_a_row_for_each_line_condition_and_score(folder):
    found = {(r["target"], r["method"], r["budget"], r["condition"], r["score"]): r for r in rows(folder)}
    assert len(found) == len(rows(folder))
    for target, conditions in (("conditional", ("c1", "c2", "d01")), ("marginal", ("all",))):
        for condition in conditions:
            for method in ("monte_carlo", "bootstrap"):
                for budget in ("10", "20"):
                    key = (target, method, budget, condition)
                    assert float(found[(*key, "mean/u")]["floor"]) > 0
                    assert found[(*key, "mean/q")]["replicates"] == "2"
                    assert float(found[(*key, "equivalent_runs/energy")]["mean"]) > 0


def test_the_csv_has_the_means_of_the_results(folder):
    results = [r for r in folder.results() if (r.target, r.method, r.budget) == ("marginal", "bootstrap", 10)]
    expected = sum(r.scores["all"]["mean"]["u"] for r in results) / 2
    (row,) = [
        r
        for r in rows(folder)
        if (r["target"], r["method"], r["budget"], r["score"]) == ("marginal", "bootstrap", "10", "mean/u")
    ]
    assert float(row["mean"]) == pytest.approx(expected, rel=1e-5)


def test_contests_are_those_of_the_results_and_the_claims_are_printed(folder, capsys):
    """At one condition the ratio is that of mean D2 / mu + 2 / n, but for the jackknife's correction."""
    with (folder.path / "contests.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert {(r["target"], r["budget"], r["status"]) for r in found if not r["rival"]} == {
        (target, budget, "primary" if budget == "20" else "exploratory")
        for target in ("conditional", "marginal")
        for budget in ("10", "20")
    }
    (row,) = [r for r in found if (r["target"], r["budget"]) == ("marginal", "20") and r["rival"]]
    results = [r for r in folder.results() if (r.target, r.budget) == ("marginal", 20)]
    size = summarize(folder).targets[1].conditions["all"]["size"]
    errors = {
        method: np.array([[_error(r) + 2 / size] for r in results if r.method == method])
        for method in (row["first"], row["rival"])
    }
    first, rival = (np.mean(log_pseudo_values(each)) for each in errors.values())
    assert float(row["error_ratio"]) == pytest.approx(np.exp(first - rival), rel=1e-5)
    answer = api.show(str(folder.path))
    api.print_shown(answer)
    printed = " ".join(capsys.readouterr().out.split())
    assert [claim.contest.budget for claim in answer.claims] == [20, 20]
    assert all(said in printed for said in contest_sentences(answer.claims))


def _error(result):
    scores = result.scores["all"]["energy"]
    return scores["d2"] / scores["mu"]


def test_figures_are_valid_svg_with_text_as_paths_and_the_same_bytes_again(folder):
    paths = sorted((folder.path / "figures").iterdir())
    assert [path.name for path in paths] == [
        *(f"conditional_{name}.svg" for name in OF_EACH),
        "error_against_runs.svg",
        *(f"marginal_{name}.svg" for name in OF_EACH),
    ]
    before = [path.read_bytes() for path in paths]
    draw_figures(folder, summarize(folder))
    assert [path.read_bytes() for path in paths] == before
    for content in before:
        root = ET.fromstring(content)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert not list(root.iter("{http://www.w3.org/2000/svg}text"))
        assert list(root.iter("{http://www.w3.org/2000/svg}path"))
        assert b"<dc:date>" not in content


def test_tables_have_a_row_for_each_method_and_budget_and_the_floor(folder):
    conditional, listed, marginal = tables(summarize(folder))
    assert str(conditional.title) == "line: conditional (medians over 3 conditions)"
    assert str(marginal.title) == "line: marginal (one law)"
    for table in (conditional, marginal):
        columns = {str(column.header): list(column.cells) for column in table.columns}
        assert list(columns) == ["method", "runs", "N_eq", "worst", "W1/sd", "mean", "train", "a sample"]
        assert columns["method"] == ["monte_carlo"] * 2 + ["bootstrap"] * 2 + ["floor: as many runs"]
        assert columns["runs"] == ["10", "20", "10", "20", ""]
        assert all(len(str(cell).split()) == 2 for cell in columns["mean"])
    assert [str(column.header) for column in listed.columns][2:] == ["c1\n(0, 1)", "c2\n(0.9, 1)"]
    assert all(" / " in str(cell) for cell in listed.columns[2].cells)


def test_numbers_as_people_write_them():
    assert [count(v) for v in (0.0412, 19.34, 999, 999.7, 1250, 24983, 1e6)] == [
        "0.0412",
        "19.3",
        "999",
        "1,000",
        "1,250",
        "25,000",
        "1,000,000",
    ]
    assert [percent(v) for v in (0.02, 0.025, 0.996, 1.5, 30.98)] == ["2 %", "2.5 %", "100 %", "150 %", "3,098 %"]
    assert [seconds(v) for v in (2e-5, 9.999e-4, 1.1e-3, 12, 150, 9000)] == [
        "20 us",
        "1 ms",
        "1.1 ms",
        "12 s",
        "2.5 min",
        "2.5 h",
    ]
    assert [short(v) for v in (0.0281, 0.28, 1.02, 13.2, float("nan"))] == [".028", ".28", "1.02", "13", "-"]
    assert several(["a"]) == "a"
    assert several(["a", "b", "c"]) == "a, b and c"

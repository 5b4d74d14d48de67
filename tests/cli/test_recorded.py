"""`sgmbench run` on recorded runs, as a user types it."""

import csv
import json
import re
from pathlib import Path

import pytest
import small
from typer.testing import CliRunner

from sgmbench.cli import app

BOTH = {
    "problem": small.RECORDED,
    "targets": ["marginal", small.PAIRS],
    "methods": ["bootstrap", "residual_bootstrap"],
    "metrics": ["energy", "mean", "standard_deviation", "energy_score", "crps"],
    "budgets": [60],
    "replicates": 2,
    "ask": {"tolerance": 0.6, "cost_per_run": [60]},
}


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command in a folder with a file of runs; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    small.record()
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_a_marginal_is_told_in_equivalent_runs_and_a_conditional_target_as_a_ranking(call):
    ended = call("run", small.write(Path("a.yaml"), **BOTH))
    assert ended.exit_code == 0, ended.stderr
    text = " ".join(ended.stdout.split())
    assert re.search(r"Marginal: \w+ from 60 runs is worth (at least )?[\d.]+ runs by energy", text)
    cheapest = r"\w+ \(60 runs, .+? of training\) is cheapest"
    assert re.search(rf"At 60 s a run ({cheapest}|no method is seen to reach it)", text)
    assert re.search(
        r"Conditional: over 40 held-out runs, each at its own condition, \w+ from 60 runs has the best", text
    )
    assert "No equivalent runs and no costs can be given, because no condition repeats" in text
    (path,) = Path("results").glob("line/*/summary.csv")
    with path.open(newline="") as file:
        scores = {(row["target"], row["score"]) for row in csv.DictReader(file)}
    assert {("marginal", "equivalent_runs/energy"), ("conditional", "behind_best/energy_score")} <= scores
    assert call("show", "line").stdout == ended.stdout


def test_json_has_the_standings_and_the_score_of_every_pair(call):
    ended = call("run", small.write(Path("a.yaml"), **BOTH), "--json")
    assert ended.exit_code == 0, ended.stderr
    plain = json.loads(ended.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    marginal, conditional = plain["summary"]["targets"]
    assert (marginal["standings"], marginal["conditions"]["all"]["pairs"]) == ([], 0)
    assert {standing["method"] for standing in conditional["standings"]} == {"bootstrap", "residual_bootstrap"}
    assert conditional["standings"][0]["behind"] == 0
    scores = [r["pair_scores"]["energy_score"]["all"] for r in plain["summary"]["results"] if r["pair_scores"]]
    assert [len(each) for each in scores] == [40] * 4
    assert plain["summary"]["record"]["data"]["held_out"] == 200
    assert plain["sentences"][-1].startswith("Conditional: over 40 held-out runs")


def test_monte_carlo_is_for_the_marginal(call):
    changes = BOTH | {"methods": ["monte_carlo", "bootstrap"]}
    ended = call("run", small.write(Path("a.yaml"), **changes))
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == (
        "sgmbench: a.yaml:19:3: methods.0: monte_carlo needs fresh runs at each condition, and dataset has none; "
        "remove the method or the conditional target\n"
    )
    ended = call("run", "a.yaml", "--set", "targets=[marginal]")
    assert ended.exit_code == 0, ended.stderr
    text = " ".join(ended.stdout.split())
    assert re.search(r"monte_carlo 60 >?[\d.]+", text)
    assert re.search(r"no generator (ever overtakes|reaches|is seen to reach)|overtakes monte_carlo from", text)


def test_a_file_that_is_not_there_has_a_place_and_a_remedy(call):
    Path("line.npz").unlink()
    ended = call("run", small.write(Path("a.yaml"), **BOTH))
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"sgmbench: a.yaml:3:3: problem: line.npz: no such file in {Path.cwd()}; paths are relative to the working "
        "directory\n"
    )

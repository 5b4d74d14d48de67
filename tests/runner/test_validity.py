"""What makes cells of whole runs invalid, what is only marked, and what becomes of them in table and answer."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import small

from sgmbench import api
from sgmbench.store.atomic import read_json
from sgmbench.store.run_folder import RunFolder

AT_ZERO = {"kind": "conditional", "conditions": [{"a": 0.0}]}


@pytest.fixture
def go(tmp_path, monkeypatch):
    """Runs a configuration in an empty folder; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    return lambda **changes: api.run(small.write(Path("a.yaml"), **changes))


def reasons(answer):
    return {result.name: [finding.name for finding in result.reasons] for result in answer.summary.results}


def truth(answer, target):
    return read_json(Path(answer.summary.run) / "references" / f"{target}.json")["conditions"]


def rows(answer):
    with (Path(answer.summary.run) / "summary.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_sound_run_is_valid_and_its_file_says_so(go):
    answer = go()
    for result in answer.summary.results:
        assert (result.validity, result.reasons) == ("valid", ())
        path = RunFolder(Path(answer.summary.run)).cell(result.name) / "result.json"
        assert json.loads(path.read_text())["validity"] == "valid"
    assert {row["validity"] for row in rows(answer)} == {"valid"}


def test_failed_runs_make_cells_invalid_which_stay_in_the_table_and_win_nothing(go, capsys):
    answer = go(problem="small:SometimesNaN")
    assert reasons(answer) == {
        "marginal.monte_carlo.20.r0": ["failed runs ", "failed runs the reference at all", "small reference"],
        "marginal.bootstrap.20.r0": ["failed runs ", "failed runs the reference at all", "small reference"],
    }
    assert {row["validity"] for row in rows(answer)} == {"invalid"}
    assert any(row["score"] == "mean/u" for row in rows(answer))
    api.print_answer(answer)
    said = capsys.readouterr().out
    assert "bootstrap (invalid)" in said
    assert "invalid: marginal: the reference at all: " in said
    assert answer.sentences == ["Marginal: no answer, since every cell is invalid or failed."]
    path = RunFolder(Path(answer.summary.run)).cell("marginal.bootstrap.20.r0") / "result.json"
    assert json.loads(path.read_text())["validity"] == "invalid"


def test_a_training_that_diverges_fails_its_cell_which_stays_in_the_table(go, capsys):
    training = {"steps": 20, "warmup": 1, "learning_rate": 1e30}
    answer = go(methods=[{"kind": "learner:Learner", "label": "learner", "training": training}, "bootstrap"])
    diverged, sound = answer.summary.results
    assert (diverged.status, diverged.validity, sound.status, sound.validity) == ("failed", "invalid", "ok", "valid")
    said = r"training diverged at step \d+: the training loss is (nan|inf).*; try a smaller learning_rate or clip"
    assert re.fullmatch(said, diverged.reason)
    api.print_answer(answer)
    table = capsys.readouterr().out
    assert re.search(r"learner +20 +failed", table)
    assert f"failed: marginal, learner at 20 runs: {diverged.reason}" in table
    assert not any("learner" in sentence for sentence in answer.sentences)


def test_samples_that_are_no_numbers_make_a_generator_invalid_alone(go):
    answer = go(methods=["dear:Leaky", "bootstrap"], reference={"size": 200})
    assert list(reasons(answer).values()) == [["lost samples"], []]
    assert "5.0% (10 of 200) of its samples are NaN" in answer.summary.results[0].reasons[0].says


def test_copies_make_a_learner_invalid_and_mark_what_resamples(go):
    answer = go(methods=["dear:Parrot", "dear:Echo", "bootstrap"], replicates=2)
    assert [bool(found) for found in reasons(answer).values()] == [True, False, False] * 2
    parrot, echo, _ = answer.summary.targets[0].lines
    assert (parrot.is_usable, echo.is_usable) == (False, True)
    assert parrot.invalid == (
        "copies training runs: its samples are 0.10 times as far from them as held-out runs, and 50.0 % are copies "
        "(held-out runs 0.0 %); train on more runs, or for fewer steps",
    )
    assert [mark.partition(":")[0] for mark in echo.marks] == ["copies training runs"]
    assert not any("Parrot" in sentence for sentence in answer.sentences)


def test_the_error_of_a_law_is_that_of_its_levels_on_the_same_germs(go):
    """Levels differ by a constant run by run, so that the interval is a point and the order exact."""
    answer = go(problem="dear:Coarse", targets=["marginal", AT_ZERO])
    for target, condition in (("marginal", "all"), ("conditional", "c1")):
        known = truth(answer, target)[condition]["discretization"]
        assert known["fields"]["r"] == {"mean": [0.0, 0.0], "sd": [0.0, 0.0], "order": None}
        q = known["fields"]["q"]
        assert q["order"] == pytest.approx(1.0)
        assert q["mean"][0] == pytest.approx(q["mean"][1])
        assert q["sd"] == pytest.approx([0.0, 0.0], abs=1e-12)
        sd = np.sqrt(1 + (1 / 3 if target == "marginal" else 0))
        assert q["mean"][0] == pytest.approx(0.2 / sd, rel=0.35)  # sd of 60 runs


def test_a_solver_worth_fewer_runs_than_are_claimed_is_marked(go, capsys):
    """Off by .05: worth some 400 runs, where a reference of 1,500 lets 500 be claimed."""
    problem = {"kind": "dear:Coarse", "shift": 0.05}
    answer = go(problem=problem, targets=[AT_ZERO], budgets=[450], reference={"size": 1_500}, replicates=2)
    for result in answer.summary.results:
        assert result.validity == "valid"
        assert [mark.name for mark in result.marks] == ["coarse solver"]
    api.print_answer(answer)
    said = capsys.readouterr().out
    assert "note: conditional: the solver's discretization error of q is 0.0" in said
    limit = truth(answer, "conditional")["c1"]["discretization"]["fields"]["q"]["mean"][0] ** -2
    by = answer.summary.targets[0].lines[0].equivalent["energy"]["c1"].value
    assert ("more equivalent runs by energy than the solver is worth: monte_carlo at 450 runs" in said) == (by > limit)
    marked = {row["validity"] for row in rows(answer) if row["score"] == "equivalent_runs/energy"}
    assert ("beyond the solver" in marked) == any(
        line.equivalent["energy"]["c1"].value > limit for line in answer.summary.targets[0].lines
    )


def test_coarser_levels_that_fail_tell_nothing_and_harm_nothing(go):
    answer = go(problem={"kind": "dear:Coarse", "breaks": True})
    assert truth(answer, "marginal")["all"]["discretization"] is None
    assert list(reasons(answer).values()) == [[], []]


def test_a_budget_above_a_third_of_the_reference_is_marked_for_all_that_spent_it(go, capsys):
    answer = go(budgets=[20, 25], reference={"size": 60})
    marks = {result.name: [mark.name for mark in result.marks] for result in answer.summary.results}
    assert [
        marks[f"marginal.{method}.{budget}.r0"] for method in ("monte_carlo", "bootstrap") for budget in (20, 25)
    ] == [
        [],
        ["large budget"],
    ] * 2
    api.print_answer(answer)
    assert (
        "note: marginal, monte_carlo and bootstrap at 25 runs: from the 60 runs of the reference (all) no more than 20 "
        "equivalent runs are claimed, fewer than the budget: whether anything is gained is not seen; write a reference "
        "3 times as large as the budget"
    ) in capsys.readouterr().out

"""`check-problem` and `show PROBLEM`."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.store.checksummed import read_checksummed


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_check_problem_prints_each_finding_and_the_verdict(call):
    ended = call("check-problem", "solvers:Inexact", "--set", "order=1", "--runs", "64")
    assert ended.exit_code == 0, ended.output
    lines = dict(re.findall(r"^(.{20})  (.*)$", ended.stdout, re.MULTILINE))
    lines = {name.strip(): text for name, text in lines.items()}
    assert lines["problem"] == "solvers:Inexact"
    assert lines["runs"] == "64 from the prior, 0.0% failed"
    assert lines["corners of the prior"] == "64 runs at zeta = +-3, 0.0% failed"
    assert lines["refinement"].startswith("u differs between levels by 0.055, 0.11, 0.22 sd (finest first, same germ)")
    assert lines["refinement"].endswith("; observed order 1.00")
    assert lines["error"] == (
        "delta = 0.055 sd path by path; of the law 0.055 to 0.055 sd: equivalent runs above 336 mean nothing; "
        "at a fixed z 0.11 to 0.11 sd: above 86.1"
    )
    assert re.match(r"[\d,.]+ runs/s \(.* a run\) in chunks of [\d,]+; \d x .*, \d{4}-\d\d-\d\d$", lines["speed"])
    assert ended.stdout.endswith("verdict: unsound\n")


def test_json_of_a_check_is_what_the_results_folder_keeps(call):
    payload = json.loads(call("check-problem", "solvers:Exact", "--runs", "16", "--json").stdout)
    kept = read_checksummed(Path("results/problems/solvers.Exact.json"))
    assert kept == payload | {"schema": 1}
    assert payload["verdict"] == "sound"
    assert payload["refinement"] is None


def test_a_check_with_other_settings_has_a_file_of_its_own(call):
    for order in (1, 2):
        assert call("check-problem", "solvers:Inexact", "--set", f"order={order}", "--runs", "16").exit_code == 0
    names = sorted(path.name for path in Path("results/problems").iterdir())
    assert names[1] == "solvers.Inexact.json"  # order 2 is the default
    assert re.fullmatch(r"solvers\.Inexact-[0-9a-f]{8}\.json", names[0])


def test_the_problem_of_a_configuration_is_checked(call):
    Path("a.yaml").write_text(
        "name: a\nproblem: {kind: 'solvers:Inexact', cells: 2}\ntargets: [marginal]\nmethods: [monte_carlo]\n"
        "budgets: [10]\n"
    )
    checked = json.loads(call("check-problem", "a.yaml", "--set", "order=1", "--runs", "16", "--json").stdout)
    assert checked["configuration"] == {"kind": "solvers:Inexact", "cells": 2, "order": 1.0}
    assert checked["verdict"] == "unsound"


def test_what_cannot_be_checked_is_refused(call):
    unknown = call("check-problem", "porous_electrod")
    assert unknown.exit_code == 2
    assert "no problem is named 'porous_electrod' (did you mean porous_electrode?)" in unknown.stderr
    setting = call("check-problem", "solvers:Inexact", "--set", "cell=3")
    assert setting.exit_code == 2
    assert (
        setting.stderr == "sgmbench: --set cell=3: cell: unknown key (did you mean cells?); write one of cells, order\n"
    )
    failing = call("check-problem", "solvers:AlwaysNaN", "--runs", "8")
    assert failing.exit_code == 2
    assert failing.stderr == "sgmbench: 8 of 8 solver runs gave NaN or infinity; mend the solver first\n"


def test_show_takes_settings_and_suggests_names(call):
    assert "settings  cells: 4, order: 2.0\n" in call("show", "solvers:Inexact", "--set", "cells=4").stdout
    unknown = call("show", "ishigam")
    assert unknown.exit_code == 2
    assert unknown.stderr == (
        "sgmbench: ishigam: no such run below results/ (experiments with runs: none yet), and no such problem "
        "(did you mean ishigami?)\n"
    )


def test_show_says_what_a_problem_is_and_how_fast_it_was(call):
    before = call("show", "solvers:Inexact").stdout
    assert before.startswith("Solvers with defects of known size, named `solvers:Class` in configurations.\n")
    lines = {name.rstrip(): text for name, text in re.findall(r"^(.{8})  (.*)$", before, re.MULTILINE)}
    assert lines["settings"] == "cells: 16, order: 2.0"
    assert lines["z"] == "1 parameter"
    assert lines["  z"] == "Normal(0, 1) V"
    assert lines["xi"] == "1 standard normal"
    assert lines["y"] == "9 numbers"
    assert lines["  u"] == "8 V"
    assert lines["  zero"] == "scalar V"
    assert lines["exact"] == "nothing"
    assert lines["levels"] == "5, costing 1, 0.5, 0.25, 0.125, 0.0625 of a run"
    assert lines["speed"] == "not measured; sgmbench check-problem solvers:Inexact does"
    assert call("check-problem", "solvers:Inexact", "--runs", "8").exit_code == 0
    after = call("show", "solvers:Inexact")
    assert re.search(
        r"^speed     [\d,.]+ runs/s in chunks of [\d,]+, check: sound; \d x .*$", after.stdout, re.MULTILINE
    )
    assert json.loads(call("show", "solvers:Inexact", "--json").stdout)["check"]["verdict"] == "sound"

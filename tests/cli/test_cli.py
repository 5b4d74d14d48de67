"""Every command as a user types it: what is printed, where, and how it ends."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import small
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.store.run_folder import RunFolder

BOTH = ["marginal", {"kind": "conditional", "conditions": [{"a": 0.9, "b": 1.0}]}]


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command in an empty folder; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def folders():
    return sorted(Path("results").glob("*/*/run.json"))


def fresh(code):
    """A Python process of its own: what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_command_loads_jax_before_it_computes():
    code = """
import sys
from typer.testing import CliRunner
from sgmbench.cli import app
for words in (["--help"], ["run", "--help"], ["list"], ["list", "problems"], ["list", "--json"], []):
    CliRunner().invoke(app, words)
print([name for name in ("jax", "numpy", "scipy", "matplotlib", "xarray", "flax") if name in sys.modules])
"""
    assert fresh(code).strip() == "[]"


def test_a_fault_of_the_program_itself_is_exit_code_1_and_a_traceback_on_standard_error():
    code = """
import sys
from sgmbench import cli, registry
registry.names = lambda group: 1 / 0
sys.argv = ["sgmbench", "list", "--json"]
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    first, *_, last = done.stderr.splitlines()
    assert (first, last) == ("Traceback (most recent call last):", "ZeroDivisionError: division by zero")


def test_help_names_every_command_and_what_it_is_for(call):
    shown = call("--help")
    assert shown.exit_code == 0
    for name in ("run", "list", "show", "compare", "check-problem"):
        assert re.search(rf"\b{name}\b", shown.stdout)
    assert "--resume" in call("run", "--help").stdout


def test_list_says_what_there_is(call):
    listed = call("list").stdout
    lines = listed.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "problems",
        "targets",
        "methods",
        "representations",
        "networks",
        "noises",
        "samplers",
        "metrics",
    ]
    assert re.search(r"^  porous_electrode +Concentration and potential", listed, re.MULTILINE)
    plain = json.loads(call("list", "methods", "--json").stdout)
    assert plain.keys() == {"methods"}
    assert all(line and "broken" not in line for line in plain["methods"].values())


def test_an_unknown_file(call):
    Path("line.yaml").touch()
    ended = call("run", "lin.yaml")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == "sgmbench: lin.yaml: no such file (did you mean line.yaml?)\n"


def test_every_error_at_once_without_a_traceback(call):
    small.write(Path("a.yaml"), problem="small:Lime", methods=["mote_carlo"], budgets=[0], replicate=2)
    ended = call("run", "a.yaml", "--set", "seed=x")
    assert (ended.exit_code, ended.stdout) == (2, "")
    places = [line.split(": ")[:2] for line in ended.stderr.splitlines()]
    assert places == [
        ["a.yaml:2:10", "problem"],
        ["a.yaml:6:3", "methods.0"],
        ["a.yaml:8:3", "budgets.0"],
        ["a.yaml:17:1", "replicate"],
        ["--set seed=x", "seed"],
    ]
    assert "did you mean Line?" in ended.stderr
    assert "did you mean monte_carlo?" in ended.stderr
    assert "0 is too small; write a whole number of at least 1" in ended.stderr
    assert "did you mean replicates?" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not folders()


def test_a_results_folder_that_cannot_be_written(call):
    Path("taken").write_text("a file")
    ended = call("run", small.write(Path("a.yaml")), "--results", "taken")
    assert (ended.exit_code, ended.stdout) == (7, "")
    assert re.fullmatch(
        r"sgmbench: taken/line/\S+/run\.json: cannot be written \(.+\); choose another folder with --results\n",
        ended.stderr,
    )


def test_a_problem_that_cannot_be_traced(call):
    ended = call("run", small.write(Path("a.yaml"), problem="small:WrongShape"))
    assert ended.exit_code == 2
    assert ended.stderr == "sgmbench: WrongShape.simulate must return 'u' of shape (5,); it returns (4,)\n"
    assert not folders()


def test_resume_without_a_run(call):
    ended = call("run", small.write(Path("a.yaml")), "--resume")
    assert ended.exit_code == 2
    assert ended.stderr == (
        "sgmbench: --resume: no run of this configuration below results/line/; run it without --resume\n"
    )


def test_a_run_prints_its_table_its_answer_and_its_folder(call):
    ended = call("run", small.write(Path("a.yaml")), "--set", "budgets=[10, 20]", "--set", "name=other")
    assert ended.exit_code == 0
    (record,) = folders()
    assert record.parts[1] == "other"
    assert json.loads(record.read_text())["configuration"]["budgets"] == [10, 20]
    assert "other: marginal (one law)" in ended.stdout
    assert "floor: as many runs" in ended.stdout
    assert "Marginal: bootstrap from " in ended.stdout
    assert ended.stdout.endswith(f"\n{record.parent}\n")
    assert "cells 4/4" in ended.stderr
    assert "…" not in ended.stdout


def test_json_is_all_of_standard_output_and_has_null_for_nan(call):
    config = small.write(Path("a.yaml"), budgets=[1], methods=["monte_carlo"])
    ended = call("run", config, "--json")
    assert ended.exit_code == 0
    plain = json.loads(ended.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    (result,) = plain["summary"]["results"]
    assert result["scores"]["all"]["energy"]["mu_samples"] is None
    assert plain["sentences"]
    shown = call("show", "line", "--json")
    assert json.loads(shown.stdout)["sentences"] == plain["sentences"]


def test_quiet_says_nothing(call):
    ended = call("run", small.write(Path("a.yaml")), "--quiet")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
    assert len(folders()) == 1


def test_a_condition_outside_the_prior_is_a_warning_that_is_printed_and_kept(call):
    target = {"kind": "conditional", "conditions": [{"a": 3.0, "b": 1.0}]}
    ended = call("run", small.write(Path("a.yaml"), targets=[target]))
    assert ended.exit_code == 0
    said = "a.yaml:6:8: targets.0.conditions.0.a: 3.0 is outside the prior, [-1, 1]: no training run is near"
    assert f"warning: {said}" in ended.stdout
    (record,) = folders()
    assert json.loads(record.read_text())["warnings"][0].startswith(said)
    assert f"warning: {said}" in call("show", "line").stdout


def test_failed_cells_are_shown_with_their_reason_and_the_others_with_their_numbers(call):
    ended = call("run", small.write(Path("a.yaml"), problem="small:NaNAbove", targets=BOTH))
    assert ended.exit_code == 5
    for text in (ended.stdout, call("show", "line").stdout):
        assert re.search(r"^ monte_carlo +20 +failed", text, re.MULTILINE)
        assert "failed: conditional, monte_carlo at 20 runs: condition c1: all 20 samples are NaN or infinite" in text
        assert re.search(r"all 60 solver runs of the reference gave NaN or infinity", text)
        assert re.search(r"^ monte_carlo \(invalid\) +20 +>?[0-9.]+", text, re.MULTILINE)
        assert re.search(r"^invalid: marginal: the reference at all: [0-9.]+% \([0-9]+ of 60\) of", text, re.MULTILINE)
        assert "Marginal: no answer, since every cell is invalid or failed." in text


def test_failed_runs_are_counted_and_shown(call):
    ended = call("run", small.write(Path("a.yaml"), problem="small:SometimesNaN"))
    assert ended.exit_code == 0
    (record,) = folders()
    result = RunFolder(record.parent).read_result("marginal.bootstrap.20.r0")
    assert result is not None
    assert 0 < result.failed_runs < 20
    said = (
        f"note: marginal, bootstrap at 20 runs: {result.failed_runs} solver runs gave NaN or infinity and were not used"
    )
    assert said in ended.stdout
    assert re.search(r"note: marginal, reference at all: \d+ of 60 solver runs gave NaN or infinity", ended.stdout)


def test_show_finds_a_run_by_path_name_and_experiment(call):
    small.write(Path("a.yaml"))
    call("run", "a.yaml", "--quiet")
    (record,) = folders()
    names = (record.parent, record.parent.name, "line", "results/line", record.parent.absolute())
    shown = [call("show", name) for name in names]
    assert [each.exit_code for each in shown] == [0] * 5
    assert len({each.stdout for each in shown[:4]}) == 1
    unknown = call("show", "lime")
    assert unknown.exit_code == 2
    assert (
        unknown.stderr
        == "sgmbench: lime: no such run below results/ (experiments with runs: line), and no such problem\n"
    )


def test_show_says_what_an_unfinished_run_lacks(call):
    call("run", small.write(Path("a.yaml")), "--quiet")
    (record,) = folders()
    folder = RunFolder(record.parent)
    (folder.cell("marginal.bootstrap.20.r0") / "result.json").unlink()
    folder.finish("interrupted")
    shown = call("show", "line")
    assert shown.exit_code == 0
    said = f"unfinished (interrupted): 1 of 2 cells are missing; go on with sgmbench run {record.parent}"
    assert said in shown.stdout


def test_a_narrow_terminal_cuts_no_number(call, monkeypatch):
    call("run", small.write(Path("a.yaml")), "--quiet")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sgmbench.report.terminal.WIDTH", 40)
    shown = call("show", "line").stdout
    assert "…" not in shown
    assert "monte_carlo" in shown


def test_compare_needs_two_runs(call):
    ended = call("compare")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == "sgmbench: compare needs two finished runs of one experiment below results/; it has 0\n"
    call("run", small.write(Path("a.yaml")), "--quiet")
    ended = call("compare", "line")
    assert ended.exit_code == 2
    assert ended.stderr == "sgmbench: compare needs two finished runs of line below results/; it has 1\n"

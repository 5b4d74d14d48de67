"""A series from the command line: its runs, its table, going on with it, and how it ends."""

import json
from pathlib import Path

import pytest
import small
import yaml
from typer.testing import CliRunner

from sgmbench.cells import cells_of
from sgmbench.cli import app
from sgmbench.config import load
from sgmbench.store.cache import content_of
from sgmbench.store.run_folder import runs_of

CUP = {
    "name": "cup",
    "problems": ["small:Line", {"kind": "small:Line", "slope": 2.0, "label": "steep", "budgets": [10]}],
    **{key: value for key, value in small.BASE.items() if key not in ("name", "problem")},
    "methods": ["monte_carlo", "multilevel", {"kind": "small:Watching", "label": "watching"}],
    "metrics": ["energy", "mean"],
    "ask": {"quantities": ["mean"], "tolerance": 0.5},
}
LEFT_OUT = "Multilevel needs a problem that is Leveled; Line is not"


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command in an empty folder; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def write(**changes):
    Path("cup.yaml").write_text(yaml.safe_dump(CUP | changes, sort_keys=False))
    return "cup.yaml"


def runs():
    return {name: runs_of(Path("results"), name) for name in ("cup_Line", "cup_steep")}


def test_a_series_is_run_shown_and_gone_on_with(call):
    ended = call("run", write())
    assert ended.exit_code == 0, ended.output
    said = ended.stdout
    assert said.count(f"left out: multilevel: {LEFT_OUT}") == 2
    table = said.index("Who wins")
    assert said.index("cup_Line: marginal (one law)") < said.index("cup_steep: marginal (one law)") < table
    rest = " ".join(said[table:].split())
    assert "steep, marginal: for mean of u and q to 50 %, at " in rest
    assert f"steep leaves out multilevel: {LEFT_OUT}." in rest
    assert ended.stderr.count("problems 0/2 Line") == ended.stderr.count("problems 1/2 steep") == 1

    made = runs()
    assert {name: len(found) for name, found in made.items()} == {"cup_Line": 1, "cup_steep": 1}
    (steep,) = made["cup_steep"]
    assert steep.record["left_out"] == {"multilevel": LEFT_OUT}
    small.write(
        Path("own.yaml"),
        name="cup_steep",
        problem={"kind": "small:Line", "slope": 2.0},
        budgets=[10],
        methods=[method for method in CUP["methods"] if method != "multilevel"],
        **{key: CUP[key] for key in ("metrics", "ask")},
    )
    own = load("own.yaml")
    alone = {cell.name: content_of(cell.description) for cell in cells_of(own.experiment)}
    assert {result.name: result.content for result in steep.results()} == alone

    shown = call("show", "cup_steep")
    assert f"left out: multilevel: {LEFT_OUT}" in shown.stdout

    (line,) = made["cup_Line"]
    kept = {path: path.stat().st_mtime_ns for path in Path("results").glob("cup_*/*/cells/*/result.json")}
    lost = line.cell("marginal.watching.20.r0") / "result.json"
    lost.unlink()
    del kept[lost]
    as_json = call("run", "cup.yaml", "--resume", "--json")
    assert as_json.exit_code == 0, as_json.output
    entries = json.loads(as_json.stdout)
    assert [entry["problem"] for entry in entries] == ["Line", "steep"]
    assert [entry["left_out"] for entry in entries] == [{"multilevel": LEFT_OUT}] * 2
    assert [entry["ranks"][0]["budget"] for entry in entries] == [20, 10]
    assert [len(entry["answer"]["summary"]["results"]) for entry in entries] == [2, 2]
    assert lost.exists()
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert {name: len(found) for name, found in runs().items()} == {"cup_Line": 1, "cup_steep": 1}


def test_resume_begins_what_has_no_run_and_ends_by_failed_cells(call):
    config = write(methods=["monte_carlo", {"kind": "small:Unable", "label": "unable"}])
    nothing = call("run", config, "--resume")
    assert (nothing.exit_code, nothing.stdout) == (2, "")
    assert nothing.stderr == (
        "sgmbench: --resume: no run of this series below results/ (cup_Line, cup_steep); run it without --resume\n"
    )
    one = call("run", config, "--set", "problems=['small:Line']", "--quiet")
    assert (one.exit_code, one.stdout) == (5, "")
    both = call("run", config, "--resume", "--quiet")
    assert both.exit_code == 5, both.output
    assert {name: len(found) for name, found in runs().items()} == {"cup_Line": 1, "cup_steep": 1}
    results = [result for found in runs().values() for run in found for result in run.results()]
    assert {(result.method, result.status, result.reason) for result in results} == {
        ("monte_carlo", "ok", ""),
        ("unable", "failed", "nothing to learn here"),
    }


def test_nothing_is_spent_on_a_series_with_an_error_in_one_entry(call):
    ended = call("run", write(problems=["small:Line", {"kind": "small:Line", "label": "steep", "slop": 2}]))
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == (
        "sgmbench: cup.yaml:6:3: problems.1.slop: unknown key (did you mean slope?); write one of label, targets, "
        "budgets, reference, ask, hide_germ, slope\n"
    )
    ended = call("run", write(problems=["small:Line", "small:WrongShape"]))
    assert ended.exit_code == 2
    assert ended.stderr == "sgmbench: WrongShape.simulate must return 'u' of shape (5,); it returns (4,)\n"
    assert not Path("results").exists()


@pytest.mark.parametrize("command", ["check-problem", "ladder", "work-precision"])
def test_other_commands_refuse_a_series(call, command):
    ended = call(command, write())
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == (
        "sgmbench: cup.yaml:2:1: problems: a series, which only sgmbench run takes; write `problem` for a single "
        "experiment\n"
    )

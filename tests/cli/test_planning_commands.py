"""`validate`, `init`, `schema`, `plan`, `--version` and every `--help` as a user types them."""

import json
import re
from pathlib import Path

import pytest
import small
import typer
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.runner import plan as planning
from sgmbench.runner.pace import CellPace, Paces, RunsPace, TruthPace

COMMANDS = typer.main.get_command(app)


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_validate_says_which_cells_there_are(call):
    small.write(Path("a.yaml"), targets=["marginal", small.CONDITIONAL], replicates=2)
    found = call("validate", "a.yaml", "--set", "budgets=[20, 2000]")
    assert found.exit_code == 0, found.output
    assert found.stdout.splitlines() == [
        "a.yaml: valid",
        "line: 16 cells in 2 replicates",
        "  marginal: monte_carlo at 20, 2,000 runs; bootstrap at 20, 2,000 runs",
        "  conditional: monte_carlo at 20, 2,000 runs; bootstrap at 20, 2,000 runs",
    ]
    (told,) = json.loads(call("validate", "a.yaml", "--json").stdout)
    assert told["cells"][0] == "marginal.monte_carlo.20.r0"
    assert len(told["cells"]) == 8


def test_validate_says_everything_that_is_wrong_and_where(call):
    text = (
        small.write(Path("a.yaml")).read_text().replace("replicates: 1", "replicates: 0").replace("budgets", "budget")
    )
    Path("a.yaml").write_text(text)
    found = call("validate", "a.yaml")
    assert found.exit_code == 2
    assert found.stdout == ""
    assert re.search(r"^a\.yaml:8:1: budget: unknown key \(did you mean budgets\?\); write one of ", found.stderr, re.M)
    assert "a.yaml:10:13: replicates: 0 is too small; write a whole number of at least 1" in found.stderr


def test_validate_takes_a_series_and_says_what_is_left_out(call):
    series = {
        "problems": ["small:Line", "small:Constant"],
        "methods": ["monte_carlo", "quasi_monte_carlo", "bootstrap"],
    }
    text = small.write(Path("a.yaml"), **series).read_text().replace("problem: small:Line\n", "")
    Path("a.yaml").write_text(text)
    found = call("validate", "a.yaml")
    assert found.exit_code == 0, found.output
    assert [line for line in found.stdout.splitlines() if line.endswith("cells")] == [
        "line_Line: 3 cells",
        "line_Constant: 3 cells",
    ]


def test_init_writes_what_validate_takes_and_overwrites_nothing(call):
    written = call("init", "ishigami", "-o", "first.yaml")
    assert written.stdout == "first.yaml: written; see what it takes with sgmbench plan first.yaml\n"
    text = Path("first.yaml").read_text()
    assert call("validate", "first.yaml").exit_code == 0
    again = call("init", "burgers", "-o", "first.yaml")
    assert again.exit_code == 2
    assert again.stderr == (
        "sgmbench: first.yaml: is there already, and is not overwritten; write another name with -o\n"
    )
    assert Path("first.yaml").read_text() == text
    assert call("init", "burgers").exit_code == 0
    assert Path("burgers.yaml").exists()


def test_init_of_what_is_no_problem(call):
    found = call("init", "burger")
    assert found.exit_code == 2
    assert found.stderr.startswith(
        "sgmbench: no problem is named 'burger' (did you mean burgers?); registered problems: "
    )


def test_schema_prints_json(call):
    printed = json.loads(call("schema").stdout)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    experiment, series = printed["oneOf"]
    assert experiment["required"] == ["name", "problem", "targets", "methods", "budgets"]
    assert series["required"] == ["name", "methods", "problems"]


@pytest.fixture
def paced(monkeypatch):
    truth = TruthPace(cold=1.0, run=0.5, scoring=0.0, size=60, exponent=1.0)
    pace = CellPace(budget=20, size=60, fixed=1.0, fit=2.0, peak=123_000_000, fit_bytes=100)
    paces = Paces(RunsPace(0.25, 0.5), {"marginal": truth}, {"marginal": {"monte_carlo": pace, "bootstrap": pace}})
    monkeypatch.setattr(planning, "rehearse", lambda *_: paces)


def beside_paces():
    """What there is in the results but what the plan keeps for the run that follows."""
    return [path for path in Path("results").rglob("*") if path.is_file() and path.parent.name != "pace"]


def test_plan_prints_a_row_for_each_part_and_what_it_sums_to(call, paced):
    small.write(Path("a.yaml"))
    found = call("plan", "a.yaml")
    assert found.exit_code == 0, found.output
    lines = [" ".join(line.split()) for line in found.stdout.splitlines()]
    assert "training runs 20 1 20 10.2 s 1.28 kB" in lines
    assert "marginal truth 60 1 120 61 s 10.6 kB" in lines
    assert "marginal monte_carlo 20 1 20 1 s 123 MB 960 B" in lines
    assert any(line.startswith("in all 160 75.2 s 123 MB ") for line in lines)
    assert any(line.startswith("warning: replicates: 1 gives no interval") for line in lines)
    assert beside_paces() == []


def test_a_dry_run_is_a_plan(call, paced):
    small.write(Path("a.yaml"))
    dry, plan = call("run", "a.yaml", "--dry-run"), call("plan", "a.yaml")
    assert (dry.exit_code, dry.stdout) == (0, plan.stdout)
    assert beside_paces() == []
    told, again = (
        json.loads(call(*words, "--json").stdout) for words in (("plan", "a.yaml"), ("run", "a.yaml", "--dry-run"))
    )
    assert told == again
    assert told[0]["seconds"] == 75.25


def test_version_says_what_results_depend_on(call):
    found = call("--version")
    assert found.exit_code == 0
    told = dict(line.split(maxsplit=1) for line in found.stdout.splitlines())
    assert list(told) == ["sgmbench", "python", "jax", "jaxlib", "flax", "optax", "diffrax", "device"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["jax"])
    assert told["device"].startswith("1 x CPU (")


@pytest.mark.parametrize("name", sorted(COMMANDS.commands))
def test_every_help_has_an_example_that_names_the_command(call, name):
    shown = call(name, "--help")
    assert shown.exit_code == 0
    said = " ".join(shown.stdout.split())
    assert re.search(rf"Example: sgmbench {name}\b", said), said

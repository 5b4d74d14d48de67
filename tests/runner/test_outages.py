"""Whatever takes a cell down, the run goes on, and later makes up for what was lost."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import small
from fatal import DIES, EXITS, FAILS, HANGS, HUNGRY, INTERRUPTS, MADE, MENDED, SILENT, STARVES

from sgmbench import api
from sgmbench.errors import OutageError, UsageError
from sgmbench.runner.execute import without
from sgmbench.runner.isolated import Isolated
from sgmbench.store.run_folder import RunFolder

WELL = 30
AGAIN = "--resume tries it again"
OUTAGE = OutageError("its process is gone")


@pytest.fixture
def go(tmp_path, monkeypatch):
    """Runs a configuration of the solver in an empty folder; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)

    def run(*, results="results", resume=False, isolate=False, at_most=None, **changes):
        changes = {"problem": "fatal:Fatal", "methods": ["monte_carlo"], "budgets": [WELL]} | changes
        config = small.write(Path("a.yaml"), **changes)
        return api.run(config, results=results, resume=resume, isolate=isolate, timeout=at_most)

    return run


def numbers(answer):
    return {result.budget: (result.content, result.status, result.scores) for result in answer.summary.results}


def is_alive(process):
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.slow
def test_what_takes_a_cell_down_takes_nothing_else(go, record_property):
    budgets = [DIES, WELL, FAILS, HUNGRY, STARVES, HANGS]
    record_property("injected", len(budgets) - 1)
    answer = go(budgets=budgets, timeout=0.1, at_most=8)
    folder = RunFolder(Path(answer.summary.run))
    results = {result.budget: result for result in answer.summary.results}
    place = f"{Path(__file__).parent / 'fatal.py'}:"
    reasons = {budget: result.reason for budget, result in results.items()}
    assert reasons.pop(FAILS).startswith(
        f"Fatal.simulate_batch raises ZeroDivisionError: the mesh has no cells ({place}"
    )
    assert reasons == {
        DIES: f"its process was ended by SIGKILL, as where memory runs out; {AGAIN}",
        WELL: "",
        HUNGRY: "",
        STARVES: "memory does not suffice (MemoryError); free some, then --resume",
        HANGS: "no result within 8 s; write a larger timeout and --resume",
    }
    assert {budget for budget in budgets if results[budget].is_outage} == {DIES, STARVES, HANGS}
    assert {budget: results[budget].cost.chunk for budget in (WELL, HUNGRY)} == {WELL: None, HUNGRY: 10}
    assert not is_alive(int(Path("solver").read_text()))
    assert folder.record["status"] == "failed cells"

    stamps = {b: (folder.cell(f"marginal.monte_carlo.{b}.r0") / "result.json").stat().st_mtime_ns for b in budgets}
    MENDED.touch()
    resumed = go(budgets=budgets, resume=True)
    assert resumed.summary.run == answer.summary.run
    after = {b: (folder.cell(f"marginal.monte_carlo.{b}.r0") / "result.json").stat().st_mtime_ns for b in budgets}
    assert {b for b in budgets if after[b] == stamps[b]} == {WELL, FAILS, HUNGRY}
    undisturbed = numbers(go(budgets=budgets, results="elsewhere"))
    assert undisturbed.pop(FAILS)[1] == "ok"
    assert {b: each for b, each in numbers(resumed).items() if b != FAILS} == undisturbed


@pytest.mark.parametrize(
    ("size", "timeout", "why"),
    [
        (EXITS, None, f"its process ended with exit code 3; {AGAIN}"),
        (SILENT, 2.5, "no progress in the truth for 2.5 s; write a larger timeout and --resume"),
    ],
)
def test_without_a_truth_no_cell_is_begun(go, size, timeout, why):
    answer = go(reference={"size": size}, timeout=timeout, isolate=True, budgets=[DIES, WELL])
    (target,) = answer.summary.targets
    assert target.failed_because == why
    assert {r.reason for r in answer.summary.results} == {f"no truth to score against: {why}"}
    api.print_answer(answer)
    MENDED.touch()
    resumed = go(reference={"size": size}, budgets=[DIES, WELL], resume=True)  # whatever the timeout was
    assert resumed.summary.run == answer.summary.run
    assert numbers(resumed) == numbers(go(reference={"size": size}, budgets=[DIES, WELL], results="elsewhere"))
    assert not resumed.has_failed_cells


@pytest.mark.slow
def test_where_a_cell_ends_its_process_twice_all_are_made_in_a_child_from_then_on(go, record_property):
    """Which they may end: each fails alone, and the run goes on."""
    record_property("injected", 2)
    fatal = {"problem": "fatal:Fatal", "methods": ["monte_carlo"], "budgets": [DIES, WELL], "replicates": 2}
    config = small.write(Path("a.yaml"), **fatal)
    command = [sys.executable, "-m", "sgmbench", "run", str(config), "--quiet"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [Path(__file__).parent, *sys.path]))}
    for resumed in ([], ["--resume"]):
        ended = subprocess.run([*command, *resumed], env=environment, capture_output=True, check=False)
        assert ended.returncode == -signal.SIGKILL
    answer = go(**fatal, resume=True)
    reasons = {(result.budget, result.replicate): result.reason for result in answer.summary.results}
    why = f"its process was ended by SIGKILL, as where memory runs out; {AGAIN}"
    assert reasons == {(n, i): why if n == DIES else "" for n in (DIES, WELL) for i in range(2)}
    again = go(**fatal, resume=True)
    assert {(result.budget, result.replicate): result.reason for result in again.summary.results} == reasons
    MENDED.touch()
    assert numbers(go(**fatal, resume=True)) == numbers(go(**fatal, results="elsewhere"))
    assert list(Path("results").rglob(".deaths.json")) == []


@pytest.mark.parametrize(
    ("deaths", "is_in_a_child"),
    [
        ({"at": "CELL", "ended": {"CELL": 1}}, True),
        ({"at": None, "ended": {"CELL": 2}}, True),
        ({"at": "CELL", "ended": {}}, False),
        ({"at": "truth of marginal", "ended": {"CELL": 1}}, False),
        ({"at": "CELL", "ended": {"CELL": "often"}}, False),
        (["CELL", "CELL"], False),
    ],
)
def test_what_a_process_was_at_when_it_ended_is_counted(go, monkeypatch, deaths, is_in_a_child):
    """Of another process than this one is what it has left in its file."""
    seen = []
    monkeypatch.setattr(Isolated, "make_cell", lambda self, cell: seen.append(cell.name) or without(cell, OUTAGE))
    (run,) = (Path(go().summary.run),)
    cell = f"marginal.monte_carlo.{WELL}.r0"
    (run / "cells" / cell / "result.json").unlink()
    (run / ".deaths.json").write_text(json.dumps(deaths).replace("CELL", cell))
    go(resume=True)
    assert seen == ([cell] if is_in_a_child else [])
    assert (run / ".deaths.json").exists() == is_in_a_child


def test_what_has_been_made_has_not_ended_its_process(go):
    """Killed after a cell was written and before the next was begun, as its file then says."""
    run = Path(go().summary.run)
    (run / ".deaths.json").write_text(json.dumps({"at": f"marginal.monte_carlo.{WELL}.r0", "ended": {}}))
    go(resume=True)
    assert not (run / ".deaths.json").exists()


def test_ctrl_c_ends_the_child_at_once(go):
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    with pytest.raises(KeyboardInterrupt):
        go(reference={"size": INTERRUPTS}, isolate=True)
    signal.signal(signal.SIGINT, inherited)
    (folder,) = map(RunFolder, Path("results/line").iterdir())
    assert folder.record["status"] == "interrupted"
    assert folder.results() == []
    assert not is_alive(int(Path("solver").read_text()))


def test_a_child_ends_with_its_parent(tmp_path):
    """The end of its input is the end of whoever has started it."""
    command = [sys.executable, "-m", "sgmbench.runner.child", tmp_path, tmp_path / ".cache"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == '{"ready": true}\n'
    stdout, _ = child.communicate(timeout=20)
    assert (stdout, child.returncode) == ("", 0)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_timeout_in_which_nothing_ends_is_refused(go, seconds):
    said = f"--timeout {seconds:g}: no cell ends in that time; write a positive number of seconds"
    with pytest.raises(UsageError, match=f"^{said}$"):
        go(at_most=seconds)
    assert not Path("results").exists()


def test_runs_of_a_host_that_are_made_are_not_made_again(go, monkeypatch):
    monkeypatch.setattr("sgmbench.core.hosted_simulation.SAVE_EVERY", 0.0)
    config = {"problem": "fatal:Slow", "methods": ["bootstrap"], "budgets": [40]}
    MADE.clear()
    with pytest.raises(KeyboardInterrupt):
        go(**config)
    assert len(MADE) == 80  # of the reference all 60, of the floor 20, the last 10 in vain
    resumed = go(**config, resume=True)
    assert len(MADE) == 60 + 60 + 40 + 10
    assert len(set(MADE)) == 60 + 60 + 40
    assert not list(Path("results/.cache/checkpoints").iterdir())
    undisturbed = go(**config, results="elsewhere")
    assert numbers(resumed) == numbers(undisturbed)

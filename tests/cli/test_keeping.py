"""Keeping runs from the command line; and what terminals of little ability are sent."""

import io
import json
import os
import sys
from pathlib import Path

import pytest
import small
from typer.testing import CliRunner

from sgmbench import api
from sgmbench.cli import app
from sgmbench.cli.progress import BarProgress, LineProgress, QuietProgress, terminal_progress
from sgmbench.report.frame import framed
from sgmbench.report.terminal import print_whole, wide_console
from sgmbench.store.checksummed import read_checksummed, write_checksummed
from sgmbench.store.lock import locked
from sgmbench.store.run_folder import RunFolder

CELL = "marginal.bootstrap.20.r0"


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command in a folder that has one run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    api.run(small.write(Path("a.yaml"), methods=["bootstrap"]))
    return lambda *words, **more: CliRunner().invoke(app, [str(word) for word in words], **more)


def folder():
    (found,) = Path("results").glob("line/*")
    return found


def test_verify_prints_a_line_a_finding(call):
    ended = call("verify", "line")
    assert ended.exit_code == 0
    assert ended.stdout.splitlines() == [
        "ok  files: 7 files have the SHA-256 of manifest.json",
        "ok  run.json: schema 4, complete, 1 cell",
        "ok  results: of 1 cell can be read",
        "ok  cache: 4 artifacts have their SHA-256",
        "ok  scores: of 1 cell, computed again from their samples, are the same",
        "verdict: intact",
        "",
        str(folder()),
    ]


def test_verify_ends_by_5_and_names_file_and_remedy(call):
    (folder() / "summary.csv").write_text("")
    ended = call("verify", folder().name, "--no-scores", "--json")
    assert ended.exit_code == 5
    plain = json.loads(ended.stdout)
    assert plain["verdict"] == "broken"
    assert [check for check in plain["checks"] if check["status"] == "broken"] == [
        {
            "status": "broken",
            "subject": "summary.csv",
            "says": "has changed since the run ended",
            "remedy": f"sgmbench run {folder()} makes it again",
        }
    ]


def test_a_verdict_names_what_is_broken_in_the_cache_and_not_the_run_that_is_whole(call):
    """A neighbor's artifact, say."""
    artifact = max(Path("results/.cache/runs").glob("*.npz"))
    artifact.write_bytes(b"")
    ended = call("verify", "line", "--no-scores")
    assert ended.exit_code == 5
    name = artifact.relative_to("results").with_suffix("").as_posix()
    assert f"verdict: the run is intact; broken in the cache: {name}" in ended.stdout.splitlines()
    (folder() / "summary.csv").write_text("")
    assert "verdict: broken" in call("verify", "line", "--no-scores").stdout.splitlines()


def test_a_run_that_cannot_be_read_is_found_and_verified(call):
    (folder() / "run.json").write_text("{")
    for name in (folder(), folder().name):
        ended = call("verify", name)
        assert ended.exit_code == 5
        line = next(line for line in ended.stdout.splitlines() if line.startswith("broken"))
        assert line == (
            "broken  run.json: has changed since the run ended; restore it from a copy, or run the experiment again"
        )


def test_reproduce_ends_by_3_where_numbers_differ(call):
    ended = call("reproduce", "line", "bootstrap")
    assert (ended.exit_code, ended.stdout.splitlines()[-1]) == (
        0,
        f"verdict: {CELL} is reproduced: all 8 scores are the same to the last bit",
    )
    path = folder() / "cells" / CELL / "result.json"
    plain = read_checksummed(path)
    plain["scores"]["all"]["mean"]["u"] = 1.0
    write_checksummed(path, plain)
    ended = call("reproduce", "line", CELL)
    assert ended.exit_code == 3
    assert ended.stdout.startswith("mean/u at all: 1 told, 0.")
    assert ended.stdout.endswith(f"verdict: {CELL} is not reproduced: its 8 scores differ beyond rounding\n")
    assert json.loads(call("reproduce", "line", CELL, "--json").stdout)["verdict"] == "different"


def test_export_prints_what_it_wrote(call):
    ended = call("export", "line", "--to", "csv")
    assert (ended.exit_code, ended.stdout) == (0, f"line-{folder().name}.csv\n")
    assert Path(ended.stdout.strip()).read_bytes() == (folder() / "summary.csv").read_bytes()
    assert call("export", "line", "--to", "netcdf", "-o", "a/b.nc").stdout == f"{Path('a/b.nc')}\n"


def test_clean_says_what_it_would_delete_and_asks_first(call, monkeypatch):
    size = sum(path.stat().st_size for path in Path("results/.cache").rglob("*") if path.is_file())
    ended = call("clean", "--cache")
    assert ended.exit_code == 2
    assert ended.stderr == (
        f"sgmbench: {size:,} bytes below results/.cache would be deleted; there is no terminal to ask at: write --yes\n"
    )
    assert {line.split()[0] for line in ended.stdout.splitlines()} >= {"fit", "floor", "reference", "runs"}
    assert Path("results/.cache/fit").is_dir()
    ended = call("clean", "--cache", "--yes")
    assert (ended.exit_code, ended.stdout.splitlines()[-1]) == (0, f"deleted {size:,} bytes below results/.cache")
    assert not Path("results/.cache").exists()
    assert call("verify", "line", "--no-scores").exit_code == 0
    assert call("clean", "--cache", "--yes").stdout == "results/.cache: nothing there\n"


def test_the_cache_of_a_run_at_work_is_not_deleted(call):
    RunFolder(folder()).finish("running")
    with locked(folder()):
        ended = call("clean", "--cache", "--yes")
    assert ended.exit_code == 2
    assert f"sgmbench: {folder()}: process {os.getpid()} on " in ended.stderr
    assert Path("results/.cache/fit").is_dir()
    assert call("clean", "--cache", "--yes").exit_code == 0
    assert not Path("results/.cache").exists()


def test_the_results_folder_is_that_of_the_environment(call):
    Path("results").rename("elsewhere")
    assert call("show", "line").exit_code == 2
    shown = call("show", "line", env={"SGMBENCH_RESULTS": "elsewhere"})
    assert (shown.exit_code, shown.stdout.splitlines()[-1].startswith("elsewhere/line/")) == (0, True)
    assert call("show", "line", "--results", "no", env={"SGMBENCH_RESULTS": "elsewhere"}).exit_code == 2


class Terminal(io.StringIO):
    """What says that it is one."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("variables", "is_plain"),
    [({"TERM": "xterm"}, False), ({"TERM": "dumb"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, True)],
)
def test_escape_codes_are_for_terminals_that_want_them(call, monkeypatch, variables, is_plain):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    answer, screen = api.show("line"), Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    api.print_answer(answer)
    assert "bootstrap" in screen.getvalue()
    assert ("\x1b" not in screen.getvalue()) == is_plain


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_no_number_of_a_table_is_cut_short_in_a_narrow_terminal(monkeypatch, term):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stdout", Terminal())
    table, number = framed("pi"), "3.14159" * 30
    table.add_column("digits")
    table.add_row(number)
    print_whole(wide_console(), table)
    assert number in sys.stdout.getvalue()


def test_bars_are_for_terminals_that_can_move_their_cursor(monkeypatch):
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    kinds = {}
    for term, screen in (("xterm", Terminal()), ("dumb", Terminal()), ("xterm", io.StringIO())):
        monkeypatch.setenv("TERM", term)
        monkeypatch.setattr(sys, "stderr", screen)
        with terminal_progress(quiet=False) as progress:
            progress("cells", 1, 2, "a")
        kinds[term, screen.isatty()] = type(progress), "\x1b" in screen.getvalue()
    assert kinds == {
        ("xterm", True): (BarProgress, True),
        ("dumb", True): (LineProgress, False),
        ("xterm", False): (LineProgress, False),
    }
    with terminal_progress(quiet=True) as progress:
        assert isinstance(progress, QuietProgress)

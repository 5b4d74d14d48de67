"""Two versions that run a configuration in turn: interpreters that are scripts, and a repository of one commit."""

import json
import math
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from interpreters import interpreter, script
from typer.testing import CliRunner

from sgmbench import api
from sgmbench.cli import app
from sgmbench.compare.compare import Comparison, compare_sides
from sgmbench.compare.judge import judge_rounds
from sgmbench.compare.looks import Look, looks
from sgmbench.compare.rounds import log_ratios_of_rounds
from sgmbench.compare.rows import Row, Timing
from sgmbench.compare.side import CellRecord, Side, side_of
from sgmbench.compare.turns import compare_in_turns, in_rounds, take_turns, until_settled
from sgmbench.compare.versions import Version, version_of
from sgmbench.compare.words import entries
from sgmbench.errors import UsageError
from sgmbench.store.run_folder import RunFolder


def test_versions_take_turns_and_each_cell_has_its_seconds_of_every_round(results):
    run = results / "line" / "1-old"
    a = interpreter(Path("a"), run, [1.0, 3.0, 2.0])
    b = interpreter(Path("b"), run, [5.0, 4.0, 6.0])
    said = []
    ((old, new, look),) = take_turns(Path("c.yaml"), (Version("A", a), Version("B", b)), rounds=3, say=said.append)
    assert Path("log").read_text().split() == ["a", "b", "b", "a", "a", "b"]
    assert said[:2] == ["round 1 of at most 3: A", "round 1 of at most 3: B"]
    assert (old.path, new.path, look) == ("A", "B", Look(3, 1.0))
    for side, seconds in ((old, [1.0, 3.0, 2.0]), (new, [5.0, 4.0, 6.0])):
        for r in range(3):
            cell = side.cells[f"marginal.bootstrap.20.r{r}"]
            assert cell.rounds == pytest.approx([each + r / 10 for each in seconds])
            assert (cell.seconds, cell.cold_seconds) == pytest.approx((min(cell.rounds), min(cell.rounds) + 1))


def test_a_round_is_the_median_ratio_of_its_replicates_of_those_that_ran(results):
    """One replicate that was disturbed and one that failed say nothing; a round without any is none."""
    nan = math.nan
    old = [(1.0, 2.0, nan), (1.0, 2.0, nan), (1.0, 9.0, nan), (nan, 2.0, nan)]
    new = [(1.2, 3.0, 1.0), (1.2, 3.0, 1.0), (9.0, 3.0, 1.0), (1.0, 3.0, 1.0)]
    assert np.exp(log_ratios_of_rounds(list(zip(old, new, strict=True)))) == pytest.approx([1.2, 1.5])


def test_versions_stop_as_soon_as_all_times_are_decided(results):
    """Of 24 rounds six are made: the interpreters have no more to give."""
    run = results / "line" / "1-old"
    a, b = (interpreter(Path(name), run, [1.0, 1.01, 1.02, 1.0, 1.01, 1.0]) for name in ("a", "b"))
    found = compare_in_turns(Path("c.yaml"), (Version("A", a), Version("B", b)), say=lambda message: None)
    assert len(Path("log").read_text().split()) == 12
    assert found.verdict == "pass"
    assert {(row.replicates, row.unit, row.margin) for row in found.rows if row.kind == "time"} == {(6, "round", 0.25)}


def test_the_first_comparison_that_decides_is_the_last_that_is_made():
    made = []

    def comparisons(verdicts):
        for verdict in verdicts:
            made.append(verdict)
            row = Row("marginal", "kde", 10, "seconds", "time", 1.0, 0.9, 1.1, 0.25, 5, verdict)
            yield Comparison("a", "b", "line", [row], [], [], [])

    assert until_settled(comparisons(["inconclusive", "regression", "pass"])).verdict == "regression"
    assert made == ["inconclusive", "regression"]
    assert until_settled(comparisons(["inconclusive", "inconclusive"])).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("wall", "cpu", "settled"),
    [
        ("regression", "inconclusive", True),
        ("inconclusive", "regression", True),
        ("inconclusive", "pass", True),
        ("pass", "inconclusive", False),
        ("inconclusive", "inconclusive", False),
    ],
)
def test_either_time_alarms_and_that_of_the_processors_passes(wall, cpu, settled):
    """Where all wait for a neighbor, seconds pass too easily."""
    of = {"seconds": wall, "CPU seconds": cpu}
    rows = [Row("marginal", "kde", 10, name, "time", 1.0, 0.9, 1.1, 0.25, 5, verdict) for name, verdict in of.items()]
    assert Comparison("a", "b", "line", rows, [], [], []).times_are_settled is settled


def test_a_time_that_one_version_does_not_measure_decides_nothing():
    """A version of before processor seconds: the slow one is judged by the seconds alone."""
    logs = np.zeros((2, 5, 6))
    logs[1] += np.log(1.7) + 0.3 * np.random.default_rng(0).standard_normal((5, 6))
    old, new = sides(logs, logs)
    before = replace(
        old, cells={name: replace(c, cpu_seconds=0.0, cpu_rounds=(0.0,) * 6) for name, c in old.cells.items()}
    )
    assert {row.error for row in compare_sides(old, new).rows} == {"seconds", "CPU seconds"}
    assert {row.error for row in compare_sides(before, new).rows} == {"seconds"}


def test_a_cell_that_fails_in_any_round_has_failed(results):
    run = results / "line" / "1-old"
    side = side_of(RunFolder(run))
    name = "marginal.bootstrap.20.r1"
    fails = replace(side, cells=side.cells | {name: replace(side.cells[name], status="failed", invalid_because="NaN")})
    found = in_rounds([side, fails, side])
    assert (found.cells[name].status, found.cells[name].invalid_because) == ("failed", "NaN")
    assert compare_sides(in_rounds([side] * 3), found).failed == [name]


@pytest.mark.parametrize("rounds", range(1, 41))
def test_looks_spend_the_whole_probability_to_err_and_no_more(rounds):
    every = looks(rounds)
    assert sum(look.share for look in every) == pytest.approx(1.0)
    assert every[-1].rounds == rounds
    assert every[0].rounds >= min(4, rounds)


def test_intervals_of_all_looks_together_have_the_truth_inside_in_95_percent():
    """By Student at the first look, by ranks at the others."""
    rng, trials, held = np.random.default_rng(0), 1_000, 0
    assert looks(24) == ((6, 0.25), (12, 0.25), (24, 0.5))
    for _ in range(trials):
        x = rng.standard_normal(24)
        places = [judge_rounds(x[:n], 1e-12, confidence=Timing(share=share).confidence).place for n, share in looks(24)]
        held += all(place == "across" for place in places)
    assert held / trials > 0.95 - 4 * np.sqrt(0.95 * 0.05 / trials)


def scatter(rng, *, replicates, rounds=24, spread=0.05):
    """Logarithms of seconds of two versions, of which one in thirty is half as long again."""
    shape = (2, replicates, rounds)
    return spread * rng.standard_normal(shape) + np.log(1.5) * (rng.random(shape) < 1 / 30)


def sides(logs, cpu_logs=None):
    """Two versions with these seconds in each replicate and round, and those of the processors."""
    wall = np.exp(logs)
    cpu = np.zeros_like(wall) if cpu_logs is None else np.exp(cpu_logs)
    return [
        Side(name, "", {"budgets": {}}, {}, "energy", {}, {}, {f"r{r}": timed(r, *both) for r, both in enumerate(of)})
        for name, of in zip("ab", np.stack([wall, cpu], axis=2), strict=True)
    ]


def timed(replicate, wall, cpu):
    of, by = tuple(map(float, wall)), tuple(map(float, cpu))
    return CellRecord("marginal", "kde", 10, replicate, "ok", "", {}, {}, min(of), min(of), min(by), of, by)


def in_turns(logs, cpu_logs=None):
    """The comparison of versions whose seconds these are, looked at as often as it takes."""
    cut = (None if cpu_logs is None else cpu_logs[:, :, :n] for n, _ in looks(24))
    seen = zip(looks(24), cut, strict=True)
    return until_settled(compare_sides(*sides(logs[:, :, :n], by), share=share) for (n, share), by in seen)


@pytest.mark.parametrize(("replicates", "share"), [(3, 0.8), (5, 0.9)])
def test_a_version_that_is_thirty_percent_slower_is_found_and_equal_ones_pass(replicates, share):
    rng, comparisons = np.random.default_rng(replicates), 200
    every = [scatter(rng, replicates=replicates) for _ in range(comparisons)]
    slower = np.log([1.0, 1.3])[:, None, None]
    found = [in_turns(logs + slower).verdict for logs in every]
    assert found.count("regression") >= share * comparisons
    equal = [in_turns(logs) for logs in every]
    assert [each.verdict for each in equal].count("pass") == comparisons
    assert np.mean([each.rows[0].replicates for each in equal]) < 7


def test_beside_a_busy_neighbor_the_processors_tell():
    """Seconds scatter by half of themselves, those of the processors by 7 %: as was measured."""
    rng, comparisons = np.random.default_rng(7), 60
    found = {slower: [] for slower in (1.0, 1.3)}
    for slower, verdicts in found.items():
        for _ in range(comparisons):
            logs, cpu = scatter(rng, replicates=5, spread=0.5), scatter(rng, replicates=5, spread=0.07)
            verdicts.append(in_turns(*(each + np.log([1.0, slower])[:, None, None] for each in (logs, cpu))))
    assert sum(each.verdict == "regression" for each in found[1.0]) <= 0.02 * comparisons
    assert all(each.times_are_settled for each in found[1.0])
    worse = [row.error for each in found[1.3] for row in each.rows if row.verdict == "regression"]
    assert worse.count("CPU seconds") >= 0.75 * comparisons
    assert worse.count("seconds") <= 0.1 * comparisons


def test_seconds_of_processors_are_not_judged_where_a_device_works():
    cell = timed(0, [1.0], [1.0])
    side = Side("a", "", {}, {}, "energy", {}, {"device": "1 x NVIDIA H100"}, {"r0": cell})
    assert in_rounds([side, side]).cells["r0"].cpu_rounds == ()
    assert in_rounds([replace(side, environment={"device": "1 x CPU (x86_64)"})] * 2).cells["r0"].cpu_rounds == (
        1.0,
        1.0,
    )


def test_what_all_rounds_leave_open_takes_more_rounds_of_both_versions():
    """At what a round of all cells costs: five replicates, twice."""
    logs = scatter(np.random.default_rng(3), replicates=5) + np.log([1.0, 1.235])[:, None, None]
    a, b = sides(logs)
    (row,) = compare_sides(a, b, share=0.5).rows
    assert (row.verdict, row.unit) == ("inconclusive", "round")
    assert row.decision is not None
    each = sum(cell.cold_seconds for side in (a, b) for cell in side.cells.values())
    assert row.decision.seconds == pytest.approx(row.decision.replicates * each)
    assert f"{row.decision.replicates:,} more rounds (0 runs, " in entries(row)[-1]


def test_another_version_that_is_faster_is_a_regression_of_this_one(results, monkeypatch):
    run = results / "line" / "1-old"
    made = {"a": [1.0, 1.1, 1.05, 1.0], "b": [1.6, 1.75, 1.7, 1.6]}
    a, b = (interpreter(Path(name), run, seconds) for name, seconds in made.items())
    monkeypatch.setattr("sgmbench.api.comparing.Version", lambda name: Version(name, b))
    ended = CliRunner().invoke(app, ["compare", "c.yaml", "--ab", a, "--rounds", "4", "--json"])
    assert ended.exit_code == 3
    found = json.loads(ended.stdout)
    assert (found["old"], found["new"]) == (a, "this version")
    worse = [row for row in found["rows"] if row["verdict"] == "regression"]
    assert {(row["error"], row["unit"], row["replicates"]) for row in worse} == {("seconds", "round", 4)}
    assert worse[0]["ratio"] == pytest.approx(1.7 / 1.1)  # as in two rounds, between the others
    assert ended.stderr.splitlines()[0] == f"round 1 of at most 4: {a}"


def test_a_commit_is_unpacked_and_stands_before_what_is_installed(tmp_path, monkeypatch):
    package, scratch = tmp_path / "repository" / "sgmbench", tmp_path / "scratch"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import sys\nopen('told', 'w').write(' '.join(sys.argv[1:]))\n")
    git = ["git", "-C", str(package.parent), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "a"]):
        subprocess.run([*git, *words], check=True)
    (package / "__main__.py").write_text("raise SystemExit('changed since')\n")
    monkeypatch.chdir(tmp_path)
    version_of("git:HEAD", scratch, package=package).run(Path("c.yaml"), Path("found"))
    assert Path("told").read_text() == "run c.yaml --quiet --results found"
    with pytest.raises(UsageError, match=r"^--ab git:nowhere: no such commit in .*repository \(fatal: "):
        version_of("git:nowhere", scratch, package=package)
    with pytest.raises(UsageError, match=r"^--ab git:--list: no such commit in .*would take it for an option\)$"):
        version_of("git:--list", scratch, package=package)


def test_versions_that_cannot_be_had_or_do_not_come_to_an_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as refused:
        api.compare_versions("c.yaml", "no/python")
    assert str(refused.value) == "--ab no/python: no such interpreter; write git:REF, or the path of a python"
    broken = script(Path("broken"), "echo first >&2\necho last >&2\nexit 2")
    with pytest.raises(UsageError) as refused:
        api.compare_versions("c.yaml", broken)
    assert str(refused.value) == f"--ab {broken}: sgmbench run c.yaml ended with code 2: last"
    empty = script(Path("empty"), "exit 0")
    with pytest.raises(UsageError) as refused:
        api.compare_versions("c.yaml", empty)
    assert str(refused.value) == "c.yaml makes 0 runs; write a file of one experiment"
    ended = CliRunner().invoke(app, ["compare", "--rounds", "3"])
    assert (ended.exit_code, ended.stderr) == (
        2,
        "sgmbench: --rounds says how often --ab runs two versions; write --ab VERSION, or leave it out\n",
    )
    ended = CliRunner().invoke(app, ["compare", "--ab", empty])
    assert ended.stderr == (
        "sgmbench: --ab takes one YAML file and no other run; write sgmbench compare CONFIG.yaml --ab VERSION\n"
    )

"""Baselines, and what a comparison prints for machines: Markdown, JUnit, GitHub."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from sgmbench import api
from sgmbench.cli import app
from sgmbench.compare.baseline import read_baseline, write_baseline
from sgmbench.compare.compare import Comparison, compare_sides
from sgmbench.compare.decision import Decision
from sgmbench.compare.errors_of import Error
from sgmbench.compare.github import annotations
from sgmbench.compare.junit import as_junit
from sgmbench.compare.markdown import as_markdown
from sgmbench.compare.rows import Row
from sgmbench.compare.side import CellRecord, Side
from sgmbench.errors import UsageError
from sgmbench.store.run_folder import RunFolder

ROW = {"target": "marginal", "method": "kde", "budget": 2500, "kind": "error", "margin": 0.1, "replicates": 5}
WORSE = Row(error="energy", ratio=1.5, low=1.4, high=1.6, verdict="regression", p=0.00123, **ROW)
OPEN = Row(
    error="mean/u|v", ratio=1.1, low=0.9, high=1.3, verdict="inconclusive", decision=Decision(3, 7500.0, 12.34), **ROW
)
GOOD = Row(error="mean/q", ratio=1.0, low=1.0, high=1.0, verdict="pass", **ROW)
GONE = Row(
    **ROW | {"kind": "cell", "margin": 0.0, "replicates": 1},
    error="the cell failed",
    ratio=float("inf"),
    low=None,
    high=None,
    verdict="regression",
    why="replicate 2: 100 % diverged\nat once",
)
GONE_BUDGET = Row(
    **ROW | {"kind": "cell", "margin": 0.0, "replicates": 0},
    error="no longer asked for",
    ratio=float("nan"),
    low=None,
    high=None,
    verdict="not comparable",
    why="budgets of kde is [2500] in a and [10] in b",
)
FOUND = Comparison("a", "b", "line", [GOOD, OPEN, WORSE, GONE], ["a note"], ["marginal.kde.1.r0"], ["x"])


def side(*, path="a", errors=None, seconds=1.0):
    """A run of two replicates of one method."""
    errors = errors or [1.0, 1.1]
    cells = {
        f"marginal.kde.10.r{r}": CellRecord(
            "marginal",
            "kde",
            10,
            r,
            "ok",
            "",
            {"mean/u": Error({"all": e}, False), "mmd": Error({"all": e - 1.05}, True)},
            {"solver runs": 10.0},
            seconds,
            2 * seconds,
        )
        for r, e in enumerate(errors)
    }
    asked = {"problem": {"kind": "p", "a": 1 / 3}, "budgets": {"kde": [10]}, "recorded data": None}
    metrics = {label: {"kind": label, "label": label} for label in ("mean", "mmd")}
    return Side(path, "line", asked, metrics, "mean", {}, {"device": "one"}, cells)


def test_a_baseline_is_the_run_to_six_digits(tmp_path):
    kept = side(errors=[1.23456789, 1e-12 / 3])
    write_baseline(tmp_path / "a.json", kept)
    found = read_baseline(tmp_path / "a.json")
    assert found.asked == kept.asked  # what must agree is not rounded
    assert (found.experiment, found.metrics, found.environment) == (kept.experiment, kept.metrics, kept.environment)
    assert found.cells["marginal.kde.10.r0"].errors["mean/u"] == Error({"all": 1.23457}, False)
    assert found.cells["marginal.kde.10.r1"].errors == {
        "mean/u": Error({"all": 3.33333e-13}, False),
        "mmd": Error({"all": -1.05}, True),
    }


def test_a_run_passes_against_its_own_baseline_with_ratios_of_one(tmp_path):
    """Six digits are fewer than a run has: what they round off is no difference."""
    new = side(errors=[1.23456789, 0.987654321])
    write_baseline(tmp_path / "a.json", new)
    found = compare_sides(read_baseline(tmp_path / "a.json"), new)
    assert found.verdict == "pass"
    assert {row.ratio for row in found.rows} == {1.0}
    assert {row.error for row in found.rows} == {"mean/u", "mmd", "solver runs", "seconds"}


def test_a_change_of_one_score_is_a_change_of_one_line(tmp_path):
    texts = []
    for errors in ([1.0, 1.1], [1.0, 1.2]):
        write_baseline(tmp_path / "a.json", side(errors=errors))
        texts.append((tmp_path / "a.json").read_text().splitlines())
    different = [(a, b) for a, b in zip(*texts, strict=True) if a != b]
    assert [line[:14] for line in different.pop(-1)] == ['  "checksum": '] * 2
    assert different == [
        ('        "mean/u": {"all": 1.1},', '        "mean/u": {"all": 1.2},'),
        ('        "mmd": {"all": 0.05}', '        "mmd": {"all": 0.15}'),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "a.json: no such baseline; write one with sgmbench baseline RUN"),
        ("{", "a.json: is no baseline; write it again with sgmbench baseline RUN"),
        (
            '{"schema": 7}',
            "a.json: a baseline of schema 7; this version reads 1: write it again with sgmbench baseline RUN",
        ),
        ("[]", "a.json: no baseline; this version reads 1: write it again with sgmbench baseline RUN"),
        ('{"schema": 1}', "a.json: is damaged ('cells'); write it again with sgmbench baseline RUN"),
    ],
)
def test_what_is_no_baseline_of_this_version_is_refused_by_name(tmp_path, monkeypatch, content, said):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("a.json").write_text(content)
    with pytest.raises(UsageError) as refused:
        read_baseline(Path("a.json"))
    assert str(refused.value) == said


def test_the_newest_run_is_compared_with_a_committed_baseline(results):
    """And with whichever is named; where anything is worse than the baseline it is found."""
    written = CliRunner().invoke(app, ["baseline", "1-old", "--name", "kept"])
    assert (written.exit_code, written.stdout) == (0, "results/baselines/kept.json\n")
    found = api.compare(baseline="results/baselines/kept.json")
    assert (found.old, found.new, found.verdict) == ("results/baselines/kept.json", "results/line/2-new", "pass")
    folder = RunFolder(results / "line" / "2-new")
    for result in folder.results():
        if result.method == "bootstrap":
            result.scores["all"]["mean"] = {part: 2 * v for part, v in result.scores["all"]["mean"].items()}
            folder.write_result(result)
    ended = CliRunner().invoke(app, ["compare", "--baseline", "results/baselines/kept.json"])
    assert ended.exit_code == 3
    assert api.compare("1-old", baseline="results/baselines/kept.json").verdict == "pass"
    ended = CliRunner().invoke(app, ["compare", "1-old", "2-new", "--baseline", "results/baselines/kept.json"])
    assert ended.stderr == ("sgmbench: --baseline stands in place of the old run; name one run, not 1-old and 2-new\n")


def test_markdown_has_what_does_not_pass_first_and_the_rest_folded():
    assert as_markdown(FOUND) == (
        "## line: 1 cells failed; regression (2 regression, 1 inconclusive, 1 pass)\n"
        "\n"
        "`b` against `a`\n"
        "\n"
        "| target | method | runs | error | new/old | 95 % interval | margin | verdict | would decide |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
        "| marginal | kde | 2,500 | energy | 1.500 | 1.400 to 1.600 | 10% | regression (p = 0.001) |  |\n"
        "| marginal | kde | 2,500 | the cell failed | - | - |  | regression |  |\n"
        "| marginal | kde | 2,500 | mean/u\\|v | 1.100 | 0.900 to 1.300 | 10% | inconclusive |"
        " 3 more replicates (7,500 runs, 12.3 s) |\n"
        "\n"
        "- marginal, kde at 2,500 runs, the cell failed: replicate 2: 100 % diverged at once\n"
        "- in one of the runs only: marginal.kde.1.r0\n"
        "- a note\n"
        "\n"
        "<details>\n"
        "<summary>1 pass</summary>\n"
        "\n"
        "| target | method | runs | error | new/old | 95 % interval | margin | verdict | would decide |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
        "| marginal | kde | 2,500 | mean/q | 1.000 | 1.000 to 1.000 | 10% | pass |  |\n"
        "\n"
        "</details>\n"
    )


def test_junit_counts_regressions_as_failures_and_open_rows_as_skipped():
    root = ElementTree.fromstring(as_junit(FOUND))
    (suite,) = root
    for each in (root, suite):
        counts = {name: each.get(name) for name in ("tests", "failures", "errors", "skipped")}
        assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    said = {case.get("name"): [(child.tag, child.get("message")) for child in case] for case in suite}
    where = "marginal, kde at 2,500 runs"
    assert said == {
        "mean/q": [],
        "mean/u|v": [
            (
                "skipped",
                f"{where}, mean/u|v: new/old is 1.100 (95 % interval 0.900 to 1.300); 10% is tolerated; "
                "3 more replicates (7,500 runs, 12.3 s) would decide",
            )
        ],
        "energy": [("failure", f"{where}, energy: new/old is 1.500 (95 % interval 1.400 to 1.600); 10% is tolerated")],
        "the cell failed, replicate 2": [("error", f"{where}, the cell failed: replicate 2: 100 % diverged\nat once")],
    }
    assert {case.get("classname") for case in suite} == {"line.marginal.kde.2500"}


def test_what_is_not_comparable_is_an_error_everywhere():
    """Of a job, as its exit code is; below regressions, and above what is open."""
    found = Comparison("a", "b", "line", [OPEN, GONE_BUDGET, WORSE], [], [], [])
    said = "marginal, kde at 2,500 runs, no longer asked for: budgets of kde is [2500] in a and [10] in b"
    assert annotations(found)[1] == f"::error title=sgmbench%3A not comparable::{said}"
    assert [line.split()[0] for line in annotations(found)] == ["::error", "::error", "::warning"]
    errors = {
        case.get("name"): child.get("message")
        for case in ElementTree.fromstring(as_junit(found))[0]
        for child in case.iter("error")
    }
    assert errors == {"no longer asked for": said}
    lines = as_markdown(found).splitlines()
    assert lines[0] == "## line: regression (1 regression, 1 not comparable, 1 inconclusive)"
    assert lines[7] == "| marginal | kde | 2,500 | no longer asked for | - | - |  | not comparable |  |"
    assert json.loads(api.as_json(found))["verdict"] == "regression"
    assert json.loads(api.as_json(found))["rows"][1]["ratio"] is None


def test_a_baseline_knows_what_its_operations_depend_on(tmp_path):
    environment = {"device": "1 x CPU (x86_64, 2 cores)", "versions": {"jax": "0.10", "numpy": "2"}}
    write_baseline(tmp_path / "a.json", replace(side(), environment=environment))
    assert read_baseline(tmp_path / "a.json").programs == {
        "jax": "0.10",
        **dict.fromkeys(("flax", "optax", "diffrax", "blackjax"), "absent"),
        "device": "1 x CPU (x86_64)",
    }


def test_annotations_are_one_line_each_with_percent_and_line_breaks_escaped():
    assert annotations(FOUND) == [
        "::error title=sgmbench%3A regression::marginal, kde at 2,500 runs, energy: new/old is 1.500 "
        "(95 %25 interval 1.400 to 1.600); 10%25 is tolerated",
        "::error title=sgmbench%3A regression::marginal, kde at 2,500 runs, the cell failed: replicate 2: "
        "100 %25 diverged%0Aat once",
        "::warning title=sgmbench%3A inconclusive::marginal, kde at 2,500 runs, mean/u|v: new/old is 1.100 "
        "(95 %25 interval 0.900 to 1.300); 10%25 is tolerated; 3 more replicates (7,500 runs, 12.3 s) would decide",
    ]
    many = Comparison("a", "b", "line", [WORSE] * 12 + [GOOD], [], [], [])
    assert len(annotations(many)) == 10


def test_a_job_has_its_summary_annotations_and_file_and_standard_output_is_the_payload_alone(results, monkeypatch):
    folder = RunFolder(results / "line" / "2-new")
    for result in folder.results():
        if result.method == "bootstrap":
            result.scores["all"]["mean"] = {part: 2 * v for part, v in result.scores["all"]["mean"].items()}
            folder.write_result(result)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    Path("summary.md").write_text("before\n")
    ended = CliRunner().invoke(app, ["compare", "--github", "--junit", "out/compare.xml", "--json"])
    assert ended.exit_code == 3
    found = api.compare()
    assert json.loads(ended.stdout)["verdict"] == "regression"
    assert ended.stderr.splitlines() == annotations(found)
    assert Path("summary.md").read_text() == "before\n" + as_markdown(found)
    assert Path("out/compare.xml").read_bytes() == as_junit(found)
    assert CliRunner().invoke(app, ["compare", "--markdown"]).stdout == as_markdown(found)


def test_formats_that_cannot_be_had(results, monkeypatch):
    ended = CliRunner().invoke(app, ["compare", "--markdown", "--json"])
    assert (ended.exit_code, ended.stderr) == (
        2,
        "sgmbench: --json and --markdown both want standard output; write one of them\n",
    )
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    ended = CliRunner().invoke(app, ["compare", "--github"])
    assert (ended.exit_code, ended.stderr) == (
        2,
        "sgmbench: --github: GITHUB_STEP_SUMMARY is not set, as it is in a step of GitHub Actions; write --markdown\n",
    )


def test_a_baseline_stays_in_its_folder(results):
    with pytest.raises(UsageError) as refused:
        api.baseline("line", label="../other")
    assert str(refused.value) == ("--name ../other: write a name without folders; the file goes to results/baselines/")


def test_a_step_of_github_is_asked_for_before_anything_is_compared(results, monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    ended = CliRunner().invoke(app, ["compare", "nothing", "--github"])
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == (
        "sgmbench: --github: GITHUB_STEP_SUMMARY is not set, as it is in a step of GitHub Actions; write --markdown\n"
    )

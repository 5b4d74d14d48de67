"""A run that somebody sent: nothing reads it by running the code that it names, unless the user says so."""

import os
import shutil
import sys
from pathlib import Path

import pytest
import small
from typer.testing import CliRunner

from sgmbench import api
from sgmbench.cli import app
from sgmbench.errors import StoreError, UsageError
from sgmbench.store.checksummed import read_checksummed, write_checksummed
from sgmbench.store.run_folder import RunFolder

EVIL = """
open("ran", "w").close()
from small import *

class Problem(Line):
    '''Theirs.'''

from sgmbench.metrics.mean import Mean

class Metric(Mean):
    '''Theirs.'''
"""
CELL = "marginal.bootstrap.20.r0"
WHY = (
    "is code that the record of a run names, which may be anybody's: it is not imported; where you know it, write "
    "--trust, or in Python import sgm_evil before"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
        return api.run(
            small.write(root / "a.yaml", methods=["bootstrap"], keep_samples="all"), results=root / "results"
        )


@pytest.fixture
def sent(made, tmp_path, monkeypatch):
    """Two copies of a run, whose record names a module beside them; it says when it is imported."""
    monkeypatch.chdir(tmp_path)
    Path("sgm_evil.py").write_text(EVIL)
    shutil.copytree(made.folder.parents[1] / ".cache", Path("results/.cache"))
    for name in ("1-old", "2-new"):
        shutil.copytree(made.folder, Path("results/line") / name)
        (Path("results/line") / name / "manifest.json").unlink()
    name_code("sgm_evil:Problem", "sgm_evil:Metric")
    yield Path("results/line/2-new")
    sys.modules.pop("sgm_evil", None)


def name_code(problem, metric):
    for path in Path("results/line").glob("*/run.json"):
        record = read_checksummed(path)
        record.pop("manifest", None)
        record["configuration"]["problem"]["kind"] = problem
        record["configuration"]["metrics"][1]["kind"] = metric
        write_checksummed(path, record)


def call(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize(
    "words",
    [
        ["report", "line"],
        ["report", "1-old", "2-new", "-o", "beside.html"],
        ["show", "line"],
        ["show", "line", "--json"],
        ["ask", "line", "--tolerance", "0.5"],
        ["export", "line", "--to", "csv"],
        ["export", "line", "--to", "netcdf"],
        ["verify", "line", "--no-scores"],
        ["clean", "--cache", "--yes"],
    ],
    ids=" ".join,
)
def test_what_needs_no_code_of_theirs_imports_none(sent, words):
    ended = call(*words)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert not Path("ran").exists()
    assert "sgm_evil" not in sys.modules


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "results/line/2-new"], f"results/line/2-new/run.json: problem.kind: 'sgm_evil:Problem' {WHY}"),
        (["reproduce", "line", CELL], f"results/line/2-new/run.json: problem.kind: 'sgm_evil:Problem' {WHY}"),
        (["compare"], f"'sgm_evil:Metric' {WHY}"),
        (["baseline", "line"], f"'sgm_evil:Metric' {WHY}"),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else "",
)
def test_what_needs_it_refuses_and_says_how(sent, words, said):
    ended = call(*words)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert not Path("ran").exists()
    assert "sgm_evil" not in sys.modules


def test_verify_looks_at_all_but_the_scores(sent):
    found = api.verify(sent)
    assert found.verdict == "intact"
    ((subject, says),) = [(check.subject, check.says) for check in found.checks if "built" in check.says]
    assert subject == "scores"
    assert says.startswith("the configuration cannot be built: ")
    assert f"problem.kind: 'sgm_evil:Problem' {WHY}" in says
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    "words", [["compare"], ["baseline", "line"], ["verify", "line"], ["export", "line", "--to", "netcdf"]], ids=" ".join
)
def test_whoever_trusts_it_has_it_imported(sent, words):
    assert call(*words, "--trust").exit_code == 0
    assert Path("ran").exists()


def test_code_that_is_trusted_is_run(sent):
    """The cell is computed by the class that the record names, which is not the one that it was made by."""
    found = api.reproduce(sent, CELL, trust=True)
    assert found.verdict == "identical"
    assert found.remarks[0] == "the code of this cell, or its data, are not those of the run"


def test_code_that_the_user_has_imported_is_the_users_own(sent):
    """As in a notebook, or where the run was made by this process."""
    name_code("small:Line", "mean")
    assert api.compare(results=Path("results")).verdict == "pass"
    assert api.reproduce(sent, CELL).verdict == "identical"
    assert not Path("ran").exists()


def test_a_plan_says_which_code_it_imports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = small.write(Path("a.yaml"), methods=["monte_carlo"], metrics=["mean"])
    (plan,) = api.plan(config)
    assert plan.code == {"small:Line": small.__file__}
    ended = call("plan", config)
    assert f"imports small:Line, from {small.__file__}" in ended.stdout.splitlines()


def test_names_of_a_record_are_no_paths_out_of_where_things_are_written(sent):
    """Of a baseline, an export, a figure and the truth of a target."""
    name_code("small:Line", "mean")
    record = read_checksummed(sent / "run.json")
    record["configuration"]["name"] = "../../x"
    write_checksummed(sent / "run.json", record)
    said = f"{sent}: names '../../x', which no file in it can have; it is damaged, or no run"
    for write in (api.baseline, lambda name: api.export(name, to="csv")):
        with pytest.raises(StoreError) as refused:
            write(sent)
        assert str(refused.value) == said
    result = sent / "cells" / CELL / "result.json"
    write_checksummed(result, read_checksummed(result) | {"target": "../../x"})
    with pytest.raises(StoreError) as refused:
        api.report([str(sent)])
    assert str(refused.value) == said.replace("x'", "x.json'")
    assert not any("x" in name for name in os.listdir())


def test_verify_says_what_is_a_link_and_a_run_is_not_gone_on_with_through_it(sent, tmp_path):
    name_code("small:Line", "mean")
    cell, elsewhere = sent / "cells" / CELL, tmp_path / "elsewhere"
    os.rename(cell, elsewhere)
    cell.symlink_to(elsewhere)
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    found = api.verify(sent, with_scores=False)
    assert [(each.subject, each.says, each.remedy) for each in found.checks if each.status == "broken"] == [
        (f"cells/{CELL}", f"is a link to {elsewhere}", "put what it leads to in its place")
    ]
    with pytest.raises(StoreError) as refused:
        api.run(sent)
    assert str(refused.value) == (
        f"{cell.absolute()}: is a link to {elsewhere}, where nothing is written; put what it leads to in its place"
    )
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before


def test_verify_says_that_the_run_is_a_link_and_looks_at_what_it_leads_to(sent):
    name_code("small:Line", "mean")
    link = sent.parent / "3-link"
    link.symlink_to(sent.absolute())
    checks = [(each.status, each.subject, each.says) for each in api.verify(link, with_scores=False).checks]
    assert checks[0] == ("not checked", "folder", f"is a link to {sent.absolute()}, which was looked at")
    assert {status for status, _, _ in checks} == {"not checked", "ok"}


def test_verify_tells_a_newer_result_from_a_damaged_one(sent):
    name_code("small:Line", "mean")
    result = sent / "cells" / CELL / "result.json"
    write_checksummed(result, read_checksummed(result) | {"schema": 99})
    (broken,) = [each for each in api.verify(sent, with_scores=False).checks if each.status == "broken"]
    assert broken.subject == f"cells/{CELL}/result.json"
    assert f"{result}: written by schema 99, this version reads 1 to " in broken.says
    with pytest.raises(StoreError, match="written by schema 99"):
        api.run(sent)
    with pytest.raises(UsageError, match="no such run"):
        api.show("4-none")
    assert RunFolder(sent).record["status"] != "complete"

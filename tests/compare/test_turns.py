"""Two versions that run a configuration in turn: interpreters that are scripts, and a repository of one commit."""

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sgmbench import api
from sgmbench.cli import app
from sgmbench.compare.turns import take_turns
from sgmbench.compare.versions import Version, version_of
from sgmbench.errors import UsageError


def script(path, body):
    """An interpreter that does something else; $8 is the results folder."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path.resolve())


def interpreter(path, run, seconds):
    """One that gives a finished run out as its own, each time with the next of some training times."""
    for i, each in enumerate(seconds):
        for file in Path(run).glob("cells/*/result.json"):
            result = json.loads(file.read_text())
            result["cost"]["seconds"] = {"compile": 1.0, "train": each + result["replicate"] / 10}
            target = path.parent / f"{path.name}-{i}" / "line" / "run" / file.relative_to(run)
            target.parent.mkdir(parents=True)
            target.write_text(json.dumps(result))
        (path.parent / f"{path.name}-{i}" / "line" / "run" / "run.json").write_text((run / "run.json").read_text())
    made = (path.parent / path.name).resolve()
    return script(path, f'n=$(ls {made}-* -d | head -n 1)\necho {path.name} >> log\ncp -r "$n"/. "$8"\nrm -r "$n"')


def test_versions_take_turns_and_the_least_seconds_of_each_cell_count(results):
    run = results / "line" / "1-old"
    a = interpreter(Path("a"), run, [1.0, 3.0, 2.0])
    b = interpreter(Path("b"), run, [5.0, 4.0, 6.0])
    said = []
    old, new = take_turns(Path("c.yaml"), (Version("A", a), Version("B", b)), rounds=3, say=said.append)
    assert Path("log").read_text().split() == ["a", "b", "b", "a", "a", "b"]
    assert said[:2] == ["round 1 of 3: A", "round 1 of 3: B"]
    assert (old.path, new.path) == ("A", "B")
    for side, least in ((old, 1.0), (new, 4.0)):
        for r in range(3):
            cell = side.cells[f"marginal.bootstrap.20.r{r}"]
            assert (cell.seconds, cell.cold_seconds) == pytest.approx((least + r / 10, least + r / 10 + 1))


def test_another_version_that_is_faster_is_a_regression_of_this_one(results, monkeypatch):
    run = results / "line" / "1-old"
    a, b = (interpreter(Path(name), run, seconds) for name, seconds in (("a", [1.0, 1.1]), ("b", [1.6, 1.5])))
    monkeypatch.setattr("sgmbench.api.comparing.Version", lambda name: Version(name, b))
    ended = CliRunner().invoke(app, ["compare", "c.yaml", "--ab", a, "--rounds", "2", "--json"])
    assert ended.exit_code == 3
    found = json.loads(ended.stdout)
    assert (found["old"], found["new"]) == (a, "this version")
    worse = [row for row in found["rows"] if row["verdict"] == "regression"]
    assert {row["error"] for row in worse} == {"seconds"}
    assert worse[0]["ratio"] == pytest.approx((1.5 / 1.0 * 1.6 / 1.1 * 1.7 / 1.2) ** (1 / 3))
    assert ended.stderr.splitlines()[0] == f"round 1 of 2: {a}"


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
    assert str(refused.value) == "--ab: c.yaml makes 0 runs; write a file of one experiment"
    ended = CliRunner().invoke(app, ["compare", "--ab", empty])
    assert ended.stderr == (
        "sgmbench: --ab takes one YAML file and no other run; write sgmbench compare CONFIG.yaml --ab VERSION\n"
    )

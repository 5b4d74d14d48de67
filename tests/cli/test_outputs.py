"""Files that the user names are refused where nothing can be written there, before anything else is looked at."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sgmbench.cli import app


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("report nothing --output", "--output"),
        ("export nothing --to csv --output", "--output"),
        ("export nothing --to arviz -o", "--output"),
        ("init nothing -o", "--output"),
        ("compare nothing --junit", "--junit"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_first(tmp_path, monkeypatch, words, option):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").touch()
    wanted = {"file/a/b": "file is no folder; write another name"}
    if "arviz" not in words:
        wanted["folder"] = "is a folder; write the name of a file in it"
    for path, said in wanted.items():
        ended = CliRunner().invoke(app, [*words.split(), path])
        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ended.stderr == f"sgmbench: {option} {path}: {said}\n"
    ended = CliRunner().invoke(app, [*words.split(), "new/folder/file"])
    assert "nothing" in ended.stderr  # which is no run, and no problem
    assert not Path("new").exists()


def test_a_folder_that_may_not_be_written_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    ended = CliRunner().invoke(app, ["init", "burgers", "-o", "a/b.yaml"])
    assert (ended.exit_code, ended.stderr) == (
        2,
        "sgmbench: --output a/b.yaml: . cannot be written; write another name\n",
    )

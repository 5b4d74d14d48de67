"""What the README tells a newcomer to copy works as it stands there."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sgmbench.cli import app

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"^```(python|yaml)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def coffee(tmp_path, monkeypatch):
    """The worked example in an empty folder, and its two files."""
    files = {
        "coffee.py": next(text for kind, text in BLOCKS if kind == "python" and "class Coffee" in text),
        "coffee.yaml": next(text for kind, text in BLOCKS if kind == "yaml" and "coffee:Coffee" in text),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return files


def test_the_worked_example_is_short(coffee):
    assert sum(len(text.splitlines()) for text in coffee.values()) <= 30


def test_the_worked_example_answers(coffee):
    ended = CliRunner().invoke(app, ["run", "coffee.yaml", "--set", "replicates=1", "--set", "reference.size=200"])
    assert ended.exit_code == 0, ended.output
    answer = " ".join(ended.stdout.split())
    assert re.search(
        r"Conditional: \w+ from 2,000 runs is worth .* runs at a condition by energy \(median of 8;", answer
    )
    assert (
        "Conditional: for mean and standard deviation of temperature to 10 % (100 runs' worth): At 60 s a run" in answer
    )


def test_the_worked_example_is_sound(coffee):
    ended = CliRunner().invoke(app, ["check-problem", "coffee:Coffee"])
    assert ended.exit_code == 0, ended.output
    assert ended.stdout.endswith("verdict: sound\n")

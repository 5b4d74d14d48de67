"""What the README tells a newcomer to copy works as it stands there; its command lines are in cli/test_examples.py."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.config.document import read, write

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
YAML = [text for kind, text in FENCED if kind == "yaml"]
PYTHON = [text for kind, text in FENCED if kind == "python"]


def one(texts, words):
    """The only block that has these words."""
    (found,) = (text for text in texts if words in text)
    return found


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def coffee(call):
    """The worked example and its two files."""
    files = {"coffee.py": one(PYTHON, "class Coffee"), "coffee.yaml": one(YAML, "coffee:Coffee")}
    for name, text in files.items():
        Path(name).write_text(text)
    return files


def test_every_block_is_of_a_kind_that_is_tested():
    assert {kind for kind, _ in FENCED} == {"", "python", "yaml"}
    shown = [text.split()[0] for kind, text in FENCED if not kind]
    assert set(shown) == {"make", "sgmbench", "$", "quickstart:", "porous_electrode:"}  # the last two are answers


def test_what_the_readme_names_is_in_the_source_distribution():
    included = tuple(f"{name}/" for name in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    words = {word.rstrip(".") for word in re.findall(r"[\w.-]+(?:/[\w.-]+)*", README)}
    files = {word for word in words if (ROOT / word).is_file()}
    assert {"configs/quickstart.yaml", "examples/quick.py", "CONTRIBUTING.md"} <= files
    assert [file for file in files if not f"{file}/".startswith(included)] == []


def test_every_extra_that_the_readme_names_is_one():
    named = re.findall(r"sgmbench\[(\w+)\]", README)
    assert "umbridge" in named
    assert set(named) <= set(PROJECT["project"]["optional-dependencies"])


def test_the_worked_example_is_short(coffee):
    assert sum(len(text.splitlines()) for text in coffee.values()) <= 30


def test_the_worked_example_answers(call, coffee, monkeypatch):
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)  # which have tests of their own
    ended = call("run", "coffee.yaml", "--set", "replicates=1", "--set", "reference.size=200")
    assert ended.exit_code == 0, ended.output
    answer = " ".join(ended.stdout.split())
    assert re.search(
        r"Conditional: \w+ from 2,000 runs is worth .* runs at a condition by energy \(median of 8;", answer
    )
    assert (
        "Conditional: for mean and standard deviation of temperature to 10 % (100 runs' worth): At 60 s a run" in answer
    )


def test_the_worked_example_is_sound(call, coffee):
    ended = call("check-problem", "coffee:Coffee")
    assert ended.exit_code == 0, ended.output
    assert ended.stdout.endswith("verdict: sound\n")


def recorded():
    """The file that the README writes: 800 runs of a wave."""
    rng, x = np.random.default_rng(0), np.linspace(0, 1, 5)
    p, q = rng.random(800), rng.random(800)
    u = p[:, None] * np.sin(x + q[:, None]) + rng.normal(size=(800, 1))
    exec(one(PYTHON, "np.savez"), {"np": np, "p": p, "q": q, "u": u, "x": x})


def whole(text):
    """A block as a configuration: a list is the methods of the first example, a problem alone is resampled."""
    plain = read(text).value
    if isinstance(plain, list):
        return read(YAML[0]).value | {"methods": plain}
    return {"name": "alone", "targets": ["marginal"], "methods": ["bootstrap"], "budgets": [100]} | plain


@pytest.mark.parametrize("text", YAML, ids=lambda text: text.strip().splitlines()[0])
def test_a_configuration_is_valid(call, coffee, text):
    recorded()
    Path("block.yaml").write_text(write(whole(text)))
    ended = call("validate", "block.yaml")
    assert ended.exit_code == 0, ended.output
    assert ended.stdout.startswith("block.yaml: valid\n")


def test_python_has_the_answer_as_the_readme_shows_it(call, capsys, monkeypatch):
    (text,) = (text for text in PYTHON if "sgmbench.run" in text)
    Path("examples").mkdir()
    quick = (ROOT / "examples/quick.yaml").read_text()
    Path("examples/quick.yaml").write_text(quick.replace("{size: 2000}", "{size: 200}"))
    names = {}
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)  # which have tests of their own
    exec(text, names)
    assert capsys.readouterr().out.splitlines() == list(names["answer"].sentences)
    assert names["answer"].sentences[0].startswith("Marginal: ")
    assert set(names["scores"].coords["label"].values) == {"monte_carlo", "bootstrap", "gaussian"}
    assert Path("frontier.svg").read_text().startswith("<?xml")

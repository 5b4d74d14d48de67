"""A configuration that somebody sent: bombs go off nowhere, and its names stay in the results folder."""

import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from toys import Named

from sgmbench.config import ConfigError, load
from sgmbench.config.document import DEEPEST, LARGEST
from sgmbench.config.load import build_experiment

BASE = "name: {name}\nproblem: decay\ntargets: [marginal]\nmethods: [draws]\nbudgets: [10]\n"
LAUGHS = "a: &a [lol, lol]\n" + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in pairwise("abcdefghi"))
LONG = "write at most 80 letters, digits and _ . -, beginning with a letter or digit, and no dot at the end"
OWN = "is a name with a use of its own in a results folder; write another"


def test_a_hundred_megabytes_are_not_read(tmp_path, monkeypatch):
    """Of a file as large as one likes a megabyte and a byte are."""
    monkeypatch.chdir(tmp_path)
    with open("a.yaml", "wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(ConfigError) as refused:
            load("a.yaml")
        assert tracemalloc.get_traced_memory()[1] < 5 * LARGEST
    finally:
        tracemalloc.stop()
    assert str(refused.value) == "a.yaml:1:1: more than 1,000,000 bytes; a configuration is a few kilobytes of text"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "a.yaml:1:4: anchors (&) and aliases (*) are not supported; write the value out"),
        ("a: " + "[" * 100_000, f"a.yaml:1:{3 + DEEPEST}: more than 20 levels of nesting; a configuration needs fewer"),
        ("- " * 50_000, "a.yaml:1:41: more than 20 levels of nesting; a configuration needs fewer"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "a.yaml:1:4: tags (tag:yaml.org,2002:python/object/apply:os.system) are not supported; write the plain "
            "value",
        ),
    ],
    ids=["a billion laughs", "lists in a line", "lists below each other", "an object"],
)
def test_bombs_are_refused_where_they_begin(errors, text, said):
    assert errors(text) == [said]


def test_a_set_that_is_nested_deeply_is_refused(errors):
    deep = ".".join("a" * (DEEPEST + 1)) + "=1"
    assert errors(BASE.format(name="x"), deep) == [
        f"--set {deep}: more than 20 levels of nesting; a configuration needs fewer"
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../../x", f"'../../x' cannot name a folder; {LONG}"),
        ("/etc/x", f"'/etc/x' cannot name a folder; {LONG}"),
        ("'.'", f"'.' cannot name a folder; {LONG}"),
        ("..", f"'..' cannot name a folder; {LONG}"),
        ("a/../b", f"'a/../b' cannot name a folder; {LONG}"),
        ('"a\\\\b"', f"'a\\\\b' cannot name a folder; {LONG}"),
        ('"a\\0b"', f"'a\\x00b' cannot name a folder; {LONG}"),
        ('"a\\u202eb"', f"'a\\u202eb' cannot name a folder; {LONG}"),
        (".hidden", f"'.hidden' cannot name a folder; {LONG}"),
        ("trailing.", f"'trailing.' cannot name a folder; {LONG}"),
        ("'trailing '", f"'trailing ' cannot name a folder; {LONG}"),
        ("x" * 81, f"'{'x' * 49}...' cannot name a folder; {LONG}"),
        ("''", f"'' cannot name a folder; {LONG}"),
        ("problems", f"'problems' {OWN}"),
        ("Baselines", f"'Baselines' {OWN}"),
        ("nul", f"'nul' {OWN}"),
        ("COM1.x", f"'COM1.x' {OWN}"),
    ],
)
def test_a_name_stays_in_the_results_folder(errors, name, said):
    assert errors(BASE.format(name=name)) == [f"a.yaml:1:7: name: {said}"]


def test_names_that_are_safe_are_taken(loaded):
    for name in ("x" * 80, "a", "7", "console", "problems_2", "a.b-c_"):
        assert loaded(BASE.format(name=f"'{name}'")).experiment.name == name


@pytest.mark.parametrize(
    ("name", "shown"), [("a/b", "'a/b'"), ('"a\\nb"', r"'a\nb'"), ('"\\e[2J"', r"'\x1b[2J'"), ("''", "''")]
)
def test_names_of_a_problem_are_such_as_files_and_scores_can_have(errors, name, shown):
    text = BASE.format(name="x").replace("decay", f"{{kind: toys:Named, name: {name}}}")
    assert errors(text) == [
        f"a.yaml:2:10: problem: {shown} cannot name a parameter, a field or an axis; write letters, and no / among them"
    ]


def test_code_that_the_record_of_a_run_names_is_not_imported(tmp_path, monkeypatch):
    """However deep it is; what has been imported is taken."""
    monkeypatch.chdir(tmp_path)
    Path("sgm_evil.py").write_text("open('ran', 'w').close()\n")
    plain = {"name": "x", "problem": "sgm_evil:Problem", "targets": ["marginal"], "budgets": [10]}
    plain["methods"] = [{"kind": "learner", "network": {"kind": "sgm_evil:Network"}}, "sgm_evil:Method"]
    with pytest.raises(ConfigError) as refused:
        build_experiment(plain, "run.json")
    said = "is code that the record of a run names, which may be anybody's: it is not imported; where you know it, "
    said += "write --trust, or in Python import sgm_evil before"
    assert refused.value.lines == (
        f"run.json: problem: 'sgm_evil:Problem' {said}",
        f"run.json: methods.0.network.kind: 'sgm_evil:Network' {said}",
        f"run.json: methods.1: 'sgm_evil:Method' {said}",
    )
    assert not Path("ran").exists()
    assert "sgm_evil" not in sys.modules
    known = {"problem": "toys:Named", "methods": ["draws"], "metrics": ["energy"]}
    assert build_experiment(plain | known, "run.json").experiment.problem == Named()

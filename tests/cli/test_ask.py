"""`sgmbench ask` as a user types it, of a run whose errors are written by hand."""

import json
import re

import pytest
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.core.cost import Cost
from sgmbench.core.result import Result
from sgmbench.store.atomic import write_json
from sgmbench.store.run_folder import RunFolder

MANY = 10**9
ASK = {"quantities": ["mean"], "tolerance": 0.1, "conditions": [1], "cost_per_run": ["measured"], "workers": 1}


def result(method, kind, budget, error):
    seconds = {"compile": 0.0, "simulate": 0.0, "train": 50.0 * (kind == "generator"), "sample": 0.0}
    return Result(
        name=f"conditional.{method}.{budget}.r0",
        content="",
        target="conditional",
        method=method,
        kind=kind,
        budget=budget,
        replicate=0,
        status="ok",
        samples_each={"d01": MANY},
        cost=Cost(solver_runs=budget, samples=1_000, seconds=seconds),
        scores={
            "d01": {
                "mean": {"u": error},
                "standard_deviation": {"u": error},
                "tail_probability": {"u/above 0.3": 2 * error, "u/above 9": float("nan")},
            }
        },
    )


RESULTS = [
    result("monte_carlo", "sampler", 100, 0.1),
    result("learner", "generator", 1_000, 0.2),
    result("learner", "generator", 2_000, 0.02**0.5),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Squared biases 40 / N, of runs that took 2 s each."""
    root = tmp_path_factory.mktemp("ask")
    methods = [
        {"label": label, "kind": kind, "budgets": []}
        for label, kind in (("monte_carlo", "monte_carlo"), ("learner", "kde"))
    ]
    record = {
        "configuration": {"name": "toy", "ask": [ASK], "methods": methods, "replicates": 1},
        "cells": [each.name for each in RESULTS],
    }
    folder = RunFolder.create(root / "results", "toy", record)
    for each in RESULTS:
        folder.cell(each.name).mkdir(parents=True)
        folder.write_result(each)
    condition = {
        "z": [0.5],
        "is_listed": False,
        "pairs": 0,
        "size": MANY,
        "failed": 0,
        "floors": {},
        "seconds": {"simulate": 2.0 * MANY},
        "variances": {"u": {"mean": 1.0, "sd": 0.5, "P above 0.3": 9.0, "P above 9": None}},
    }
    write_json(folder.path / "references" / "conditional.json", {"content": "", "conditions": {"d01": condition}})
    folder.finish("complete")
    return root / "results"


@pytest.fixture
def call(results):
    return lambda *words: CliRunner().invoke(app, ["ask", "toy", "--results", str(results), *map(str, words)])


def text(ended):
    return " ".join(ended.stdout.split())


def test_what_is_left_out_is_as_in_the_file(call):
    """To 10 %: 40 / N is 0.01 at 4,000 runs."""
    said = text(call())
    assert said.startswith(
        "Conditional: for mean of u to 10 % (100 runs' worth): At 2 s a run (measured) monte_carlo is cheapest at Q = "
        "1; no generator reaches the tolerance. Never, whatever the number of samples: learner (14 %, mean of u). At "
        "2 s a run (measured) the answer takes 200 core-seconds at Q = 1. At 2 s a run (measured) at Q = 1 "
        "monte_carlo is cheapest for any tolerance. By its learning curve (squared bias ~ N^-1 from 1,000 to 2,000 "
        "runs, mean of u) learner takes 4,000 runs, 2,000 more. No method was run that uses the germ. If it is known, "
        "quasi_monte_carlo, control_variate and network are the rivals to beat; if not, write hide_germ: true. One "
        "replicate: how far another one would move these verdicts is not known; write replicates: 3."
    )


def test_another_cost_accuracy_and_demand_without_a_new_run(call, results):
    """To 15 %: 45 Q hours against 2,000 hours and 50 s (squared bias 0.02 of 0.0225, sampling for nothing)."""
    before = sorted(path.stat().st_mtime_ns for path in results.rglob("*"))
    ended = call("--cost-per-run", 3600, "--queries", 1, "--queries", 100, "--tolerance", 0.15, "--quantity", "u.mean")
    assert ended.exit_code == 0, ended.output
    assert (
        "for mean of u to 15 % (44.4 runs' worth): At 60 min a run the cheapest is monte_carlo at Q = 1 and learner "
        "(2,000 runs, 50 s of training) at Q = 100; learner (2,000 runs, 50 s of training) overtakes monte_carlo from "
        "45 conditions."
    ) in text(ended)
    assert sorted(path.stat().st_mtime_ns for path in results.rglob("*")) == before


def test_a_tail_probability_is_asked_without_a_new_run(call):
    """Of P = 1/10 to 10 %: 9 / 0.01 runs of 2 s, and the learner is 40 and 28 % off."""
    said = text(call("--quantity", "P(u>0.3)"))
    assert said.startswith(
        "Conditional: for the probability that u exceeds 0.3 to 10 % (900 runs' worth): At 2 s a run (measured) "
        "monte_carlo is cheapest at Q = 1; no generator reaches the tolerance."
    )
    assert "Never, whatever the number of samples: learner (28 %, P(u>0.3))." in said
    assert "(squared bias ~ N^-1 from 1,000 to 2,000 runs, P(u>0.3)) learner takes 16,000 runs, 14,000 more." in said


def test_of_an_event_that_no_run_had_there_is_a_sentence(call):
    assert text(call("--quantity", "P(u>9)")).startswith(
        f"Conditional: no answer, since u exceeds 9 in none of the {MANY:,} runs of the reference; ask for a less "
        "extreme value, or write a larger reference and run again."
    )


def test_json_has_asks_sentences_and_prices(call):
    """25 runs each of 2 s on 4 workers."""
    ended = call("--cost-per-run", 2, "--queries", 1, "--queries", 8, "--tolerance", 0.2, "--workers", 4, "--json")
    plain = json.loads(ended.stdout)
    assert plain["asks"] == [
        {"quantities": ["mean"], "tolerance": 0.2, "conditions": [1, 8], "cost_per_run": [2.0], "workers": 4}
    ]
    assert [(price["method"], price["conditions"], price["seconds"]) for price in plain["prices"]] == [
        ("monte_carlo", 1, 12.5),
        ("monte_carlo", 8, 100.0),
    ]
    assert "At 2 s a run on 4 workers monte_carlo is cheapest at Q = 1 and 8" in plain["sentences"][0]


def test_what_has_no_answer_has_no_price(call):
    ended = call("--tolerance", 0.2, "--quantity", "energy", "--json")
    assert json.loads(ended.stdout)["prices"] == []
    assert json.loads(ended.stdout)["sentences"] == [
        "Conditional: no answer, since energy is not among the metrics; list it there and run again."
    ]


def test_an_unknown_field_names_those_there_are(call):
    ended = call("--quantity", "w.mean")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == "sgmbench: --quantity w.mean: there is no field w; the fields are u\n"


def test_an_unknown_run_names_those_there_are(results):
    ended = CliRunner().invoke(app, ["ask", "lime", "--results", str(results)])
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == f"sgmbench: lime: no such run below {results}/ (experiments with runs: toy)\n"


def test_help_says_what_it_is_for(results):
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert re.search(r"\bask\b +Ask a finished run about another cost", shown)

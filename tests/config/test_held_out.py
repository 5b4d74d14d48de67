"""What does not suit held-out runs of a dear solver, and how many runs there will be, word for word."""

import numpy as np
import pytest

from sgmbench.config import build_experiment, dump

BASE = """\
name: test
problem: decay
targets: [marginal, {kind: conditional, conditions: [{rate: 0.5, amplitude: 0}], drawn: 4}]
methods: [learner]
budgets: [10, 300]
reference: {held_out: 100}
"""
MONTE_CARLO = "sgmbench.montecarlo.monte_carlo:MonteCarlo"


def said(loaded, *changes, ask=""):
    text = BASE + ask
    for change in changes:
        text = text.replace(*change)
    (warning,) = loaded(text).warnings
    return warning.removeprefix("a.yaml:6:23: reference.held_out: ")


def test_all_runs_are_counted_before_any_is_made(loaded):
    assert said(loaded) == (
        "1,500 solver runs in all: 100 at each of 6 conditions as the truth and 300 in each of 3 replicates to learn "
        "from"
    )


@pytest.mark.parametrize(
    ("change", "total"),
    [
        (("[learner]", "[{kind: learner, budgets: [20]}]"), "660 solver runs in all: 100 at each of 6 conditions"),
        (
            ("[learner]", f"['{MONTE_CARLO}']"),
            "600 solver runs in all: 100 at each of 6 conditions as the truth; ",
        ),
        (("[learner]", f"[{{kind: '{MONTE_CARLO}', budgets: [5000]}}, learner]"), "1,500 solver runs in all: "),
    ],
)
def test_only_what_generators_learn_from_is_run_beside_the_truth(loaded, change, total):
    assert said(loaded, change).startswith(total)


def test_of_one_law_and_one_replicate(loaded):
    text = BASE.replace(", {kind: conditional, conditions: [{rate: 0.5, amplitude: 0}], drawn: 4}", "")
    (warning,) = loaded(text + "replicates: 1\n").warnings
    assert warning == "a.yaml:6:23: reference.held_out: 400 solver runs in all: 100 as the truth and 300 to learn from"


def test_hours_are_told_where_a_cost_is_written(loaded):
    assert said(loaded, ask="ask: {cost_per_run: [measured, 1200], workers: 32}").endswith(
        "to learn from; at 1,200 s a run 500 h, 15.6 h on 32 workers"
    )
    assert said(loaded, ask="ask: {cost_per_run: [60]}").endswith("to learn from; at 60 s a run 25 h")


def test_what_makes_runs_of_its_own_is_refused(errors):
    assert errors(BASE.replace("[learner]", "[draws, learner]")) == [
        "a.yaml:4:11: methods.0: draws makes runs of its own beside those held out; remove it, or reference.held_out"
    ]


def test_a_posterior_is_not_made_of_single_runs(errors):
    text = BASE.replace("decay", "toys:Watched").replace("marginal", "{kind: posterior, observations: [[0, 0]]}")
    assert errors(text.replace("learner", "{kind: learner}")) == [
        "a.yaml:3:11: targets.0: the truth of a posterior is not made of single runs; remove it, or reference.held_out"
    ]


def test_recorded_runs_hold_out_their_own(errors, tmp_path):
    np.savez(tmp_path / "runs.npz", a=np.linspace(0, 1, 40), u=np.linspace(0, 1, 40))
    kind = "sgmbench.problems.dataset:DataSet"
    text = BASE.replace("decay", f"{{kind: '{kind}', path: runs.npz, z: [a], y: [u]}}")
    text = text.replace(", {kind: conditional, conditions: [{rate: 0.5, amplitude: 0}], drawn: 4}", "")
    assert errors(text.replace("[10, 300]", "[5]")) == [
        f"a.yaml:6:23: reference.held_out: the runs of {kind} are there already, and its own held_out says how many "
        "are the truth"
    ]


def test_how_many_must_be_said(errors):
    assert errors(BASE.replace("{held_out: 100}", "held_out")) == [
        "a.yaml:6:12: reference: 'held_out' is text; write a mapping with size, drawn_size, held_out and kept"
    ]
    assert errors(BASE.replace("100", "9")) == [
        "a.yaml:6:23: reference.held_out: 9 does not fit; write a whole number of at least 10 or null"
    ]


def test_a_dump_comes_back(loaded):
    experiment = loaded(BASE).experiment
    assert dump(experiment)["reference"] == {"size": 10_000, "drawn_size": 4_000, "held_out": 100, "kept": None}
    assert build_experiment(dump(experiment), "dump").experiment == experiment

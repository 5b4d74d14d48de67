"""What is asked of recorded runs and is not there, word for word."""

import numpy as np
import pytest

KIND = "sgmbench.problems.dataset:DataSet"
BASE = f"""\
name: test
problem: {{kind: '{KIND}', path: runs.npz, z: [a], y: [u]}}
targets: [marginal]
methods: [draws, learner]
budgets: [10]
ask: {{cost_per_run: [60]}}
"""
PAIRS = "[{kind: conditional, drawn: 5}]"


@pytest.fixture(autouse=True)
def runs(tmp_path):
    """40 runs."""
    a = np.linspace(0, 1, 40)
    np.savez(tmp_path / "runs.npz", a=a, u=a**2)


def test_what_is_there_is_accepted_without_a_word(loaded):
    text = BASE.replace("[10]", "[6]")
    assert loaded(text).warnings == ()
    assert loaded(text.replace("[marginal]", PAIRS).replace("draws, ", "")).warnings == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("[10]", "[6, 7]"),
            "5:14: budgets.1: 7 runs are more than there are: 40 recorded, 20 of them held out, leave 6 for each of 3 "
            "replicates; write at most 6, or fewer replicates, or hold fewer out",
        ),
        (
            ("[10]", "[21]\nreplicates: 1"),
            "5:11: budgets.0: 21 runs are more than there are: 40 recorded, 20 of them held out, leave 20; write at "
            "most 20, or fewer replicates, or hold fewer out",
        ),
        (
            ("[10]", "[1]\nreplicates: 30"),
            "5:11: budgets.0: 1 runs are more than there are: 40 recorded, 20 of them held out, leave 0 for each of 30 "
            "replicates; write fewer replicates, or hold fewer out",
        ),
        (
            ("[draws, learner]", "[{kind: draws, budgets: [9]}, {kind: learner, budgets: [2]}]"),
            "4:35: methods.0.budgets.0: 9 runs are more than there are: 40 recorded, 20 of them held out, leave 6 for "
            "each of 3 replicates; write at most 6, or fewer replicates, or hold fewer out",
        ),
    ],
)
def test_budgets_beyond_the_pool(errors, change, said):
    assert errors(BASE.replace(*change)) == [f"a.yaml:{said}"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            "[{kind: conditional, conditions: [{a: 0.5}]}]",
            "3:43: targets.0.conditions: recorded runs cannot be made again at a condition; write `drawn`: how many of "
            "the 20 held-out runs to score, each at its own z",
        ),
        (
            "[conditional]",
            "3:11: targets.0: no condition is asked for; write `drawn`: how many of the 20 held-out runs to score, "
            "each at its own z",
        ),
        (
            "[{kind: conditional, drawn: 21}]",
            "3:38: targets.0.drawn: 21 are more than there are; write `drawn`: how many of the 20 held-out runs to "
            "score, each at its own z",
        ),
    ],
)
def test_conditions_that_no_run_has(errors, target, said):
    text = BASE.replace("[marginal]", target).replace("draws, ", "").replace("[10]", "[5]")
    assert errors(text) == [f"a.yaml:{said}"]


def test_methods_that_need_fresh_runs_are_refused_by_name(errors):
    text = BASE.replace("[10]", "[5]")
    assert errors(text.replace("[marginal]", PAIRS)) == [
        f"a.yaml:4:11: methods.0: draws needs fresh runs at each condition, and {KIND} has none; remove the method or "
        "the conditional target"
    ]
    assert errors(text.replace("[draws,", "[levels,")) == [
        "a.yaml:4:11: methods.0: Levels needs a problem that is Leveled; DataSet is not; remove the method or choose "
        "another problem"
    ]


def test_without_parameters_nothing_can_be_held_fixed(errors):
    text = BASE.replace("z: [a]", "z: []").replace("[marginal]", PAIRS).replace("draws, ", "").replace("[10]", "[5]")
    assert errors(text) == [
        f"a.yaml:3:11: targets.0: {KIND} has no parameters, so nothing can be held fixed; write marginal"
    ]


def test_what_is_wrong_with_the_file_has_its_place(errors):
    assert errors(BASE.replace("[u]", "[v]")) == [
        "a.yaml:2:10: problem: runs.npz: has no variable 'v', which is named in y; it has a, u"
    ]
    assert errors(BASE.replace(", path: runs.npz", "")) == ["a.yaml:2:10: problem.path: missing; write text"]


@pytest.mark.parametrize(
    ("ask", "place"),
    [
        ("ask: {cost_per_run: [measured, 60]}", "6:6: ask.0.cost_per_run"),
        ("ask: [{tolerance: .1}]", "6:7: ask.0.cost_per_run"),
        ("seed: 1", "1:1: ask.cost_per_run"),
    ],
)
def test_what_a_run_took_cannot_be_measured_any_more(loaded, ask, place):
    text = BASE.replace("ask: {cost_per_run: [60]}", ask).replace("[10]", "[5]")
    (warning,) = loaded(text).warnings
    assert warning == (
        f"a.yaml:{place}: recorded runs do not say what a run costs; write it in seconds, as in cost_per_run: [60], to "
        "be told which method is cheapest"
    )


def test_budgets_that_nobody_uses_are_not_looked_at(loaded):
    methods = "[{kind: draws, budgets: [2]}, {kind: learner, budgets: [3]}]"
    assert loaded(BASE.replace("[draws, learner]", methods).replace("[10]", "[1000]")).warnings == ()

"""The sentences, on summaries made by hand."""

import pytest

from sgmbench.report.answer import answers
from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.statistics.equivalent_runs import EquivalentRuns

ASK = {"quantities": ["mean"], "tolerance": 0.1, "conditions": [1, 10, 100], "cost_per_run": [1.0]}


def runs(value, at_least=False):
    return EquivalentRuns(value, None, None, at_least, 1e4)


def line(method, budget, error, **more):
    """A method whose error of the mean of u is the same at every condition of a target."""
    conditions, kind = more.pop("conditions", ("d01", "d02")), more.pop("kind", "generator")
    n_eq = more.pop("n_eq", 50.0)
    return Line(
        target=more.pop("target", "conditional"),
        method=method,
        kind=kind,
        budget=budget,
        replicates=1,
        failed=0,
        reason="",
        failed_runs=0,
        equivalent={"energy": {c: runs(n_eq) for c in conditions}},
        errors={"mean/u": dict.fromkeys(conditions, error)},
        replicate_errors={"mean/u": {c: [error] for c in conditions}},
        seconds={"train": 0.0, "compile": 0.0, "simulate": 0.0, "sample": 0.0} | more.pop("seconds", {}),
        samples_each=dict.fromkeys(conditions, 10**9),
        samples=1000,
        solver_runs=budget,
        **more,
    )


MONTE_CARLO = line("monte_carlo", 100, 0.1, kind="sampler")


def summary(*lines, ask=ASK, names=("d01", "d02"), target="conditional"):
    conditions = {
        name: {
            "z": None if target == "marginal" else (i + 0.5, 2.0),
            "is_listed": target == "marginal",
            "variances": {"u": {"mean": 1.0, "sd": 0.5}},
            "size": 10**9,
            "failed": 0,
            "floors": {},
            "seconds": {"simulate": 1e9},
        }
        for i, name in enumerate(names)
    }
    record = {"configuration": {"ask": [ask], "methods": []}}
    return Summary("results/x", record, [TargetSummary(target, conditions, list(lines))], [])


def test_monte_carlo_wins_where_no_generator_is_near_enough():
    said = " ".join(answers(summary(MONTE_CARLO, line("bootstrap", 1000, 0.3))))
    assert "for mean of u to 10 % (100 runs' worth)" in said
    assert "At 1 s a run monte_carlo is cheapest at Q = 1, 10 and 100; no generator reaches the tolerance." in said
    assert "Never, whatever the number of samples: bootstrap (30 %, mean of u)." in said


def test_a_generator_wins_from_the_computed_number_of_conditions():
    # Monte Carlo 100 Q s against 1,000 s of runs + 50 s of training: even at 10.5 conditions.
    learner = line("learner", 1000, 0.0, seconds={"train": 50.0})
    said = " ".join(answers(summary(MONTE_CARLO, learner)))
    assert "At 1 s a run the cheapest is monte_carlo at Q = 1 and 10 and learner" in said
    assert "at Q = 100" in said
    assert "overtakes monte_carlo from 11 conditions" in said
    assert "Never" not in said


def test_of_two_quantities_the_worse_one_is_named():
    bad = line("learner", 1000, 0.0)
    bad.errors["standard_deviation/u"] = {"d01": 0.4, "d02": 0.2}
    bad.replicate_errors["standard_deviation/u"] = {"d01": [0.4], "d02": [0.2]}
    said = " ".join(answers(summary(MONTE_CARLO, bad, ask=ASK | {"quantities": ["mean", "sd"]})))
    rms = ((0.4**2 + 0.2**2) / 2) ** 0.5
    assert f"learner ({100 * rms:.2g} %, standard deviation of u)" in said
    assert "for mean and standard deviation of u" in said


def test_the_best_generator_is_worth_its_median_and_its_worst_condition():
    best = line("learner", 1000, 0.0, n_eq=80.0)
    best.equivalent["energy"]["d02"] = runs(30.0)
    best.equivalent["energy"]["d01"] = runs(3300.0, at_least=True)
    first = answers(summary(MONTE_CARLO, line("bootstrap", 1000, 0.3, n_eq=20.0), best))[0]
    assert first.startswith(
        "Conditional: learner from 1,000 runs is worth 30 runs at a condition by energy (median of 2"
    )
    assert "worst 30 at " in first
    assert "1.5, 2" in first


def test_a_marginal_is_one_law():
    target = {"conditions": ("all",), "target": "marginal"}
    sampler = line("monte_carlo", 100, 0.1, kind="sampler", **target)
    learner = line("learner", 50, 0.0, n_eq=200.0, seconds={"train": 25.0}, **target)
    said = answers(summary(sampler, learner, names=("all",), target="marginal"))
    assert said[0].startswith("Marginal: learner from 50 runs is worth 200 runs by energy, 4 times the runs")
    # 100 c against 50 c + 25 s: even at half a second a run.
    assert "learner" in said[1]
    assert "overtakes monte_carlo from 500 ms a run" in said[1]
    assert "Q = " not in said[1]


def test_a_generator_that_is_ahead_by_compilation_alone_is_overtaken():
    """1,000 c + 1 s against 100 c + 10 s: even at 10 ms a run, and Monte Carlo is ahead above."""
    target = {"conditions": ("all",), "target": "marginal"}
    sampler = line("monte_carlo", 100, 0.1, kind="sampler", seconds={"compile": 10.0}, **target)
    learner = line("learner", 1000, 0.0, seconds={"compile": 1.0}, **target)
    ask = ASK | {"cost_per_run": [0.001, 1.0]}
    said = answers(summary(sampler, learner, ask=ask, names=("all",), target="marginal"))[1]
    assert (
        "At 1 ms a run learner (1,000 runs, 1 s of training) is cheapest; monte_carlo overtakes it from 10 ms" in said
    )
    assert "At 1 s a run monte_carlo is cheapest; no generator ever overtakes monte_carlo." in said


def test_an_error_that_is_no_number_promises_nothing():
    said = " ".join(answers(summary(MONTE_CARLO, line("learner", 10, float("nan")))))
    assert "no generator reaches the tolerance" in said


@pytest.mark.parametrize("quantities", [["sd"], ["mean", "sd"]])
def test_a_quantity_without_its_metric_has_no_answer(quantities):
    said = answers(summary(MONTE_CARLO, ask=ASK | {"quantities": quantities}))
    assert said == ["Conditional: no answer, since standard_deviation is not among the metrics."]


def test_targets_without_results_say_so():
    failed = Line("conditional", "learner", "generator", 10, 1, 1, "diverged", 0)
    assert answers(summary(failed)) == ["Conditional: no answer, since every cell failed."]
    lost = Summary(
        "x", {"configuration": {"ask": [ASK]}}, [TargetSummary("marginal", {}, [failed], "all runs failed")], []
    )
    assert answers(lost) == ["Marginal: no answer, since all runs failed."]

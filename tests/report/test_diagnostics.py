"""What is held against cells, word for word, from summaries made by hand."""

import numpy as np
import pytest
from by_hand import line, runs, target_of

from sgmbench.report.diagnostics import diagnostic_notes
from sgmbench.report.pooled import pooled_runs, resolved_runs
from sgmbench.report.solver_limit import limit
from sgmbench.report.summary import Summary


def said(target, **reference):
    return diagnostic_notes(Summary("results/x", {"configuration": {"reference": reference}}, [target], []))


def test_silence_where_nothing_is_wrong():
    assert said(target_of(line("a", 10), line("b", 20))) == []
    assert diagnostic_notes(Summary("results/x", {}, [], [])) == []


def test_each_method_and_budget_has_its_own_lines():
    target = target_of(
        line("a", 10, invalid=("it copies", "it diverged")), line("a", 20), line("b", 1_250, marks=("it leans",))
    )
    assert said(target) == [
        "invalid: conditional, a at 10 runs: it copies",
        "invalid: conditional, a at 10 runs: it diverged",
        "note: conditional, b at 1,250 runs: it leans",
    ]


def test_what_is_true_of_all_methods_is_said_once():
    every = {"invalid": ("the solver is coarse",), "marks": ("the reference is small",)}
    assert said(target_of(line("a", 10, **every), line("b", 20, **every), line("c", 20, failed=1, replicates=1))) == [
        "invalid: conditional: the solver is coarse",
        "note: conditional: the reference is small",
    ]
    some = {"marks": ("the reference is small",)}
    assert said(target_of(line("a", 10), line("b", 20, **some), line("c", 20, **some))) == [
        "note: conditional, b and c at 20 runs: the reference is small"
    ]


def with_solver(target, **errors):
    """The solver's errors, (mean, sd), at each condition."""
    for condition in target.conditions.values():
        fields = {name: {"mean": list(mean), "sd": list(sd), "order": 1.0} for name, (mean, sd) in errors.items()}
        condition["discretization"] = {"runs": 256, "fields": fields}
    return target


def test_equivalent_runs_above_those_of_the_solver_are_marked_where_they_are_most():
    better = line("better", 50, n_eq=300.0)
    better.equivalent["energy"]["d02"] = runs(900.0)
    target = with_solver(target_of(line("good", 50, n_eq=200.0), better), u=((0.06, 0.07), (0.0, 0.01)))
    assert said(target) == [
        "note: conditional: more equivalent runs by energy than the solver is worth: better at 50 runs (2 of 2 "
        "conditions); it is worth (sigma/delta)^2 = 278 at d02 = (1.5, 2), where its own error of u is at least 0.06 sd"
    ]


def test_the_limit_of_a_moment_is_that_of_its_own_error_and_variance():
    target = with_solver(target_of(line("a", 50)), u=((0.03, 0.07), (0.04, 0.05)))
    assert limit(target, "d01", "energy") == (pytest.approx(1 / 0.05**2), "u")
    assert limit(target, "d01", "mean/u") == (pytest.approx(1 / 0.03**2), "u")
    assert limit(target, "d01", "standard_deviation/u") == (pytest.approx(0.5 / 0.04**2), "u")
    assert limit(target_of(line("a", 50)), "d01", "energy") == (float("inf"), "")


def of_energy(**by_condition):
    """A generator with these D2 of each replicate; mu is 2 at d01 and 4 at d02."""
    made = line("a", 50)
    made.replicate_errors["energy/d2"] = {c: list(values) for c, values in by_condition.items()}
    made.replicate_errors["energy/mu"] = {"d01": [2.0] * 9, "d02": [4.0] * 9}
    made.replicate_errors["energy/reference_variance"] = {"d01": [0.0], "d02": [0.0]}
    return made


def test_over_all_conditions_errors_are_averaged_before_they_are_inverted():
    made = of_energy(d01=[0.02, 0.06], d02=[0.04, 0.0])  # D2/mu: .01 .03 and .01 0
    target = target_of(made, size=600)
    found = pooled_runs(target, made)
    # 1.25 % is worth 80 runs; from two replicates that agree so little only a lower bound is known.
    assert found.at_least
    single = of_energy(d01=[0.04], d02=[0.04])
    assert pooled_runs(target_of(single, size=600), single).value == pytest.approx(1 / 0.015)


def test_runs_of_all_conditions_tell_more_apart_than_those_of_one():
    target = target_of(line("a", 50), names=tuple(f"d{i:02d}" for i in range(16)), size=100)
    assert resolved_runs(target) == pytest.approx(400)
    for condition in target.conditions.values():
        condition["failed"] = 50
    assert resolved_runs(target) == pytest.approx(200)
    uneven = target_of(line("a", 50), size=100)
    uneven.conditions["d02"]["size"] = 50
    assert resolved_runs(uneven) == pytest.approx(2 / np.sqrt(1 / 100**2 + 1 / 50**2))


def test_held_out_runs_are_told_with_what_they_tell_apart():
    made = of_energy(d01=[0.1, 0.104], d02=[0.2, 0.208])
    assert said(target_of(made, size=100), held_out=100) == [
        "note: conditional: 100 held-out runs at each of 2 conditions tell about 141 equivalent runs apart, of which a "
        "third is claimed; on average over these a at 50 runs 19.6 (12.4 to 31)"
    ]
    alone = target_of(line("a", 50, conditions=("all",)), names=("all",), target="marginal", size=100)
    assert said(alone, held_out=100) == [
        "note: marginal: 100 held-out runs tell about 100 equivalent runs apart, of which a third is claimed"
    ]

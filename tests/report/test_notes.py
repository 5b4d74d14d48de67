"""Notes under the tables, word for word, on summaries made by hand."""

import pytest

from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.report.terminal import notes


def said(**violations):
    errors = {"mean/u": {"d01": 9.0}, **violations}
    line = Line("conditional", "diffusion", "generator", 2_500, 1, 0, "", 0, errors=errors)
    floors = {"constraints": {"u.divergence": 1.3e-15}}
    target = TargetSummary("conditional", {name: {"failed": 0, "floors": floors} for name in ("d01", "d02")}, [line])
    return notes(Summary("results/x", {"cells": [], "status": "complete"}, [target], []))


def test_a_broken_constraint_is_told_at_its_worst_condition_beside_what_solver_runs_do():
    assert said(**{"constraints/u.divergence": {"d01": 0.4, "d02": 1.26}}) == [
        "note: conditional, diffusion at 2,500 runs: u.divergence is violated by 1.3 sd at d02 (solver runs: 1e-15)"
    ]


@pytest.mark.parametrize("violation", [0.0, 9e-4, float("nan")])
def test_rounding_and_constraints_that_do_not_apply_are_passed_over(violation):
    assert said(**{"constraints/u.divergence": {"d01": violation, "d02": violation}}) == []

"""What a gradient counts as: in offers, in every sentence that charges it, and of results that never measured it."""

import math

import pytest
from by_hand import ASK, line, summary, target_of

from sgmbench.core.cost import Cost
from sgmbench.core.result import Result
from sgmbench.report.answer import answers
from sgmbench.report.asking import question
from sgmbench.report.diagnostics import diagnostic_notes
from sgmbench.report.figures.error_against_cost import Price
from sgmbench.report.gradients import gradient_notes
from sgmbench.report.rows import rows_of
from sgmbench.report.series import Member
from sgmbench.report.series_table import series_sentences
from sgmbench.report.summary import summarize
from sgmbench.store.run_folder import RunFolder

G = 4.3
LEARNER = line("learner", 1000, 0.05, seconds={"train": 50.0})


def chains(error=0.1, *, budget=100, g: float | None = G, differentiated=1.0):
    """100 runs at each of two conditions that have the error asked for."""
    spent = 2 * budget
    return line("mcmc", budget, error, kind="sampler", gradients=differentiated * spent, runs_a_gradient=g)


def of_posterior(*lines, ask=ASK):
    return summary(*lines, ask=ask, target="posterior")


@pytest.mark.parametrize(("g", "price"), [(4.5, 1 + 3.5 * 0.9), (1.0, 1.0), (None, 1 + 3 * 0.9)])
def test_the_price_of_a_run_is_that_of_the_share_that_is_differentiated(g, price):
    """Nine of ten runs at g, or at 4 where it was not measured; the runs themselves stay as many as they are."""
    made = chains(g=g, differentiated=0.9)
    assert made.price == pytest.approx(price)
    assert made.forward_runs == pytest.approx(200 * price)
    asked = question(target_of(made), ASK, 1.0)
    (offer,) = asked.offers
    assert offer.price == pytest.approx(price)
    assert offer.samples_each(0.1) == pytest.approx(100, abs=1)
    assert Price(2.0, "").seconds(made) == pytest.approx(400 * price)


def test_what_is_not_differentiated_costs_a_run():
    assert (LEARNER.price, LEARNER.forward_runs) == (1.0, 1_000)
    assert Price(2.0, "").seconds(LEARNER) == 2_050


def test_an_ask_charges_gradients_word_for_word():
    """1,050 s against 430 Q s: even at 2.4 conditions, and not at 10.5 as if gradients were free."""
    assert answers(of_posterior(chains(), LEARNER))[1] == (
        "Posterior: for mean of u to 10 % (100 runs' worth): At 1 s a run the cheapest is mcmc at Q = 1 and learner "
        "(1,000 runs, 50 s of training) at Q = 10 and 100; learner (1,000 runs, 50 s of training) overtakes mcmc from "
        "3 conditions. A gradient counts as 4.3 runs, measured: the 100 runs of mcmc at a condition cost as much as "
        "430. learner (1,000 runs, 50 s of training) cannot go below 5 % (mean of u) on average; it is within "
        "tolerance at 2 of 2 conditions, worst 5 % (mean of u) at d01 = (0.5, 2)."
    )
    free = answers(of_posterior(chains(g=1.0), LEARNER))[1]
    assert "overtakes mcmc from 11 conditions" in free


def test_a_gradient_that_was_not_measured_counts_as_four_runs_and_that_is_said():
    said = answers(of_posterior(chains(g=None), LEARNER))[1]
    assert (
        "A gradient counts as 4 runs, the usual price, since it was not measured: the 100 runs of mcmc at a condition "
        "cost as much as 400." in said
    )


def test_of_several_budgets_the_cheapest_to_the_tolerance_is_priced():
    """40 runs of mean square error 1/160, 25 runs' worth at 40 runs; and 100 runs of 1/100."""
    said = answers(of_posterior(chains(160**-0.5, budget=40), chains(), LEARNER))[1]
    assert "the 40 runs of mcmc at a condition cost as much as 172." in said


def test_chains_that_do_not_reach_the_tolerance_have_a_price_all_the_same():
    said = answers(of_posterior(chains(math.nan), LEARNER))[1]
    assert "A gradient of mcmc counts as 4.3 runs, measured." in said


def test_without_gradients_nothing_is_said_of_them():
    forward = line("mine", 100, 0.1, kind="sampler")
    assert "gradient" not in " ".join(answers(of_posterior(forward, LEARNER)))
    assert gradient_notes(target_of(forward, LEARNER)) == []


NOTE = (
    "a gradient counts as 4.3 runs, measured: the 100 and 1,000 runs of mcmc at a condition cost as much as 430 and "
    "4,300"
)


def test_under_the_tables_and_in_a_series_equal_runs_and_equal_cost_stand_side_by_side():
    made = of_posterior(chains(0.03, budget=1_000), chains(), LEARNER)
    made.record["configuration"]["budgets"] = [100, 1_000]
    assert f"note: posterior: {NOTE}" in diagnostic_notes(made)
    assert f"toy, posterior: {NOTE}." in series_sentences([Member("toy", made)])


def test_tables_have_gradients_and_their_price_in_runs_beside_the_runs():
    found = {(row["method"], row["score"]): row["mean"] for row in rows_of(of_posterior(chains(), LEARNER))}
    assert (found["mcmc", "cost/solver_runs"], found["mcmc", "cost/gradients"]) == (200, 200)
    assert found["mcmc", "cost/forward_runs"] == pytest.approx(860)
    assert ("learner", "cost/gradients") not in found


def test_all_cells_of_a_method_tell_what_its_gradient_counts_as(tmp_path):
    """The median over budgets and replicates of one method, cells left out that did not measure it."""
    cells = [("mcmc", 10, 4.0), ("mcmc", 10, 9.0), ("mcmc", 20, 5.0), ("mcmc", 20, None), ("other", 20, 2.0)]
    folder = RunFolder.create(tmp_path, "toy", {"configuration": {"methods": []}, "cells": [f"c{i}" for i in range(5)]})
    for i, (method, budget, g) in enumerate(cells):
        cost = Cost(solver_runs=budget, gradients=budget, runs_a_gradient=g)
        known = {"target": "posterior", "kind": "sampler", "replicate": i, "status": "ok", "cost": cost}
        folder.write_result(Result(name=f"c{i}", content="", method=method, budget=budget, **known))
    lines = summarize(folder).targets[0].lines
    assert [(li.method, li.budget, li.runs_a_gradient) for li in lines] == [
        ("mcmc", 10, 5.0),
        ("mcmc", 20, 5.0),
        ("other", 20, 2.0),
    ]

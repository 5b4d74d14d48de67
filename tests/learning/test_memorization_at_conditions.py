"""Memorization at conditions: which samples are asked for, and verdicts on samplers that are known."""

import numpy as np
import pytest

from sgmbench.learning.memorization_at_conditions import memorization_at_conditions

N, HELD_OUT = 300, 100
RNG = np.random.default_rng(0)
U = RNG.uniform(-1, 1, (N, 1))
A = 3 * U + RNG.standard_normal((N, 4))
ROWS = RNG.permutation(N)
RUNS = {"held_out": ROWS[:HELD_OUT], "training": ROWS[HELD_OUT:]}


def true_law(at):
    return 3 * at + np.random.default_rng(1).standard_normal((len(at), 4))


def copies(at):
    """The training run at the nearest condition."""
    training = RUNS["training"]
    return A[training[np.argmin(abs(U[training].T - at), axis=1)]]


def test_as_many_samples_are_drawn_at_each_training_run_as_at_each_held_out_one():
    seen = []

    def draw(at):
        seen.append(at)
        return true_law(at)

    memorization_at_conditions(draw, A, U, **RUNS, queries=100)
    (at,) = seen
    values, counts = np.unique(at, return_counts=True)
    assert set(values) == set(U[RUNS["held_out"]][:, 0]) | set(U[RUNS["training"][:100]][:, 0])
    assert set(counts) == {1}
    memorization_at_conditions(draw, A, U, **RUNS, queries=1_000)
    many = {u: np.sum(seen[1] == u) for u in U[:, 0]}
    assert set(many.values()) == {3}


@pytest.mark.parametrize(("draw", "verdict"), [(true_law, "no sign"), (copies, "copies training runs")])
def test_the_true_law_shows_no_sign_and_copies_do(draw, verdict):
    assert memorization_at_conditions(draw, A, U, **RUNS, queries=1_000).verdict == verdict


def test_a_law_that_leans_on_training_runs_at_their_conditions_alone_is_found():
    """At held-out conditions it draws from the true law, so that there are no copies."""

    def draw(at):
        is_trained = np.isin(at[:, 0], U[RUNS["training"], 0])
        return np.where(is_trained[:, None], copies(at) + 0.3 * (true_law(at) - 3 * at), true_law(at))

    found = memorization_at_conditions(draw, A, U, **RUNS, queries=1_000)
    assert found.verdict == "leans on training runs"
    assert found.copies < 0.05

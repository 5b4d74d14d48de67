"""Memorization: verdicts on rows whose relation to the training rows is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import KDTree

from sgmbench.learning.membership import membership
from sgmbench.learning.memorization import Memorization, memorization

K = 4


def judged(generated, held_out, training) -> Memorization:
    return memorization(generated, held_out, training, membership=membership(generated, training, held_out))


def normal(seed, n):
    return np.random.default_rng(seed).standard_normal((n, K))


TRAINING, HELD_OUT = normal(0, 500), normal(1, 60)


def test_distances_are_those_to_the_two_nearest_training_rows():
    """More rows than one block has."""
    generated, training = normal(2, 600), normal(0, 30)
    (d1, d2), (h1, h2) = (KDTree(training).query(rows, k=2)[0].T for rows in (generated, HELD_OUT))
    found = judged(generated, HELD_OUT, training)
    assert found.nearest_ratio == pytest.approx(np.median(d1) / np.median(h1), rel=1e-9)
    assert found.copies == np.mean(d1 < d2 / 3) > 0
    assert found.copies_held_out == np.mean(h1 < h2 / 3)


def test_exact_copies_are_found_and_counted():
    generated = np.concatenate([TRAINING[:50], normal(2, 150)])
    by_chance = judged(generated[50:], HELD_OUT, TRAINING).copies
    found = judged(generated, HELD_OUT, TRAINING)
    assert found.verdict == "copies training runs"
    assert found.copies == pytest.approx((50 + 150 * by_chance) / 200)
    only = judged(TRAINING, HELD_OUT, TRAINING)
    assert (only.verdict, only.copies, only.nearest_ratio) == ("copies training runs", 1.0, 0.0)


def test_copies_of_a_row_that_is_there_twice_are_copies():
    found = judged(TRAINING, HELD_OUT, np.concatenate([TRAINING, TRAINING]))
    assert (found.verdict, found.copies, found.copies_held_out) == ("copies training runs", 1.0, 0.0)


def test_rows_drawn_towards_the_training_rows_lean_on_them():
    """Most of the way to between the nearest two: no copy among them, yet nearer than a law that was learned."""
    fresh = normal(2, 1_000)
    nearest = KDTree(TRAINING).query(fresh, k=2)[1]
    toward = TRAINING[nearest].mean(axis=1)
    found = judged(fresh + 0.8 * (toward - fresh), HELD_OUT, TRAINING)
    assert found.verdict == "leans on training runs"
    assert found.nearest_ratio < 0.9


@pytest.mark.parametrize("k", [2, 20])
def test_neither_the_law_itself_nor_a_narrow_or_a_wide_one_raises_more_alarms_than_two_tests_may(k):
    """Two at .01 each: more than 8 alarms in 120 trials have a probability below .001."""
    rng, alarms = np.random.default_rng(k), np.zeros(3, int)
    for _ in range(120):
        held_out, training, fresh = (rng.standard_normal((n, k)) for n in (40, 160, 150))
        alarms += [judged(scale * fresh, held_out, training).verdict != "no sign" for scale in (1.0, 0.95, 1.1)]
    assert (alarms <= 8).all()


def test_moving_and_turning_all_rows_changes_nothing():
    turn = np.linalg.qr(normal(7, K))[0]
    rows = (np.concatenate([TRAINING[:10], normal(2, 100)]), HELD_OUT, TRAINING)
    one, other = judged(*rows), judged(*(1e3 + 5 * each @ turn for each in rows))
    assert (one.verdict, one.copies, one.copies_held_out) == (other.verdict, other.copies, other.copies_held_out)
    assert one.nearest_ratio == pytest.approx(other.nearest_ratio, rel=1e-6)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_silence_with_few_held_out_rows_says_nothing(n):
    assert judged(normal(2, 400), HELD_OUT[:n], TRAINING[:100]).verdict == "too few held-out runs to tell"
    assert judged(normal(2, 400), HELD_OUT[:8], TRAINING[:100]).verdict == "no sign"


def test_copies_are_told_with_two_held_out_rows_and_not_with_one_among_few():
    """One row of 20 is the farthest with a probability of .05, two of 50 are the farthest with one of .0008."""
    for n, h, verdict in ((48, 2, "leans on training runs"), (19, 1, "too few held-out runs to tell")):
        generated = np.concatenate([np.tile(TRAINING[:n], (10, 1)), normal(2, 10 * n)])
        assert judged(generated, HELD_OUT[:h], TRAINING[:n]).verdict == verdict


def test_rows_that_are_not_finite_are_left_out_and_counted():
    generated = np.concatenate([TRAINING[:50], normal(2, 150)])
    broken = np.full((200, K), np.nan)
    broken[::2, 1:] = 0.0
    broken[1::2] = np.inf
    whole, mixed = (judged(rows, HELD_OUT, TRAINING) for rows in (generated, np.concatenate([generated, broken])))
    assert (whole.not_judged, mixed.not_judged) == (0.0, 0.5)
    assert replace(mixed, not_judged=0.0) == whole
    none = judged(broken, HELD_OUT, TRAINING)
    assert (none.verdict, none.not_judged) == ("no finite samples to judge", 1.0)
    assert np.isnan([none.nearest_ratio, none.copies, none.membership]).all()


def test_where_held_out_rows_repeat_training_rows_copies_are_no_sign():
    """A law of a few values: there is no ratio of distances that are zero."""
    rng = np.random.default_rng(3)
    generated, held_out, training = (rng.integers(0, 2, (n, K)).astype(float) for n in (200, 40, 300))
    found = judged(generated, held_out, training)
    assert (found.verdict, found.copies, found.copies_held_out) == ("no sign", 1.0, 1.0)
    assert np.isnan(found.nearest_ratio)

"""Memorization: verdicts on rows whose relation to the training rows is known."""

import numpy as np
import pytest
from scipy.spatial import KDTree

from sgmbench.learning.memorization import memorization

K = 4


def normal(seed, n):
    return np.random.default_rng(seed).standard_normal((n, K))


TRAINING, HELD_OUT = normal(0, 500), normal(1, 60)


def test_distances_are_those_to_the_two_nearest_training_rows():
    """More rows than one block has."""
    generated, training = normal(2, 600), normal(0, 30)
    (d1, d2), (h1, h2) = (KDTree(training).query(rows, k=2)[0].T for rows in (generated, HELD_OUT))
    found = memorization(generated, HELD_OUT, training)
    assert found.nearest_ratio == pytest.approx(np.median(d1) / np.median(h1), rel=1e-9)
    assert found.copies == np.mean(d1 < d2 / 3) > 0
    assert found.copies_held_out == np.mean(h1 < h2 / 3)


def test_exact_copies_are_found_and_counted():
    generated = np.concatenate([TRAINING[:50], normal(2, 150)])
    by_chance = memorization(generated[50:], HELD_OUT, TRAINING).copies
    found = memorization(generated, HELD_OUT, TRAINING)
    assert found.verdict == "copies training runs"
    assert found.copies == pytest.approx((50 + 150 * by_chance) / 200)
    only = memorization(TRAINING, HELD_OUT, TRAINING)
    assert (only.verdict, only.copies, only.nearest_ratio) == ("copies training runs", 1.0, 0.0)


def test_copies_of_a_row_that_is_there_twice_are_copies():
    found = memorization(TRAINING, HELD_OUT, np.concatenate([TRAINING, TRAINING]))
    assert (found.verdict, found.copies, found.copies_held_out) == ("copies training runs", 1.0, 0.0)


def test_rows_drawn_towards_the_training_rows_lean_on_them():
    """Half way to the nearest but one: no copy among them, yet nearer than a law that was learned."""
    fresh = normal(2, 400)
    nearest = KDTree(TRAINING).query(fresh, k=2)[1]
    toward = TRAINING[nearest].mean(axis=1)
    found = memorization(fresh + 0.5 * (toward - fresh), HELD_OUT, TRAINING)
    assert found.verdict == "leans on training runs"
    assert found.nearest_ratio < 0.9


def test_the_same_law_raises_few_false_alarms():
    """Two tests at .01 each: more than 6 alarms in 100 have a probability below .005."""
    rng, ratios, alarms = np.random.default_rng(5), [], 0
    for _ in range(100):
        generated, held_out, training = (rng.standard_normal((n, K)) for n in (150, 40, 200))
        found = memorization(generated, held_out, training)
        ratios.append(found.nearest_ratio)
        alarms += found.verdict != "no sign"
    assert alarms <= 6
    assert abs(np.mean(ratios) - 1) < 4.5 * np.std(ratios) / 10 + 0.01  # a ratio's mean is not that of its parts


def test_moving_and_turning_all_rows_changes_nothing():
    turn = np.linalg.qr(normal(7, K))[0]
    rows = (np.concatenate([TRAINING[:10], normal(2, 100)]), HELD_OUT, TRAINING)
    one, other = memorization(*rows), memorization(*(1e3 + 5 * each @ turn for each in rows))
    assert (one.verdict, one.copies, one.copies_held_out) == (other.verdict, other.copies, other.copies_held_out)
    assert one.nearest_ratio == pytest.approx(other.nearest_ratio, rel=1e-6)


@pytest.mark.parametrize(("n", "verdict"), [(1, "too few held-out runs to tell"), (8, "copies training runs")])
def test_a_few_held_out_rows_do_not_tell(n, verdict):
    assert memorization(TRAINING, HELD_OUT[:n], TRAINING).verdict == verdict
    assert memorization(TRAINING, HELD_OUT[:7], TRAINING).verdict == "too few held-out runs to tell"


def test_where_held_out_rows_repeat_training_rows_copies_are_no_sign():
    """A law of a few values: there is no ratio of distances that are zero."""
    rng = np.random.default_rng(3)
    generated, held_out, training = (rng.integers(0, 2, (n, K)).astype(float) for n in (200, 40, 300))
    found = memorization(generated, held_out, training)
    assert (found.verdict, found.copies, found.copies_held_out) == ("no sign", 1.0, 1.0)
    assert np.isnan(found.nearest_ratio)

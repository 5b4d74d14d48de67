"""Counts of draws below order statistics of other draws of the same law: exact whatever the law."""

import itertools

import numpy as np
import pytest
from scipy.stats import betabinom

from sgmbench.statistics.order_statistics import draws_below


def test_the_law_is_that_of_all_orders():
    """Of n = 3 and m = 2 draws all 10 orders are equally likely; counts below the 2nd of the 3."""
    counts = []
    for others in itertools.combinations(range(5), 2):
        own = [i for i in range(5) if i not in others]
        counts.append(sum(other < own[1] for other in others))
    expected = [counts.count(b) / 10 for b in range(3)]
    assert betabinom(2, 2, 2).pmf([0, 1, 2]) == pytest.approx(expected)


@pytest.mark.parametrize("law", ["normal", "cauchy"])
def test_intervals_hold_at_least_their_level_in_the_tails_too(law):
    rng, n, m, replicates = np.random.default_rng(0), 60, 90, 4000
    k = np.array([1, 2, 30, 60])
    draw = rng.standard_normal if law == "normal" else rng.standard_cauchy
    own, others = np.sort(draw((replicates, n)), axis=1), draw((replicates, m))
    below = (others[:, None, :] < own[:, k - 1, None]).sum(axis=2)
    low, high = draws_below(k, n=n, m=m)
    held = np.mean((below >= low) & (below <= high), axis=0)
    assert np.all(held > 0.95 - 4 * (0.95 * 0.05 / replicates) ** 0.5)
    assert np.all(held < 0.99)


def test_both_ends_mirror_each_other():
    low, high = draws_below(np.array([3]), n=40, m=25)
    mirrored_low, mirrored_high = draws_below(np.array([38]), n=40, m=25)
    assert (25 - high[0], 25 - low[0]) == (mirrored_low[0], mirrored_high[0])

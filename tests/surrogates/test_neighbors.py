"""Nearest runs, against brute force."""

import numpy as np
import pytest

from sgmbench.surrogates.neighbors import nearest, neighbor_count


@pytest.mark.parametrize(
    ("n", "q", "wanted", "count"),
    [
        (10_000, 0, None, 10_000),
        (10_000, 1, None, round(10_000**0.8)),
        (4_096, 2, None, 256),
        (10_000, 4, None, 100),
        (10_000, 3, 37, 37),
        (20, 3, 37, 20),
        (1, 3, None, 1),
    ],
)
def test_the_rule(n, q, wanted, count):
    assert neighbor_count(n, q, wanted) == count


@pytest.mark.parametrize("q", [1, 2, 5])
@pytest.mark.parametrize("count", [1, 7, 199, 200, 500])
def test_nearest_is_what_sorting_all_distances_gives(q, count):
    rng = np.random.default_rng(q)
    given, at = rng.uniform(-1, 1, (200, q)), rng.uniform(-1, 1, q)
    order = sorted(range(200), key=lambda i: np.linalg.norm(given[i] - at))
    assert set(nearest(given, at, count).tolist()) == set(order[:count])


def test_without_conditions_every_run_is_nearest():
    np.testing.assert_array_equal(nearest(np.zeros((5, 0)), np.zeros(0), 5), np.arange(5))

import math

import numpy as np
import pytest

from sgmbench.core.running_law import Running

RNG = np.random.default_rng(0)
LEVELS = (0.0, 0.001, 0.025, 0.5, 0.975, 0.999, 1.0)


def law_of(rows, *, kept, block):
    running = Running(rows[:kept])
    for start in range(0, len(rows), block):
        running.add(rows[start : start + block])
    return running.law()


@pytest.fixture(scope="module")
def rows():
    """A small spread on a large mean, a heavy tail, a constant."""
    n = 20_000
    return np.column_stack([1e6 + 1e-3 * RNG.standard_normal(n), RNG.standard_t(3, n), np.full(n, 2.5)])


def test_moments_are_those_of_all_rows(rows):
    law = law_of(rows, kept=500, block=700)
    exact = [math.fsum(column) / len(column) for column in rows.T.tolist()]
    np.testing.assert_allclose(law.mean, exact, rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(law.variance, rows.var(axis=0, ddof=1), rtol=1e-9, atol=1e-20)


@pytest.mark.parametrize("p", LEVELS)
def test_of_rows_that_are_all_kept_quantiles_are_exact(rows, p):
    law = law_of(rows[:1_000], kept=1_000, block=300)
    np.testing.assert_allclose(law.quantile(p), np.quantile(rows[:1_000], p, axis=0), rtol=1e-14)


@pytest.mark.parametrize("p", LEVELS)
def test_otherwise_they_lie_between_the_neighbors_among_the_kept(rows, p):
    law, exact, edges = law_of(rows, kept=500, block=700), np.quantile(rows, p, axis=0), np.sort(rows[:500], axis=0)
    edges = np.vstack([rows.min(axis=0), edges, rows.max(axis=0)])
    for j, value in enumerate(law.quantile(p)):
        above = np.searchsorted(edges[1:-1, j], exact[j], side="left") + 1
        assert edges[above - 1, j] <= value <= edges[above, j] or value == pytest.approx(exact[j], rel=1e-14)


def test_the_median_of_many_rows_is_nearer_the_truth_than_that_of_those_kept():
    rows = np.random.default_rng(1).standard_normal((200_000, 40))
    law = law_of(rows, kept=500, block=65_536)
    of_all, of_kept = (np.sqrt(np.mean(np.square(q))) for q in (law.quantile(0.5), np.median(rows[:500], axis=0)))
    assert of_all < of_kept / 10  # 20 times nearer by the square root of the numbers


def test_an_atom_is_seen_whole():
    rows = np.where(np.arange(3_000) % 10 < 7, 0.0, 1.0)[:, None]
    law = law_of(rows, kept=40, block=1_000)
    assert [float(law.quantile(p)[0]) for p in (0.1, 0.69, 0.71, 0.9)] == [0, 0, 1, 1]


def test_blocks_of_one_size_give_the_same_bits(rows):
    first, second = (law_of(rows, kept=500, block=700) for _ in range(2))
    np.testing.assert_array_equal(first.mean, second.mean)
    np.testing.assert_array_equal(first.variance, second.variance)


def test_empty_blocks_add_nothing(rows):
    running = Running(rows[:100])
    for block in (rows[:100], rows[:0], rows[100:300]):
        running.add(block)
    law = running.law()
    assert law.count == 300
    np.testing.assert_allclose(law.mean, rows[:300].mean(axis=0), rtol=1e-14)

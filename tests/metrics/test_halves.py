"""Halves: independent for a law, the set twice for what is finite, and of one size."""

import numpy as np

from sgmbench.metrics.halves import equal_halves, halves_of_samples


def test_halves_of_a_law_share_no_solver_run_and_lose_no_row(reference, samples):
    truth = reference(np.zeros((4, 1)))
    for run in (np.arange(9), np.tile(np.arange(6), 2), np.array([7, 7, 7, 2, 2, 9])):
        first, second = halves_of_samples(samples(np.zeros((len(run), 1)), truth, run=run))
        assert not set(run[first]) & set(run[second])
        assert sorted([*first, *second]) == list(range(len(run)))
        assert abs(len(set(run[first])) - len(set(run[second]))) <= 1


def test_a_finite_set_is_both_of_its_halves(reference, samples):
    first, second = halves_of_samples(samples(np.zeros((5, 1)), reference(np.zeros((4, 1))), is_law=False))
    assert list(first) == list(second) == list(range(5))


def test_equal_halves_are_disjoint_rows_in_order(reference, samples):
    """Ten rows of samples make five a half, and a reference of 16 could give eight."""
    x, truth = np.zeros((10, 1)), reference(np.zeros((16, 1)))
    for is_law, most, expected in (
        (True, None, [range(5), range(5, 10), range(5), range(8, 13)]),
        (True, 3, [range(3), range(5, 8), range(3), range(8, 11)]),
        (False, None, [range(8), range(8), range(8), range(8, 16)]),
    ):
        found = equal_halves(samples(x, truth, is_law=is_law), truth, most=most)
        assert [list(rows) for rows in found] == [list(rows) for rows in expected]

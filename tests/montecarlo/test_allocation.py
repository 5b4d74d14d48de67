"""Runs of the levels: the least variance that a budget allows, the least cost of a variance."""

from itertools import product

import numpy as np
import pytest

from sgmbench.montecarlo.allocation import allocate, best_start, pair_costs, runs_for_variance


def cases(n):
    rng = np.random.default_rng(0)
    for _ in range(n):
        variance, cost = 10.0 ** rng.uniform(-3, 0, 3), np.sort(10.0 ** rng.uniform(-1, 0.5, 3))
        yield variance, cost, rng.integers(1, 5, 3), float(rng.uniform(2, 12))


def test_no_other_whole_numbers_of_runs_have_a_much_smaller_variance():
    """Against all that the budget pays for, a dozen runs or so: within 20 %, and within 1 % in the median case."""
    ratios = []
    for variance, cost, made, budget in cases(30):
        runs = allocate(variance, cost, made, budget=budget)
        assert np.all(runs >= made)
        assert cost @ (runs - made) <= budget + 1e-9
        ends = (made + budget / cost).astype(int)
        others = np.array(list(product(*(range(low, high + 1) for low, high in zip(made, ends, strict=True)))))
        others = others[(others - made) @ cost <= budget]
        ratios.append(np.sum(variance / runs) / np.min(np.sum(variance / others, axis=1)))
    assert max(ratios) < 1.2
    assert np.median(ratios) < 1.01


def test_many_runs_go_as_the_root_of_variance_over_cost():
    variance, cost = np.array([4.0, 1.0, 0.25]), np.array([1.0, 2.0, 4.0])
    runs = allocate(variance, cost, np.ones(3, int), budget=1e6)
    np.testing.assert_allclose(runs / runs[0], np.sqrt(variance / cost) / 2, rtol=1e-4)
    assert cost @ (runs - 1) == pytest.approx(1e6, abs=1)
    assert np.sum(variance / runs) == pytest.approx(np.sum(np.sqrt(variance * cost)) ** 2 / 1e6, rel=1e-4)


def test_a_level_without_variance_gets_no_more_runs():
    assert allocate(np.array([1.0, 0.0]), np.array([1.0, 2.0]), np.array([3, 3]), budget=10.0).tolist() == [13, 3]
    assert allocate(np.zeros(2), np.ones(2), np.array([3, 3]), budget=10.0).tolist() == [3, 3]


def test_the_sum_begins_where_its_variance_is_least():
    """Level 0 has nothing in common with level 1: the sum begins at 1, and at 2 where nothing has with the finest."""
    cost, own = np.array([0.25, 0.5, 1.0]), np.ones(3)
    budget = 1e5
    starts, variances = [], []
    for difference in ([0, 0.01, 0.01], [0, 2.0, 0.01], [0, 2.0, 2.0]):
        plan = best_start(own, np.array(difference), cost, made=2, budget=budget)
        terms = np.append(1.0, difference[plan.start + 1 :])
        least = np.sum(np.sqrt(terms * pair_costs(cost[plan.start :]))) ** 2 / budget
        starts.append(plan.start)
        variances.append(plan.variance / least)
    assert starts == [0, 1, 2]
    np.testing.assert_allclose(variances, 1, rtol=1e-3)


def test_a_pair_costs_both_of_its_runs():
    np.testing.assert_array_equal(pair_costs(np.array([0.25, 0.5, 1.0])), [0.25, 0.75, 1.5])


def test_runs_for_a_variance_reach_it_at_the_least_cost():
    variance, cost = np.array([4.0, 1.0, 0.25]), np.array([1.0, 2.0, 4.0])
    runs = runs_for_variance(variance, cost, target=1e-4)
    assert np.sum(variance / runs) <= 1e-4
    assert cost @ runs == pytest.approx(np.sum(np.sqrt(variance * cost)) ** 2 / 1e-4, rel=1e-3)

"""How many runs each level of a multilevel estimator gets.

With V_l the variance and C_l the cost of one run of level l, N_l runs on each have the variance sum_l V_l / N_l and
the cost sum_l C_l N_l. Lagrange's condition, either way round:

    least variance for a budget B          N_l = mu (V_l / C_l)^1/2,    mu = B / sum_k (V_k C_k)^1/2
    least cost for a variance tau          N_l = mu (V_l / C_l)^1/2,    mu = sum_k (V_k C_k)^1/2 / tau

Runs that are made already are not made again: N_l >= n_l, and the levels where this binds leave the rest of the budget
to the others.

Source: M. B. Giles, Oper. Res. 56 (2008) 607-617, section 3.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Plan(NamedTuple):
    """A telescoping sum that begins at a level, and the runs of each of its terms.

    Attributes:
        start: the level whose own mean is the first term.
        runs: N_l of the levels from `start` on, those made before included.
        variance: what is predicted.
    """

    start: int
    runs: Int[np.ndarray, " terms"]
    variance: float


def allocate(
    variance: Float[np.ndarray, " levels"],
    cost: Float[np.ndarray, " levels"],
    made: Int[np.ndarray, " levels"],
    *,
    budget: float,
) -> Int[np.ndarray, " levels"]:
    """N_l >= made_l >= 1 of least sum V_l / N_l, where what is added, sum C_l (N_l - made_l), is at most the budget."""
    share = np.sqrt(variance / cost)
    more = variance > 0  # levels that get more than they have
    runs = made.astype(float)
    while more.any():
        mu = (budget + cost[more] @ made[more]) / (cost[more] @ share[more])
        runs = np.where(more, mu * share, made)
        if np.all(runs >= made):
            break
        more &= runs > made
    whole = np.maximum(np.floor(runs), made).astype(int)
    left = budget - cost @ (whole - made)
    while np.any(fits := (variance > 0) & (cost <= left)):
        gain = variance / (whole * (whole + 1) * cost)
        best = np.argmax(np.where(fits, gain, 0.0))
        whole[best] += 1
        left -= cost[best]
    return whole


def best_start(
    own_variance: Float[np.ndarray, " levels"],
    variance: Float[np.ndarray, " levels"],
    cost: Float[np.ndarray, " levels"],
    *,
    made: int,
    budget: float,
) -> Plan:
    """The plan of least predicted variance.

    Args:
        own_variance: of y_l.
        variance: of y_l - y_(l-1); that of level 0 is not used.
        cost: of one run of y_l.
        made: runs of every level, pairs above level 0, that are made already.
        budget: for more runs.
    """
    plans = (_plan(start, own_variance, variance, cost, made, budget) for start in range(len(cost)))
    return min(plans, key=lambda plan: plan.variance)


def _plan(
    start: int,
    own_variance: Float[np.ndarray, " levels"],
    variance: Float[np.ndarray, " levels"],
    cost: Float[np.ndarray, " levels"],
    made: int,
    budget: float,
) -> Plan:
    terms = np.concatenate([own_variance[start : start + 1], variance[start + 1 :]])
    costs = pair_costs(cost[start:])
    runs = allocate(terms, costs, np.full(len(terms), made), budget=budget)
    return Plan(start, runs, float(np.sum(terms / runs)))


def pair_costs(cost: Float[np.ndarray, " levels"]) -> Float[np.ndarray, " levels"]:
    """Cost of y_l - y_(l-1), on the first level of y_0 alone."""
    return cost + np.concatenate([[0.0], cost[:-1]])


def runs_for_variance(
    variance: Float[np.ndarray, " levels"], cost: Float[np.ndarray, " levels"], *, target: float
) -> Int[np.ndarray, " levels"]:
    """N_l of least cost with sum V_l / N_l <= target."""
    mu = np.sum(np.sqrt(variance * cost)) / target
    return np.ceil(mu * np.sqrt(variance / cost)).astype(int)

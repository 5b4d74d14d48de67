"""Frontier and decision map: what an answer costs to any tolerance, and who is cheapest at any cost and demand.

    frontier        cost(eps) of each method at its best budget, at the Q and c asked; infinite below its squared bias
    decision map    the cheapest method over (c, Q), at the tolerance asked; of one law over (c, eps)

Both are `statistics.crossover` on a grid.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sgmbench.statistics.crossover import CostLine, Offer, by_conditions, by_cost_per_run, cost

NOBODY = -1


@dataclass(frozen=True)
class Frontier:
    """Costs of methods against the tolerance.

    Attributes:
        tolerances: eps.
        costs: seconds by label, infinite where a method does not reach.
        reach: by label the tolerance below which no number of samples is seen to help.
        never: by label that below which surely none does; 0 where the reference sees no bias.
    """

    tolerances: Float[np.ndarray, " n"]
    costs: dict[str, Float[np.ndarray, " n"]]
    reach: dict[str, float]
    never: dict[str, float]


@dataclass(frozen=True)
class DecisionMap:
    """The cheapest offer on a grid.

    Attributes:
        costs_per_run: c of the columns, seconds.
        rows: Q of the rows, or eps of one law.
        winners: index of the offer, `NOBODY` where none reaches the tolerance.
        offers: what the indices count.
    """

    costs_per_run: Float[np.ndarray, " columns"]
    rows: Float[np.ndarray, " rows"]
    winners: Int[np.ndarray, "rows columns"]
    offers: list[Offer]


def frontier(
    offers: list[Offer], tolerances: Float[np.ndarray, " n"], *, conditions: int, cost_per_run: float
) -> Frontier:
    """The costs of all methods at Q conditions and c seconds a run."""
    costs: dict[str, Float[np.ndarray, " n"]] = {}
    reach: dict[str, float] = {}
    never: dict[str, float] = {}
    for offer in offers:
        own = np.array(
            [cost(offer, tolerance=float(e), conditions=conditions, cost_per_run=cost_per_run) for e in tolerances]
        )
        costs[offer.label] = np.minimum(own, costs.get(offer.label, np.inf))
        reach[offer.label] = min(offer.smallest_tolerance, reach.get(offer.label, np.inf))
        never[offer.label] = min(offer.hopeless_tolerance, never.get(offer.label, np.inf))
    return Frontier(tolerances, costs, reach, never)


def map_of_conditions(
    offers: list[Offer],
    costs_per_run: Float[np.ndarray, " columns"],
    conditions: Float[np.ndarray, " rows"],
    *,
    tolerance: float,
) -> DecisionMap:
    """Who is cheapest over (c, Q)."""
    columns = [
        _winners([by_conditions(o, tolerance=tolerance, cost_per_run=float(c)) for o in offers], conditions)
        for c in costs_per_run
    ]
    return DecisionMap(costs_per_run, conditions, np.stack(columns, axis=1), offers)


def map_of_tolerances(
    offers: list[Offer], costs_per_run: Float[np.ndarray, " columns"], tolerances: Float[np.ndarray, " rows"]
) -> DecisionMap:
    """Who is cheapest over (c, eps), for one law."""
    rows = [
        _winners([by_cost_per_run(o, tolerance=float(eps), conditions=1) for o in offers], costs_per_run)
        for eps in tolerances
    ]
    return DecisionMap(costs_per_run, tolerances, np.stack(rows), offers)


def _winners(lines: list[CostLine], x: Float[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """The lowest of the offers' lines at each x, the first of equal ones."""
    costs = np.array([line.fixed + line.slope * x for line in lines])
    return np.where(np.isfinite(costs).any(axis=0), np.argmin(costs, axis=0), NOBODY)

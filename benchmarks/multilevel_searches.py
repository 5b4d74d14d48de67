"""Searches to tolerances, repeated: their errors, their costs, and the least costs that theory allows.

With a root mean square error E over R repetitions and the mean cost C of each tolerance eps,

    E ~ C^-q by least squares on logarithms, weighted by R; the standard error of log E is (2 R)^-1/2,

theory's q is 1/2 for beta > gamma. E has the interval of the chi-squared law of R degrees of freedom, exact where
errors are normal without bias. The least cost of multilevel and of plain Monte Carlo is that of a search that knows all
V_l, the bias b_L of each level and the best level to end with:

    min over L of (sum_(l <= L) (V_l C_l)^1/2)^2 / (eps^2 - b_L^2),      min over L of Var y_L c_L / (eps^2 - b_L^2)

with C_l the cost of a pair and c_L that of a run. Plain Monte Carlo is held to the latter: no level is chosen for it
that it would not choose.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import chi2

from sgmbench.montecarlo.giles import Estimate
from sgmbench.statistics.intervals import LEVEL

Rate = tuple[float, float]
"""An exponent and its standard error."""


class Least(NamedTuple):
    """Least cost of a tolerance, in runs of level 0.

    Attributes:
        multilevel: with all levels that it takes.
        plain: on one level.
        level: which that is.
        run: cost of a run of it.
    """

    multilevel: float
    plain: float
    level: int
    run: float


class Searches(NamedTuple):
    """Repetitions of one tolerance.

    Attributes:
        tolerance: eps.
        found: each answer.
        truth: what it should be.
        least: costs of theory.
    """

    tolerance: float
    found: list[Estimate]
    truth: float
    least: Least

    @property
    def error(self) -> float:
        """Root mean square."""
        return float(np.sqrt(np.mean([(each.mean - self.truth) ** 2 for each in self.found])))

    @property
    def interval(self) -> tuple[float, float]:
        """Of the root mean square error."""
        R = len(self.found)
        low, high = chi2.ppf([(1 + LEVEL) / 2, (1 - LEVEL) / 2], R)
        return self.error * float(np.sqrt(R / low)), self.error * float(np.sqrt(R / high))

    @property
    def cost(self) -> float:
        """Mean of all runs, those of coarser levels of pairs too, in runs of level 0."""
        return float(np.mean([each.cost for each in self.found]))

    @property
    def saving(self) -> float:
        """Over plain Monte Carlo."""
        return self.least.plain / self.cost

    @property
    def levels(self) -> str:
        """5 to 7."""
        finest = sorted({len(each.runs) - 1 for each in self.found})
        return f"{finest[0]}" if len(finest) == 1 else f"{finest[0]} to {finest[-1]}"

    @property
    def first_runs(self) -> str:
        """N_l of the first repetition."""
        return " ".join(f"{n:,}" for n in self.found[0].runs)


def biases(means: Float[np.ndarray, " levels"]) -> Float[np.ndarray, " levels"]:
    """b_L from the means of differences, those beyond the last falling at a rate of one."""
    return -np.append(np.cumsum(means[:0:-1])[::-1], 0.0) - means[-1]


def least_costs(
    known: Estimate, *, own_variances: Sequence[float], bias: Float[np.ndarray, " levels"], tolerance: float
) -> Least:
    """What theory allows, by V_l, Var y_l and b_l of the levels that are known."""
    room = np.where(np.abs(bias) < tolerance, tolerance**2 - bias**2, np.nan)
    multilevel = np.cumsum(np.sqrt(known.variances * known.pair_cost)) ** 2 / room
    plain = np.array(own_variances) * known.fine_cost / room
    best = int(np.nanargmin(plain))
    return Least(float(np.nanmin(multilevel)), float(plain[best]), best, float(known.fine_cost[best]))


def error_rate(searches: list[Searches]) -> Rate:
    """q."""
    weights = np.array([2.0 * len(each.found) for each in searches])
    x, y = (np.log([getattr(each, name) for each in searches]) for name in ("cost", "error"))
    x = x - np.average(x, weights=weights)
    squares = float(weights @ x**2)
    return -float(weights @ (x * y)) / squares, squares**-0.5


def exponent(tolerances: Sequence[float], costs: Sequence[float]) -> float:
    """r of cost ~ eps^-r, by least squares."""
    return -float(np.polyfit(np.log(tolerances), np.log(costs), 1)[0])


def findings(searches: list[Searches], *, theory: str) -> str:
    """How errors fall with costs, and what is saved at the finest tolerance."""
    tolerances = [each.tolerance for each in searches]
    q, error = error_rate(searches)
    ours, least, plain = (
        exponent(tolerances, costs)
        for costs in (
            [each.cost for each in searches],
            [each.least.multilevel for each in searches],
            [each.least.plain for each in searches],
        )
    )
    finest = min(searches, key=lambda each: each.tolerance)
    within = sum(each.error <= each.tolerance for each in searches)
    return (
        f"The root mean square error is within eps at {within} of {len(searches)} tolerances, and falls as "
        f"cost^-{q:.2f}, standard error {error:.2f} (theory: {theory}). Cost grows as eps^-{ours:.2f}, the least that "
        f"theory allows over these tolerances as eps^-{least:.2f}, that of plain Monte Carlo as eps^-{plain:.2f}. At "
        f"eps = {finest.tolerance:g} multilevel is **{finest.saving:,.3g} times cheaper** than plain Monte Carlo."
    )


HEADER = ("eps", "repeats", "RMSE (95 %)", "RMSE / eps", "L", "N_l, of the first", "plain, runs", "multilevel", "least")


def row(each: Searches) -> list[str]:
    """The cells under the header: costs in runs of the level that is best for plain Monte Carlo."""
    low, high = each.interval
    unit = each.least.run
    return [
        f"{each.tolerance:g}",
        f"{len(each.found)}",
        f"{each.error:.2g} ({low:.2g} to {high:.2g})",
        f"{each.error / each.tolerance:.2f}",
        each.levels,
        each.first_runs,
        f"{each.least.plain / unit:,.0f} of level {each.least.level}",
        f"{each.cost / unit:,.0f}",
        f"{each.least.multilevel / unit:,.0f}",
    ]

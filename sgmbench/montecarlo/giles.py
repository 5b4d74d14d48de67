"""Giles's algorithm: the mean of one scalar field to a tolerance, with as many levels as its discretization needs.

    mean square error = variance + bias^2 <= eps^2,      variance <= eps^2 / 2,      bias <= eps / 2^1/2

Runs are added until N_l = ceil(2 eps^-2 (V_l / C_l)^1/2 sum_k (V_k C_k)^1/2) on every level. Then, with m_l = E Y_l of
the differences (see `hierarchy`), s_l = (V_l / N_l)^1/2 and the rate alpha of |m_l|, the bias that is left is taken to
be

    max_(i = 0, 1, 2) (|m_(L-i)| + s_(L-i)) 2^(-i alpha) / (2^alpha - 1),

and while it is above eps / 2^1/2 a finer level is added. alpha is fitted to the last four levels with |m_l| > 2 s_l,
and is a half at least, also where fewer than two levels tell it: a search that went by |m_l| alone would end where m_L
is small by chance. What few runs leave at zero is held up by the rates: see `level_moments.floored`. The result is
biased by what that estimate misses, and a little by N_l being decided by the rows that are averaged;
`multilevel.Multilevel` is free of both.

V_l from N pairs has a relative standard error of ((kurtosis - 1) / N)^1/2, and the first difference has no coarser one
that holds it up. Where few pairs differ at all, as those of a digital option, the runs that a level begins with are
doubled until that error is below a half.

Cost, in runs of the coarsest level: eps^-2 for beta > gamma, eps^-2 (log eps)^2 for beta = gamma, else
eps^(-2 - (gamma - beta) / alpha), where plain Monte Carlo needs eps^(-2 - gamma / alpha).

Source: M. B. Giles, Oper. Res. 56 (2008) 607-617, section 4, and Acta Numerica 24 (2015) 259-328, section 3: the
equal split of the error, the three levels and the least cost of a variance as there; costs count both runs of a pair.
N. Collier, A. Haji-Ali, F. Nobile, E. von Schwerin, R. Tempone, BIT 55 (2015) 399-432: rates of the last levels alone,
and their noise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.clock import Clock
from sgmbench.core.prepare import MakesRuns, prepare
from sgmbench.core.problem import Leveled, Problem, Traceable
from sgmbench.core.simulation import Simulation
from sgmbench.errors import CellError, UsageError
from sgmbench.montecarlo.allocation import runs_for_variance
from sgmbench.montecarlo.level_moments import floored, rate

Refinement = Callable[[int], Any]
"""Of level l the problem whose own `coarser()` runs on the same germ and has the mean of level l - 1; None below 0.

That is all that refining needs: `lambda level: GeometricBrownianMotion(steps=2**level)`, say. Each problem may have a
germ of its own length.
"""

FIRST_LEVELS = 3
SLOWEST = 0.5
CLEAR = 2.0
"""Standard errors of a mean that a rate is told by."""
RECENT = 4
"""Means that a rate is told by."""
UNCERTAIN = 0.5
"""Relative standard error of a variance that runs are not yet shared out by."""
MOST_PILOTS = 64
"""How many times the pilot a level may begin with."""
BATCH = 2**17
"""Runs made at a time, so that only their sums are kept."""


class Ready(NamedTuple):
    """A level made ready to run.

    Attributes:
        where: the field lies in y.
        ratio: cost of a run over that of one of the next coarser level.
        simulations: of the level, and of that one.
    """

    where: int
    ratio: float
    simulations: list[MakesRuns]


class Refined:
    """The levels of a refinement, each made ready when it is first begun, and kept for the searches that follow.

    Args:
        refinement: the problem of each level.
        field: a scalar field.
        clock: books the runs.
        chunk: lanes that a device runs at once.
    """

    def __init__(self, refinement: Refinement, field: str, *, clock: Clock, chunk: int | None = None) -> None:
        self.field = field
        self._refinement = refinement
        self._clock = clock
        self._chunk = chunk
        self._ready: list[Ready] = []

    def begin(self, number: int, *, key: Key[Array, ""]) -> "Level":
        """A level without runs; `key` is that of all levels.

        Raises:
            UsageError: the field is not scalar.
        """
        while len(self._ready) <= number:
            self._ready.append(self._made_ready(len(self._ready)))
        return Level(self._ready[number], key=jax.random.fold_in(key, number))

    def _made_ready(self, number: int) -> Ready:
        problem = self._refinement(number)
        where, coarser = _place(problem, self.field), problem.coarser()
        ratio = 1.0 if coarser is None else problem.relative_cost / coarser.relative_cost
        pair = [each for each in (problem, coarser) if each is not None]
        return Ready(where, ratio, [_simulation(each, self._clock, self._chunk) for each in pair])


class Level:
    """The power sums of the runs of one level that were made.

    Args:
        ready: the level.
        key: of its runs.
    """

    def __init__(self, ready: Ready, *, key: Key[Array, ""]) -> None:
        self.ratio = ready.ratio
        self._ready = ready
        self._key = key
        self._batches = 0
        self._center = np.zeros(2)
        self._sums = np.zeros((4, 2))
        self.runs = 0

    def add(self, n: int) -> None:
        """Makes n more runs.

        Raises:
            CellError: one failed.
        """
        while n > 0:
            some = min(n, BATCH)
            key = jax.random.fold_in(self._key, self._batches)
            fine, *coarse = (make(some, key=key).y[:, self._ready.where] for make in self._ready.simulations)
            rows = np.stack([fine - coarse[0] if coarse else fine, fine])
            if not np.isfinite(rows).all():
                raise CellError(f"{np.sum(~np.isfinite(rows[0])):,} of {some:,} runs gave NaN or infinity")
            if not self.runs:
                self._center = rows.mean(axis=1)  # near the mean, so that the sums of powers keep their digits
            deviation = rows - self._center[:, None]
            self._sums += np.array([np.sum(deviation**power, axis=1) for power in (1, 2, 3, 4)])
            self.runs += some
            self._batches += 1
            n -= some

    @property
    def mean(self) -> float:
        """m_l."""
        return float(self._center[0] + self._sums[0, 0] / self.runs)

    @property
    def variance(self) -> float:
        """V_l."""
        return self._central(2, 0)

    @property
    def own_variance(self) -> float:
        """Var y_l."""
        return self._central(2, 1)

    @property
    def variance_error(self) -> float:
        """The relative standard error of V_l; infinite where nothing varies."""
        kurtosis = self.kurtosis
        return float(np.sqrt(max(kurtosis - 1, 0.0) / self.runs)) if kurtosis == kurtosis else float("inf")

    @property
    def kurtosis(self) -> float:
        """E (Y_l - m_l)^4 / V_l^2, NaN where nothing varies."""
        return self._central(4, 0) / self.variance**2 if self.variance > 0 else float("nan")

    def _central(self, power: int, column: int) -> float:
        """A central moment, from those about the first batch's mean."""
        a, b, c, d = (float(each) for each in self._sums[:, column] / self.runs)
        return max(0.0, b - a**2 if power == 2 else d - 4 * a * c + 6 * a**2 * b - 3 * a**4)


@dataclass(frozen=True)
class Estimate:
    """A mean to a tolerance, and the levels that made it.

    Attributes:
        mean: of the field, in its unit.
        weak_error: estimate of the bias.
        standard_error: of the mean.
        runs: N_l.
        means: m_l.
        variances: V_l.
        kurtosis: of the differences.
        fine_cost: of a run of each level, in runs of the coarsest.
        pair_cost: of a pair.
        alpha: fitted rate of the last |m_l| that stand out of their noise.
        beta: fitted rate of V_l.
        gamma: fitted rate of the costs.
        own_variance: Var y_L.
        tolerance: eps.
    """

    mean: float
    weak_error: float
    standard_error: float
    runs: Int[np.ndarray, " levels"]
    means: Float[np.ndarray, " levels"]
    variances: Float[np.ndarray, " levels"]
    kurtosis: Float[np.ndarray, " levels"]
    fine_cost: Float[np.ndarray, " levels"]
    pair_cost: Float[np.ndarray, " levels"]
    alpha: float
    beta: float
    gamma: float
    own_variance: float
    tolerance: float

    @property
    def cost(self) -> float:
        """sum N_l (C_l + C_(l-1)), in runs of the coarsest level."""
        return float(self.runs @ self.pair_cost)

    @property
    def monte_carlo_cost(self) -> float:
        """What plain Monte Carlo on the finest level costs for the same variance."""
        return 2 * self.own_variance / self.tolerance**2 * float(self.fine_cost[-1])


def multilevel_to_tolerance(
    refined: Refined, *, tolerance: float, key: Key[Array, ""], pilot: int = 1_000, most_levels: int = 12
) -> Estimate:
    """The mean of a field over the prior and the germ to a root mean square error of the tolerance.

    Args:
        refined: the levels.
        tolerance: eps, in the field's unit.
        key: randomness.
        pilot: runs that a new level begins with, at least.
        most_levels: beyond which none is added.

    Raises:
        CellError: so many levels do not reach the tolerance, or a run failed.
        UsageError: the field is not scalar.
    """
    levels: list[Level] = []
    while True:
        wanted = FIRST_LEVELS if not levels else len(levels) + 1
        while len(levels) < wanted:
            levels.append(refined.begin(len(levels), key=key))
            levels[-1].add(pilot)
            while levels[-1].variance_error > UNCERTAIN and levels[-1].runs < MOST_PILOTS * pilot:
                levels[-1].add(levels[-1].runs)
        _reach_variance(levels, tolerance**2 / 2)
        estimate = estimate_of(levels, tolerance)
        if estimate.weak_error <= tolerance / np.sqrt(2):
            return estimate
        if len(levels) >= most_levels:
            raise CellError(
                f"{refined.field}: {len(levels)} levels leave a bias of about {estimate.weak_error:.2g}, above "
                f"{tolerance:g} / sqrt(2); allow more levels or a larger tolerance"
            )


def level_statistics(refined: Refined, *, levels: int, runs: int, key: Key[Array, ""]) -> Estimate:
    """So many runs on each of the first levels: what `multilevel_to_tolerance` relies on, with no tolerance at all."""
    made = [refined.begin(number, key=key) for number in range(levels)]
    for level in made:
        level.add(runs)
    return estimate_of(made, float("nan"))


def estimate_of(levels: list[Level], tolerance: float) -> Estimate:
    """What the levels say now."""
    runs, means, variances, kurtosis, ratios = (
        np.array([getattr(level, name) for level in levels])
        for name in ("runs", "mean", "variance", "kurtosis", "ratio")
    )
    fine_cost = np.cumprod(ratios)
    pair_cost = fine_cost + np.append(0.0, fine_cost[:-1])
    alpha, weak_error = bias_left(means[1:], np.sqrt(variances[1:] / runs[1:]))
    return Estimate(
        mean=float(means.sum()),
        weak_error=weak_error,
        standard_error=float(np.sqrt(np.sum(variances / runs))),
        runs=runs,
        means=means,
        variances=variances,
        kurtosis=kurtosis,
        fine_cost=fine_cost,
        pair_cost=pair_cost,
        alpha=alpha,
        beta=max(SLOWEST, -(rate(variances[1:]) or 0.0)),
        gamma=rate(pair_cost[1:]) or 0.0,
        own_variance=levels[-1].own_variance,
        tolerance=tolerance,
    )


def bias_left(
    means: Float[np.ndarray, " differences"], errors: Float[np.ndarray, " differences"]
) -> tuple[float, float]:
    """alpha and the bias that m_1, m_2, ..., each known to a standard error, leave."""
    size = np.abs(means)
    clear = np.flatnonzero(size > CLEAR * errors)[-RECENT:]
    alpha = max(SLOWEST, -(rate(np.where(np.isin(np.arange(len(size)), clear), size, 0.0)) or 0.0))
    last = floored(size + errors, slowest=SLOWEST)[::-1][:3]
    return alpha, float(np.max(last * 2.0 ** (-alpha * np.arange(len(last)))) / (2**alpha - 1))


def _reach_variance(levels: list[Level], target: float) -> None:
    """Adds runs until every level has those of least cost for the variance."""
    while True:
        now = estimate_of(levels, float("nan"))
        variances = np.append(now.variances[0], floored(now.variances[1:], slowest=SLOWEST))
        lacking = runs_for_variance(variances, now.pair_cost, target=target) - now.runs
        if np.all(lacking <= 0):
            return
        for level, n in zip(levels, lacking, strict=True):
            level.add(int(n))


def _place(problem: Problem, field: str) -> int:
    """Where a scalar field lies in y."""
    scalar = {each.name: problem.layout.slices[each.name].start for each in problem.layout.fields if each.size == 1}
    if field not in scalar:
        raise UsageError(f"field: {field!r} is no scalar field of {type(problem).__name__}; write {_one_of(scalar)}")
    return scalar[field]


def _one_of(names: Any) -> str:
    return " or ".join(repr(name) for name in names) or "another problem: it has none"


def _simulation(problem: Leveled, clock: Clock, chunk: int | None) -> MakesRuns:
    """The problem made ready; where it is traceable, with chunks as wide as one likes and few programs."""
    if isinstance(problem, Traceable):
        return Simulation(problem, clock, at_condition=False, chunk=chunk, padded=True)
    assert isinstance(problem, Problem)
    return prepare(problem, clock, at_condition=False)

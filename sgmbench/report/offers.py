"""What each method of a target offers for an ask: squared biases, variances and seconds, from its scores.

With e its errors of a quantity, v the variance of one run and a reference of R runs, means taken over the conditions at
which the field varies (where it is constant, its standard deviation is no unit, and one run tells all of it):

    Generator             bias^2 = max(mean of e^2 - v/M - v/R, l), M samples scored; the law's own error
    plain Monte Carlo     bias 0 and v itself, at any number of runs
    another Sampler       v' = n max(mean of e^2 - v/R, l), n runs a condition; so for each budget, from n runs on,
                          at the price of those that are differentiated (`Line.price`)
    limit                 l = mean of 3 v/R / sqrt(K), K conditions

With two replicates or more, the upper end of the mean's interval stands for it, since one of many methods has small
errors by chance: what is offered must hold surely. The mean itself, what is expected, and the lower end stand beside.
Replicates scatter about what the reference shows, which is off by a noise of its own that they share; of m with r = v/R
its variance is (4 m r + 2 r^2) / K. With h the distance of the end over replicates (`statistics.mean_squares`),

    upper, lower = m +- (h^2 + 1.96^2 (4 m r + 2 r^2) / K)^1/2.

A single replicate left of several is never sure. That many methods are offered is not allowed for: of 45 with errors a
tenth above the tolerance one may still be sure of itself.

Negative estimates at single conditions and replicates are kept until the mean is taken, so that noise cancels. Below
the limit l the references cannot tell an error from none. Under none (e^2 - v/R) / (v/R) is, for a single number, a
chi-square with one degree of freedom less 1, of sd sqrt 2, the same for all replicates and independent between
conditions: l is 2.1 standard deviations of its mean, and the error of a third of the reference's runs at one condition.
Of energy e^2 is D2/mu, an estimate that has no such noise in its mean, and v is 1.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sgmbench.core.findings import CLAIMED
from sgmbench.report.summary import Line, TargetSummary
from sgmbench.report.wanted import Ask, Wanted, is_monte_carlo, scored_lines, wanted_of
from sgmbench.report.worth import runs_behind
from sgmbench.statistics.crossover import Offer
from sgmbench.statistics.intervals import TWO_SIDED
from sgmbench.statistics.mean_squares import mean_square_interval, replicates_below


def offers_of(target: TargetSummary, ask: Ask, conditions: Iterable[str]) -> list[Offer]:
    """What every method offers, on average over some conditions; plain Monte Carlo once, whatever its budgets.

    A method that has no score of something that is asked offers nothing.
    """
    wanted, offers = wanted_of(target, ask, conditions), {}
    for line in scored_lines(target, wanted):
        key = (line.method, 0 if is_monte_carlo(line) else line.budget)
        if key not in offers:
            offers[key] = offer_of(target, line, wanted)
    return list(offers.values())


def offer_of(target: TargetSummary, line: Line, wanted: list[Wanted]) -> Offer:
    """What one method at one budget surely offers, and what is expected of it."""
    expected = _expected(target, line, wanted)
    intervals = {name: squares.interval for name, squares in _of_replicates(target, line, wanted).items()}
    surely = {name: high for name, (_, high) in intervals.items()}
    if not intervals and line.replicates - line.failed == 1 < line.replicates:
        surely = dict.fromkeys(expected, math.inf)
    least = expected | {name: low for name, (low, _) in intervals.items()}
    return _offer(target, line, wanted, expected | surely, expected, least)


def _offer(
    target: TargetSummary,
    line: Line,
    wanted: list[Wanted],
    squares: dict[str, float],
    expected: dict[str, float] | None = None,
    least: dict[str, float] | None = None,
) -> Offer:
    """The offer of a method with these mean squares of its errors; plain Monte Carlo's are known better."""
    v = {w.name: float(np.mean(list(w.variance.values()))) for w in wanted}
    upfront, each = _upfront(line), _weighing(line)
    if is_monte_carlo(line):
        return Offer(line.method, line.budget, True, dict.fromkeys(v, 0.0), v, upfront, each)
    limit = {w.name: _limit(target, w) for w in wanted}
    seen = _seen(squares, limit)
    if line.kind != "sampler":
        likely, at_least = (_seen(found or squares, limit) for found in (expected, least))
        per_sample, extra = line.seconds_a_sample, line.extra_samples
        known = {"extra_samples": extra, "limit": limit, "expected": likely, "least": at_least}
        return Offer(line.method, line.budget, False, seen, v, upfront, per_sample, **known)
    runs = line.solver_runs / max(len(line.samples_each), 1)
    variance, likely = (_of_one_run(_seen(found or squares, limit), runs, v) for found in (squares, expected))
    bias2 = {name: 0.0 if np.isfinite(square) else math.inf for name, square in seen.items()}
    known = {"fewest": max(2.0, runs), "price": line.price, "expected_variance": likely}
    return Offer(line.method, line.budget, True, bias2, variance, upfront, each, **known)


def _of_one_run(squares: dict[str, float], runs: float, plain: dict[str, float]) -> dict[str, float]:
    """v': that of plain Monte Carlo where nothing was scored."""
    return {name: runs * square if np.isfinite(square) else plain[name] for name, square in squares.items()}


def _seen(squares: dict[str, float], limit: dict[str, float]) -> dict[str, float]:
    """No less than what the references tell from none; infinite where nothing was scored."""
    return {name: max(square, limit[name]) if np.isfinite(square) else math.inf for name, square in squares.items()}


class Squares(NamedTuple):
    """Squared errors of one quantity.

    Attributes:
        values: the mean over conditions, replicate by replicate.
        noise: what the samples' and the reference's numbers make of it.
        reference: that of the reference alone, r.
        conditions: K.
    """

    values: Float[np.ndarray, " replicates"]
    noise: float
    reference: float
    conditions: int

    @property
    def mean(self) -> float:
        """m, without noise."""
        return float(np.mean(self.values)) - self.noise

    @property
    def shared(self) -> float:
        """Half the interval of what all replicates share."""
        r = self.reference
        return TWO_SIDED * math.sqrt((4 * max(self.mean, 0.0) * r + 2 * r**2) / self.conditions)

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the interval of m; of a single replicate there are none."""
        ends = mean_square_interval(self.values)
        if ends is None:
            return -math.inf, math.inf
        low, high = (math.hypot(end - float(np.mean(self.values)), self.shared) for end in ends)
        return self.mean - low, self.mean + high

    def replicates_below(self, bound: float) -> int | None:
        """From how many replicates on the interval ends below a bound; None where the reference does not tell it."""
        slack = bound - self.mean
        if not slack > self.shared:
            return None
        return replicates_below(self.values, float(np.mean(self.values)) + math.sqrt(slack**2 - self.shared**2))


def squares_of(target: TargetSummary, line: Line, wanted: Wanted) -> Squares | None:
    """Those of a method; None where nothing is scored."""
    errors = line.replicate_errors[wanted.part]
    scored = [c for c in wanted.variance if c in errors]
    if not scored:
        return None
    reference = [_of_reference(target, wanted, c) for c in scored]
    if wanted.part == "energy/d2":
        mu = line.replicate_errors["energy/mu"]
        return _squares([np.array(errors[c]) / np.array(mu[c]) for c in scored], [0.0], reference)
    own = [0.0 if line.kind == "sampler" else wanted.variance[c] / line.samples_each[c] for c in scored]
    return _squares([np.square(errors[c]) for c in scored], np.add(own, reference).tolist(), reference)


def _squares(by_condition: list[Float[np.ndarray, " _"]], noise: list[float], reference: list[float]) -> Squares:
    """Of as many replicates as every condition has."""
    shortest = min(map(len, by_condition))
    values = np.mean([each[:shortest] for each in by_condition], axis=0)
    return Squares(values, float(np.mean(noise)), float(np.mean(reference)), len(by_condition))


class Spread(NamedTuple):
    """One offer as the replicates have it: that of each, and those of the ends of the interval of its mean squares.

    `low` is of smaller errors than are expected; `high`, of larger ones, is what is surely offered.
    """

    each: list[Offer]
    low: Offer
    high: Offer


def spread_of(target: TargetSummary, line: Line, wanted: list[Wanted]) -> Spread | None:
    """The spread of an offer over its replicates; None of a single one, and of plain Monte Carlo, which is known."""
    found = _of_replicates(target, line, wanted)
    if not found:
        return None
    own = _expected(target, line, wanted)
    low = {name: squares.interval[0] for name, squares in found.items()}
    replicates = min(len(squares.values) for squares in found.values())
    each = [{name: float(sq.values[r] - sq.noise) for name, sq in found.items()} for r in range(replicates)]
    return Spread(
        [_offer(target, line, wanted, own | squares) for squares in each],
        _offer(target, line, wanted, own | low),
        offer_of(target, line, wanted),
    )


def _of_replicates(target: TargetSummary, line: Line, wanted: list[Wanted]) -> dict[str, Squares]:
    """By quantity; none of a single replicate, and of plain Monte Carlo."""
    if is_monte_carlo(line):
        return {}
    found = {w.name: squares for w in wanted if (squares := squares_of(target, line, w))}
    return found if all(len(squares.values) > 1 for squares in found.values()) else {}


def replicates_to_tell(target: TargetSummary, line: Line, wanted: list[Wanted], tolerance: float) -> int | None:
    """How many replicates show that a method stays within the tolerance, if it does as it did; None of too many."""
    needed = [sq.replicates_below(tolerance**2) for sq in _of_replicates(target, line, wanted).values()]
    return None if None in needed or not needed else max(each for each in needed if each)


def offers_of_replicates(target: TargetSummary, ask: Ask, conditions: Iterable[str]) -> list[list[Offer]]:
    """What every method offers by each replicate alone; none where some method has a single one."""
    wanted = wanted_of(target, ask, conditions)
    lines = list(scored_lines(target, wanted))
    known = [line for line in lines if is_monte_carlo(line)][:1]
    spreads = [spread_of(target, line, wanted) for line in lines if not is_monte_carlo(line)]
    each = [spread.each for spread in spreads if spread is not None]
    if not each or len(each) < len(spreads):
        return []
    return [[*(offer_of(target, line, wanted) for line in known), *of_one] for of_one in zip(*each, strict=False)]


def line_of(target: TargetSummary, offer: Offer) -> Line:
    """The line that an offer was made of."""
    return next(li for li in target.lines if (li.method, li.budget) == (offer.label, offer.budget))


def _expected(target: TargetSummary, line: Line, wanted: list[Wanted]) -> dict[str, float]:
    """Mean squares without noise by quantity; plain Monte Carlo need not be scored in it."""
    return {} if is_monte_carlo(line) else {w.name: _mean_square(target, line, w) for w in wanted}


def _mean_square(target: TargetSummary, line: Line, wanted: Wanted) -> float:
    """NaN where nothing is scored though something varies."""
    squares = squares_of(target, line, wanted)
    if squares is None:
        return math.nan if any(wanted.variance.values()) else 0.0
    return squares.mean


def _of_reference(target: TargetSummary, wanted: Wanted, condition: str) -> float:
    """The mean square error of the reference itself."""
    return wanted.variance[condition] / runs_behind(target.conditions[condition], wanted.part.partition("/")[0])


def _limit(target: TargetSummary, wanted: Wanted) -> float:
    """The least mean square error that the references tell from none."""
    each = [CLAIMED * _of_reference(target, wanted, c) for c in wanted.variance]
    return float(np.mean(each)) / math.sqrt(len(each))


def _upfront(line: Line) -> float:
    """Seconds before the first sample: training and compilation, of a Sampler that does not train at each condition."""
    return 0.0 if _trains_anew(line) else line.seconds["train"] + line.seconds["compile"]


def _weighing(line: Line) -> float:
    """Seconds that a Sampler takes for each run beyond the solver's; one that trains does so at each condition."""
    phases = ("sample", "train", "compile") if _trains_anew(line) else ("sample",)
    spent = sum(line.seconds.get(phase, 0.0) for phase in phases)
    return spent / line.solver_runs if line.solver_runs else 0.0


def _trains_anew(line: Line) -> bool:
    """Whether it is a Sampler that learns its control from the runs of each condition."""
    return line.kind == "sampler" and line.seconds["train"] > 0

"""What each method of a target offers for an ask: squared biases, variances and seconds, from its scores.

With e its errors of a quantity, v the variance of one run and a reference of R runs, means taken over conditions:

    Generator             bias^2 = max(mean of e^2 - v/M - v/R, l), M samples scored; the law's own error
    plain Monte Carlo     bias 0 and v itself, at any number of runs
    another Sampler       v' = n max(mean of e^2 - v/R, l), n runs a condition; so for each budget, from n runs on
    limit                 l = mean of 3 v/R / sqrt(K), K conditions

With two replicates or more, the upper end of the mean's interval over them (`statistics.mean_squares`) stands for it,
since one of many methods has small errors by chance: what is offered must hold surely. The mean itself, what is
expected, stands beside.

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

from sgmbench.report.summary import CAP_FRACTION, Line, TargetSummary
from sgmbench.report.wanted import Ask, Wanted, is_monte_carlo, scored_lines, wanted_of
from sgmbench.statistics.crossover import Offer
from sgmbench.statistics.mean_squares import effective_numbers, mean_square_interval, replicates_below


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
    surely = {name: squares.interval[1] for name, squares in _of_replicates(target, line, wanted).items()}
    return _offer(target, line, wanted, expected | surely, expected)


def _offer(
    target: TargetSummary,
    line: Line,
    wanted: list[Wanted],
    squares: dict[str, float],
    expected: dict[str, float] | None = None,
) -> Offer:
    """The offer of a method with these mean squares of its errors; plain Monte Carlo's are known better."""
    v = {w.name: float(np.mean(list(w.variance.values()))) for w in wanted}
    if is_monte_carlo(line):
        return Offer(line.method, line.budget, True, dict.fromkeys(v, 0.0), v, _upfront(line), _weighing(line))
    limit = {w.name: _limit(target, w) for w in wanted}
    seen = _seen(squares, limit)
    if line.kind != "sampler":
        upfront, each, extra = _upfront(line), line.seconds_a_sample, line.extra_samples
        own = _seen(expected or squares, limit)
        return Offer(line.method, line.budget, False, seen, v, upfront, each, extra, limit=limit, expected=own)
    runs = line.solver_runs / max(len(line.samples_each), 1)
    variance = {name: runs * square if np.isfinite(square) else v[name] for name, square in seen.items()}
    bias2 = {name: 0.0 if np.isfinite(square) else math.inf for name, square in seen.items()}
    upfront, each, fewest = _upfront(line), _weighing(line), max(2.0, runs)
    return Offer(line.method, line.budget, True, bias2, variance, upfront, each, fewest=fewest)


def _seen(squares: dict[str, float], limit: dict[str, float]) -> dict[str, float]:
    """No less than what the references tell from none; infinite where nothing was scored."""
    return {name: max(square, limit[name]) if np.isfinite(square) else math.inf for name, square in squares.items()}


class Squares(NamedTuple):
    """Squared errors of one quantity.

    Attributes:
        values: the mean over conditions, replicate by replicate.
        noise: what the samples' and the reference's numbers make of it.
        numbers: of how many conditions, as far as the scatter of the mean goes.
    """

    values: Float[np.ndarray, " replicates"]
    noise: float
    numbers: float

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the interval of the mean without noise; of a single replicate there are none."""
        low, high = mean_square_interval(self.values, numbers=self.numbers) or (-math.inf, math.inf)
        return low - self.noise, high - self.noise


def squares_of(target: TargetSummary, line: Line, wanted: Wanted) -> Squares | None:
    """Those of a method; None where nothing is scored. A field that is constant at a condition has no error there."""
    errors = line.replicate_errors[wanted.part]
    scored = [c for c in wanted.variance if c in errors]
    if not scored:
        return None
    if wanted.part == "energy/d2":
        mu = line.replicate_errors["energy/mu"]
        return _squares([np.array(errors[c]) / np.array(mu[c]) for c in scored], [0.0])
    of_sampler = line.kind == "sampler"
    noise = [
        wanted.variance[c] * (1 / target.conditions[c]["size"] + (0.0 if of_sampler else 1 / line.samples_each[c]))
        for c in scored
    ]
    return _squares([np.square(errors[c]) for c in scored], noise)


def _squares(by_condition: list[Float[np.ndarray, " _"]], noise: list[float]) -> Squares:
    """Of as many replicates as every condition has."""
    shortest = min(map(len, by_condition))
    values = np.array([each[:shortest] for each in by_condition])
    return Squares(values.mean(axis=0), float(np.mean(noise)), effective_numbers(values.mean(axis=1)))


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
    known = _of_replicates(target, line, wanted).values()
    needed = [replicates_below(sq.values, tolerance**2 + sq.noise, numbers=sq.numbers) for sq in known]
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
    return float(np.mean(squares.values)) - squares.noise


def _limit(target: TargetSummary, wanted: Wanted) -> float:
    """The least mean square error that the references tell from none."""
    each = [CAP_FRACTION * v / target.conditions[c]["size"] for c, v in wanted.variance.items()]
    return float(np.mean(each)) / math.sqrt(len(each))


def _upfront(line: Line) -> float:
    """Seconds before the first sample: training and compilation."""
    return line.seconds["train"] + line.seconds["compile"]


def _weighing(line: Line) -> float:
    """Seconds that a Sampler takes for each run beyond those of the solver."""
    return line.seconds.get("sample", 0.0) / line.solver_runs if line.solver_runs else 0.0

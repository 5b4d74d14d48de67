"""What each method of a target offers for an ask: squared biases, variances and seconds, from its scores.

With e its errors of a quantity, v the variance of one run and a reference of R runs, means taken over conditions:

    Generator             bias^2 = max(mean of e^2 - v/M - v/R, l), M samples scored; the law's own error
    plain Monte Carlo     bias 0 and v itself, at any number of runs
    another Sampler       v' = n max(mean of e^2 - v/R, l), n runs a condition; so for each budget, from n runs on
    limit                 l = mean of 3 v/R / sqrt(K), K conditions

Negative estimates at single conditions and replicates are kept until the mean is taken, so that noise cancels. Below
the limit l the references cannot tell an error from none. Under none (e^2 - v/R) / (v/R) is, for a single number, a
chi-square with one degree of freedom less 1, of sd sqrt 2, the same for all replicates and independent between
conditions: l is 2.1 standard deviations of its mean, and the error of a third of the reference's runs at one condition.
Of energy e^2 is D2/mu, an estimate that has no such noise in its mean, and v is 1.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from sgmbench.config.annotations import any_of
from sgmbench.core.quantity import Quantity
from sgmbench.report.format import several
from sgmbench.report.summary import CAP_FRACTION, Line, TargetSummary
from sgmbench.statistics.crossover import Offer
from sgmbench.statistics.intervals import t_half_width

Ask = dict[str, Any]
"""An ask as plain data, see `core.experiment.Ask`."""

ALL = ""
ByCondition = dict[str, Float[np.ndarray, " replicates"]]


class Wanted(NamedTuple):
    """A quantity of one field: its name in a sentence, its score, and v by condition."""

    name: str
    part: str
    variance: dict[str, float]


def wanted_of(target: TargetSummary, ask: Ask, conditions: Iterable[str]) -> list[Wanted]:
    """All that is asked, field by field."""
    conditions, found = list(conditions), []
    for quantity in quantities_of(ask):
        for field in fields_of(target, quantity):
            v = {c: _variance(target, quantity, field, c) for c in conditions}
            found.append(Wanted(quantity.of(field), quantity.part(field), v))
    return found


def quantities_of(ask: Ask) -> list[Quantity]:
    """What is asked."""
    return [Quantity.parse(text) for text in ask["quantities"]]


def fields_of(target: TargetSummary, quantity: Quantity) -> list[str]:
    """The fields of which a quantity is asked; the whole law is of all together."""
    if quantity.statistic == "energy":
        return [ALL]
    return [quantity.field] if quantity.field else varying_fields(target)


def varying_fields(target: TargetSummary) -> list[str]:
    """Fields that are not constant at every condition."""
    everywhere = [condition["variances"] for condition in target.conditions.values()]
    return [name for name in everywhere[0] if any(variances[name]["mean"] > 0 for variances in everywhere)]


def scored_conditions(target: TargetSummary) -> list[str]:
    """The conditions that answer for the prior: those drawn from it, where there are any."""
    return target.drawn or target.listed


def refusal(target: TargetSummary, ask: Ask) -> str:
    """Why an ask has no answer, with the remedy; "" where it has one."""
    good = [line for line in target.lines if line.is_usable]
    if not good:
        return f"no answer, since {target.without_good}."
    varying = varying_fields(target)
    if not varying:
        return "nothing to answer, since no field varies."
    quantities = quantities_of(ask)
    for quantity in quantities:
        if quantity.field and quantity.field not in varying:
            is_known = any(quantity.field in condition["variances"] for condition in target.conditions.values())
            why = f"{quantity.field} does not vary" if is_known else f"there is no field {quantity.field}"
            return f"no answer, since {why}; ask for {any_of(varying)}."
    parts = {part for line in good for part in line.errors}
    metrics = {part.partition("/")[0] for part in parts}
    if missing := list(dict.fromkeys(q.metric for q in quantities if q.metric not in metrics)):
        return f"no answer, since {several(missing)} {'is' if len(missing) == 1 else 'are'} not among the metrics."
    for quantity in quantities:
        if quantity.statistic != "quantile":
            continue
        if not any(quantity.part(field) in parts for field in fields_of(target, quantity)):
            level = f"{quantity.level} is not among the levels of the metric quantiles"
            return f"no answer, since {level}; add it there and run again."
        if not _has_variance(target, quantity):
            return f"no answer, since this run does not hold the variance of {quantity.noun}; run it again."
    if not offers_of(target, ask, scored_conditions(target)):
        return "no answer, since no method was scored in all that is asked; ask for fewer quantities."
    return ""


def _has_variance(target: TargetSummary, quantity: Quantity) -> bool:
    fields = fields_of(target, quantity)
    return all(quantity.key in c["variances"][field] for c in target.conditions.values() for field in fields)


def _variance(target: TargetSummary, quantity: Quantity, field: str, condition: str) -> float:
    if quantity.statistic == "energy":
        return 1.0
    return target.conditions[condition]["variances"][field][quantity.key]


def is_monte_carlo(line: Line) -> bool:
    """Whether a line is of plain Monte Carlo, of which errors are known without measuring them."""
    return line.kind == "sampler" and (line.algorithm or line.method) == "monte_carlo"


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


def scored_lines(target: TargetSummary, wanted: list[Wanted]) -> Iterator[Line]:
    """The lines that have all scores that are asked."""
    for line in target.lines:
        if line.is_usable and (is_monte_carlo(line) or all(w.part in line.errors for w in wanted)):
            yield line


def offer_of(target: TargetSummary, line: Line, wanted: list[Wanted]) -> Offer:
    """What one method at one budget offers."""
    return _offer(target, line, wanted, _mean_squares(target, line, wanted))


def _offer(target: TargetSummary, line: Line, wanted: list[Wanted], squares: dict[str, float]) -> Offer:
    """The offer of a method with these mean squares of its errors; plain Monte Carlo's are known better."""
    v = {w.name: float(np.mean(list(w.variance.values()))) for w in wanted}
    if is_monte_carlo(line):
        return Offer(line.method, line.budget, True, dict.fromkeys(v, 0.0), v, _upfront(line), _weighing(line))
    limit = {w.name: _limit(target, w) for w in wanted}
    seen = {name: max(square, limit[name]) if np.isfinite(square) else math.inf for name, square in squares.items()}
    if line.kind != "sampler":
        upfront, each, extra = _upfront(line), line.seconds_a_sample, line.extra_samples
        return Offer(line.method, line.budget, False, seen, v, upfront, each, extra, limit=limit)
    runs = line.solver_runs / max(len(line.samples_each), 1)
    variance = {name: runs * square if np.isfinite(square) else v[name] for name, square in seen.items()}
    bias2 = {name: 0.0 if np.isfinite(square) else math.inf for name, square in seen.items()}
    upfront, each, fewest = _upfront(line), _weighing(line), max(2.0, runs)
    return Offer(line.method, line.budget, True, bias2, variance, upfront, each, fewest=fewest)


def excess(target: TargetSummary, line: Line, wanted: Wanted) -> ByCondition:
    """Squared errors by condition and replicate, less what the samples' and the reference's numbers make of them.

    A field that is constant at a condition has no error there.
    """
    errors = line.replicate_errors[wanted.part]
    if wanted.part == "energy/d2":
        mu = line.replicate_errors["energy/mu"]
        return {c: np.array(errors[c]) / np.array(mu[c]) for c in wanted.variance if c in errors}
    of_sampler = line.kind == "sampler"
    noise = {
        c: v / target.conditions[c]["size"] + (0.0 if of_sampler else v / line.samples_each[c])
        for c, v in wanted.variance.items()
        if c in errors
    }
    return {c: np.square(errors[c]) - level for c, level in noise.items()}


class Spread(NamedTuple):
    """One offer as the replicates have it: that of each, and those of the ends of the interval of its mean squares.

    `low` and `high` are of smaller and of larger errors than the offer's own.
    """

    each: list[Offer]
    low: Offer
    high: Offer


def spread_of(target: TargetSummary, line: Line, wanted: list[Wanted]) -> Spread | None:
    """The spread of an offer over its replicates; None of a single one, and of plain Monte Carlo, which is known."""
    if is_monte_carlo(line):
        return None
    by_replicate = {w.name: _by_replicate(found) for w in wanted if (found := excess(target, line, w))}
    replicates = min((len(values) for values in by_replicate.values()), default=0)
    if replicates < 2:
        return None
    own = _mean_squares(target, line, wanted)
    mean = {name: float(np.mean(values)) for name, values in by_replicate.items()}
    half = {name: t_half_width(values) for name, values in by_replicate.items()}

    def offer(squares: dict[str, float]) -> Offer:
        return _offer(target, line, wanted, own | squares)

    return Spread(
        [offer({name: float(values[r]) for name, values in by_replicate.items()}) for r in range(replicates)],
        offer({name: mean[name] - half[name] for name in mean}),
        offer({name: mean[name] + half[name] for name in mean}),
    )


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


def _by_replicate(found: ByCondition) -> Float[np.ndarray, " replicates"]:
    """Means over conditions, replicate by replicate."""
    shortest = min(len(values) for values in found.values())
    return np.mean([values[:shortest] for values in found.values()], axis=0)


def _mean_squares(target: TargetSummary, line: Line, wanted: list[Wanted]) -> dict[str, float]:
    """Of the errors of each quantity; plain Monte Carlo need not be scored in it."""
    return {} if is_monte_carlo(line) else {w.name: _mean_square(target, line, w) for w in wanted}


def _mean_square(target: TargetSummary, line: Line, wanted: Wanted) -> float:
    """Over replicates, then over conditions; NaN where nothing is scored though something varies."""
    found = excess(target, line, wanted)
    if not found:
        return math.nan if any(wanted.variance.values()) else 0.0
    return float(np.mean([np.mean(values) for values in found.values()]))


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

"""The answer in sentences: what each ask costs with each method, and where one takes over from another.

Everything follows `statistics.crossover`. A Generator's squared bias is estimated from its error at each condition, the
sampling errors of its M scored samples and of the reference taken out, averaged over conditions and replicates.
"""

import math
from collections.abc import Iterable

import numpy as np

from sgmbench.report.format import count, percent, seconds, several
from sgmbench.report.summary import ENERGY, Line, Summary, TargetSummary
from sgmbench.statistics.crossover import (
    Offer,
    cheapest,
    crossover_conditions,
    crossover_cost_per_run,
)

METRIC_OF = {"mean": "mean", "sd": "standard_deviation"}
NAME_OF = {"mean": "mean", "sd": "standard deviation"}
Ask = dict
"""An ask as plain data, see `core.experiment.Ask`."""


def answers(summary: Summary) -> list[str]:
    """One paragraph for each target and ask."""
    asks = summary.record["configuration"]["ask"]
    return [_answer(target, ask) for target in summary.targets for ask in asks if target.lines]


def offers_of(target: TargetSummary, ask: Ask, conditions: Iterable[str]) -> list[Offer]:
    """What every method offers for an ask, over some of the conditions; Monte Carlo once, whatever its budgets."""
    offers, seen = [], set()
    for line in target.lines:
        if line.failed == line.replicates or (line.kind == "sampler" and line.method in seen):
            continue
        seen.add(line.method)
        offers.append(_offer(target, line, ask, list(conditions)))
    return offers


def _offer(target: TargetSummary, line: Line, ask: Ask, conditions: list[str]) -> Offer:
    variance, bias2 = {}, {}
    for quantity in ask["quantities"]:
        for field in _fields(target):
            v = {c: target.conditions[c]["variances"][field][quantity] for c in conditions}
            name = f"{NAME_OF[quantity]} of {field}"
            variance[name] = float(np.mean(list(v.values())))
            bias2[name] = 0.0 if line.kind == "sampler" else _bias2(target, line, f"{METRIC_OF[quantity]}/{field}", v)
    return Offer(
        label=line.method,
        is_sampler=line.kind == "sampler",
        bias2=bias2,
        variance=variance,
        budget=line.budget,
        upfront=line.seconds["train"] + line.seconds["compile"],
        seconds_a_sample=line.seconds_a_sample,
        extra_samples=line.extra_samples,
    )


def _bias2(target: TargetSummary, line: Line, part: str, variance: dict[str, float]) -> float:
    """Mean over conditions of the squared bias, floored at zero only after the mean so that noise cancels."""
    excess = [
        np.mean(np.square(line.replicate_errors[part][c])) - v / line.samples_each[c] - v / target.conditions[c]["size"]
        for c, v in variance.items()
    ]
    return max(0.0, float(np.mean(excess)))


def _fields(target: TargetSummary) -> list[str]:
    """Fields that vary."""
    first = next(iter(target.conditions.values()))
    return [name for name, v in first["variances"].items() if v["mean"] > 0]


def _answer(target: TargetSummary, ask: Ask) -> str:
    if target.failed_because:
        return f"{target.name}: no answer: {target.failed_because}."
    offers = offers_of(target, ask, target.drawn or target.listed)
    sampler = next((offer for offer in offers if offer.is_sampler), None)
    generators = [offer for offer in offers if not offer.is_sampler]
    runs = max(offers[0].variance.values()) / ask["tolerance"] ** 2
    wanted = f"{several([NAME_OF[q] for q in ask['quantities']])} of {several(_fields(target))}"
    sentences = [
        f"{target.name.capitalize()}: for {wanted} to {percent(ask['tolerance'])} ({count(runs)} runs' worth),"
    ]
    sentences += [_at_cost(target, ask, offers, sampler, cost) for cost in ask["cost_per_run"]]
    sentences += _infeasible(ask, generators)
    best = _best_generator(target)
    if best is not None:
        sentences.append(_worth(target, best))
    return " ".join(sentences)


def _at_cost(target: TargetSummary, ask: Ask, offers: list[Offer], sampler: Offer | None, cost: str | float) -> str:
    """Who is cheapest at one cost a run, for Q from few to many, and from where."""
    measured = cost == "measured"
    c = target.seconds_a_run if measured else float(cost)
    eps, queries = ask["tolerance"], ask["conditions"] if target.name == "conditional" else [1]
    best = {Q: cheapest(offers, tolerance=eps, conditions=Q, cost_per_run=c) for Q in queries}
    if all(offer is None for offer in best.values()):
        return f"at {seconds(c)} a run no method reaches it."
    start = f"at {seconds(c)} a run{' (measured)' if measured else ''}"
    winners = list(dict.fromkeys(_name(offer) for offer in best.values() if offer))
    if len(queries) == 1 or len(winners) == 1:
        said = f"{start} {winners[0]} is cheapest"
        said += f" at Q = {several([str(Q) for Q in queries])}" if len(queries) > 1 else ""
    else:
        parts = [
            f"{_name(offer)} at Q = {several([str(Q) for Q in queries if best[Q] is offer])}"
            for offer in dict.fromkeys(best.values())
            if offer
        ]
        said = f"{start} the cheapest is {several(parts)}"
    return f"{said}{_crossover(offers, sampler, eps=eps, c=c, queries=queries)}."


def _crossover(offers: list[Offer], sampler: Offer | None, *, eps: float, c: float, queries: list[int]) -> str:
    """From how many conditions (or from what cost a run) a Generator takes over from Monte Carlo."""
    feasible = [offer for offer in offers if not offer.is_sampler and offer.is_feasible(eps)]
    if sampler is None or not feasible:
        return ""
    if len(queries) == 1:
        starts = [(crossover_cost_per_run(o, sampler, tolerance=eps, conditions=1), o) for o in feasible]
        start, first = min(starts, key=lambda pair: pair[0])
        if math.isinf(start):
            return "; no generator overtakes Monte Carlo at any cost a run"
        return f"; {_name(first)} overtakes Monte Carlo from {seconds(start)} a run"
    starts = [(crossover_conditions(o, sampler, tolerance=eps, cost_per_run=c), o) for o in feasible]
    start, first = min(starts, key=lambda pair: pair[0])
    if math.isinf(start):
        return "; no generator ever overtakes Monte Carlo"
    return f"; {_name(first)} overtakes Monte Carlo from {count(start)} condition{'s' * (start > 1)}"


def _infeasible(ask: Ask, generators: list[Offer]) -> list[str]:
    """Which Generators cannot reach the tolerance, at their best budget, and what stops them."""
    best: dict[str, Offer] = {}
    for offer in generators:
        if offer.label not in best or offer.smallest_tolerance < best[offer.label].smallest_tolerance:
            best[offer.label] = offer
    missed = [offer for offer in best.values() if not offer.is_feasible(ask["tolerance"])]
    if not missed:
        return []
    said = [f"{o.label} ({percent(o.smallest_tolerance)}, {max(o.bias2, key=o.bias2.__getitem__)})" for o in missed]
    return [f"Never, whatever the number of samples: {several(said)}."]


def _best_generator(target: TargetSummary) -> Line | None:
    generators = [line for line in target.lines if line.kind == "generator" and ENERGY in line.equivalent]
    return max(generators, key=lambda line: line.median().value, default=None)


def _worth(target: TargetSummary, line: Line) -> str:
    """Equivalent runs of the best Generator: median over drawn conditions, and the worst, named."""
    who = f"{line.method} from {count(line.budget)} runs is worth"
    if len(target.conditions) == 1:
        amplification = line.median().value / line.budget
        return f"{who} {runs_text(line.median())} runs (energy), {amplification:.2g} times what it learned from."
    name, worst = line.worst()
    z = ", ".join(f"{value:.3g}" for value in target.conditions[name]["z"])
    return (
        f"{who} {runs_text(line.median())} runs at a condition (energy, median of {len(target.conditions)}; "
        f"worst {runs_text(worst)} at {name} = ({z}))."
    )


def runs_text(runs) -> str:
    """Equivalent runs as words."""
    return f"{'at least ' if runs.at_least else ''}{count(runs.value)}"


def _name(offer: Offer) -> str:
    return (
        offer.label
        if offer.is_sampler
        else f"{offer.label} ({count(offer.budget)} runs, {seconds(offer.upfront)} of training)"
    )

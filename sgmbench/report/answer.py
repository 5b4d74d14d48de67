"""The answer in sentences: what the samples are worth, what each ask costs, and where one method overtakes another."""

import math

from sgmbench.report.format import count, percent, seconds, several
from sgmbench.report.offers import METRIC_OF, NAME_OF, Ask, offer_of, offers_of, varying_fields
from sgmbench.report.pairs import ranking
from sgmbench.report.summary import ENERGY, Line, Summary, TargetSummary
from sgmbench.statistics.crossover import Offer, cheapest, crossover_conditions, crossover_cost_per_run
from sgmbench.statistics.equivalent_runs import EquivalentRuns


def answers(summary: Summary) -> list[str]:
    """For each target a sentence on what its best Generator is worth, then a paragraph for each ask.

    Of methods scored over held-out pairs there is a ranking and no more.
    """
    paragraphs = []
    for target in summary.targets:
        name = target.name.capitalize()
        if target.failed_because:
            paragraphs.append(f"{name}: no answer, since {target.failed_because}.")
            continue
        if target.pairs:
            paragraphs.append(f"{name}: {ranking(target)}")
            continue
        if best := _best_generator(target):
            paragraphs.append(f"{name}: {_worth(target, best)}")
        asks = summary.record["configuration"]["ask"]
        paragraphs += [f"{name}: {_refusal(target, ask) or _answer(target, ask)}" for ask in asks if target.lines]
    return paragraphs


def _best_generator(target: TargetSummary) -> Line | None:
    generators = [line for line in target.lines if line.kind == "generator" and ENERGY in line.equivalent]
    return max(generators, key=lambda line: line.median().value, default=None)


def _worth(target: TargetSummary, line: Line) -> str:
    """Equivalent runs of the best Generator, its median over conditions and its worst, named."""
    who = f"{line.method} from {count(line.budget)} runs is worth"
    if len(target.conditions) == 1:
        times = line.median().value / line.budget
        return f"{who} {_runs(line.median())} runs by energy, {times:.2g} times the runs that it learned from."
    name, worst = line.worst()
    return (
        f"{who} {_runs(line.median())} runs at a condition by energy (median of {len(target.conditions)}; worst "
        f"{_runs(worst)} at {_at(target, name)})."
    )


def _refusal(target: TargetSummary, ask: Ask) -> str:
    """Why an ask has no answer, or no words."""
    good = [line for line in target.lines if line.failed < line.replicates]
    if not good:
        return "no answer, since every cell failed."
    if not varying_fields(target):
        return "nothing to answer, since no field varies."
    scored = {part.partition("/")[0] for line in good for part in line.errors}
    missing = [METRIC_OF[quantity] for quantity in ask["quantities"] if METRIC_OF[quantity] not in scored]
    return f"no answer, since {several(missing)} is not among the metrics." if missing else ""


def _answer(target: TargetSummary, ask: Ask) -> str:
    offers = offers_of(target, ask, _scored(target))
    runs = max(offers[0].variance.values()) / ask["tolerance"] ** 2
    wanted = f"{several([NAME_OF[q] for q in ask['quantities']])} of {several(varying_fields(target))}"
    sentences = [f"for {wanted} to {percent(ask['tolerance'])} ({count(runs)} runs' worth):"]
    sentences += [_at_cost(target, ask, offers, cost) for cost in ask["cost_per_run"]]
    return " ".join([*sentences, *_reach(target, ask, offers)])


def _scored(target: TargetSummary) -> list[str]:
    """The conditions that answer for the prior: those drawn from it, where there are any."""
    return target.drawn or target.listed


def _at_cost(target: TargetSummary, ask: Ask, offers: list[Offer], cost: str | float) -> str:
    """Who is cheapest at one cost a run for each Q asked, and from where a Generator overtakes Monte Carlo."""
    measured = cost == "measured"
    c = target.seconds_a_run if measured else float(cost)
    eps, queries = ask["tolerance"], ask["conditions"] if target.name == "conditional" else [1]
    if math.isnan(c):
        return _without_cost(offers, eps=eps, queries=queries)
    best = {Q: cheapest(offers, tolerance=eps, conditions=Q, cost_per_run=c) for Q in queries}
    start = f"At {seconds(c)} a run{' (measured)' if measured else ''}"
    if best[queries[0]] is None:
        return f"{start} no method reaches it."
    winners = {offer: several([str(Q) for Q in queries if best[Q] is offer]) for offer in best.values() if offer}
    if len(winners) == 1:
        winner, at = next(iter(winners.items()))
        said = f"{_name(winner)} is cheapest{f' at Q = {at}' if len(queries) > 1 else ''}"
    else:
        said = "the cheapest is " + several([f"{_name(offer)} at Q = {at}" for offer, at in winners.items()])
    return f"{start} {said}; {_crossover(offers, eps=eps, c=c, queries=queries)}."


def _without_cost(offers: list[Offer], *, eps: float, queries: list[int]) -> str:
    """Recorded runs do not say what they took; from what cost on a Generator is cheaper can be said all the same."""
    remedy = "What a run took is not recorded (write cost_per_run in seconds to be told what is cheapest)"
    return f"{remedy}; {_crossover(offers, eps=eps, c=math.nan, queries=queries)}."


def _crossover(offers: list[Offer], *, eps: float, c: float, queries: list[int]) -> str:
    """From how many conditions, or for one law from what cost a run, the first Generator overtakes Monte Carlo."""
    sampler = next((offer for offer in offers if offer.is_sampler), None)
    feasible = [offer for offer in offers if not offer.is_sampler and offer.is_feasible(eps)]
    if sampler is None:
        return "there is no sampler to overtake"
    if not feasible:
        return "no generator reaches the tolerance"
    if len(queries) == 1:
        starts = [(crossover_cost_per_run(o, sampler, tolerance=eps, conditions=1), o) for o in feasible]
    else:
        starts = [(crossover_conditions(o, sampler, tolerance=eps, cost_per_run=c), o) for o in feasible]
    start, first = min(starts, key=lambda pair: pair[0])
    if math.isinf(start):
        return _never(offers, sampler, eps=eps, c=c, queries=queries)
    where = f"{seconds(start)} a run" if len(queries) == 1 else f"{count(start)} condition{'s' * (start > 1)}"
    return f"{_name(first)} overtakes {sampler.label} from {where}"


def _never(offers: list[Offer], sampler: Offer, *, eps: float, c: float, queries: list[int]) -> str:
    """No Generator stays ahead; where runs cost next to nothing, compilation can put one ahead all the same."""
    ahead = cheapest(offers, tolerance=eps, conditions=queries[0], cost_per_run=c)
    if len(queries) == 1 and not math.isnan(c) and ahead is not None and not ahead.is_sampler:
        start = crossover_cost_per_run(sampler, ahead, tolerance=eps, conditions=1)
        return f"{sampler.label} overtakes it from {seconds(start)} a run"
    return f"no generator ever overtakes {sampler.label}"


def _reach(target: TargetSummary, ask: Ask, offers: list[Offer]) -> list[str]:
    """How far each Generator comes at its best budget: the error that no number of samples undercuts."""
    best: dict[str, Offer] = {}
    for offer in offers:
        if not offer.is_sampler:
            known = best.get(offer.label, offer)
            best[offer.label] = min(known, offer, key=lambda each: each.smallest_tolerance)
    sentences = [_share(target, ask, offer) for offer in best.values() if offer.is_feasible(ask["tolerance"])]
    missed = [offer for offer in best.values() if not offer.is_feasible(ask["tolerance"])]
    if missed:
        said = [f"{o.label} ({percent(o.smallest_tolerance)}, {_worst_quantity(o)})" for o in missed]
        sentences.append(f"Never, whatever the number of samples: {several(said)}.")
    return sentences


def _share(target: TargetSummary, ask: Ask, offer: Offer) -> str:
    """At how many conditions a Generator that is feasible on average is feasible, and where it is worst."""
    reach = f"{_name(offer)} cannot go below {percent(offer.smallest_tolerance)} ({_worst_quantity(offer)})"
    conditions = _scored(target)
    if len(conditions) == 1:
        return f"{reach}."
    line = next(li for li in target.lines if (li.method, li.budget) == (offer.label, offer.budget))
    each = {c: offer_of(target, line, ask, [c]) for c in conditions}
    within = sum(at.is_feasible(ask["tolerance"]) for at in each.values())
    worst = max(each, key=lambda c: each[c].smallest_tolerance)
    return (
        f"{reach} on average; it is within tolerance at {within} of {len(conditions)} conditions, worst "
        f"{percent(each[worst].smallest_tolerance)} ({_worst_quantity(each[worst])}) at {_at(target, worst)}."
    )


def _at(target: TargetSummary, condition: str) -> str:
    z = ", ".join(f"{value:.3g}" for value in target.conditions[condition]["z"])
    return f"{condition} = ({z})"


def _worst_quantity(offer: Offer) -> str:
    return max(offer.bias2, key=offer.bias2.__getitem__)


def _runs(runs: EquivalentRuns) -> str:
    return f"{'at least ' if runs.at_least else ''}{count(runs.value)}"


def _name(offer: Offer) -> str:
    if offer.is_sampler:
        return offer.label
    return f"{offer.label} ({count(offer.budget)} runs, {seconds(offer.upfront)} of training)"

"""Overtaking: who is cheapest at one cost a run, and from where on a Generator is cheaper than every way to run more.

A Generator's rival is the cheapest Sampler that reaches the tolerance at the largest Q asked. Q grows where there are
conditions; of one law, and of recorded runs of unknown cost, c does; `ask` tells of both. Beside the crossover stands
that of the Generator's smaller errors and the rival's larger ones, both ends of their intervals over replicates, and
the other way round, and that of its worst replicate; so, too, beside the tolerances for which a method stays cheapest.
Beside the winner stands in how many replicates it is cheapest by their own errors, among the methods that surely reach
the tolerance. And where methods were run that see the germ, which is known then, a Generator that is cheapest, or
overtakes, without having met `control_variate` is said to: it is the strongest rival. Where none were, the run as a
whole says so (`report.answer`).
"""

import math
from collections.abc import Callable
from dataclasses import replace

from sgmbench import registry
from sgmbench.report.asking import Question
from sgmbench.report.format import count, percent, seconds, several
from sgmbench.report.offers import Spread, line_of, spread_of
from sgmbench.report.summary import Line
from sgmbench.report.wanted import scored_conditions, wanted_of
from sgmbench.statistics.crossover import Offer, Reign, cost, reign

STRONGEST = "control_variate"


def at_cost(asked: Question) -> str:
    """Who is cheapest for each Q asked, and from where on a Generator overtakes the cheapest Sampler."""
    if math.isnan(asked.c):
        remedy = "What a run took is not recorded (write cost_per_run in seconds to be told what is cheapest)"
        return f"{remedy}; {_overtaking(asked)}."
    start = f"At {cost_words(asked)}"
    if asked.cheapest(asked.queries[0]) is None:
        return f"{start} no method {'is seen to reach' if _is_limited(asked) else 'reaches'} it."
    winners: dict[str, list[str]] = {}
    for Q in asked.queries:
        if best := asked.cheapest(Q):
            winners.setdefault(name_of(best), []).append(f"{Q}{_agreement(asked, Q)}")
    if len(winners) == 1:
        winner, at = next(iter(winners.items()))
        where = _agreement(asked, 1) if asked.is_one_law else f" at Q = {several(at)}"
        said = f"{winner} is cheapest{where}"
    else:
        said = "the cheapest is " + several([f"{winner} at Q = {several(at)}" for winner, at in winners.items()])
    return f"{start} {said}{_not_met(asked) if _is_ahead(asked) else ''}; {_overtaking(asked)}."


def _is_ahead(asked: Question) -> bool:
    """Whether a Generator is cheapest at any Q asked; at a cost that is not known nobody is."""
    winners = [] if math.isnan(asked.c) else map(asked.cheapest, asked.queries)
    return any(best is not None and not best.is_sampler for best in winners)


def _not_met(asked: Question) -> str:
    """Where a germ is known: that the strongest rival was not run, or in vain; "" where a Generator has met it."""
    kinds = [kind_of(line) for line in asked.target.lines]
    if asked.target.name not in registry.load("methods", STRONGEST).targets or not any(map(sees_germ, kinds)):
        return ""
    if STRONGEST not in kinds:
        return f", not set against {STRONGEST}, which was not run"
    is_met = any(line.is_usable for line, kind in zip(asked.target.lines, kinds, strict=True) if kind == STRONGEST)
    return "" if is_met else f", not set against {STRONGEST}, whose cells failed or are invalid"


def kind_of(line: Line) -> str:
    """Of which method a line is, whatever its label."""
    return line.algorithm or line.method


def sees_germ(kind: str) -> bool:
    """Of a method of this package; of a user's own it is not known."""
    return registry.is_registered("methods", kind) and registry.load("methods", kind).sees_germ


def spent(asked: Question) -> str:
    """Core-seconds of the cheapest answer for each Q, and its wall-clock on several workers; "" where none is told."""
    if math.isnan(asked.c):
        return ""
    said = []
    for Q in asked.queries:
        if best := asked.cheapest(Q):
            core, clock = (
                cost(best, tolerance=asked.tolerance, conditions=Q, cost_per_run=c)
                for c in (asked.cost_per_run, asked.c)
            )
            unit = "" if said else " core-seconds"
            wall = f" ({seconds(clock)} of wall-clock)" if asked.workers > 1 else ""
            said.append(f"{count(core)}{unit}{wall}{'' if asked.is_one_law else f' at Q = {Q}'}")
    return f"At {cost_words(asked)} the answer takes {several(said)}." if said else ""


def _agreement(asked: Question, Q: int) -> str:
    """In brackets, in how many replicates the winner is the same, and who is in its place where in none; "" of all."""
    best, winners = asked.cheapest(Q), asked.winners(Q)
    agreeing, of = winners.count(best.label if best else ""), len(winners)
    if agreeing == of:
        return ""
    others = [] if agreeing else list(dict.fromkeys(filter(None, winners)))
    favored = f", whose own errors favor {several(others)}" if others else ""
    return f" (in {agreeing} of {of} replicates{favored})"


def reign_of(asked: Question) -> str:
    """For which tolerances the cheapest at the largest Q stays so, and who is cheapest beyond; "" of nobody."""
    if math.isnan(asked.c):
        return ""
    Q = max(asked.queries)
    found, winner = _reign(asked, asked.offers), asked.cheapest(Q)
    if found is None or winner is None:
        return ""
    others, ends = _other_reigns(asked, winner.label), []
    if found.low > 0:
        doubt = _doubt([found.low, *(min(each.low, asked.tolerance) for each in others)], worst=max)
        ends.append(f"from {percent(found.low)} ({doubt}{found.below.label if found.below else 'nobody'} below)")
    if found.high < math.inf:
        doubt = _doubt([found.high, *(max(each.high, asked.tolerance) for each in others)], worst=min)
        ends.append(f"up to {percent(found.high)} ({doubt}{found.above.label if found.above else 'nobody'} above)")
    at = "" if asked.is_one_law else f" at Q = {Q}"
    which = f"tolerances {' '.join(ends)}" if ends else "any tolerance"
    return f"At {cost_words(asked)}{at} {winner.label} is cheapest for {which}."


def _reign(asked: Question, offers: list[Offer], label: str | None = None) -> Reign | None:
    Q = max(asked.queries)
    return reign(offers, tolerance=asked.tolerance, conditions=Q, cost_per_run=asked.c, label=label)


def _other_reigns(asked: Question, label: str) -> list[Reign]:
    """Those of the winner by the ends of the intervals of all errors, the wide one first, then by each replicate of it.

    The first has its smaller errors beside the larger ones of its rivals, the second the other way round. Where it is
    not even cheapest at the tolerance that is asked its reign is that tolerance alone. Empty of a single replicate.
    """
    spreads = [_spread_of(asked, offer) for offer in asked.offers]
    pairs = list(zip(asked.offers, spreads, strict=True))
    wide = [spread.low if spread and offer.label == label else offer for offer, spread in pairs]
    narrow = [spread.low if spread and offer.label != label else offer for offer, spread in pairs]
    each = [
        [spread.each[r] if spread and offer.label == label else offer for offer, spread in pairs]
        for r in range(min((len(s.each) for offer, s in pairs if s and offer.label == label), default=0))
    ]
    alone = Reign(asked.tolerance, asked.tolerance, None, None)
    return [_reign(asked, offers, label) or alone for offers in (wide, narrow, *each) if any(spreads)]


def _doubt(ends: list[float], *, worst: Callable[[list[float]], float]) -> str:
    """Interval and worst replicate of the first of these ends; "" where all read the same."""
    if len({percent(end) for end in ends}) == 1:
        return ""
    low, high = (percent(end) if end < math.inf else "any" for end in sorted(ends[1:3]))
    each = f"worst replicate {percent(worst(ends[3:]))}; " if ends[3:] else ""
    return f"interval {low} to {high}; {each}"


def cost_words(asked: Question) -> str:
    """1 s a run (measured) on 8 workers."""
    measured = " (measured)" if asked.cost == "measured" else ""
    workers = f" on {asked.workers:,} workers" if asked.workers > 1 else ""
    return f"{seconds(asked.cost_per_run)} a run{measured}{workers}"


def name_of(offer: Offer) -> str:
    """A Sampler by its label, a Generator with what it took."""
    if offer.is_sampler:
        return offer.label
    return f"{offer.label} ({count(offer.budget)} runs, {seconds(offer.upfront)} of training)"


def reach_of(offer: Offer, doubt: str = "") -> str:
    """How far an offer comes as expected, and what keeps it from more: 2.9 % (mean of c)."""
    unseen = "" if offer.is_seen(offer.worst_quantity) else "the reference tells no less"
    return f"{percent(offer.expected_tolerance)} ({'; '.join(filter(None, [offer.worst_quantity, unseen, doubt]))})"


def _is_limited(asked: Question) -> bool:
    """Whether some Generator falls short by what reference or replicates cannot tell, and no more."""
    generators = [offer for offer in asked.offers if not offer.is_sampler]
    return any(offer.hopeless_tolerance < asked.tolerance for offer in generators)


def over_cost(asked: Question) -> str:
    """From which cost of a run on a Generator overtakes at the largest Q asked.

    "" of one law, whose crossover is told over the cost anyway, and where there are no two to compare.
    """
    dear = replace(asked, cost=math.nan)
    if asked.is_over_cost or dear.rival() is None or not _feasible_generators(dear):
        return ""
    return f"Over the cost of a run {_overtaking(dear)}."


def _feasible_generators(asked: Question) -> list[Offer]:
    return [offer for offer in asked.offers if not offer.is_sampler and offer.is_feasible(asked.tolerance)]


def _overtaking(asked: Question) -> str:
    rival, feasible = asked.rival(), _feasible_generators(asked)
    if not any(offer.is_sampler for offer in asked.offers):
        return "there is no sampler to overtake"
    if rival is None:
        return "no sampler reaches the tolerance"
    if all(offer.is_sampler for offer in asked.offers):
        return "no generator was run"
    if not feasible:
        return f"no generator {'is seen to reach' if _is_limited(asked) else 'reaches'} the tolerance"
    start, first = min(((asked.crossover(o, rival), o) for o in feasible), key=lambda pair: pair[0])
    at = f" at Q = {max(asked.queries)}" if asked.is_over_cost and not asked.is_one_law else ""
    if math.isinf(start):
        return f"{_never(asked, rival)}{at}"
    words = _cost if asked.is_over_cost else _conditions
    unmet = "" if _is_ahead(asked) else _not_met(asked)
    return f"{name_of(first)} overtakes {rival.label} from {words(start)}{at}{_spread(asked, first, rival)}{unmet}"


def _never(asked: Question, rival: Offer) -> str:
    """No Generator stays ahead; where runs cost next to nothing, compilation can put one ahead all the same."""
    ahead = None if math.isnan(asked.c) else asked.cheapest(asked.queries[0])
    if asked.is_one_law and ahead is not None and not ahead.is_sampler:
        return f"{rival.label} overtakes it from {_cost(asked.crossover(rival, ahead))}"
    return f"no generator ever overtakes {rival.label}"


def _spread(asked: Question, offer: Offer, rival: Offer) -> str:
    """The interval of the crossover and its worst replicate, "" of a single one."""
    spread, other = _spread_of(asked, offer), _spread_of(asked, rival)
    if spread is None:
        return ""
    words: Callable[[float], str] = seconds if asked.is_over_cost else count
    ends = (spread.low, other.high if other else rival), (spread.high, other.low if other else rival)
    low, high = (_or_never(asked.crossover(mine, theirs), words) for mine, theirs in ends)
    worst = max(asked.crossover(each, rival) for each in spread.each)
    return f" (interval {low} to {high}; worst replicate: {_or_never(worst, words)})"


def _spread_of(asked: Question, offer: Offer) -> Spread | None:
    wanted = wanted_of(asked.target, asked.ask, scored_conditions(asked.target))
    return spread_of(asked.target, line_of(asked.target, offer), wanted)


def _or_never(start: float, words: Callable[[float], str]) -> str:
    return "never" if math.isinf(start) else words(start)


def _cost(start: float) -> str:
    return f"{seconds(start)} a run"


def _conditions(start: float) -> str:
    return f"{count(start)} condition{'s' * (start > 1)}"

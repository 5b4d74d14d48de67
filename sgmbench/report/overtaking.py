"""Overtaking: who is cheapest at one cost a run, and from where on a Generator is cheaper than every way to run more.

A Generator's rival is the cheapest Sampler that reaches the tolerance at the largest Q asked. Q grows where there are
conditions; of one law, and of recorded runs of unknown cost, c does. Beside the crossover stand those of the ends of
the interval of its squared bias, and that of its worst replicate.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from sgmbench.report.format import count, percent, seconds, several
from sgmbench.report.offers import Ask, line_of, offers_of, scored_conditions, spread_of, wanted_of
from sgmbench.report.summary import TargetSummary
from sgmbench.statistics.crossover import Offer, cheapest, crossover_conditions, crossover_cost_per_run

DEAR = 1e9  # s: where the cost of a run is not known, the rival is the Sampler of fewest runs


@dataclass(frozen=True)
class Question:
    """An ask of one target at one cost a run.

    Attributes:
        target: what is asked about.
        ask: what is wanted.
        cost: seconds of a run, or "measured".
        offers: what there is.
    """

    target: TargetSummary
    ask: Ask
    cost: str | float
    offers: list[Offer]

    @property
    def tolerance(self) -> float:
        """eps."""
        return self.ask["tolerance"]

    @property
    def is_one_law(self) -> bool:
        """Whether there are no conditions to ask at."""
        return self.target.name == "marginal"

    @property
    def queries(self) -> list[int]:
        """Q, 1 of one law."""
        return [1] if self.is_one_law else list(self.ask["conditions"])

    @property
    def workers(self) -> int:
        """W; asks of older runs have none."""
        return self.ask.get("workers", 1)

    @property
    def cost_per_run(self) -> float:
        """Core-seconds of a run; NaN where they are not known."""
        return self.target.seconds_a_run if self.cost == "measured" else float(self.cost)

    @property
    def c(self) -> float:
        """Seconds that a run takes when W are made at a time."""
        return self.cost_per_run / self.workers

    @property
    def is_over_cost(self) -> bool:
        """Whether a crossover is one in the cost of a run."""
        return self.is_one_law or math.isnan(self.c)

    def cheapest(self, Q: int) -> Offer | None:
        """Who answers at least cost."""
        return cheapest(self.offers, tolerance=self.tolerance, conditions=Q, cost_per_run=self.c)

    def rival(self) -> Offer | None:
        """The Sampler to overtake."""
        samplers = [offer for offer in self.offers if offer.is_sampler]
        c = DEAR if math.isnan(self.c) else self.c
        return cheapest(samplers, tolerance=self.tolerance, conditions=max(self.queries), cost_per_run=c)

    def crossover(self, offer: Offer, rival: Offer) -> float:
        """Conditions, or core-seconds of a run, from which on the offer is cheaper."""
        if self.is_over_cost:
            Q = max(self.queries)
            return self.workers * crossover_cost_per_run(offer, rival, tolerance=self.tolerance, conditions=Q)
        return crossover_conditions(offer, rival, tolerance=self.tolerance, cost_per_run=self.c)


def question(target: TargetSummary, ask: Ask, cost: str | float) -> Question:
    """An ask of a target that has an answer, at one of its costs."""
    return Question(target, ask, cost, offers_of(target, ask, scored_conditions(target)))


def at_cost(asked: Question) -> str:
    """Who is cheapest for each Q asked, and from where on a Generator overtakes the cheapest Sampler."""
    if math.isnan(asked.c):
        remedy = "What a run took is not recorded (write cost_per_run in seconds to be told what is cheapest)"
        return f"{remedy}; {_overtaking(asked)}."
    start = f"At {cost_words(asked)}"
    if asked.cheapest(asked.queries[0]) is None:
        return f"{start} no method reaches it."
    winners: dict[str, list[str]] = {}
    for Q in asked.queries:
        if best := asked.cheapest(Q):
            winners.setdefault(name_of(best), []).append(str(Q))
    if len(winners) == 1:
        winner, at = next(iter(winners.items()))
        said = f"{winner} is cheapest{'' if asked.is_one_law else f' at Q = {several(at)}'}"
    else:
        said = "the cheapest is " + several([f"{winner} at Q = {several(at)}" for winner, at in winners.items()])
    return f"{start} {said}; {_overtaking(asked)}."


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


def worst_quantity(offer: Offer) -> str:
    """Of which quantity the bias is largest."""
    return max(offer.bias2, key=offer.bias2.__getitem__)


def reach_of(offer: Offer) -> str:
    """How far an offer comes, and what keeps it from more: 2.9 % (mean of c)."""
    return f"{percent(offer.smallest_tolerance)} ({worst_quantity(offer)})"


def _overtaking(asked: Question) -> str:
    rival = asked.rival()
    feasible = [offer for offer in asked.offers if not offer.is_sampler and offer.is_feasible(asked.tolerance)]
    if not any(offer.is_sampler for offer in asked.offers):
        return "there is no sampler to overtake"
    if rival is None:
        return "no sampler reaches the tolerance"
    if not feasible:
        return "no generator reaches the tolerance"
    start, first = min(((asked.crossover(o, rival), o) for o in feasible), key=lambda pair: pair[0])
    if math.isinf(start):
        return _never(asked, rival)
    words = _cost if asked.is_over_cost else _conditions
    at = f" at Q = {max(asked.queries)}" if asked.is_over_cost and not asked.is_one_law else ""
    return f"{name_of(first)} overtakes {rival.label} from {words(start)}{at}{_spread(asked, first, rival)}"


def _never(asked: Question, rival: Offer) -> str:
    """No Generator stays ahead; where runs cost next to nothing, compilation can put one ahead all the same."""
    ahead = None if math.isnan(asked.c) else asked.cheapest(asked.queries[0])
    if asked.is_one_law and ahead is not None and not ahead.is_sampler:
        return f"{rival.label} overtakes it from {_cost(asked.crossover(rival, ahead))}"
    return f"no generator ever overtakes {rival.label}"


def _spread(asked: Question, offer: Offer, rival: Offer) -> str:
    """The interval of the crossover and its worst replicate, "" of a single one."""
    wanted = wanted_of(asked.target, asked.ask, scored_conditions(asked.target))
    spread = spread_of(asked.target, line_of(asked.target, offer), wanted)
    if spread is None:
        return ""
    words: Callable[[float], str] = seconds if asked.is_over_cost else count
    low, high = (_or_never(asked.crossover(end, rival), words) for end in (spread.low, spread.high))
    worst = max(asked.crossover(each, rival) for each in spread.each)
    return f" (interval {low} to {high}; worst replicate: {_or_never(worst, words)})"


def _or_never(start: float, words: Callable[[float], str]) -> str:
    return "never" if math.isinf(start) else words(start)


def _cost(start: float) -> str:
    return f"{seconds(start)} a run"


def _conditions(start: float) -> str:
    return f"{count(start)} condition{'s' * (start > 1)}"

"""An ask of one target at one cost a run, and who answers it at least cost."""

import math
from dataclasses import dataclass

from sgmbench.report.offers import offers_of, offers_of_replicates
from sgmbench.report.summary import TargetSummary
from sgmbench.report.wanted import Ask, scored_conditions
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
        replicates: what there would be by each replicate alone; empty of a single one.
    """

    target: TargetSummary
    ask: Ask
    cost: str | float
    offers: list[Offer]
    replicates: list[list[Offer]]

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

    def winners(self, Q: int) -> list[str]:
        """Who, whatever its budget, is cheapest by each replicate alone of those that surely reach; "" nobody."""
        sure = {(offer.label, offer.budget) for offer in self.offers if offer.is_feasible(self.tolerance)}
        each = [[o for o in of_one if (o.label, o.budget) in sure] for of_one in self.replicates]
        alone = (cheapest(o, tolerance=self.tolerance, conditions=Q, cost_per_run=self.c) for o in each)
        return [winner.label if winner else "" for winner in alone]

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
    conditions = scored_conditions(target)
    return Question(
        target, ask, cost, offers_of(target, ask, conditions), offers_of_replicates(target, ask, conditions)
    )

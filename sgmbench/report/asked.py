"""Asked of a finished run: other quantities, tolerances, numbers of conditions and costs than its file asked for.

Nothing is computed anew but costs: errors, variances and seconds are those of the run. What is left out is as in the
run's own asks; every tolerance and number of workers makes an ask of its own, as in a file.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sgmbench.core.experiment import DEAREST, FINEST
from sgmbench.core.quantity import Quantity
from sgmbench.errors import UsageError
from sgmbench.report.answer import replies
from sgmbench.report.asking import Question, question
from sgmbench.report.summary import Summary
from sgmbench.report.wanted import Ask, refusal
from sgmbench.statistics.crossover import cost


@dataclass(frozen=True)
class Changes:
    """What is asked otherwise than the run's file does; empty where it is as there."""

    quantities: Sequence[str] = ()
    tolerances: Sequence[float] = ()
    conditions: Sequence[int] = ()
    costs_per_run: Sequence[str] = ()
    workers: Sequence[int] = ()


@dataclass(frozen=True)
class Price:
    """The cheapest method of one ask at one cost a run and number of conditions.

    Attributes:
        target: name of the target.
        ask: which of the asks, from 0.
        cost_per_run: core-seconds; NaN where it was not measured.
        conditions: Q.
        method: label, "" where none reaches the tolerance.
        budget: training runs of a Generator, 0 of a Sampler.
        samples_each: runs or samples at each condition.
        seconds: what it takes altogether, runs spread over the workers.
        core_seconds: the same on one.
    """

    target: str
    ask: int
    cost_per_run: float
    conditions: int
    method: str
    budget: int
    samples_each: float
    seconds: float
    core_seconds: float


@dataclass(frozen=True)
class Reply:
    """What is said of a run when it is asked."""

    run: str
    asks: list[Ask]
    sentences: list[str]
    prices: list[Price]


def reply(summary: Summary, changes: Changes) -> Reply:
    """Asks a run.

    Raises:
        UsageError: what is asked is nothing that the run can tell.
    """
    asks = asks_of(summary.record["configuration"]["ask"], changes)
    _check_fields(summary, asks)
    prices = [
        price
        for target in summary.targets
        if not target.failed_because and not target.pairs
        for i, ask in enumerate(asks)
        if not refusal(target, ask)
        for cost in ask["cost_per_run"]
        for price in _prices(i, question(target, ask, cost))
    ]
    return Reply(summary.run, asks, replies(summary, asks), prices)


def asks_of(own: list[Ask], changes: Changes) -> list[Ask]:
    """The asks of a run with changes, each once.

    Raises:
        UsageError: a value is out of its bounds.
    """
    _check(changes)
    asks: list[Ask] = []
    for ask in own:
        tolerances, workers = changes.tolerances or [ask["tolerance"]], changes.workers or [ask.get("workers", 1)]
        for tolerance, W in product(tolerances, workers):
            changed = {
                "quantities": list(changes.quantities or ask["quantities"]),
                "tolerance": tolerance,
                "conditions": list(changes.conditions or ask["conditions"]),
                "cost_per_run": [_cost(text) for text in changes.costs_per_run] or list(ask["cost_per_run"]),
                "workers": W,
            }
            if changed not in asks:
                asks.append(changed)
    return asks


def _check(changes: Changes) -> None:
    for text in changes.quantities:
        try:
            Quantity.parse(text)
        except ValueError as error:
            raise UsageError(f"--quantity {text}: {error}") from None
    for tolerance in changes.tolerances:
        if not 0 < tolerance < 1:
            raise UsageError(f"--tolerance {tolerance:g}: write a number above 0 and below 1")
        if tolerance < FINEST:
            raise UsageError(f"--tolerance {tolerance:g}: finer than any run tells; write at least {FINEST:g}")
    for option, numbers in (("--queries", changes.conditions), ("--workers", changes.workers)):
        for number in numbers:
            if not 1 <= number <= DEAREST:
                bound = "at least 1" if number < 1 else f"at most {DEAREST:g}"
                raise UsageError(f"{option} {number}: write a whole number of {bound}")


def _cost(text: str) -> str | float:
    if text == "measured":
        return text
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise UsageError(f"--cost-per-run {text}: write measured or the seconds of a run, above 0")
    if value > DEAREST:
        raise UsageError(f"--cost-per-run {text}: write at most {DEAREST:g} seconds")
    return value


def _check_fields(summary: Summary, asks: list[Ask]) -> None:
    """A field that no target has is a slip of the pen."""
    fields = list(dict.fromkeys(f for t in summary.targets for c in t.conditions.values() for f in c["variances"]))
    for text in dict.fromkeys(text for ask in asks for text in ask["quantities"]):
        field = Quantity.parse(text).field
        if field and fields and field not in fields:
            raise UsageError(f"--quantity {text}: there is no field {field}; the fields are {', '.join(fields)}")


def _prices(ask: int, asked: Question) -> list[Price]:
    """One for each number of conditions; none where the cost of a run is not known."""
    return [] if math.isnan(asked.c) else [_price(ask, asked, Q) for Q in asked.queries]


def _price(ask: int, asked: Question, Q: int) -> Price:
    known: dict[str, Any] = {"target": asked.target.name, "ask": ask, "cost_per_run": asked.cost_per_run}
    best = asked.cheapest(Q)
    if best is None:
        return Price(
            **known, conditions=Q, method="", budget=0, samples_each=math.inf, seconds=math.inf, core_seconds=math.inf
        )
    return Price(
        **known,
        conditions=Q,
        method=best.label,
        budget=0 if best.is_sampler else best.budget,
        samples_each=best.samples_each(asked.tolerance),
        seconds=cost(best, tolerance=asked.tolerance, conditions=Q, cost_per_run=asked.c),
        core_seconds=cost(best, tolerance=asked.tolerance, conditions=Q, cost_per_run=asked.cost_per_run),
    )

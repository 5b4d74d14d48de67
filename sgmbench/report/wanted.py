"""What an ask wants of a target, quantity by quantity, and who can answer it."""

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sgmbench.config.annotations import any_of
from sgmbench.core.quantity import Quantity
from sgmbench.report.format import several
from sgmbench.report.summary import Line, TargetSummary

Ask = dict[str, Any]
"""An ask as plain data, see `core.experiment.Ask`."""

ALL = ""
FEW = 3  # conditions that are named
PROBABILITY = "probability"


class Wanted(NamedTuple):
    """A quantity of one field: its name in a sentence, its score, and v by condition."""

    name: str
    part: str
    variance: dict[str, float]


def wanted_of(target: TargetSummary, ask: Ask, conditions: Iterable[str]) -> list[Wanted]:
    """All that is asked, field by field; of a field at the conditions where it varies, if there are any."""
    conditions, found = list(conditions), []
    for quantity in quantities_of(ask):
        for field in fields_of(target, quantity):
            asked = [c for c in conditions if _varies(target, field, c)] or conditions
            v = {c: _variance(target, quantity, field, c) for c in asked}
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


def _varies(target: TargetSummary, field: str, condition: str) -> bool:
    return field == ALL or target.conditions[condition]["variances"][field]["mean"] > 0


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
    of_whole = [quantity for quantity in quantities if quantity.statistic != PROBABILITY]
    if missing := list(dict.fromkeys(q.metric for q in of_whole if q.metric not in metrics)):
        are, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        return f"no answer, since {several(missing)} {are} not among the metrics; list {them} there and run again."
    for quantity in quantities:
        if lacking := _lacking(target, quantity, parts):
            return f"no answer, since {lacking}."
    if not any(scored_lines(target, wanted_of(target, ask, scored_conditions(target)))):
        return "no answer, since no method was scored in all that is asked; ask for fewer quantities."
    return ""


def _lacking(target: TargetSummary, quantity: Quantity, parts: set[str]) -> str:
    """What a run does not tell of a quantile or a probability, and the remedy."""
    if quantity.statistic not in ("quantile", PROBABILITY):
        return ""
    fields = fields_of(target, quantity)
    if not any(quantity.part(field) in parts for field in fields):
        if quantity.statistic == PROBABILITY:
            has_metric = any(part.startswith(f"{quantity.metric}/") for part in parts)
            elsewhere = _label_of_same_event(quantity, parts)
            return f"{quantity.unscored(has_metric=has_metric, elsewhere=elsewhere)}, and run again"
        level = f"{quantity.level} is not among the levels of the metric quantiles"
        return f"{level}; add it there and run again"
    if not all(quantity.key in c["variances"][field] for c in target.conditions.values() for field in fields):
        name = quantity.noun if quantity.statistic == "quantile" else quantity.of(quantity.field)
        return f"this run does not hold the variance of {name}; run it again"
    return _unseen(target, quantity) if quantity.statistic == PROBABILITY else ""


def _label_of_same_event(quantity: Quantity, parts: set[str]) -> str:
    """Which metric scores the event of a probability under a label of its own, "" where none does."""
    event = quantity.part(quantity.field).partition("/")[2]
    return min((part.partition("/")[0] for part in parts if part.partition("/")[2] == event), default="")


def _unseen(target: TargetSummary, quantity: Quantity) -> str:
    """That an event happens in no run of a reference, or in all of them, where its probability is not seen."""
    scored = scored_conditions(target)
    varying = [name for name in scored if _varies(target, quantity.field, name)] or scored
    conditions = {name: target.conditions[name] for name in varying}
    v = {name: known["variances"][quantity.field][quantity.key] for name, known in conditions.items()}
    if never := [name for name, each in v.items() if each is None or not math.isfinite(each)]:
        size, at = max(conditions[name]["size"] for name in never), ""
        if len(conditions) > 1:
            at = f" at {several(never)}" if len(never) <= FEW else f" at {len(never)} of {len(conditions)} conditions"
        remedy = "ask for a less extreme value, or write a larger reference and run again"
        return f"{quantity.event} in none of the {size:,} runs of the reference{at}; {remedy}"
    if not any(v.values()):
        return f"{quantity.event} in every run of the reference; ask for a more extreme value"
    return ""


def _variance(target: TargetSummary, quantity: Quantity, field: str, condition: str) -> float:
    if quantity.statistic == "energy":
        return 1.0
    return target.conditions[condition]["variances"][field][quantity.key]


def is_monte_carlo(line: Line) -> bool:
    """Whether a line is of plain Monte Carlo, of which errors are known without measuring them."""
    return line.kind == "sampler" and (line.algorithm or line.method) == "monte_carlo"


def scored_lines(target: TargetSummary, wanted: list[Wanted]) -> Iterator[Line]:
    """The lines that have all scores that are asked."""
    for line in target.lines:
        if line.is_usable and (is_monte_carlo(line) or all(w.part in line.errors for w in wanted)):
            yield line

"""What each method of a target offers for an ask: squared biases, variances and seconds, from its scores.

A Generator's squared bias is its mean squared error over conditions and replicates, with the sampling errors of its M
scored samples and of the reference taken out; negative estimates at single conditions are kept until the mean is taken,
so that noise cancels.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from sgmbench.report.summary import Line, TargetSummary
from sgmbench.statistics.crossover import Offer

METRIC_OF = {"mean": "mean", "sd": "standard_deviation"}
NAME_OF = {"mean": "mean", "sd": "standard deviation"}
Ask = dict[str, Any]
"""An ask as plain data, see `core.experiment.Ask`."""


def offers_of(target: TargetSummary, ask: Ask, conditions: Iterable[str]) -> list[Offer]:
    """What every method offers, on average over some conditions; a Sampler once, whatever its budgets."""
    offers: dict[tuple[str, int], Offer] = {}
    for line in target.lines:
        if line.failed < line.replicates:
            key = (line.method, 0 if line.kind == "sampler" else line.budget)
            offers.setdefault(key, offer_of(target, line, ask, list(conditions)))
    return list(offers.values())


def offer_of(target: TargetSummary, line: Line, ask: Ask, conditions: list[str]) -> Offer:
    """What one method at one budget offers."""
    variance, bias2 = {}, {}
    for quantity in ask["quantities"]:
        for field in varying_fields(target):
            name, part = f"{NAME_OF[quantity]} of {field}", f"{METRIC_OF[quantity]}/{field}"
            v = {c: target.conditions[c]["variances"][field][quantity] for c in conditions}
            variance[name] = float(np.mean(list(v.values())))
            bias2[name] = 0.0 if line.kind == "sampler" else _squared_bias(target, line, part, v)
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


def varying_fields(target: TargetSummary) -> list[str]:
    """Fields that are not constant at every condition."""
    everywhere = [condition["variances"] for condition in target.conditions.values()]
    return [name for name in everywhere[0] if any(variances[name]["mean"] > 0 for variances in everywhere)]


def _squared_bias(target: TargetSummary, line: Line, part: str, variance: dict[str, float]) -> float:
    """Infinite where an error is not a number: what cannot be measured cannot be promised."""
    errors = line.replicate_errors[part]
    excess = [
        np.mean(np.square(errors[c])) - v / line.samples_each[c] - v / target.conditions[c]["size"]
        for c, v in variance.items()
        if c in errors  # a field that is constant at a condition has no error there
    ]
    mean = float(np.mean(excess))
    return max(0.0, mean) if np.isfinite(mean) else math.inf

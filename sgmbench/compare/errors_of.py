"""The errors of a result that a comparison judges: how each is read off a metric's scores says the metric itself.

An error is zero for exact samples of infinite number. Scores of samples against single runs (`crps`, `energy_score`)
are among them, although a part of these is not zero for any samples: a ratio of two is nearer to 1 than that of the
errors in them. Estimates of a square scatter around zero where there is no error, and are told apart from the others,
which are positive.
"""

import math
from typing import Any, NamedTuple

from sgmbench import registry
from sgmbench.core.metric import Metric
from sgmbench.core.result import Result
from sgmbench.statistics.equivalent_runs import inverse_equivalent_runs

Metrics = dict[str, type[Metric]]
"""The metric behind each label."""

Scores = dict[str, float]


class Error(NamedTuple):
    """One error by condition; `scatters` where it is an estimate that may be negative."""

    at: dict[str, float]
    scatters: bool


def metrics_of(configuration: dict[str, Any]) -> Metrics:
    """The metrics of a run, from the record of its configuration.

    Raises:
        UsageError: one is no longer installed, or is code that is not imported for a record.
    """
    with registry.nothing_imported():
        return {entry["label"]: registry.load("metrics", entry["kind"]) for entry in configuration["metrics"]}


def errors_of(result: Result, metrics: Metrics) -> dict[str, Error]:
    """Errors by name, "metric/part"; energy, of one error, by that of its metric."""
    errors: dict[str, Error] = {}
    for condition, scored in result.scores.items():
        for label, scores in scored.items():
            for name, value in _read(label, metrics[label], scores, result, condition).items():
                scatters = metrics[label].judged_by == "square"
                errors.setdefault(name, Error({}, scatters)).at[condition] = value
    return errors


def _read(label: str, metric: type[Metric], scores: Scores, result: Result, condition: str) -> Scores:
    """The errors in the scores of one condition; a score that is no number is none."""
    if metric.judged_by is None:
        return {}
    if metric.judged_by == "equivalent_runs":
        error = _inverse_equivalent_runs(scores, result, condition)
        return {} if error is None else {label: error}
    ideal = 0.0 if metric.judged_by == "square" or math.isnan(metric.ideal) else metric.ideal
    distances = {f"{label}/{part}": value - ideal for part, value in scores.items() if value is not None}
    return distances if metric.judged_by == "square" else {name: abs(value) for name, value in distances.items()}


def _inverse_equivalent_runs(scores: Scores, result: Result, condition: str) -> float | None:
    """1 / N_eq(M) of the samples drawn, positive where D2 may not be; None where nothing varies."""
    d2, mu = scores.get("d2"), scores.get("mu")
    if d2 is None or not mu:
        return None
    if result.kind == "sampler":
        return d2 / mu
    samples = result.samples_each[condition]
    return inverse_equivalent_runs(d2, mu, mu_samples=scores["mu_samples"], samples=samples)

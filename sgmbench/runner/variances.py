"""Variances of Monte Carlo at one condition: what one run contributes to the error of each quantity of each field.

They are known of means and standard deviations, and of what the metrics score: quantiles, tail probabilities, CVaR. A
score is one number of a field or an event, and `known_by` tells where its variance stands.
"""

from collections.abc import Iterator

from sgmbench.core.layout import Field
from sgmbench.core.metric import Metric
from sgmbench.core.quantity import variance_key
from sgmbench.core.reference import Reference
from sgmbench.metrics.cvar import CVaR
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.mean import Mean
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.metrics.standard_deviation import StandardDeviation
from sgmbench.metrics.tail_probability import TailProbability
from sgmbench.statistics.monte_carlo_variance import mean_variance, sd_variance
from sgmbench.statistics.quantile_variance import quantile_variance
from sgmbench.statistics.tail_variance import cvar_variance, probability_variance

Variances = dict[str, dict[str, float]]
"""field -> quantity, "mean", "sd", and others by `core.quantity.variance_key` -> v."""


def variances_of(reference: Reference, metrics: dict[str, Metric]) -> Variances:
    """From the runs of the reference; NaN of the probability of an event that happens in none."""
    found = {field.name: _of_moments(reference, field) for field in reference.layout.fields}
    for metric in metrics.values():
        for field, key, v in _of_metric(reference, metric):
            found[field][key] = v
    return found


def known_by(metric: Metric, reference: Reference) -> dict[str, tuple[str, str]]:
    """For each score of a metric whose errors have a known variance its field, and by what key it is found there."""
    if isinstance(metric, TailProbability) and metric.thresholds:
        return {t.name: (t.field, variance_key("tail_probability", t.event)) for t in metric.thresholds}
    fields = [scaled.field.name for scaled in varying_fields(reference)]
    return {
        f"{field}/{which}" if which else field: (field, key) for field in fields for which, key in _keys(metric).items()
    }


def _keys(metric: Metric) -> dict[str, str]:
    """By how a score's name ends behind the field; of events that are the same for every field."""
    match metric:
        case Mean():
            return {"": variance_key("mean")}
        case StandardDeviation():
            return {"": variance_key("standard_deviation")}
        case Quantiles():
            return {f"{p}": variance_key("quantiles", f"{p}") for p in metric.levels}
        case CVaR():
            return {f"{p}": variance_key("cvar", f"{p}", tail=metric.tail) for p in metric.levels}
        case TailProbability():
            return {f"{metric.level}": variance_key("tail_probability", f"{metric.level}")}
        case _:
            return {}


def _of_moments(reference: Reference, field: Field) -> dict[str, float]:
    rows = reference.values[:, reference.layout.slices[field.name]]
    return {"mean": mean_variance(rows, field.quadrature), "sd": sd_variance(rows, field.quadrature)}


def _of_metric(reference: Reference, metric: Metric) -> Iterator[tuple[str, str, float]]:
    """Field, key and v of all that a metric scores beyond moments."""
    if isinstance(metric, TailProbability):
        shares, known = metric.shares(reference.values, reference), known_by(metric, reference)
        yield from ((*known[name], probability_variance(S)) for name, S in shares.items())
    elif isinstance(metric, Quantiles | CVaR):
        for name, where in reference.layout.slices.items():
            ordered, varies, sd = reference.sorted[:, where], reference.varies[where], reference.sd[where]
            for p, key in zip(metric.levels, _keys(metric).values(), strict=True):
                if isinstance(metric, Quantiles):
                    yield name, key, quantile_variance(ordered, varies, sd, p=p)
                else:
                    tail = ordered if metric.tail == "upper" else -ordered[::-1]
                    yield name, key, cvar_variance(tail, varies, sd, p=p)

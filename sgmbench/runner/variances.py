"""Variances of Monte Carlo at one condition: what one run contributes to the error of each quantity of each field."""

from sgmbench.core.layout import Field
from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.statistics.monte_carlo_variance import mean_variance, sd_variance
from sgmbench.statistics.quantile_variance import quantile_variance

Variances = dict[str, dict[str, float]]
"""field -> quantity, "mean", "sd", and quantiles like "q0.975" -> v."""


def variances_of(reference: Reference, metrics: dict[str, Metric]) -> Variances:
    """From the runs of the reference; quantiles of the levels that the metrics have."""
    levels = sorted({p for metric in metrics.values() if isinstance(metric, Quantiles) for p in metric.levels})
    return {field.name: _variances(reference, field, levels) for field in reference.layout.fields}


def _variances(reference: Reference, field: Field, levels: list[float]) -> dict[str, float]:
    where = reference.layout.slices[field.name]
    rows, ordered = reference.values[:, where], reference.sorted[:, where]
    of_quantiles = {
        f"q{p}": quantile_variance(ordered, reference.varies[where], reference.sd[where], p=p) for p in levels
    }
    moments = {"mean": mean_variance(rows, field.quadrature), "sd": sd_variance(rows, field.quadrature)}
    return moments | of_quantiles

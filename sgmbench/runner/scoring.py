"""Scores of samples by all metrics of a cell."""

from sgmbench.cells import Description
from sgmbench.config.load import build
from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.runner.artifacts import without_digest


def score(metrics: dict[str, Metric], samples: Samples, reference: Reference) -> dict[str, dict[str, float]]:
    """All scores of one condition; a metric that cannot use unequal weights is left out."""
    applicable = {label: m for label, m in metrics.items() if m.accepts_weights or samples.has_equal_weights}
    return {label: metric.score(samples, reference) for label, metric in applicable.items()}


def metrics_of(description: Description) -> dict[str, Metric]:
    """The metrics of a cell, by label."""
    return {label: build("metrics", without_digest(plain)) for label, plain in description["metrics"].items()}

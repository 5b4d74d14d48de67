"""Scores of samples by all metrics of a cell."""

import numpy as np
from jaxtyping import Float

from sgmbench.cells import Description
from sgmbench.config.load import build
from sgmbench.core.metric import Metric, NestedScore, PairScore
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.runner.artifacts import without_digest

EachPair = dict[str, dict[str, Float[np.ndarray, " pairs"]]]


def score(metrics: dict[str, Metric], samples: Samples, reference: Reference) -> dict[str, dict[str, float]]:
    """All scores of one condition; a metric that cannot use unequal weights is left out.

    Where several rows are of one z, nested scores are asked and no others.
    """
    applicable = {
        label: metric
        for label, metric in metrics.items()
        if not isinstance(metric, PairScore)
        and isinstance(metric, NestedScore) == (samples.outer is not None)
        and (metric.accepts_weights or samples.has_equal_weights)
    }
    return {label: metric.score(samples, reference) for label, metric in applicable.items()}


def score_pairs(metrics: dict[str, Metric], samples: Samples, reference: Reference) -> EachPair:
    """The scores of every held-out pair; what is no score of pairs is left out."""
    return {
        label: metric.each(samples, reference) for label, metric in metrics.items() if isinstance(metric, PairScore)
    }


def means(each: EachPair) -> dict[str, dict[str, float]]:
    """Scores over all pairs."""
    return {label: {part: float(np.mean(v)) for part, v in parts.items()} for label, parts in each.items()}


def metrics_of(description: Description) -> dict[str, Metric]:
    """The metrics of a cell, by label."""
    return {label: build("metrics", without_digest(plain)) for label, plain in description["metrics"].items()}

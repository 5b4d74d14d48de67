"""Scores of samples by all metrics of a cell."""

import numpy as np
from jaxtyping import Float

from sgmbench.cells import Description, given_at
from sgmbench.config.load import build
from sgmbench.core.metric import Metric, NestedScore, PairScore
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.runner.artifacts import without_digest
from sgmbench.runner.delivered import scores_of

EachPair = dict[str, dict[str, Float[np.ndarray, " pairs"]]]


def score(metrics: dict[str, Metric], samples: Samples, reference: Reference) -> dict[str, dict[str, float]]:
    """All scores of one condition; a metric that cannot use unequal weights is left out.

    Where several rows are of one z, nested scores are asked and no others.
    """
    applicable = {
        label: metric
        for label, metric in metrics.items()
        if isinstance(metric, NestedScore) == (samples.outer is not None)
        and (metric.accepts_weights or samples.has_equal_weights)
    }
    sets = (samples, reference)
    return {label: scores_of(metric.score, metric, label, (), *sets) for label, metric in applicable.items()}


def score_pairs(metrics: dict[str, Metric], samples: Samples, reference: Reference) -> EachPair:
    """The scores of every held-out pair; what is no score of pairs is left out."""
    assert samples.pair is not None
    shape = (int(samples.pair.max()) + 1,)
    return {
        label: scores_of(metric.each, metric, label, shape, samples, reference)
        for label, metric in metrics.items()
        if isinstance(metric, PairScore)
    }


def means(each: EachPair) -> dict[str, dict[str, float]]:
    """Scores over all pairs."""
    return {label: {part: float(np.mean(v)) for part, v in parts.items()} for label, parts in each.items()}


def metrics_of(description: Description) -> dict[str, Metric]:
    """The metrics of a cell, by label; scores of pairs only where something is given."""
    found = {label: build("metrics", without_digest(plain)) for label, plain in description["metrics"].items()}
    if any(given_at(condition) or condition["pairs"] for condition in description["conditions"]):
        return found
    return {label: metric for label, metric in found.items() if not isinstance(metric, PairScore)}

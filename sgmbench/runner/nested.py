"""Samples of a decomposition: of a Generator at every z of the reference, and what is known of the truth.

At the reference's own z the difference between the two is what the Generator gets wrong about y given z, and little of
it is chance; the prior's law, which it knows exactly, is no part of it.
"""

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Array, Float, Key
from scipy.stats import t as student

from sgmbench.core.metric import Metric
from sgmbench.core.progress import Progress
from sgmbench.core.reference import Reference
from sgmbench.core.runs import Runs
from sgmbench.core.samples import Samples
from sgmbench.metrics.exceedance_law import ExceedanceLaw
from sgmbench.metrics.fields import ScaledField, varying_fields
from sgmbench.metrics.variance_shares import groups_of_reference
from sgmbench.runner.pairs import Sample, drawn_at
from sgmbench.statistics.intervals import LEVEL
from sgmbench.statistics.share_variance import best_unit
from sgmbench.statistics.variance_components import components, components_without_each, jackknife_error


def values_of_z(reference: Reference, runs: Runs) -> Float[np.ndarray, "K p"]:
    """Each z of a nested reference, in the order of its numbers; one all of whose runs failed is not among them."""
    assert reference.outer is not None
    return runs.z[runs.ok][np.unique(reference.outer, return_index=True)[1]]


def samples_at_each_z(
    sample: Sample, given: Float[np.ndarray, "K q"], reference: Reference, *, key: Key[Array, ""], progress: Progress
) -> Samples:
    """As many samples of a Generator at every z as the reference has at most."""
    assert reference.outer is not None
    each = int(np.unique(reference.outer, return_counts=True)[1].max())
    values, outer = drawn_at(sample, given, each, key=key, told=partial(progress, "values of z"))
    return Samples.equally_weighted(values, reference.layout, is_law=True, outer=outer)


def describe(reference: Reference, metrics: dict[str, Metric]) -> dict[str, Any]:
    """The truth of a decomposition: shares of each field's variance with their interval, and probabilities over z."""
    assert reference.outer is not None
    each = np.unique(reference.outer, return_counts=True)[1]
    events = next((m.truth(reference) for m in metrics.values() if isinstance(m, ExceedanceLaw)), {})
    return {
        "values_of_z": len(each),
        "inner": int(each.max()),
        "shares": {scaled.field.name: _share(reference, scaled) for scaled in varying_fields(reference)},
        "events": {name: {"probability": event.probability, "sd": event.sd} for name, event in events.items()},
    }


def _share(reference: Reference, scaled: ScaledField) -> dict[str, Any]:
    """Of one field; `unit` is the nested Monte Carlo that its equivalent runs are counted in."""
    assert reference.outer is not None
    groups, where = groups_of_reference(reference, scaled), scaled.where
    found = components(groups)
    share, error = float(found.share), jackknife_error(components_without_each(groups).share)
    half = float(student.ppf((1 + LEVEL) / 2, len(groups.sizes) - 1)) * error
    unit = best_unit(
        reference.values[:, where],
        reference.outer,
        quadrature=scaled.field.quadrature,
        center=reference.mean[where],
    )
    return {
        "epistemic": float(found.epistemic),
        "aleatoric": float(found.aleatoric),
        "share": share,
        "standard_error": error,
        "low": max(share - half, 0.0),
        "high": min(share + half, 1.0),
        "unit": unit._asdict(),
    }

"""Roughness.

For each field and each of its axes, the ratio of rms second differences

    ( mean over samples and grid of (y_{i-1} - 2 y_i + y_{i+1})^2 )^1/2    samples / reference:

above 1 the samples are noisier than the solver's, below 1 smoother. Distances hardly see this, users do. Exact samples
have the mean 1 + O(1/n), a ratio's, for n runs of the reference. Cost: n d.

Of a field that is linear along an axis the reference's second differences are rounding, and any samples would be rough
beside them. There is no score where these are, of m points along the axis,

    ( mean of second differences^2 )^1/2  <=  m eps ( mean of y^2 )^1/2,      eps = 2.2e-16.

A field that bends once over the whole axis is above that bound by a factor of 1 / (m^3 eps).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sgmbench.core.layout import Field
from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import uniform_fields


@dataclass(frozen=True)
class Roughness(Metric):
    """Ratio of rms second differences to the reference's, for fields on uniform axes.

    Scores are named by field, and by "field/axis" where it has several axes; along which it is linear it has none.
    """

    unit: ClassVar[str] = "ratio"
    ideal: ClassVar[float] = 1.0

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        truth = reference.prepared("roughness", lambda: _above_rounding(reference))
        found = _all_roughness(samples.values, reference)
        return {name: found[name] / rough for name, rough in truth.items()}


def _above_rounding(reference: Reference) -> dict[str, float]:
    """What of the reference's roughness rounding does not explain."""
    rough, rounding = _all_roughness(reference.values, reference), {}
    for scaled in uniform_fields(reference):
        size = float(np.sqrt(np.mean(reference.values[:, scaled.where] ** 2)))
        for i, points in enumerate(scaled.field.shape):
            rounding[_name(scaled.field, i)] = points * np.finfo(float).eps * size
    return {name: value for name, value in rough.items() if value > rounding[name]}


def _all_roughness(values: Float[np.ndarray, "n d"], reference: Reference) -> dict[str, float]:
    result = {}
    for scaled in uniform_fields(reference):
        field = scaled.field
        grid = values[:, scaled.where].reshape(-1, *field.shape)
        for i in range(len(field.axes)):
            result[_name(field, i)] = float(np.sqrt(np.mean(np.diff(grid, n=2, axis=i + 1) ** 2)))
    return result


def _name(field: Field, axis: int) -> str:
    return field.name if len(field.axes) == 1 else f"{field.name}/{field.axes[axis].name}"

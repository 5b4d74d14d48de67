"""Roughness.

For each field and each of its axes, the ratio of rms second differences

    ( mean over samples and grid of (y_{i-1} - 2 y_i + y_{i+1})^2 )^1/2    samples / reference:

above 1 the samples are noisier than the solver's, below 1 smoother. Distances hardly see this, users do.
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

    Scores are named by field, and by "field/axis" where it has several axes.
    """

    unit: ClassVar[str] = "ratio"
    ideal: ClassVar[float] = 1.0

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        truth = reference.prepared("roughness", lambda: _all_roughness(reference.values, reference))
        found = _all_roughness(samples.values, reference)
        return {name: found[name] / rough for name, rough in truth.items() if rough > 0}


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

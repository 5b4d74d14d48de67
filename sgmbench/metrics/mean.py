"""Error of the mean.

For each field, with quadrature q and sd_i of the reference,

    ( sum_i q_i (mean x_i - mean y_i)^2 )^1/2 / s,      s^2 = sum_i q_i sd_i^2.

N independent runs have a mean square of exactly 1/N (and the reference's own 1/n on top), in standard deviations of the
law: those of the reference make it too large by O(1/n) of itself. The cost is one look at each value.
"""

from dataclasses import dataclass
from typing import ClassVar

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.weights import normalized_weights


@dataclass(frozen=True)
class Mean(Metric):
    """Error of each field's mean, rms over the grid, in the field's rms standard deviation."""

    accepts_weights: ClassVar[bool] = True
    unit: ClassVar[str] = "sd"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        # Centered first: a small spread on a large mean would lose its digits in the weighted sum.
        error = normalized_weights(samples) @ (samples.values - reference.mean)
        return {scaled.field.name: scaled.rms(error[scaled.where]) for scaled in varying_fields(reference)}

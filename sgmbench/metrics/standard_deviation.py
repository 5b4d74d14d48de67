"""Error of the standard deviation.

For each field, with quadrature q and sd_i of the reference,

    ( sum_i q_i (sd x_i - sd y_i)^2 )^1/2 / s,      s^2 = sum_i q_i sd_i^2.

With weights w_i that sum to 1, of either sign, and W_r those of run r together, the variance is

    ( sum_i w_i (x_i - sum_j w_j x_j)^2 ) / (1 - sum_r W_r^2),

the unbiased one where weights are equal; a row of twice the weight is the same as the row twice, from the same run.
Signed weights can give a negative variance: its standard deviation counts as zero.

Exact samples have the mean square v (1/N + 1/n) for many rows, v of `statistics.monte_carlo_variance` (1/2 of a normal
law): a standard deviation of N rows is too small by O(1/N) of itself. The cost is one look at each value.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.weights import independent_weight, normalized_weights


@dataclass(frozen=True)
class StandardDeviation(Metric):
    """Error of each field's standard deviation, rms over the grid, in the field's rms standard deviation."""

    accepts_weights: ClassVar[bool] = True
    unit: ClassVar[str] = "sd"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        error = weighted_sd(samples, center=reference.mean) - reference.sd
        return {scaled.field.name: scaled.rms(error[scaled.where]) for scaled in varying_fields(reference)}


def weighted_sd(samples: Samples, *, center: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    """Standard deviation of each coordinate, NaN where all rows are of one run; `center` is any near value."""
    weights = normalized_weights(samples)
    deviation = samples.values - center
    variance = weights @ (deviation - weights @ deviation) ** 2
    return np.sqrt(np.maximum(variance / independent_weight(samples), 0))

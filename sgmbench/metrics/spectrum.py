"""Log power spectrum.

Let P_k be the mean square over samples of the type-II discrete cosine transform (no periodicity is assumed) of a field
minus the reference's mean. The field's score is

    ( mean over k of (log P_k - log P*_k)^2 )^1/2,      P* that of the reference,

natural logarithms, in n dimensions over all index vectors k. Modes with P*_k < 1e-12 sum P* are rounding errors and
left out; a power of the samples below that counts as that.

Of N runs of a Gaussian field and n of the reference the score's square has the mean psi'(N/2) + psi'(n/2), psi' the
trigamma function: 2/N + 2/n for many. The cost of n rows is n d log d.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from scipy.fft import dctn

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import ScaledField, uniform_fields

NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Spectrum(Metric):
    """Difference of log mean power spectra, rms over wavenumbers, for fields on uniform axes."""

    unit: ClassVar[str] = "log"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        scores = {}
        for scaled in uniform_fields(reference):
            truth = reference.prepared(
                f"spectrum/{scaled.field.name}", lambda scaled=scaled: mean_power(reference.values, scaled, reference)
            )
            found = mean_power(samples.values, scaled, reference)
            smallest = NEGLIGIBLE * truth.sum()
            kept = truth > smallest
            ratio = np.log(np.maximum(found[kept], smallest) / truth[kept])
            scores[scaled.field.name] = float(np.sqrt(np.mean(ratio**2)))
        return scores


def mean_power(
    values: Float[np.ndarray, "n d"], scaled: ScaledField, reference: Reference
) -> Float[np.ndarray, "*shape"]:
    """P_k of one field about the reference's mean."""
    grid = (values - reference.mean)[:, scaled.where].reshape(-1, *scaled.field.shape)
    transformed = np.asarray(dctn(grid, type=2, norm="ortho", axes=tuple(range(1, grid.ndim))))
    return np.mean(transformed**2, axis=0)

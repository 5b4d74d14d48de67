"""Sliced Wasserstein distance, squared and without bias from the number of rows.

In one dimension W2 is a norm of quantile functions, W2^2(Q, P) = int_0^1 (F_Q^-1(u) - F_P^-1(u))^2 du. With directions
theta_l, uniform on the unit sphere of the coordinates in which the norm of `energy` is Euclid's, sets of h rows, and
q_X^l the sorted projections theta_l . x_i, the score is

    sum_l < q_X^l - q_Y^l, q_X'^l - q_Y'^l >  /  sum_l var(theta_l . Y),      <a, b> = 1/h sum_i a_i b_i,

X, X' halves of the samples and Y, Y' of the reference (see `halves`). The numerator is unbiased for the squared
distance of the mean sorted projections of h rows: zero for equal laws, and W2^2 up to O(1/h) for others. A shift by a
standard deviations of every projection scores a^2, a stretch by b about (b - 1)^2. Of a finite set, X = X' is its first
h rows. Directions are the same in every cell. The cost of L directions is L h (d + log h).

Source: N. Bonneel, J. Rabin, G. Peyre, H. Pfister, "Sliced and Radon Wasserstein barycenters of measures", J. Math.
Imaging Vis. 51 (2015) 22-45; without bias: as in `wasserstein_2`.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Float

from sgmbench.core.metric import Judgment, Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.energy import scaled_rows
from sgmbench.metrics.halves import equal_halves

SEED = 0


@dataclass(frozen=True)
class SlicedWasserstein(Metric):
    """Unbiased squared sliced W2 of all fields together, relative to the variance.

    Attributes:
        directions: how many the distance is a mean over.
        norm: which coordinates the directions are uniform in; see `energy`.
    """

    directions: Annotated[int, Ge(1)] = 128
    norm: Literal["field_l2", "standardized"] = "field_l2"

    unit: ClassVar[str] = "ratio"
    judged_by: ClassVar[Judgment | None] = "square"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        if not reference.varies.any():
            return {}
        x, x_, y, y_ = equal_halves(samples, reference)
        if len(x) == 0:
            return {"all": float("nan")}
        of_samples = self._projections(samples.values, reference)
        of_reference = reference.prepared(self._name, lambda: self._projections(reference.values, reference))
        q_x, q_x_ = np.sort(of_samples[x], axis=0), np.sort(of_samples[x_], axis=0)
        q_y, q_y_ = reference.prepared(
            f"{self._name}/{len(y)}", lambda: (np.sort(of_reference[y], axis=0), np.sort(of_reference[y_], axis=0))
        )
        return {"all": float(np.mean((q_x - q_y) * (q_x_ - q_y_)) / np.mean(of_reference.var(axis=0, ddof=1)))}

    @property
    def _name(self) -> str:
        return f"sliced_wasserstein/{self.norm}/{self.directions}"

    def _projections(self, values: Float[np.ndarray, "n d"], reference: Reference) -> Float[np.ndarray, "n L"]:
        """theta_l . y of every row and direction."""
        rows = scaled_rows(values, reference, norm=self.norm)
        theta = np.random.default_rng(SEED).standard_normal((rows.shape[1], self.directions))
        return rows @ (theta / np.linalg.norm(theta, axis=0))

"""Karhunen-Loeve: coordinates along the orthonormal directions of largest variance.

    a = V' (x - c),      V the leading eigenvectors of E (x - c)(x - c)'

as many as leave out no more than a given share of the variance. By default that is 1/n for n runs, and at most a
thousandth: n runs do not determine a law to more than 1/n in squared distance, and a network that is given weaker modes
as well learns the others less well. c is the mean, or 0 where a transform before this one has taken the mean out. Modes
have no place on a grid.

Source: K. Karhunen, "Ueber lineare Methoden in der Wahrscheinlichkeitsrechnung", Ann. Acad. Sci. Fenn. 37 (1947).
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Lt
from jaxtyping import Float

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.space import varying, without_place
from sgmbench.learning.transform import Transform

_MOST_LOST = 1e-3  # of the variance, by default


@dataclass(frozen=True)
class KarhunenLoeve(Transform):
    """Leading modes of variance in place of grid values.

    Attributes:
        lost_variance: share of the variance that truncation may lose; by default 1/n for n runs, 1e-3 at most.
        modes: most modes kept.
    """

    lost_variance: Annotated[float, Ge(0), Lt(1)] | None = None
    modes: Annotated[int, Ge(1)] = 60

    def fit(self, u, x, space):
        center = np.zeros(x.shape[1]) if space.is_centered else x.mean(axis=0)
        centered = x - center
        variance, vectors = np.linalg.eigh(centered.T @ centered / len(x))
        lost = min(_MOST_LOST, 1 / len(x)) if self.lost_variance is None else self.lost_variance
        count = self._count(variance[::-1], lost)
        is_complete = count == np.sum(varying(x))
        return {"center": center, "basis": vectors[:, ::-1][:, :count], "is_complete": np.array(is_complete)}

    def _count(self, variance: Float[np.ndarray, " k"], lost: float) -> int:
        """How many modes are kept, of variances in descending order; one at least."""
        total = np.sum(variance)
        enough = int(np.sum(total - np.cumsum(variance) > lost * total)) + 1
        return max(1, min(enough, self.modes, int(np.sum(variance > 1e-14 * variance[0]))))

    def encode(self, arrays, u, x):
        return (x - arrays["center"]) @ arrays["basis"]

    def decode(self, arrays, u, a):
        return arrays["center"] + a @ arrays["basis"].T

    def space(self, arrays, space):
        return without_place(arrays["basis"].shape[1], is_centered=True)

    def planned(self, geometry):
        return Geometry(min(self.modes, geometry.size), at_most=True)

    def log_det(self, arrays, u, x):
        return np.zeros(len(x)) if arrays["is_complete"] else None

"""Residual: what the conditions do not tell, in units of what they tell of its size.

    a = (x - m(u)) / s_f(u)

m(u) is the conditional mean; s_f(u), one scalar for each field f, its conditional rms standard deviation (one for each
coordinate would roughen smooth fields: regressions of neighbors do not err alike).
"""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from sgmbench.learning.calibration import correlation_average
from sgmbench.learning.conditional_moments import ConditionalMoments, mean_at, sd_at
from sgmbench.learning.space import varying
from sgmbench.learning.transform import Arrays, Transform


@dataclass(frozen=True)
class Residual(Transform):
    """Residual of the regression on the conditions, over each field's conditional scale.

    Attributes:
        moments: regression of mean and standard deviation on the conditions; degree 0 switches either off.
        scale: whether residuals are divided by their conditional scale.
    """

    moments: ConditionalMoments = field(default_factory=ConditionalMoments)
    scale: bool = True

    def fit(self, u, x, space):
        moments = self.moments.fit(u, x, space.same_field)
        arrays = {"moments": moments, "varies": varying(x), "constant": x[0], "quadrature": space.quadrature}
        return arrays | {"kernel": correlation_average(self.encode(arrays, u, x), space.same_field)}

    def encode(self, arrays, u, x):
        residual = (x - mean_at(arrays["moments"], u)) / self._scale(arrays, u)
        return np.where(arrays["varies"], residual, 0.0)

    def decode(self, arrays, u, a):
        x = mean_at(arrays["moments"], u) + a * self._scale(arrays, u)
        return np.where(arrays["varies"], x, arrays["constant"])

    def space(self, arrays, space):
        return replace(space, is_centered=True)

    def log_det(self, arrays, u, x):
        log_scale = np.log(self._scale(arrays, u)) * arrays["varies"]
        return np.broadcast_to(-log_scale.sum(axis=1), len(x))

    def _scale(self, arrays: Arrays, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "#n k"]:
        return field_scale(arrays, u) if self.scale else np.ones((1, len(arrays["varies"])))


def field_scale(arrays: Arrays, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n k"]:
    """s_f(u) for each coordinate: the rms over its field of the conditional standard deviation; 1 for constant ones."""
    quadrature = arrays["quadrature"]
    rms = np.sqrt(sd_at(arrays["moments"], u) ** 2 @ quadrature.T)
    return np.where(rms > 0, rms, 1.0) @ (quadrature > 0)

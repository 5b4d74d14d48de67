"""Gaussian: conditional mean and scale, and Gaussian residuals with the covariance of all of them.

    y = m(u) + s_f(u) V (t(u) * a),    a ~ N(0, C),    C the covariance of a over the training runs

in the representation that diffusion uses too, and with the same calibration of mean and standard deviation. What
diffusion has over it is the shape of a's law, and its dependence on the conditions beyond mean and scale.
"""

from dataclasses import dataclass, field
from typing import Annotated

import jax
import numpy as np
from annotated_types import Ge

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.method import Generator
from sgmbench.learning.calibration import calibrate, sobol_normal
from sgmbench.learning.representation import Representation, decode, encode


@dataclass(frozen=True)
class Gaussian(Generator):
    """Conditional mean and scale, Gaussian residuals.

    Attributes:
        representation: how outputs become coordinates.
        calibration: draws at each condition that moments are calibrated with, a power of two; 0 switches it off.
    """

    representation: Representation = field(default_factory=Representation)
    calibration: Annotated[int, Ge(0)] = 2048

    def __post_init__(self) -> None:
        if self.calibration & (self.calibration - 1):
            raise ValueError(f"calibration: {self.calibration} is not a power of two; write 2048, say, or 0")

    def extra_samples(self):
        return self.calibration

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        representation = self.representation.fit(pairs.given, pairs.learned, layout)
        a = encode(representation, pairs.given, pairs.learned)
        variance, vectors = np.linalg.eigh(a.T @ a / len(a))
        noise = sobol_normal(self.calibration, len(variance), key)
        return {"representation": representation, "root": vectors * np.sqrt(np.maximum(variance, 0)), "noise": noise}

    def sampler(self, fit, *, clock):
        representation, root = fit["representation"], fit["root"]

        def sample(given, n, key):
            normal = np.asarray(jax.random.normal(key, (n, len(root)), "float64"))
            values = decode(representation, given, normal @ root.T)
            if not self.calibration:
                return values
            draws = decode(representation, given, fit["noise"] @ root.T)
            return calibrate(representation["moments"], representation["kernel"], given, values, draws)

        return sample

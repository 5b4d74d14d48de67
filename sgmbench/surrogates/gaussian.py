"""Gaussian: conditional mean and scale, and Gaussian residuals with the covariance of all of them.

    y = m(u) + s_f(u) V (t(u) * a),    a ~ N(c, C),    C the covariance of a over the training runs

in the representation that diffusion uses too, and with the same calibration of mean and standard deviation. c is 0, or
the mean of a where the representation has taken none out. What diffusion has over it is the shape of a's law, and its
dependence on the conditions beyond mean and scale.
"""

from dataclasses import dataclass
from typing import Annotated

import jax
import numpy as np
from annotated_types import Ge

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.method import Generator
from sgmbench.learning.calibration import sobol_normal
from sgmbench.learning.representation import (
    DEFAULT,
    Representation,
    check_calibration,
    decode,
    decode_calibrated,
    fit_representation,
    is_centered,
)


@dataclass(frozen=True)
class Gaussian(Generator):
    """Conditional mean and scale, Gaussian residuals.

    Attributes:
        representation: how outputs become coordinates, one transform after another.
        calibration: draws at each condition that moments are calibrated with, a power of two; 0 switches it off.
    """

    representation: Representation = DEFAULT
    calibration: Annotated[int, Ge(0)] = 2048

    def __post_init__(self) -> None:
        check_calibration(self.calibration, self.representation)

    def extra_samples(self):
        return self.calibration

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        representation, a = fit_representation(self.representation, pairs.given, pairs.learned, layout)
        center = a.mean(axis=0) * (not is_centered(representation))
        variance, vectors = np.linalg.eigh((a - center).T @ (a - center) / len(a))
        root = vectors * np.sqrt(np.maximum(variance, 0))
        noise = sobol_normal(self.calibration, len(variance), key)
        return {"representation": representation, "center": center, "root": root, "noise": noise}

    def prepare(self, fit, *, clock):
        representation, center, root = fit["representation"], fit["center"], fit["root"]

        def sample(given, n, key):
            normal = np.asarray(jax.random.normal(key, (n, len(root)), "float64"))
            a, u = center + normal @ root.T, given[None]
            if not self.calibration:
                return decode(self.representation, representation, u, a)
            return decode_calibrated(self.representation, representation, u, a, center + fit["noise"] @ root.T)

        return sample

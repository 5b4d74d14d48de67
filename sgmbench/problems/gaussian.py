"""A Gaussian field with a power-law spectrum.

    y(x_i) = sum_k lambda_k^(1/2) q_k(x_i) xi_k,      lambda_k = (k + 1)^-a,   k = 0 ... d - 1,

on d cells of [0, 1] with centers x_i = (i + 1/2)/d, q_k the orthonormal cosines of the discrete cosine transform,
q_k(x) = (2/d)^(1/2) cos(pi k x), q_0 = d^(-1/2). So y ~ N(0, Q Lambda Q^T), and with noise of standard deviation sigma
on every coordinate N(0, Q (Lambda + sigma^2) Q^T).
"""

import math
from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from jax.scipy.fft import dct, idct
from jaxtyping import Float

from sgmbench.core.knowledge import KnownDensity, KnownMoments, Moments
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.problem import Traceable
from sgmbench.problems.numerics.finite_volumes import centers


@dataclass(frozen=True)
class PowerLawGaussian(Traceable, KnownMoments, KnownDensity):
    """A Gaussian field in any dimension, with a power-law spectrum: everything about it is known.

    Attributes:
        dimension: d.
        exponent: a; 0 is white noise, 2 as rough as a Brownian path.
    """

    dimension: Annotated[int, Ge(1)] = 64
    exponent: Annotated[float, Ge(0)] = 2.0

    @property
    def parameters(self):
        return ()

    @property
    def germ_dimension(self):
        return self.dimension

    @property
    def layout(self):
        return field_on_cells(self.dimension)

    def simulate(self, z, xi):
        return {"y": idct(jnp.sqrt(jnp.asarray(self.eigenvalues)) * xi, norm="ortho")}

    def moments(self, z):
        variances = self.eigenvalues @ cosines(self.dimension) ** 2
        return {"y": Moments(jnp.zeros(self.dimension), jnp.sqrt(jnp.asarray(variances)))}

    def log_density(self, y, z, *, sigma=0.0):
        variances = self.eigenvalues + sigma**2
        c = dct(y, norm="ortho")
        return -jnp.sum(c**2 / variances + jnp.log(2 * math.pi * variances)) / 2

    def score(self, y, z, *, sigma=0.0):
        return -idct(dct(y, norm="ortho") / (self.eigenvalues + sigma**2), norm="ortho")

    @property
    def eigenvalues(self) -> Float[np.ndarray, " d"]:
        """lambda_k, in descending order."""
        return np.arange(1, self.dimension + 1) ** -float(self.exponent)


def field_on_cells(d: int) -> Layout:
    """One field y on d equal cells of [0, 1]."""
    return Layout((Field("y", "-", (Axis("x", "-", tuple(centers(d).tolist())),)),))


def cosines(d: int) -> Float[np.ndarray, "d d"]:
    """q_k on the d centers, row by row."""
    q = np.sqrt(2 / d) * np.cos(np.pi * np.outer(np.arange(d), centers(d)))
    q[0] /= np.sqrt(2)
    return q

"""A mixture of Gaussians of unequal weights, spreads and orientations.

    p(y) = sum_j w_j N(y; m_j, C_j),        j = 0 ... K - 1,     w_j = 2 (K - j) / (K (K + 1))

    m_j = R (q_0 cos(2 pi j / K) + q_1 sin(2 pi j / K)),         R = separation / (2 sin(pi / K))
    C_j = s_j^2 I + (1 - s_j^2) u_j u_j^T,                       s_j = (j + 1) / (K + 1),   u_j = q_(j mod d)

in d dimensions, q_k the orthonormal cosines of `problems.gaussian`: the means lie on a circle, neighbors `separation`
apart, and each component is a needle of length 1 and width s_j, the rarer the rounder. Noise of standard deviation
sigma adds sigma^2 to the eigenvalues s_j^2 and 1.

xi_0 chooses the component, the first j with w_0 + ... + w_j > Phi(xi_0); the others are its normal draw n:
y = m_j + C_j^(1/2) n.
"""

import math
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Gt, Le
from jax.scipy.special import logsumexp
from jax.scipy.stats import norm
from jaxtyping import Array, Float

from sgmbench.core.knowledge import KnownDensity, KnownMoments, Moments
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.problem import Traceable
from sgmbench.problems.gaussian import cosines


class Components(NamedTuple):
    """The law in numbers, one row a component."""

    w: Float[np.ndarray, " K"]
    m: Float[np.ndarray, "K d"]
    s: Float[np.ndarray, " K"]
    u: Float[np.ndarray, "K d"]


@dataclass(frozen=True)
class GaussianMixture(Traceable, KnownMoments, KnownDensity):
    """Several well separated Gaussians of unequal weight, width and orientation, in 2 to 64 dimensions.

    Attributes:
        dimension: d.
        components: K.
        separation: distance between neighboring means, beside needles of length 1 (their standard deviation).
    """

    dimension: Annotated[int, Ge(2), Le(64)] = 8
    components: Annotated[int, Ge(2), Le(16)] = 4
    separation: Annotated[float, Gt(0)] = 6.0

    @property
    def parameters(self):
        return ()

    @property
    def germ_dimension(self):
        return 1 + self.dimension

    @property
    def layout(self):
        coordinate = Axis("coordinate", "-", tuple(float(i) for i in range(self.dimension)))
        return Layout((Field("y", "-", (coordinate,)),))

    def simulate(self, z, xi):
        w, m, s, u = (jnp.asarray(part, xi.dtype) for part in self.law)
        j = jnp.sum(norm.cdf(xi[0]) >= jnp.cumsum(w)[:-1])
        n = xi[1:]
        return {"y": m[j] + s[j] * n + (1 - s[j]) * u[j] * (u[j] @ n)}

    def moments(self, z):
        w, m, s, u = self.law
        mean = w @ m
        variances = s[:, None] ** 2 + (1 - s[:, None] ** 2) * u**2
        return {"y": Moments(jnp.asarray(mean), jnp.sqrt(jnp.asarray(w @ (variances + (m - mean) ** 2))))}

    def log_density(self, y, z, *, sigma=0.0):
        return logsumexp(self._log_parts(y, sigma))

    def score(self, y, z, *, sigma=0.0):
        _, m, s, u = self.law
        r, narrow, long = y - m, s[:, None] ** 2 + sigma**2, 1 + sigma**2
        along = jnp.sum(u * r, axis=1, keepdims=True) * u
        return -jax.nn.softmax(self._log_parts(y, sigma)) @ ((r - along) / narrow + along / long)

    def _log_parts(self, y: Float[Array, " d"], sigma: float | Array) -> Float[Array, " K"]:
        """log w_j N(y; m_j, C_j + sigma^2)."""
        w, m, s, u = self.law
        r, narrow, long = y - m, s**2 + sigma**2, 1 + sigma**2
        along = jnp.sum(u * r, axis=1) ** 2
        quadratic = (jnp.sum(r**2, axis=1) - along) / narrow + along / long
        log_determinant = (self.dimension - 1) * jnp.log(narrow) + jnp.log(long)
        return jnp.log(w) - (quadratic + log_determinant + self.dimension * math.log(2 * math.pi)) / 2

    @property
    def law(self) -> Components:
        """w_j, m_j, s_j, u_j."""
        K, j = self.components, np.arange(self.components)
        q = cosines(self.dimension)
        angle = 2 * np.pi * j / K
        R = self.separation / (2 * np.sin(np.pi / K))
        m = R * (np.outer(np.cos(angle), q[0]) + np.outer(np.sin(angle), q[1]))
        return Components(2 * (K - j) / (K * (K + 1)), m, (j + 1) / (K + 1), q[j % self.dimension])

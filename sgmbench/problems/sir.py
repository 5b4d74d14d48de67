"""An epidemic, and how many of 1,000 people tested are infected.

    S' = -beta S I / N,      I' = beta S I / N - gamma I,      R' = gamma I

N = 10^6, (S, I, R)(0) = (N - 1, 1, 0), t in [0, 160] days; solved for a = -log(S / N) and w = log(I / N),

    a' = beta e^w,      w' = beta e^(-a) - gamma,      R / N = (gamma / beta) (a - a(0)),

in which the tolerance is relative, down to the last case. z = (beta, gamma); the output is I on the days 0, 17, ...,
153. Known: S + I + R = N, and what is left of S when the epidemic is over, S = S(0) exp(-(beta / gamma) (N - S) / N).

Observation: on each day Binomial(1000, I / N) people test positive. There is no germ: everything random is in z and in
the observation.

Source: J.-M. Lueckmann, J. Boelts, D. S. Greenberg, P. J. Goncalves, J. H. Macke, "Benchmarking simulation-based
inference", AISTATS (2021), task T.9, with the same prior, initial values, days and tests.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Gt
from jax.scipy.stats import binom
from jaxtyping import Array, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.observation import Observation, Observed
from sgmbench.core.prior import LogNormal, Parameter
from sgmbench.core.problem import Traceable
from sgmbench.problems.numerics.adaptive_ode import solve

N = 1e6
DAYS = 17.0 * np.arange(10)
TESTS = 1000


@dataclass(frozen=True)
class SIR(Traceable, Observed):
    """An epidemic with uncertain contact and recovery rates, seen through 1,000 tests on ten days.

    Attributes:
        tolerance: of the solver, relative in S and I.
    """

    tolerance: Annotated[float, Gt(0)] = 1e-8

    @property
    def parameters(self):
        return (
            Parameter("contact_rate", "1/d", LogNormal(math.log(0.4), 0.5)),
            Parameter("recovery_rate", "1/d", LogNormal(math.log(0.125), 0.2)),
        )

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        return Layout((Field("infected", "people", (Axis("t", "d", tuple(DAYS.tolist())),)),))

    def simulate(self, z, xi):
        return {"infected": N * shares(z, DAYS, tolerance=self.tolerance)[:, 1]}

    @property
    def observation(self):
        return PositiveTests()


class PositiveTests(Observation):
    """Positive ones of 1,000 tests on each day."""

    @property
    def size(self):
        return len(DAYS)

    def mean(self, fields):
        return TESTS * fields["infected"] / N

    def sample(self, key, fields):
        share = fields["infected"] / N
        return jax.random.binomial(key, TESTS, share, dtype=share.dtype)

    def log_density(self, data, fields):
        return jnp.sum(binom.logpmf(data, TESTS, fields["infected"] / N))


def shares(z: Float[Array, "2"], days: Float[np.ndarray, " n"], *, tolerance: float) -> Float[Array, "n 3"]:
    """(S, I, R) / N on the days given, the first of them 0."""
    a_0 = -math.log1p(-1 / N)
    a, w = solve(_rates, np.array([a_0, -math.log(N)]), days, z, tolerance=tolerance).T
    return jnp.stack([jnp.exp(-a), jnp.exp(w), z[1] / z[0] * (a - a_0)], axis=1)


def _rates(state: Float[Array, "2"], z: Float[Array, "2"]) -> Float[Array, "2"]:
    (a, w), (beta, gamma) = state, z
    return jnp.stack([beta * jnp.exp(w), beta * jnp.exp(-a) - gamma])

"""Predators and prey, and counts of both with 10 % errors.

    x' = alpha x - beta x y,      y' = -gamma y + delta x y,      (x, y)(0) = (30, 1),      t in [0, 20]

solved for u = log x, v = log y, in which the tolerance is relative: u' = alpha - beta e^v, v' = -gamma + delta e^u.
z = (alpha, beta, gamma, delta); the output is both species at t = 0, 2.1, ..., 18.9. Orbits are closed:

    V = delta x - gamma log x + beta y - alpha log y = const.

Observation: independent log-normal errors, log data ~ N(log y, 0.1^2), of the 20 outputs. There is no germ: everything
random is in z and in the observation.

Source: J.-M. Lueckmann, J. Boelts, D. S. Greenberg, P. J. Goncalves, J. H. Macke, "Benchmarking simulation-based
inference", AISTATS (2021), task T.10, with the same prior, initial values, times and errors (outputs are not clamped to
[1e-10, 1e4] here).
"""

from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Gt
from jax.scipy.stats import norm
from jaxtyping import Array, Float

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.observation import Observation, Observed
from sgmbench.core.prior import LogNormal, Parameter
from sgmbench.core.problem import Traceable
from sgmbench.problems.numerics.adaptive_ode import solve

START = np.array([30.0, 1.0])
TIMES = 2.1 * np.arange(10)
ERROR = 0.1


@dataclass(frozen=True)
class LotkaVolterra(Traceable, Observed):
    """Predators and prey with four uncertain rates, and counts of both with log-normal errors.

    Attributes:
        tolerance: of the solver, relative in each species.
    """

    tolerance: Annotated[float, Gt(0)] = 1e-8

    @property
    def parameters(self):
        growth, interaction = LogNormal(-0.125, 0.5), LogNormal(-3.0, 0.5)
        priors = {"alpha": growth, "beta": interaction, "gamma": growth, "delta": interaction}
        return tuple(Parameter(name, "1/time", prior) for name, prior in priors.items())

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        t = Axis("t", "time", tuple(TIMES.tolist()))
        return Layout((Field("prey", "individuals", (t,)), Field("predators", "individuals", (t,))))

    def simulate(self, z, xi):
        x, y = jnp.exp(log_populations(z, TIMES, tolerance=self.tolerance)).T
        return {"prey": x, "predators": y}

    @property
    def observation(self):
        return LogNormalErrors()


class LogNormalErrors(Observation):
    """Both species at all times, each with an error of 10 %; median y."""

    @property
    def size(self):
        return 2 * len(TIMES)

    def mean(self, fields):
        return _ravel(fields) * jnp.exp(ERROR**2 / 2)

    def sample(self, key, fields):
        y = _ravel(fields)
        return y * jnp.exp(ERROR * jax.random.normal(key, y.shape, y.dtype))

    def log_density(self, data, fields):
        log_data = jnp.log(data)
        return jnp.sum(norm.logpdf(log_data, jnp.log(_ravel(fields)), ERROR) - log_data)


def log_populations(z: Float[Array, "4"], times: Float[np.ndarray, " n"], *, tolerance: float) -> Float[Array, "n 2"]:
    """(log x, log y) at the times given, the first of them 0."""
    return solve(_rates, np.log(START), times, z, tolerance=tolerance)


def _rates(logarithms: Float[Array, "2"], z: Float[Array, "4"]) -> Float[Array, "2"]:
    (x, y), (alpha, beta, gamma, delta) = jnp.exp(logarithms), z
    return jnp.stack([alpha - beta * y, -gamma + delta * x])


def _ravel(fields: dict[str, Array]) -> Float[Array, " k"]:
    """Prey, then predators."""
    return jnp.concatenate([fields["prey"], fields["predators"]])

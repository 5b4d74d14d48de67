"""Two moons: a posterior of two crescents, one a mirror image of the other.

    y = (-|u|, v),      u = (t_1 + t_2)/2^(1/2),   v = (t_2 - t_1)/2^(1/2),      t_1, t_2 ~ U(-1, 1)
    data = y + (1/4 + r cos a, r sin a),      a ~ U(-pi/2, pi/2),   r ~ N(0.1, 0.01^2)

The noise's density at q = data - y - (1/4, 0) is that of the signed radius, over the length of its half circle:

    p(q) = N(s; 0.1, 0.01^2) / (pi |q|),      s = sign(q_1) |q|

(s < 0 has probability 1e-23, and keeps the density positive). As (t_1, t_2) -> (u, v) is a rotation and the prior is
flat, the exact posterior is: draw the noise until data - noise = (y_1, y_2) is an output of the prior, y_1 <= 0 and
|y_1| + |y_2| <= 2^(1/2); then u = +-y_1 with equal probability, v = y_2.

Source: D. Greenberg, M. Nonnenmacher, J. Macke, ICML (2019) 2404-2414; J.-M. Lueckmann et al., AISTATS (2021) 343-351.
"""

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm
from jaxtyping import Array, Bool, Float, Key

from sgmbench.core.knowledge import KnownMoments, KnownPosterior, Moments
from sgmbench.core.layout import Field, Layout
from sgmbench.core.observation import Observation, Observed
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Traceable

OFFSET, RADIUS, WIDTH = 0.25, 0.1, 0.01
ATTEMPTS = 10_000


@dataclass(frozen=True)
class Crescent(Observation):
    """y displaced by a point of a thin half circle."""

    @property
    def size(self):
        return 2

    def mean(self, fields):
        return jnp.stack([fields["y_1"] + OFFSET + RADIUS * 2 / math.pi, fields["y_2"]])

    def sample(self, key, fields):
        return jnp.stack([fields["y_1"], fields["y_2"]]) + draw_crescent(key)

    def log_density(self, data, fields):
        q_1, q_2 = data[0] - fields["y_1"] - OFFSET, data[1] - fields["y_2"]
        length = jnp.hypot(q_1, q_2)
        return norm.logpdf(jnp.copysign(length, q_1), RADIUS, WIDTH) - jnp.log(math.pi * length)


@dataclass(frozen=True)
class TwoMoons(Traceable, Observed, KnownMoments, KnownPosterior):
    """Two parameters seen through a crescent-shaped noise: their posterior is a pair of moons."""

    @property
    def parameters(self):
        return Parameter("t_1", "-", Uniform(-1.0, 1.0)), Parameter("t_2", "-", Uniform(-1.0, 1.0))

    @property
    def germ_dimension(self):
        return 0

    @property
    def layout(self):
        return Layout((Field("y_1", "-"), Field("y_2", "-")))

    @property
    def observation(self):
        return Crescent()

    def simulate(self, z, xi):
        return {"y_1": -jnp.abs(z[0] + z[1]) / math.sqrt(2), "y_2": (z[1] - z[0]) / math.sqrt(2)}

    def moments(self, z):
        if z is not None:
            y = self.simulate(jnp.asarray(z), jnp.zeros(0))
            return {name: Moments(value, jnp.zeros(())) for name, value in y.items()}
        return {
            "y_1": Moments(jnp.asarray(-math.sqrt(2) / 3), jnp.asarray(1 / 3)),
            "y_2": Moments(jnp.zeros(()), jnp.asarray(math.sqrt(1 / 3))),
        }

    def sample_posterior(self, data, *, n, key):
        """NaN where 10,000 draws of the noise meet no output of the prior: data that the model cannot give."""
        return jax.vmap(lambda one: draw_posterior(data, one))(jax.random.split(key, n))


def draw_crescent(key: Key[Array, ""]) -> Float[Array, "2"]:
    """One draw of the noise."""
    key_a, key_r = jax.random.split(key)
    a = jax.random.uniform(key_a, minval=-math.pi / 2, maxval=math.pi / 2)
    r = RADIUS + WIDTH * jax.random.normal(key_r)
    return jnp.stack([OFFSET + r * jnp.cos(a), r * jnp.sin(a)])


def draw_posterior(data: Float[Array, "2"], key: Key[Array, ""]) -> Float[Array, "2"]:
    """One exact draw of (t_1, t_2)."""
    key_noise, key_sign = jax.random.split(key)

    def draw(i):
        return data - draw_crescent(jax.random.fold_in(key_noise, i))

    def is_unfinished(state):
        i, y = state
        return ~is_output(y) & (i < ATTEMPTS)

    _, y = jax.lax.while_loop(is_unfinished, lambda state: (state[0] + 1, draw(state[0])), (1, draw(0)))
    u, v = jax.random.rademacher(key_sign, dtype=y.dtype) * y[0], y[1]
    t = jnp.stack([u - v, u + v]) / math.sqrt(2)
    return jnp.where(is_output(y), t, jnp.nan)


def is_output(y: Float[Array, "2"]) -> Bool[Array, ""]:
    """Whether some (t_1, t_2) of the prior gives y."""
    return (y[0] <= 0) & (jnp.abs(y[0]) + jnp.abs(y[1]) <= math.sqrt(2))

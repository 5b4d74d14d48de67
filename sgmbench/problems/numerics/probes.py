"""Probes: fields at some points of their grids, each with independent normal noise.

    data = (f_i + s_f n_fi  for each field f, for each cell i)

Fields on other grids have no probes.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm

from sgmbench.core.observation import Observation


@dataclass(frozen=True)
class Probes(Observation):
    """Values of fields in some cells.

    Attributes:
        noise: s_f of each field that is seen, in its unit.
        cells: where on the grid, the same for all fields.
    """

    noise: tuple[tuple[str, float], ...]
    cells: tuple[int, ...]

    @property
    def size(self):
        return len(self.noise) * len(self.cells)

    def mean(self, fields):
        return jnp.concatenate([fields[name][jnp.asarray(self.cells)] for name, _ in self.noise])

    def sample(self, key, fields):
        values = self.mean(fields)
        return values + self._sd(values.dtype) * jax.random.normal(key, values.shape, values.dtype)

    def log_density(self, data, fields):
        values = self.mean(fields)
        return jnp.sum(norm.logpdf(data, values, self._sd(values.dtype)))

    def _sd(self, dtype):
        return jnp.repeat(jnp.asarray([s for _, s in self.noise], dtype), len(self.cells))

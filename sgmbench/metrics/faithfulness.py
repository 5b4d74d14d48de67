"""Faithfulness: do samples obey the physics, one by one?

Some fields of y (porosity) determine the others (concentration, potential): a `Recomputable` problem solves for these
again. For each dependent field, with quadrature q,

    ( mean over samples of sum_i q_i (G_i(independent fields of y) - y_i)^2 )^1/2 / s,      s^2 = sum_i q_i sd_i^2.

Samples of the solver give rounding errors; independent draws of the two parts would give sqrt(2). A row whose solution
fails (NaN) makes the score NaN. The condition must be known, so it does not apply to a marginal.

Bias: none of the mean square; its root is too small by O(1/M) for M samples. Cost: the dependent fields of M samples
are solved for, which is up to M solver runs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from jaxtyping import Array, Float

from sgmbench.core.metric import Metric
from sgmbench.core.problem import Recomputable
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import varying_fields

CHUNK = 1_000
Fields = dict[str, Float[Array, "chunk *shape"]]


@dataclass(frozen=True)
class Faithfulness(Metric):
    """Rms of G(independent fields) - dependent fields, in each field's rms standard deviation.

    Attributes:
        rows: how many samples are solved again, from the first.
    """

    unit: ClassVar[str] = "sd"

    rows: Annotated[int, Ge(1)] = 1_000

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        if not isinstance(reference.problem, Recomputable) or reference.z is None:
            return {}
        values = samples.values[: self.rows]
        again = _recompute(values, reference)
        squares = {
            name: np.mean((values[:, samples.layout.slices[name]] - y) ** 2, axis=0) for name, y in again.items()
        }
        return {
            scaled.field.name: scaled.rms(np.sqrt(squares[scaled.field.name]))
            for scaled in varying_fields(reference)
            if scaled.field.name in squares
        }


def _recompute(values: Float[np.ndarray, "n d"], reference: Reference) -> dict[str, Float[np.ndarray, "n size"]]:
    """The dependent fields of every row, raveled."""
    solve = _solver(reference.problem)
    z = jnp.asarray(reference.z, "float64")
    parts = [solve(z, reference.layout.unravel(chunk)) for chunk in _chunks(values)]
    together = {name: np.concatenate([part[name] for part in parts])[: len(values)] for name in parts[0]}
    return {name: fields.reshape(len(values), -1) for name, fields in together.items()}


def _chunks(values: Float[np.ndarray, "n d"]) -> Iterator[Float[Array, "chunk d"]]:
    """Rows in chunks of one size; the last one is filled up with copies of its last row."""
    for start in range(0, len(values), CHUNK):
        part = values[start : start + CHUNK]
        yield jnp.asarray(np.pad(part, ((0, CHUNK - len(part)), (0, 0)), mode="edge"))


@lru_cache(maxsize=4)
def _solver(problem: Recomputable) -> Callable[[Float[Array, " p"], Fields], Fields]:
    """The problem's `recompute` for a chunk, compiled once for all conditions and cells."""
    return jax.jit(jax.vmap(problem.recompute, in_axes=(None, 0)))

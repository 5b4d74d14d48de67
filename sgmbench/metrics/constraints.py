"""Violation of exact constraints.

A `Constrained` problem gives residuals r_j(y) that vanish for every run of its solver, named "field.what" after the
field in whose unit they are ("c.last_cell"). The score of each is

    max over samples (and the entries of r_j) of |r_j| / s,

s the rms standard deviation of that field in the reference. Where the field does not vary, s is 1 in the field's unit.

Bias: the maximum grows with the number of samples M, so that scores compare at equal M. Cost: M residuals.
"""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from sgmbench.core.metric import Metric
from sgmbench.core.problem import Constrained
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.fields import varying_fields


@dataclass(frozen=True)
class Constraints(Metric):
    """Largest violation of each constraint of the problem, in standard deviations of its field."""

    accepts_weights: ClassVar[bool] = True
    unit: ClassVar[str] = "sd"

    def score(self, samples: Samples, reference: Reference) -> dict[str, float]:
        if not isinstance(reference.problem, Constrained):
            return {}
        scales = {scaled.field.name: scaled.sd for scaled in varying_fields(reference)}
        fields = samples.layout.unravel(jnp.asarray(samples.values))
        residuals = jax.vmap(reference.problem.constraints)(fields)
        return {
            name: float(jnp.max(jnp.abs(residual))) / scales.get(name.partition(".")[0], 1.0)
            for name, residual in residuals.items()
        }

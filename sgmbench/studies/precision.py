"""Precision: how far float32 is from float64 in the same runs.

Solvers run in float64 here. A discrepancy far above float32's rounding, 6e-8, says how ill-conditioned the model is,
and what a solver in single precision would do to the truth.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sgmbench.core.problem import Problem
from sgmbench.studies.evaluate import Inputs, error_in_sd, evaluate


@dataclass(frozen=True)
class Precision:
    """Discrepancy in output standard deviations over runs, in the field where it is largest.

    `failed` is the fraction of runs that are not finite in float32 although they are in float64.
    """

    field: str
    median: float
    largest: float
    failed: float


def compare_precisions(problem: Problem, inputs: Inputs, y: Float[np.ndarray, "n d"]) -> Precision | None:
    """Runs in float32 beside those in float64, y; None where no field varies."""
    single = evaluate(problem, inputs, precision="float32")
    good = np.all(np.isfinite(y), axis=1)
    both = good & np.all(np.isfinite(single), axis=1)
    errors = {name: e[both] for name, e in error_in_sd(problem, single - y, y).items()}
    failed = float(np.sum(good & ~both) / max(np.sum(good), 1))
    if not errors or not both.any():
        return None if not errors else Precision(next(iter(errors)), np.nan, np.nan, failed)
    field = max(errors, key=lambda name: errors[name].max())
    return Precision(field, float(np.median(errors[field])), float(errors[field].max()), failed)

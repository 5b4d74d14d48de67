"""Samplers whose samples are not the usual rows of equal weight, named `keeping:Class` in configurations."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import numpy as np

from sgmbench.core.inverse import Inverse
from sgmbench.core.method import Delivery, Sampler
from sgmbench.core.samples import Samples


@dataclass(frozen=True)
class Weighing(Sampler):
    """Rows in pairs of one run, with weights of both signs that sum to one."""

    def prepare(self, problem, *, at_condition, clock):
        def sample(given, runs, key):
            values = np.asarray(jax.random.normal(key, (runs, problem.layout.size), "float64"))
            signs = np.where(np.arange(runs) % 5 == 4, -1.0, 1.0)
            samples = Samples(values, problem.layout, False, signs / signs.sum(), np.arange(runs) // 2)
            return Delivery(samples, solver_runs=runs, executed_runs=runs)

        return sample


@dataclass(frozen=True)
class Chained(Sampler):
    """Two chains of independent draws, row by row in turns; each draw is its number and its chain."""

    targets: ClassVar[tuple[str, ...]] = ("posterior",)

    def prepare(self, problem, *, at_condition, clock):
        def sample(given, runs, key):
            rows = np.arange(runs, dtype="float64")
            values = np.stack([rows // 2, rows % 2], axis=1)
            samples = Samples.equally_weighted(values, Inverse(problem).layout, is_law=False)
            told = {"chains": 2, "draws": runs // 2}
            return Delivery(samples, solver_runs=runs, executed_runs=runs, diagnostics=told)

        return sample

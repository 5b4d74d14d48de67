"""Small experiments with a diffusion model, and cases of problems whose law is known."""

from typing import Any

import jax
import numpy as np

from sgmbench.config.load import build, build_experiment
from sgmbench.core.clock import Clock
from sgmbench.core.experiment import Experiment
from sgmbench.core.reference import Reference
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.diffusion.method import Diffusion
from sgmbench.studies.subject import Case

PLAIN: dict[str, Any] = {
    "name": "small",
    "problem": {"kind": "gaussian", "dimension": 4, "exponent": 0},
    "targets": ["marginal"],
    "budgets": [100, 400],
    "replicates": 2,
    "reference": {"size": 2000},
    "methods": ["bootstrap"],
}
"""A bootstrap of white noise."""

METHOD: dict[str, Any] = {
    "kind": "diffusion",
    "representation": [{"kind": "standardize", "by": "all"}],
    "network": {"kind": "mlp", "width": 16, "blocks": 1},
    "training": {"steps": 5, "batch": 64, "held_out": 0.5, "evaluate_every": 5},
    "calibration": 0,
}
"""A network that has hardly been trained: with the parameterization `edm` that is the denoiser of white noise."""


def experiment(**changes: Any) -> Experiment:
    """The small experiment with diffusion in it."""
    return build_experiment({**PLAIN, "methods": ["bootstrap", METHOD], **changes}, "small.yaml").experiment


def method(**changes: Any) -> Diffusion:
    """That diffusion with other settings."""
    return build("methods", {**METHOD, **changes})


def case_of(problem: Any, n: int, z: tuple[float, ...] | None = None) -> Case:
    """A case with as many runs in the reference as samples."""
    simulate = Simulation(problem, Clock(), at_condition=z is not None)
    true, independent = (simulate(n, key=stream(0, name), z=z or ()).y for name in ("true", "independent"))
    noise = np.asarray(jax.random.normal(jax.random.key(0), independent.shape, "float64"))
    return Case("case", z, np.zeros((1, 0)), Reference(true, problem, z), independent, noise)

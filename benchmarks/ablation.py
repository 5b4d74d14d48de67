"""What each choice about noise and parameterization is worth: writes `results/benchmarks/ablation.md`.

make bench-ablation                               about 10 minutes on two cores

`gaussian_mixture` in 8 dimensions has a known denoiser D*, so that a trained one can be scored by its excess error

    E |D - D*|^2 / (8 c_out^2),    c_out^2 = sigma^2 / (1 + sigma^2),    log sigma uniform on [log .01, log 20]

with sigma in standard deviations of the data: the error of a network's output of unit variance, whatever the network
was trained to predict. All are given the same 10,000 runs, network, steps and minibatch size; each row changes what it
names and nothing else. Early stopping is on in all of them.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.progress import silent
from sgmbench.core.rng import stream
from sgmbench.core.runs import Pairs
from sgmbench.core.simulation import Simulation
from sgmbench.diffusion.likelihood import denoiser_of_score
from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.noise import Level
from sgmbench.learning.representation import encode
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "ablation.md"
RUNS, STEPS, TEST, LEVELS = 10_000, 4_000, 2_000, 32
DEFAULT: dict[str, Any] = {
    "kind": "diffusion",
    "representation": [{"kind": "standardize", "by": "all"}],
    "calibration": 0,
    "training": {"steps": STEPS},
}
VP: dict[str, Any] = {"noise": "vp", "levels": "uniform", "sampler": "dpmpp_2m"}
ROWS: dict[str, dict[str, Any]] = {
    "default: edm, log sigma ~ N(-0.8, 1.6^2)": {},
    "log sigma ~ N(-1.2, 1.2^2), as published for sigma_data = 0.5": {"log_sigma_mean": -1.2, "log_sigma_sd": 1.2},
    "log sigma ~ N(-0.5, 1.2^2), the same for unit variance": {"log_sigma_mean": -0.5, "log_sigma_sd": 1.2},
    "log sigma uniform": {"levels": "log_uniform"},
    "edm noise, network predicts the data": {"parameterization": "data", "weight": "data"},
    "edm noise, network predicts the noise": {"parameterization": "noise"},
    "vp, noise, uniform t": {**VP, "parameterization": "noise"},
    "vp, noise, t^2": {**VP, "parameterization": "noise", "levels": "quadratic"},
    "vp, data, uniform t": {**VP, "parameterization": "data"},
    "vp, velocity, uniform t": {**VP, "parameterization": "velocity"},
    "vp, velocity, min-snr weight": {**VP, "parameterization": "velocity", "weight": "min_snr"},
    "vp cosine, velocity, uniform t": {**VP, "noise": "vp_cosine", "parameterization": "velocity"},
    "vp, edm parameterization, uniform t": {**VP, "parameterization": "edm"},
    "flow, velocity, uniform t": {**VP, "noise": "flow", "parameterization": "velocity"},
}


def main() -> None:
    """Trains every row and writes the table."""
    problem = build("problems", "gaussian_mixture")
    y, test = (
        Simulation(problem, Clock(), at_condition=False)(n, key=stream(0, label)).y
        for n, label in ((RUNS, "ablation"), (TEST, "ablation-test"))
    )
    lines = ["| what | excess denoising error | steps | training |", "|---|---|---|---|"]
    for name, changes in ROWS.items():
        error, steps, seconds = measure(build("methods", {**DEFAULT, **changes}), problem, y, test)
        lines.append(f"| {name} | {error:.4f} | {steps:,} | {seconds:.0f} s |")
        sys.stderr.write(lines[-1] + "\n")
    where = environment()
    page = [
        "# Noise, parameterization and weights",
        "",
        f"Made by `make bench-ablation` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}.",
        f"`gaussian_mixture`, 8 dimensions, {RUNS:,} runs, MLP 3 x 256, at most {STEPS:,} steps of 512; the excess "
        "error is defined in `benchmarks/ablation.py`.",
        "",
        *lines,
    ]
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def measure(method: Diffusion, problem: Any, y: np.ndarray, test: np.ndarray) -> tuple[float, int, float]:
    """(excess error, steps, seconds of training)."""
    start = time.perf_counter()
    pairs = Pairs(np.zeros((len(y), 0)), y)
    fit = method.fit(pairs, problem.layout, key=jax.random.key(0), clock=Clock(), progress=silent)
    seconds = time.perf_counter() - start
    return excess(method, fit, exact_denoiser(problem, fit), test), int(fit["steps"][0]), seconds


def exact_denoiser(problem: Any, fit: Any) -> Callable[..., Any]:
    """D* of the coordinates that `standardize by all` makes of y: one center, one unit."""
    center, unit = (float(fit["representation"]["0"][name][0]) for name in ("center", "unit"))
    return denoiser_of_score(lambda a, ratio: unit * problem.score(center + unit * a, None, sigma=unit * ratio))


def excess(method: Diffusion, fit: Any, exact: Callable[..., Any], test: np.ndarray) -> float:
    """The mean over levels and test rows."""
    given = np.zeros((len(test), 0))
    a, model = jnp.asarray(encode(method.representation, fit["representation"], given, test)), method.model(fit)

    @jax.jit
    def at(sigma, key):
        x = a + sigma * jax.random.normal(key, a.shape, "float64")
        level = Level(jnp.ones(()), sigma)
        known = exact(x, level, None)
        single = Level(*(jnp.asarray(part, jnp.float32) for part in level))
        learned = model.denoise(jnp.asarray(x, jnp.float32), single, (model.values, jnp.zeros((1, 0), jnp.float32)))
        return jnp.mean((learned - known) ** 2) * (1 + sigma**2) / sigma**2

    sigmas = np.exp(np.linspace(np.log(0.01), np.log(20.0), LEVELS))
    return float(np.mean([at(jnp.asarray(s), jax.random.key(i)) for i, s in enumerate(sigmas)]))


if __name__ == "__main__":
    main()

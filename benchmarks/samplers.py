"""Every sampler against theory: writes `results/benchmarks/samplers.md`.

make bench-samplers                               about 10 minutes on two cores

- Orders of convergence in float64, with exact scores of Gaussian data, where the law that a sampler gives is known
  without sampling (`sgmbench.diffusion.gaussian_law`), and its distance from the data at 64 evaluations.
- Moments of `gaussian_mixture` by the reverse SDE and the probability flow, with its exact score, at 100,000 samples.
- Its log density by the probability flow.
- Diffrax against hand-written scans of the same steps with the same network: ratios of times taken in turns.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from scans import SCANS

from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.diffusion.gaussian_law import ideal_variances, output_variances, relative_w2
from sgmbench.diffusion.grids import times
from sgmbench.diffusion.likelihood import denoiser_of_score, log_density
from sgmbench.diffusion.model import Model
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.precondition import denoiser
from sgmbench.diffusion.sampler import ReverseSampler
from sgmbench.diffusion.sampling import initial_law, sample
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "samplers.md"
FIXED = (
    "euler_maruyama",
    "exponential_euler",
    "predictor_corrector",
    "heun",
    "dpmpp_2m",
    "dpmpp_2m_sde",
    "sra1",
    "shark",
)
ORDERS = dict.fromkeys(FIXED, "2") | {"euler_maruyama": "1", "exponential_euler": "1", "predictor_corrector": ">= 1"}
POWER_LAW = np.arange(1, 65) ** -4.0
MODES = np.array([4.0, 1.0, 0.25, 0.01])
SAMPLES = 100_000
BATCH, STEPS, REPEATS = 4096, 12, 9


def main() -> None:
    """Measures everything and writes the page."""
    where = environment()
    page = [
        "# Samplers",
        "",
        f"Made by `make bench-samplers` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}.",
    ]
    for section in (orders, distances, moments, likelihood, overhead):
        start = time.perf_counter()
        page += ["", *section()]
        sys.stderr.write(f"{section.__name__}: {time.perf_counter() - start:.0f} s\n")
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def with_steps(name: str, steps: int) -> ReverseSampler:
    """A registered sampler with so many steps."""
    sampler: Any = build("samplers", name)
    return replace(sampler, steps=steps)


def orders() -> list[str]:
    """Largest relative error of a mode's variance against exact dynamics, and the slope of its logarithm."""
    steps = (32, 64, 128)
    lines = [
        "## Orders of convergence",
        "",
        f"Largest relative error of a variance over modes of variance {', '.join(f'{v:g}' for v in MODES)}, exact "
        f"score, float64; slope fitted over {', '.join(map(str, steps))} steps.",
        "",
        "| sampler | noise | " + " | ".join(f"{n} steps" for n in steps) + " | slope | theory |",
        "|---|---|" + "---|" * (len(steps) + 2),
    ]
    for name in FIXED:
        for noise in ("edm", "vp"):
            family: Any = build("noises", noise)
            exact = ideal_variances(family, MODES)
            error = [np.abs(output_variances(with_steps(name, n), family, MODES) / exact - 1).max() for n in steps]
            slope = -np.polyfit(np.log(steps), np.log(error), 1)[0]
            cells = " | ".join(f"{e:.1e}" for e in error)
            lines.append(f"| {name} | {noise} | {cells} | {slope:.2f} | {ORDERS[name]} |")
    return lines


def distances() -> list[str]:
    """Relative W2 at 64 evaluations on a spectrum k^-4 of 64 modes."""
    lines = [
        "## Relative W2 at 64 evaluations",
        "",
        "Gaussian data, 64 modes of variance k^-4, exact score. Discretization: against what exact dynamics on the "
        "same ends of noise give; total: against the data, what is below the smallest noise included.",
        "",
        "| sampler | ends of noise | evaluations | discretization | total |",
        "|---|---|---|---|---|",
    ]
    ends = {"20 to 0.01": EDM(), "80 to 0.002": EDM(80.0, 0.002), "3 to 0.001, fitted start": EDM(3.0, 0.001)}
    for name in FIXED:
        for label, noise in ends.items():
            sampler = with_steps(name, 63 // build("samplers", name).evaluations_a_step)
            made = output_variances(sampler, noise, POWER_LAW)
            step = relative_w2(made, ideal_variances(noise, POWER_LAW))
            lines.append(
                f"| {name} | {label} | {sampler.evaluations} | {step:.1e} | {relative_w2(made, POWER_LAW):.1e} |"
            )
    return lines


def mixture() -> tuple[Any, Any, tuple[np.ndarray, np.ndarray]]:
    """The problem, its exact denoiser, its exact mean and a covariance of many runs."""
    problem = build("problems", "gaussian_mixture")
    denoise = denoiser_of_score(lambda row, ratio: problem.score(row, None, sigma=ratio))
    y = Simulation(problem, Clock(), at_condition=False)(SAMPLES, key=stream(0, "bench-samplers")).y
    return problem, denoise, (np.asarray(problem.moments(None)["y"].mean), np.cov(y, rowvar=False))


def moments() -> list[str]:
    """Mean and variance of each coordinate in standard errors of as many independent samples."""
    problem, denoise, (mean, covariance) = mixture()
    variance = np.asarray(problem.moments(None)["y"].sd) ** 2
    lines = [
        "## Moments of the mixture",
        "",
        f"`gaussian_mixture` in 8 dimensions, exact score, {SAMPLES:,} samples in float64; differences from the exact "
        "moments in standard errors of as many independent samples, the largest of 8 (by chance about 1.5, seldom 3).",
        "",
        "| sampler | evaluations | mean | variance |",
        "|---|---|---|---|",
    ]
    noise = EDM(sigma_max=40.0, sigma_min=0.005)
    center, root = initial_law("gaussian", noise, mean, covariance)
    for name, steps in (("dpmpp_2m", 100), ("heun", 60), ("dpmpp_2m_sde", 300), ("shark", 150), ("tsit5", 0)):
        sampler = with_steps(name, steps) if steps else replace(build("samplers", name), tolerance=1e-5)
        run = jax.jit(lambda n, key, sampler=sampler: sample(sampler, noise, denoise, center + n @ root.T, key=key))
        n = jax.random.normal(jax.random.key(1), (SAMPLES, len(mean)), "float64")
        drawn = run(n, jax.random.key(2))
        y = np.asarray(drawn.x)
        fourth = np.mean((y - y.mean(axis=0)) ** 4, axis=0)
        errors = (
            np.abs(y.mean(axis=0) - mean) / np.sqrt(variance / SAMPLES),
            np.abs(y.var(axis=0) - variance) / np.sqrt((fourth - variance**2) / SAMPLES),
        )
        lines.append(f"| {name} | {int(drawn.evaluations)} | {errors[0].max():.2f} | {errors[1].max():.2f} |")
    return lines


def likelihood() -> list[str]:
    """Errors of the log density at runs of the mixture."""
    problem, denoise, law = mixture()
    y = jnp.asarray(Simulation(problem, Clock(), at_condition=False)(1_000, key=stream(1, "bench-samplers")).y)
    exact = np.asarray(jax.vmap(lambda row: problem.log_density(row, None))(y))
    lines = [
        "## Log density of the mixture",
        "",
        "By the probability flow with the exact score, at 1,000 runs, in nats.",
        "",
        "| noise | trace | largest error | mean error |",
        "|---|---|---|---|",
    ]
    for name, noise in (("edm", EDM(40.0, 1e-3)), ("vp", build("noises", {"kind": "vp", "end": 1e-4}))):
        model = Model(denoise, None, noise, *initial_law("gaussian", noise, *law))
        for trace in (True, False):
            found = np.asarray(log_density(model, y, key=jax.random.key(0), args=None, exact=trace, tolerance=1e-7))
            error = found - exact
            kind = "exact" if trace else "Hutchinson, one probe"
            lines.append(f"| {name} | {kind} | {np.abs(error).max():.1e} | {error.mean():.1e} |")
    return lines


def overhead() -> list[str]:
    """Times through Diffrax over those of a scan by hand, same network and steps."""
    k, p = 60, 19
    graph, values = nnx.split(MLP().build(geometry=Geometry(k), given=p, rngs=nnx.Rngs(0)))
    features, noise = jnp.zeros((BATCH, p), jnp.float32), EDM()
    x_0 = 20 * jax.random.normal(jax.random.key(1), (BATCH, k), jnp.float32)

    def denoise(x, level, values):
        return denoiser(nnx.merge(graph, values), "edm", noise)(x, level, features)

    lines = [
        "## Diffrax against a scan by hand",
        "",
        f"Batch {BATCH:,}, 60 coordinates, MLP 3 x 256, float32, {STEPS} steps; medians of {REPEATS} pairs in turns.",
        "",
        "| sampler | Diffrax / scan | a sample and evaluation |",
        "|---|---|---|",
    ]
    for name in FIXED:
        ratio, seconds = in_turns(*(partial(way, x_0, values) for way in both_ways(name, noise, denoise)))
        each = seconds / BATCH / (with_steps(name, STEPS).evaluations or 1)
        lines.append(f"| {name} | {ratio:.3f} | {1e6 * each:.1f} us |")
    return lines


def both_ways(name: str, noise: EDM, denoise: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Functions of (x, values): through Diffrax, and by hand."""
    t, key, sampler = (
        jnp.asarray(times(noise, "karras", STEPS), jnp.float32),
        jax.random.key(0),
        with_steps(name, STEPS),
    )

    def through_diffrax(x: Any, values: Any) -> Any:
        return sample(sampler, noise, denoise, x, key=key, args=values).x

    def by_hand(x: Any, values: Any) -> Any:
        return SCANS[name](lambda x, level: denoise(x, level, values), x, t, key)

    return jax.jit(through_diffrax), jax.jit(by_hand)


def in_turns(ours: Callable[[], Any], theirs: Callable[[], Any]) -> tuple[float, float]:
    """(median ratio of times, median seconds of the first)."""
    taken = []
    for repeat in range(REPEATS + 1):
        both = []
        for action in (ours, theirs):
            start = time.perf_counter()
            jax.block_until_ready(action())
            both.append(time.perf_counter() - start)
        if repeat:  # the first compiles
            taken.append(both)
    return statistics.median(a / b for a, b in taken), statistics.median(a for a, _ in taken)


if __name__ == "__main__":
    main()

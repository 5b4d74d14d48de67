"""Are all modes there, and with their weights? Writes `results/benchmarks/modes.md`.

make bench-modes                                  about 10 minutes on two cores

Four laws with separate modes, each learned from runs by diffusion at its defaults, and with them the modes' weights. A
weight w learned from N runs cannot be known better than to (w (1 - w) / N)^(1/2), whatever learns it; the M samples and
the R runs of the truth that are counted add theirs. The largest difference over modes is given in that standard error,
for three training seeds; beyond 3 a mode's weight is wrong.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.progress import silent
from sgmbench.core.rng import stream
from sgmbench.core.runs import Pairs
from sgmbench.core.simulation import Simulation
from sgmbench.problems.eight_points import POINTS
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "modes.md"
SAMPLES, TRUTH, SEEDS = 20_000, 20_000, 3
METHOD: dict[str, Any] = {"kind": "diffusion", "training": {"steps": 4_000}}
CENTER_LOW, CENTER_HIGH = 0.0737 / 12, 0.0737 / 3  # pressure in the middle of a square of one material


class Law(NamedTuple):
    """A problem, how many runs it is learned from, and the mode that each output belongs to."""

    problem: str
    runs: int
    modes: tuple[str, ...]
    mode_of: Callable[[Any, Float[np.ndarray, "n d"]], Int[np.ndarray, " n"]]


def nearest_point(problem: Any, y: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
    """Which of the eight."""
    return np.argmin(np.linalg.norm(y[:, None] - POINTS, axis=2), axis=1)


def last_side(problem: Any, y: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
    """Where the particle ends: 0 left, 1 right."""
    return (y[:, -1] > 0).astype(int)


def material(problem: Any, y: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
    """By the pressure in the middle, on a logarithmic scale: 0 permeable, 1 not."""
    pressure = np.asarray(problem.layout.unravel(y)["p"])
    middle = pressure[:, pressure.shape[1] // 2, pressure.shape[2] // 2]
    return (middle > np.sqrt(CENTER_LOW * CENTER_HIGH)).astype(int)


def phase(problem: Any, y: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
    """Sign of the mean of the field: 0 below, 1 above."""
    return (y.mean(axis=1) > 0).astype(int)


LAWS = (
    Law("eight_points", 1_000, tuple(f"point {j}" for j in range(8)), nearest_point),
    Law("double_well", 2_500, ("left", "right"), last_side),
    Law("darcy_threshold", 2_000, ("permeable", "tight"), material),
    Law("allen_cahn_noise", 2_500, ("below", "above"), phase),
)


def main() -> None:
    """Learns each law from three sets of runs and writes the table."""
    lines = [
        "| law | runs | seed | weights | truth | largest difference, se | between the modes, samples / truth |",
        "|---|---|---|---|---|---|---|",
    ]
    for law in LAWS:
        for seed in range(SEEDS):
            start = time.perf_counter()
            lines.append(row(law, seed))
            sys.stderr.write(f"{lines[-1]} {time.perf_counter() - start:.0f} s\n")
    where = environment()
    page = [
        "# Modes and their weights",
        "",
        f"Made by `make bench-modes` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, {where['device']}.",
        f"Diffusion with {METHOD['training']['steps']:,} steps, {SAMPLES:,} samples against {TRUTH:,} runs. Between "
        "the modes: share of outputs nearer to the middle between two modes' means than to either of them, along the "
        "line that joins the means.",
        "",
        *lines,
    ]
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def row(law: Law, seed: int) -> str:
    """One line of the table."""
    problem, method = build("problems", law.problem), build("methods", METHOD)
    simulation = Simulation(problem, Clock(), at_condition=False)
    runs, truth = (simulation(n, key=stream(s, "modes")).y for n, s in ((law.runs, seed), (TRUTH, 1_000)))
    pairs = Pairs(np.zeros((law.runs, 0)), runs)
    fit = method.fit(pairs, problem.layout, key=jax.random.key(seed), clock=Clock(), progress=silent)
    y = method.prepare(fit, clock=Clock())(np.zeros(0), SAMPLES, jax.random.key(100 + seed))
    ours, theirs = (weights(law, problem, each) for each in (y, truth))
    error = np.sqrt(theirs * (1 - theirs) * (1 / law.runs + 1 / SAMPLES + 1 / TRUTH))
    largest = np.max(np.abs(ours - theirs) / error)
    gap = " / ".join(f"{between(law, problem, each, truth):.3f}" for each in (y, truth))
    cells = [", ".join(f"{w:.3f}" for w in each) for each in (ours, theirs)]
    return f"| {law.problem} | {law.runs:,} | {seed} | {cells[0]} | {cells[1]} | {largest:.1f} | {gap} |"


def weights(law: Law, problem: Any, y: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " modes"]:
    """Shares of the modes."""
    return np.bincount(law.mode_of(problem, y), minlength=len(law.modes)) / len(y)


def between(law: Law, problem: Any, y: Float[np.ndarray, "n d"], truth: Float[np.ndarray, "n d"]) -> float:
    """Share of outputs in the middle half of the line between the first two modes, of those that belong to them."""
    modes = law.mode_of(problem, truth)
    first, second = (truth[modes == j].mean(axis=0) for j in (0, 1))
    own = y[law.mode_of(problem, y) < 2]
    along = (own - first) @ (second - first) / np.sum((second - first) ** 2)
    return float(np.mean((along > 0.25) & (along < 0.75)))


if __name__ == "__main__":
    main()

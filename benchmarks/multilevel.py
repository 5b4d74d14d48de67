"""Multilevel Monte Carlo against theory and against plain Monte Carlo: writes `results/benchmarks/multilevel.md`.

make bench-multilevel                             about 20 minutes on two cores

- Giles's geometric Brownian motion (S(0) = K = 100, r = 0.05, sigma = 0.2, T = 1, Milstein's scheme, 2^l steps): means,
  variances and kurtosis of the differences between levels from a million pairs on each, and the rates that they show.
- His algorithm at several tolerances: levels, cost in time steps, and that of plain Monte Carlo for the same variance.
- `multilevel` for a budget on `cookies`: root mean square error of the mean of q against that of plain Monte Carlo.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sgmbench.core.clock import Clock
from sgmbench.core.method import Sampler
from sgmbench.core.rng import stream
from sgmbench.errors import CellError
from sgmbench.montecarlo.giles import Estimate, level_statistics, multilevel_to_tolerance
from sgmbench.montecarlo.level_diagnostics import LARGEST_KURTOSIS
from sgmbench.montecarlo.monte_carlo import MonteCarlo
from sgmbench.montecarlo.multilevel import Multilevel
from sgmbench.problems.cookies import Cookies
from sgmbench.problems.geometric_brownian_motion import GeometricBrownianMotion
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "multilevel.md"
PAIRS, LEVELS = 1_000_000, 6
CHUNK = 8192
TOLERANCES = {"call": (0.1, 0.05, 0.02, 0.01, 0.005), "digital": (0.1, 0.05, 0.02, 0.01)}
MEAN_OF_Q = 0.064229489  # of level 2, which is the default: results/benchmarks/cookies.md
BUDGETS = (50, 100, 200, 400, 800, 1600)
REPEATS = 24


@dataclass(frozen=True)
class Rms:
    """Root mean square error over repetitions, its own standard error, and what was spent in fine runs."""

    error: float
    uncertainty: float
    spent: float


def main() -> None:
    """Measures everything and writes the page."""
    where = environment()
    page = [
        "# Multilevel Monte Carlo",
        "",
        f"Made by `make bench-multilevel` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, "
        f"{where['device']}.",
    ]
    sections: list[tuple[str, Callable[[], list[str]]]] = [
        *((f"levels, {field}", lambda field=field: levels(field)) for field in TOLERANCES),
        *((f"tolerances, {field}", lambda field=field: tolerances(field)) for field in TOLERANCES),
        ("cookies", cookies),
    ]
    for name, section in sections:
        start = time.perf_counter()
        page += ["", *section()]
        sys.stderr.write(f"{name}: {time.perf_counter() - start:.0f} s\n")
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def refinement(level: int) -> GeometricBrownianMotion:
    """2^level steps of Milstein's scheme."""
    return GeometricBrownianMotion(steps=2**level)


def levels(field: str) -> list[str]:
    """What the differences between levels are like."""
    key = stream(0, "bench-multilevel", "levels", field)
    found = level_statistics(refinement, field=field, levels=LEVELS, runs=PAIRS, key=key, clock=Clock(), chunk=CHUNK)
    worst = float(np.nanmax(found.kurtosis))
    warning = (
        f" Kurtosis {worst:,.0f}: few pairs differ at all, and a variance from N pairs has a relative standard error "
        f"of ({worst:,.0f} / N)^1/2."
        if worst > LARGEST_KURTOSIS
        else ""
    )
    return [
        f"## The differences between levels: {field}",
        "",
        f"{PAIRS:,} pairs on each. **alpha {found.alpha:.2f}, beta {found.beta:.2f}, gamma {found.gamma:.2f}** by "
        f"least squares over l = 1 to {LEVELS - 1}.{warning}",
        "",
        "| l | steps | mean of y_l - y_(l-1) | its standard error | variance | kurtosis |",
        "|---|---|---|---|---|---|",
        *(
            f"| {level} | {2**level} | {mean:.4e} | {np.sqrt(variance / PAIRS):.1e} | {variance:.4e} "
            f"| {kurtosis:,.1f} |"
            for level, mean, variance, kurtosis in zip(
                range(LEVELS), found.means, found.variances, found.kurtosis, strict=True
            )
        ),
    ]


def tolerances(field: str) -> list[str]:
    """Costs of the mean to several tolerances."""
    exact = float(refinement(0).moments(None)[field].mean)
    return [
        f"## Cost of a tolerance: {field}",
        "",
        f"Exact mean (Black and Scholes) {exact:.6f}. Steps are those of the fine path of each pair, as Giles's `gbm` "
        "counts them; all steps count the coarse path too, and are what N_l is optimal for. Plain: Var y_L, 2^L steps, "
        "the same variance eps^2 / 2.",
        "",
        "| eps | error | weak error, estimated | standard error | L | N_l | steps | all steps | plain | "
        "plain / steps | plain / all steps | eps^2 x all steps |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(_tolerance_row(field, tolerance, exact) for tolerance in TOLERANCES[field]),
    ]


def _tolerance_row(field: str, tolerance: float, exact: float) -> str:
    key = stream(0, "bench-multilevel", "tolerance", field, str(tolerance))
    start = time.perf_counter()
    try:
        found: Estimate = multilevel_to_tolerance(
            refinement, field=field, tolerance=tolerance, key=key, clock=Clock(), chunk=CHUNK
        )
    except CellError as error:
        return f"| {tolerance:g} | {error} |" + " |" * 10
    sys.stderr.write(f"{field}, {tolerance:g}: {time.perf_counter() - start:.0f} s\n")
    steps = float(found.runs @ found.fine_cost)
    runs = " ".join(f"{n:,}" for n in found.runs)
    return (
        f"| {tolerance:g} | {found.mean - exact:+.4f} | {found.weak_error:.4f} | {found.standard_error:.4f} | "
        f"{len(found.runs) - 1} | {runs} | {steps:.3e} | {found.cost:.3e} | {found.monte_carlo_cost:.3e} | "
        f"{found.monte_carlo_cost / steps:.2f} | {found.monte_carlo_cost / found.cost:.2f} | "
        f"{tolerance**2 * found.cost:,.0f} |"
    )


def cookies() -> list[str]:
    """Errors of the mean of q at several budgets."""
    problem = Cookies()
    samplers: dict[str, Sampler] = {"plain": MonteCarlo(), "multilevel": Multilevel()}
    ready = {name: each.prepare(problem, at_condition=False, clock=Clock()) for name, each in samplers.items()}
    lines = [
        "## Cookies: the mean of q for a budget",
        "",
        f"Root mean square error over {REPEATS} repetitions against E[q] of the same mesh, {MEAN_OF_Q:.9f} (level 2; "
        "`results/benchmarks/cookies.md`); budgets in runs of that mesh, the pilot included.",
        "",
        "| budget | plain, error | multilevel, error | spent | ratio of mean squares |",
        "|---|---|---|---|---|",
    ]
    for budget in BUDGETS:
        plain, ours = (rms(sample, budget, name) for name, sample in ready.items())
        lines.append(
            f"| {budget:,} | {plain.error:.2e} +- {plain.uncertainty:.0e} | {ours.error:.2e} +- {ours.uncertainty:.0e} "
            f"| {ours.spent:,.1f} | {(plain.error / ours.error) ** 2:.1f} |"
        )
    told = ready["multilevel"]((), BUDGETS[-1], stream(0, "bench-multilevel", "told")).diagnostics
    return [
        *lines,
        "",
        f"At {BUDGETS[-1]:,} runs, in the norm that q and u share: alpha {_rate(told['alpha'])}, beta "
        f"{_rate(told['beta'])}, gamma {_rate(told['gamma'])}.",
        "",
        "| level | runs | cost of one | variance | kurtosis |",
        "|---|---|---|---|---|",
        *(
            f"| {each['level']}{' alone' if each['is_first'] else ''} | {each['runs']:,} | {each['cost']:.3f} | "
            f"{each['variance']:.2e} | {each['kurtosis']:.1f} |"
            for each in told["levels"]
        ),
    ]


def rms(sample: Callable[..., Any], budget: int, name: str) -> Rms:
    """Of the weighted mean of q."""
    deliveries = [sample((), budget, stream(i, "bench-multilevel", name, budget)) for i in range(REPEATS)]
    squares: Float[np.ndarray, " repeats"] = np.array(
        [(each.samples.weights @ each.samples.values[:, 0] - MEAN_OF_Q) ** 2 for each in deliveries]
    )
    error = float(np.sqrt(squares.mean()))
    uncertainty = float(squares.std(ddof=1) / np.sqrt(REPEATS) / (2 * error))
    return Rms(error, uncertainty, float(np.mean([each.solver_runs for each in deliveries])))


def _rate(value: float | None) -> str:
    return "not told" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()

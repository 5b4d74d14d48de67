"""Multilevel Monte Carlo against theory and against plain Monte Carlo: writes `results/benchmarks/multilevel.md`.

make bench-multilevel                             about half an hour on two cores

- Giles's geometric Brownian motion (S(0) = K = 100, r = 0.05, sigma = 0.2, T = 1, Milstein's scheme, 2^l steps): means,
  variances and kurtosis of the differences between levels from a million pairs on each, and the rates that they show,
  beside the published ones.
- His algorithm at several tolerances: levels, cost in time steps, and that of plain Monte Carlo for the same variance.
- The same on `cookies`, whose levels halve the mesh width: the error over repetitions, the cost, and how it grows.
- `multilevel` for a budget on `cookies`, where the finest mesh is given.

Costs are compared as eps falls by the exponent of cost ~ eps^-r, fitted by least squares: r = 2 is the theoretical rate
of multilevel for beta > gamma, 2 + gamma / alpha that of plain Monte Carlo.

Published: L. Aslett, M. Giles, R package `mlmc` 2.1.1 (2024), manual page of `mcqmc06_l`, after M. B. Giles, "Improved
multilevel Monte Carlo convergence using the Milstein scheme", MCQMC 2006 (2008) 343-358. There three quarters of eps^2
are left to the variance, here a half, which costs 1.5 times as much; and its digital call is smoothed: the last step's
conditional expectation stands for the indicator, which here stays as it is.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import multilevel_cookies
import numpy as np
from multilevel_cookies import exponent

from sgmbench.core.clock import Clock
from sgmbench.core.rng import stream
from sgmbench.errors import CellError
from sgmbench.montecarlo.giles import Estimate, level_statistics, multilevel_to_tolerance
from sgmbench.montecarlo.level_diagnostics import LARGEST_KURTOSIS
from sgmbench.montecarlo.level_moments import rate
from sgmbench.problems.geometric_brownian_motion import GeometricBrownianMotion
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "multilevel.md"
PAIRS, LEVELS = 1_000_000, 9
CHUNK = 8192
TOLERANCES = {"call": (0.1, 0.05, 0.02, 0.01, 0.005), "digital": (0.1, 0.05, 0.02, 0.01)}
SHARE_PUBLISHED, SHARE = 0.75, 0.5
"""Of eps^2 that is left to the variance."""


class Published(NamedTuple):
    """What the manual prints.

    Attributes:
        rates: alpha and beta.
        variances: of the differences, by level from 1 on.
        kurtosis: of the finest.
        steps: by eps.
        savings: over plain Monte Carlo, by eps.
    """

    rates: tuple[float, float]
    variances: tuple[float, ...]
    kurtosis: float
    steps: dict[float, float]
    savings: dict[float, float]


PUBLISHED = {
    "call": Published(
        (0.963, 1.931),
        (1.6435e-1, 3.9577e-2, 1.1598e-2, 3.1369e-3, 8.4392e-4, 2.1334e-4, 5.2873e-5, 1.3131e-5),
        9.2,
        {0.1: 3.786e4, 0.05: 1.335e5, 0.02: 8.306e5, 0.01: 3.357e6, 0.005: 1.355e7},
        {0.1: 12.02, 0.05: 27.79, 0.02: 56.02, 0.01: 111.30, 0.005: 215.24},
    ),
    "digital": Published(
        (1.517, 0.879),
        (2.0133e-1, 1.9232, 1.2802, 5.5631e-1, 2.1308e-1, 7.9205e-2, 2.8676e-2, 1.0224e-2),
        123.4,
        {0.1: 1.674e4, 0.05: 9.227e4, 0.02: 7.270e5, 0.01: 2.958e6},
        {0.1: 219.13, 0.05: 346.04, 0.02: 580.19, 0.01: 570.48},
    ),
}


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
        ("cookies, tolerances", multilevel_cookies.to_tolerances),
        ("cookies, budgets", multilevel_cookies.for_budgets),
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


@cache
def statistics(field: str) -> Estimate:
    """A million pairs on each of the first levels."""
    key = stream(0, "bench-multilevel", "levels", field)
    return level_statistics(refinement, field=field, levels=LEVELS, runs=PAIRS, key=key, clock=Clock(), chunk=CHUNK)


def levels(field: str) -> list[str]:
    """What the differences between levels are like."""
    found, published = statistics(field), PUBLISHED[field]
    worst = float(np.nanmax(found.kurtosis))
    alpha, beta = (-(rate(each[1:]) or 0.0) for each in (np.abs(found.means), found.variances))
    warning = (
        f" **Warning**: kurtosis {worst:,.0f}, above {LARGEST_KURTOSIS:g}. Few pairs differ at all, and a variance "
        f"from N pairs has a relative standard error of ({worst:,.0f} / N)^1/2. With the published smoothing the "
        f"finest has {published.kurtosis:g}."
        if worst > LARGEST_KURTOSIS
        else ""
    )
    theirs = ["", *(f"{each:.4e}" for each in published.variances)]
    return [
        f"## The differences between levels: {field}",
        "",
        f"{PAIRS:,} pairs on each. **alpha {alpha:.2f}, beta {beta:.2f}, gamma {found.gamma:.2f}** by least squares "
        f"over l = 1 to {LEVELS - 1}; published: alpha {published.rates[0]:.2f}, beta {published.rates[1]:.2f}."
        f"{warning}",
        "",
        "| l | steps | mean of y_l - y_(l-1) | its standard error | variance | published variance | kurtosis |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {level} | {2**level} | {mean:.4e} | {np.sqrt(variance / PAIRS):.1e} | {variance:.4e} | {other} "
            f"| {kurtosis:,.1f} |"
            for level, mean, variance, other, kurtosis in zip(
                range(LEVELS), found.means, found.variances, theirs, found.kurtosis, strict=True
            )
        ),
    ]


def tolerances(field: str) -> list[str]:
    """Costs of the mean to several tolerances."""
    exact = float(refinement(0).moments(None)[field].mean)
    found = {eps: estimate(field, eps) for eps in TOLERANCES[field]}
    reached = {eps: each for eps, each in found.items() if isinstance(each, Estimate)}
    costs = [[getattr(each, name) for each in reached.values()] for name in ("cost", "monte_carlo_cost")]
    ours, plain = (exponent(reached, each) for each in costs)
    finest = reached[min(reached)]
    return [
        f"## Cost of a tolerance: {field}",
        "",
        f"Exact mean (Black and Scholes) {exact:.6f}. Steps are those of the fine path of each pair, as the published "
        "table counts them; all steps count the coarse path too, and are what N_l is optimal for. Plain: Var y_L, "
        f"2^L steps, the same variance eps^2 / 2. Published: steps, times {SHARE_PUBLISHED / SHARE:g} for its larger "
        f"share of the variance, and plain / steps as printed. The "
        "standard error is as the algorithm says, and in parentheses with the variances of the million pairs.",
        "",
        f"Cost grows as eps^-{ours:.2f}, that of plain Monte Carlo as eps^-{plain:.2f}; at eps = {min(reached):g} "
        f"multilevel is **{finest.monte_carlo_cost / finest.cost:,.0f} times cheaper**.",
        "",
        "| eps | error | weak error, estimated | standard error | L | N_l | steps | published | all steps | plain | "
        "plain / steps | published | plain / all steps | eps^2 x all steps |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(tolerance_row(eps, each, exact, field) for eps, each in found.items()),
    ]


def estimate(field: str, tolerance: float) -> Estimate | str:
    """The algorithm's answer, or why there is none."""
    key = stream(0, "bench-multilevel", "tolerance", field, str(tolerance))
    start = time.perf_counter()
    try:
        found = multilevel_to_tolerance(
            refinement, field=field, tolerance=tolerance, key=key, clock=Clock(), chunk=CHUNK
        )
    except CellError as error:
        return str(error)
    sys.stderr.write(f"{field}, {tolerance:g}: {time.perf_counter() - start:.0f} s\n")
    return found


def tolerance_row(tolerance: float, found: Estimate | str, exact: float, field: str) -> str:
    """One line."""
    if isinstance(found, str):
        return f"| {tolerance:g} | {found} |" + " |" * 12
    published, n = PUBLISHED[field], min(len(found.runs), LEVELS)
    variances = np.concatenate([statistics(field).variances[:n], found.variances[n:]])
    steps, checked = float(found.runs @ found.fine_cost), float(np.sqrt(np.sum(variances / found.runs)))
    runs = " ".join(f"{n:,}" for n in found.runs)
    return (
        f"| {tolerance:g} | {found.mean - exact:+.4f} | {found.weak_error:.4f} | {found.standard_error:.4f} "
        f"({checked:.4f}) | {len(found.runs) - 1} | {runs} | {steps:.3e} | "
        f"{published.steps[tolerance] * SHARE_PUBLISHED / SHARE:.3e} | {found.cost:.3e} | "
        f"{found.monte_carlo_cost:.3e} | {found.monte_carlo_cost / steps:.1f} | {published.savings[tolerance]:.1f} | "
        f"{found.monte_carlo_cost / found.cost:.1f} | {tolerance**2 * found.cost:,.0f} |"
    )


if __name__ == "__main__":
    main()

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

Published: L. Aslett, M. Giles, R package `mlmc` 2.1 (2024), manual page of `mcqmc06_l`, after M. B. Giles, "Improved
multilevel Monte Carlo convergence using the Milstein scheme", MCQMC 2006 (2008) 343-358. There three quarters of eps^2
are left to the variance, here a half, which costs 1.5 times as much; and its digital call is smoothed: the last step's
conditional expectation stands for the indicator, which here stays as it is.
"""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from sgmbench.core.clock import Clock
from sgmbench.core.method import Sampler
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.errors import CellError
from sgmbench.montecarlo.giles import Estimate, level_statistics, multilevel_to_tolerance
from sgmbench.montecarlo.level_diagnostics import LARGEST_KURTOSIS
from sgmbench.montecarlo.level_moments import rate
from sgmbench.montecarlo.monte_carlo import MonteCarlo
from sgmbench.montecarlo.multilevel import Multilevel
from sgmbench.problems.cookies import Cookies
from sgmbench.problems.geometric_brownian_motion import GeometricBrownianMotion
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "multilevel.md"
PAIRS, LEVELS = 1_000_000, 9
CHUNK = 8192
TOLERANCES = {"call": (0.1, 0.05, 0.02, 0.01, 0.005), "digital": (0.1, 0.05, 0.02, 0.01)}
PILOT = {"call": 1_000, "digital": 20_000}
"""Runs that a level begins with; of the digital's first pairs one in 1,500 differs, and a pilot has to meet some."""
COOKIES_TOLERANCES = {2e-4: 12, 1e-4: 12, 5e-5: 12, 2e-5: 6, 1e-5: 3}
"""eps, and how often each is repeated."""
MEAN_OF_Q, MEAN_OF_Q_2 = 0.064238651, 0.064229489
"""Free of mesh errors, and of level 2, which is the default: `results/benchmarks/cookies.md`."""
TIMED = 2_048
"""Runs of one level that its seconds a run are from."""
BUDGETS = (50, 100, 200, 400, 800, 1600)
REPEATS = 24
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
        ("cookies, tolerances", cookies_tolerances),
        ("cookies, budgets", cookies_budgets),
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
    ours, plain = (
        exponent(reached, [getattr(each, name) for each in reached.values()]) for name in ("cost", "monte_carlo_cost")
    )
    finest = reached[min(reached)]
    return [
        f"## Cost of a tolerance: {field}",
        "",
        f"Exact mean (Black and Scholes) {exact:.6f}. Steps are those of the fine path of each pair, as the published "
        "table counts them; all steps count the coarse path too, and are what N_l is optimal for. Plain: Var y_L, "
        f"2^L steps, the same variance eps^2 / 2. Published: steps, times {SHARE_PUBLISHED / SHARE:g} for its larger "
        f"share of the variance, and plain / steps as printed. A level begins with {PILOT[field]:,} pairs. The "
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
            refinement, field=field, tolerance=tolerance, key=key, clock=Clock(), chunk=CHUNK, pilot=PILOT[field]
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


def exponent(tolerances: Iterable[float], costs: Sequence[float]) -> float:
    """r of cost ~ eps^-r, by least squares."""
    return -float(np.polyfit(np.log(list(tolerances)), np.log(costs), 1)[0])


def cookies_tolerances() -> list[str]:
    """Giles's algorithm where a level halves the width of a mesh: errors over repetitions, and costs."""
    found = {eps: [cookies_estimate(eps, i) for i in range(n)] for eps, n in COOKIES_TOLERANCES.items()}
    seconds = [seconds_of(level) for level in range(max(len(each.runs) for many in found.values() for each in many))]
    costs = {eps: float(np.mean([each.cost for each in many])) for eps, many in found.items()}
    plain = {eps: float(np.mean([each.monte_carlo_cost for each in many])) for eps, many in found.items()}
    eps = min(found)
    finest = found[eps][0]
    rows = [cookies_row(eps, many, seconds) for eps, many in found.items()]
    return [
        "## Cookies: the mean of q to a tolerance",
        "",
        f"E[q] = {MEAN_OF_Q:.9f} free of mesh errors (`results/benchmarks/cookies.md`); levels from 0 on, costs in "
        "operations of a run of level 0, both runs of a pair. Plain: the finest of these levels, for the variance "
        f"eps^2 / 2. Seconds: N_l times what a run of each level takes, measured ("
        f"{', '.join(f'{1e6 * each:.0f}' for each in seconds)} us).",
        "",
        f"Cost grows as eps^-{exponent(costs, list(costs.values())):.2f} (theory: 2, as beta {finest.beta:.1f} is "
        f"above gamma {finest.gamma:.1f}), that of plain Monte Carlo as "
        f"eps^-{exponent(plain, list(plain.values())):.2f}; at eps = {eps:g} multilevel is "
        f"**{plain[eps] / costs[eps]:,.1f} times cheaper**.",
        "",
        "| eps | repeats | rms error | L | N_l, of the first | cost | plain | plain / cost | eps^2 x cost | seconds | "
        "plain, seconds | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
        *rows,
    ]


def cookies_estimate(tolerance: float, repeat: int) -> Estimate:
    """One answer of the algorithm."""
    key = stream(repeat, "bench-multilevel", "cookies", str(tolerance))
    return multilevel_to_tolerance(Cookies, field="q", tolerance=tolerance, key=key, clock=Clock(), pilot=64)


def seconds_of(level: int) -> float:
    """A warm run of one level of `cookies`."""
    simulate = Simulation(Cookies(level), Clock(), at_condition=False)
    simulate(CHUNK // 32, key=stream(0, "bench-multilevel", "warm"))
    return simulate(TIMED, key=stream(0, "bench-multilevel", "timed")).seconds["simulate"] / TIMED


def cookies_row(tolerance: float, found: list[Estimate], seconds: list[float]) -> str:
    """One line."""
    error = float(np.sqrt(np.mean([(each.mean - MEAN_OF_Q) ** 2 for each in found])))
    cost, plain = (float(np.mean([getattr(each, name) for each in found])) for name in ("cost", "monte_carlo_cost"))
    of_pairs = np.array(seconds) + np.append(0.0, seconds[:-1])
    took = float(np.mean([each.runs @ of_pairs[: len(each.runs)] for each in found]))
    plainly = float(np.mean([2 * each.own_variance / tolerance**2 * seconds[len(each.runs) - 1] for each in found]))
    finest = sorted({len(each.runs) - 1 for each in found})
    return (
        f"| {tolerance:g} | {len(found)} | {error:.1e} | {' or '.join(map(str, finest))} | "
        f"{' '.join(f'{n:,}' for n in found[0].runs)} | {cost:.3e} | {plain:.3e} | {plain / cost:.1f} | "
        f"{tolerance**2 * cost:.2e} | {took:.3g} | {plainly:.3g} | {plainly / took:.1f} |"
    )


def cookies_budgets() -> list[str]:
    """Errors of the mean of q at several budgets."""
    problem = Cookies()
    samplers: dict[str, Sampler] = {"plain": MonteCarlo(), "multilevel": Multilevel()}
    ready = {name: each.prepare(problem, at_condition=False, clock=Clock()) for name, each in samplers.items()}
    lines = [
        "## Cookies: the mean of q for a budget",
        "",
        f"Root mean square error over {REPEATS} repetitions against E[q] of the same mesh, {MEAN_OF_Q_2:.9f} (level "
        "2; `results/benchmarks/cookies.md`); budgets in runs of that mesh, the pilot included.",
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
        [(each.samples.weights @ each.samples.values[:, 0] - MEAN_OF_Q_2) ** 2 for each in deliveries]
    )
    error = float(np.sqrt(squares.mean()))
    uncertainty = float(squares.std(ddof=1) / np.sqrt(REPEATS) / (2 * error))
    return Rms(error, uncertainty, float(np.mean([each.solver_runs for each in deliveries])))


def _rate(value: float | None) -> str:
    return "not told" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()

"""Multilevel Monte Carlo against theory and against plain Monte Carlo: writes `results/benchmarks/multilevel.md`.

make bench-multilevel                             about half an hour on one core

- Giles's geometric Brownian motion (S(0) = K = 100, r = 0.05, sigma = 0.2, T = 1, Milstein's scheme, 2^l steps), of a
  call, of a digital call smoothed as in the published table, and of one as it is: means, variances and kurtosis of the
  differences between levels from a million pairs on each, and the rates that they show.
- His algorithm at several tolerances, repeated: errors, levels, and costs beside the least that theory allows, plain
  Monte Carlo's among them (`multilevel_searches.py`).
- The same on `cookies`, whose levels halve the mesh width, and `multilevel` for a budget there, where the finest mesh
  is given (`multilevel_cookies.py`).

Published: L. Aslett, M. Giles, R package `mlmc` 2.1.1 (2024), manual page of `mcqmc06_l`, after M. B. Giles, "Improved
multilevel Monte Carlo convergence using the Milstein scheme", MCQMC 2006 (2008) 343-358. There three quarters of eps^2
are left to the variance, here a half, which costs 1.5 times as much.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import jax
import multilevel_cookies
import numpy as np
from cores import cores
from multilevel_searches import HEADER, Searches, biases, findings, least_costs, row

from sgmbench.core.clock import Clock
from sgmbench.core.rng import stream
from sgmbench.montecarlo.giles import Estimate, Refined, level_statistics, multilevel_to_tolerance
from sgmbench.montecarlo.level_diagnostics import LARGEST_KURTOSIS
from sgmbench.montecarlo.level_moments import rate
from sgmbench.problems.geometric_brownian_motion import GeometricBrownianMotion
from sgmbench.runner.environment import environment

RESULTS = Path(__file__).parents[1] / "results"
PAIRS, LEVELS = 1_000_000, 9
CHUNK = 2048
MOST_LEVELS = 16
SHARE_PUBLISHED, SHARE = 0.75, 0.5
"""Of eps^2 that is left to the variance."""


class Published(NamedTuple):
    """What the manual prints.

    Attributes:
        rates: alpha and beta.
        means: of the differences, by level from 1 on.
        variances: likewise.
        kurtosis: likewise.
        steps: by eps.
        savings: over plain Monte Carlo, by eps.
    """

    rates: tuple[float, float]
    means: tuple[float, ...]
    variances: tuple[float, ...]
    kurtosis: tuple[float, ...]
    steps: dict[float, float]
    savings: dict[float, float]


@dataclass(frozen=True)
class Case:
    """A payoff and the searches for its mean.

    Attributes:
        title: of its sections.
        field: of the problem.
        smoothed: the problem's.
        repeats: of each tolerance.
        theory: how errors fall with costs.
        published: what there is to compare with.
        pilot: runs that a level begins with.
    """

    title: str
    field: str
    smoothed: bool
    repeats: dict[float, int]
    theory: str
    published: Published | None = None
    pilot: int = 200

    def problem(self, level: int) -> GeometricBrownianMotion:
        """2^level steps of Milstein's scheme."""
        return GeometricBrownianMotion(steps=2**level, smoothed=self.smoothed)

    @cached_property
    def refined(self) -> Refined:
        """The levels, made ready once."""
        return Refined(self.problem, self.field, clock=Clock(), chunk=CHUNK)

    @cached_property
    def statistics(self) -> Estimate:
        """A million pairs on each of the first levels."""
        key = stream(0, "bench-multilevel", "levels", self.title)
        return level_statistics(self.refined, levels=LEVELS, runs=PAIRS, key=key)


TWENTY = dict.fromkeys((0.1, 0.05, 0.02, 0.01, 0.005), 20)
CASES = (
    Case(
        "call",
        "call",
        smoothed=False,
        repeats=TWENTY,
        theory="cost^-1/2, as beta = 2 is above gamma = 1",
        published=Published(
            (0.963, 1.931),
            (1.8731e-1, 9.9564e-2, 5.4312e-2, 2.7522e-2, 1.4201e-2, 7.0778e-3, 3.5960e-3, 1.7492e-3),
            (1.6435e-1, 3.9577e-2, 1.1598e-2, 3.1369e-3, 8.4392e-4, 2.1334e-4, 5.2873e-5, 1.3131e-5),
            (62.2, 31.4, 19.6, 15.5, 12.0, 10.4, 8.8, 9.2),
            {0.1: 3.786e4, 0.05: 1.335e5, 0.02: 8.306e5, 0.01: 3.357e6, 0.005: 1.355e7},
            {0.1: 12.02, 0.05: 27.79, 0.02: 56.02, 0.01: 111.30, 0.005: 215.24},
        ),
    ),
    Case(
        "digital call, smoothed",
        "digital",
        smoothed=True,
        repeats=TWENTY,
        theory="cost^-1/2, as beta = 3/2 is above gamma = 1",
        published=Published(
            (1.517, 0.879),
            (-2.7023, -7.2392e-1, -1.9816e-1, -6.0912e-2, -2.2460e-2, -8.2487e-3, -3.4277e-3, -1.8502e-3),
            (2.0133e-1, 1.9232, 1.2802, 5.5631e-1, 2.1308e-1, 7.9205e-2, 2.8676e-2, 1.0224e-2),
            (11.2, 18.6, 22.6, 29.9, 43.6, 57.5, 82.6, 123.4),
            {0.1: 1.674e4, 0.05: 9.227e4, 0.02: 7.270e5, 0.01: 2.958e6},
            {0.1: 219.13, 0.05: 346.04, 0.02: 580.19, 0.01: 570.48},
        ),
    ),
    Case(
        "digital call",
        "digital",
        smoothed=False,
        repeats={0.1: 20, 0.05: 20, 0.02: 6, 0.01: 3, 0.005: 1},
        theory="cost^-1/2 but for a logarithm, as beta = gamma = 1",
        pilot=1_000,
    ),
)


def main() -> None:
    """Measures everything and writes the page; each part in a process of its own, whose programs end with it."""
    where, began = environment(), time.perf_counter()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
        parts = list(processes.map(part, range(len(CASES) + 2)))
    differences, searched = zip(*parts[: len(CASES)], strict=True)
    body = [line for section in (*differences, *searched, *parts[len(CASES) :]) for line in ("", *section)]
    head = [
        "# Multilevel Monte Carlo",
        "",
        f"Made by `make bench-multilevel` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, "
        f"{where['device']}, {cores()}, in {(time.perf_counter() - began) / 60:.0f} minutes. Levels have 2^l steps of "
        "Milstein's scheme; costs count both runs of a pair, unless steps are spoken of: these are of the fine runs "
        "alone, as the published table counts them. Published: R package `mlmc`, manual page of `mcqmc06_l`.",
    ]
    page = "\n".join([*head, *body]) + "\n"
    (RESULTS / "benchmarks" / "multilevel.md").write_text(page)
    sys.stdout.write(page)


def part(number: int) -> list[Any]:
    """Both sections of a case, or one of cookies."""
    jax.config.update("jax_compilation_cache_dir", str(RESULTS / ".cache" / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    start = time.perf_counter()
    if number < len(CASES):
        name, made = CASES[number].title, [levels(CASES[number]), tolerances(CASES[number])]
    else:
        section = (multilevel_cookies.to_tolerances, multilevel_cookies.for_budgets)[number - len(CASES)]
        name, made = section.__name__, section()
    sys.stderr.write(f"{name}: {time.perf_counter() - start:.0f} s\n")
    return made


def levels(case: Case) -> list[str]:
    """What the differences between levels are like."""
    found, published = case.statistics, case.published
    worst = float(np.nanmax(found.kurtosis[1:]))
    alpha, beta = (-(rate(each[1:]) or 0.0) for each in (np.abs(found.means), found.variances))
    theirs = f"; published: alpha {published.rates[0]:.2f}, beta {published.rates[1]:.2f}" if published else ""
    warning = (
        f" **Warning**: kurtosis {worst:,.0f}, above {LARGEST_KURTOSIS:g}. Few pairs differ at all, and a variance "
        f"from N pairs has a relative standard error of ({worst:,.0f} / N)^1/2."
        if worst > LARGEST_KURTOSIS
        else ""
    )
    titles = ["l", "steps", "mean of y_l - y_(l-1)", "its standard error", "variance", "kurtosis"]
    printed = zip(*published[1:4], strict=True) if published else ()
    others = [["", "", ""], *([f"{mean:.4e}", f"{v:.4e}", f"{kurtosis:.1f}"] for mean, v, kurtosis in printed)]
    body = [
        [
            f"{level}",
            f"{2**level}",
            f"{found.means[level]:.4e}",
            f"{np.sqrt(found.variances[level] / PAIRS):.1e}",
            f"{found.variances[level]:.4e}",
            f"{found.kurtosis[level]:,.1f}",
            *(others[level] if published else []),
        ]
        for level in range(LEVELS)
    ]
    return [
        f"## The differences between levels: {case.title}",
        "",
        f"{PAIRS:,} pairs on each. **alpha {alpha:.2f}, beta {beta:.2f}, gamma {found.gamma:.2f}** by least squares "
        f"over l = 1 to {LEVELS - 1}{theirs}.{warning}",
        "",
        *table([*titles, *(["published mean", "variance", "kurtosis"] if published else [])], body),
    ]


def tolerances(case: Case) -> list[str]:
    """Errors and costs of the mean at several tolerances."""
    exact = float(case.problem(0).moments(None)[case.field].mean)
    found = [searches(case, eps, exact) for eps in case.repeats]
    steps = ["steps", "published", "plain / steps", "published"] if case.published else []
    compared = (
        f" Steps: those of fine runs; published, times {SHARE_PUBLISHED / SHARE:g} for its larger share of the "
        "variance. Plain / steps: on the finest level of the search and for its variance, as is published."
        if case.published
        else ""
    )
    return [
        f"## The cost of a tolerance: {case.title}",
        "",
        f"Exact mean (Black and Scholes) {exact:.6f}; a level begins with {case.pilot:,} runs. Costs in runs of the "
        "level that is best for plain Monte Carlo: what it takes there, what multilevel took, and the least that "
        f"theory allows it, with all V_l and biases known.{compared}",
        "",
        findings(found, theory=case.theory),
        "",
        *table([*HEADER, *steps], [[*row(each), *in_steps(case, each)] for each in found]),
    ]


def searches(case: Case, tolerance: float, exact: float) -> Searches:
    """As often as the case says."""
    start, known = time.perf_counter(), case.statistics
    variances = [float(case.problem(level).moments(None)[case.field].sd) ** 2 for level in range(LEVELS)]
    least = least_costs(known, own_variances=variances, bias=biases(known.means), tolerance=tolerance)
    found = [search(case, tolerance, i) for i in range(case.repeats[tolerance])]
    sys.stderr.write(f"{case.title}, {tolerance:g}: {time.perf_counter() - start:.0f} s\n")
    return Searches(tolerance, found, exact, least)


def search(case: Case, tolerance: float, repeat: int) -> Estimate:
    """The algorithm's answer."""
    key = stream(repeat, "bench-multilevel", "tolerance", case.title, str(tolerance))
    return multilevel_to_tolerance(
        case.refined, tolerance=tolerance, key=key, pilot=case.pilot, most_levels=MOST_LEVELS
    )


def in_steps(case: Case, each: Searches) -> list[str]:
    """The cells that stand beside published ones."""
    if not case.published:
        return []
    steps = float(np.mean([found.runs @ found.fine_cost for found in each.found]))
    plain = float(np.mean([found.monte_carlo_cost for found in each.found]))
    theirs, saving = (by.get(each.tolerance) for by in (case.published.steps, case.published.savings))
    return [
        f"{steps:.3e}",
        f"{theirs * SHARE_PUBLISHED / SHARE:.3e}" if theirs else "",
        f"{plain / steps:.1f}",
        f"{saving:.1f}" if saving else "",
    ]


def table(titles: list[str], body: list[list[str]]) -> list[str]:
    """Lines of Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (titles, ["---"] * len(titles), *body)]


if __name__ == "__main__":
    main()

"""Randomized quasi-Monte Carlo against plain Monte Carlo: writes `results/benchmarks/quasi_monte_carlo.md`.

make bench-quasi-monte-carlo                      about 10 minutes on two cores

Errors of each field's mean, rms over its grid and over repetitions, in the field's rms standard deviation: plain Monte
Carlo has exactly N^-1/2 in that unit, so 1 / error^2 is how many independent runs a set is worth. The truth is exact
where it is known, else the mean of many more scrambled Sobol points.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student

from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.inputs import dimension
from sgmbench.core.knowledge import KnownMoments, raveled_moments
from sgmbench.core.problem import Leveled, Problem
from sgmbench.core.reference import Reference
from sgmbench.core.rng import stream
from sgmbench.metrics.fields import varying_fields
from sgmbench.montecarlo.quasi_monte_carlo import ROUNDING, QuasiMonteCarlo
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "quasi_monte_carlo.md"
Sequence = Literal["sobol", "latin_hypercube"]
SCRAMBLES = 8
POINTS = tuple(2**m for m in range(4, 12, 2))
TRUTH = 16 * 2**14
REPEATS = 16
STEEP = -0.8


@dataclass(frozen=True)
class Case:
    """A problem, how many runs its truth takes, and how many points a scramble are affordable."""

    problem: str
    truth: int = TRUTH
    most: int = POINTS[-1]

    @property
    def points(self) -> tuple[int, ...]:
        """Points a scramble."""
        return tuple(n for n in POINTS if n <= self.most)


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        name: problem, field and sequence.
        slope: of log error over log N.
        text: the line.
    """

    name: str
    slope: float
    text: str


CASES = (
    Case("ishigami"),
    Case("borehole"),
    Case("geometric_brownian_motion"),
    Case("ornstein_uhlenbeck"),
    Case("cookies", truth=16 * 2**9, most=2**6),
    Case("darcy", truth=16 * 2**10, most=2**8),
)


def main() -> None:
    """Measures everything and writes the page."""
    where = environment()
    page = [
        "# Quasi-Monte Carlo",
        "",
        f"Made by `make bench-quasi-monte-carlo` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, "
        f"{where['device']}.",
        "",
        f"{SCRAMBLES} scrambles of {', '.join(map(str, POINTS))} points, {REPEATS} repetitions. In the columns of N: "
        "the error of the mean in standard deviations, and in brackets how many independent runs it is worth over N. "
        "Slope: of log error over log N, -0.50 for independent runs. Covered: share of 95 % t intervals from the "
        "scrambles, of all N and points of the grid, that hold the truth; where scrambles agree, by chance or since "
        "nothing varies, there is none.",
        "",
        "| problem | field | k | sequence | "
        + " | ".join(f"N = {SCRAMBLES * n:,}" for n in POINTS)
        + " | slope | covered |",
        "|---|---|---|---|" + "---|" * (len(POINTS) + 2),
    ]
    found: list[Row] = []
    for case in CASES:
        start = time.perf_counter()
        found += rows(case)
        sys.stderr.write(f"{case.problem}: {time.perf_counter() - start:.0f} s\n")
    steep, others = ([each for each in found if (each.slope < STEEP) == wanted] for wanted in (True, False))
    page += [
        *(each.text for each in found),
        "",
        f"Steeper than N^{STEEP:g} by the fitted slope: {of_rows(steep)}. Not: {of_rows(others)}.",
        "",
        "Where no mean is known, and for a scheme with levels, the truth is that of more Sobol points, whose own error "
        f"limits what is seen: {', '.join(f'{case.truth:,} for `{case.problem}`' for case in CASES)}.",
    ]
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def of_rows(found: list[Row]) -> str:
    """Which they are, and their slopes."""
    return "; ".join(f"{each.name} ({each.slope:.2f})" for each in found) or "none"


def rows(case: Case) -> Iterator[Row]:
    """Lines of the table, one for each sequence and field."""
    problem: Any = build("problems", case.problem)
    mean, reference = truth(problem, case.truth)
    k = dimension(problem, at_condition=False)
    for sequence in get_args(Sequence):
        method = QuasiMonteCarlo(sequence=sequence, scrambles=SCRAMBLES)
        sample = method.prepare(problem, at_condition=False, clock=Clock())
        found = [errors(sample, SCRAMBLES * n, mean, f"{case.problem} {sequence}") for n in case.points]
        for scaled in varying_fields(reference):
            quadrature, where = scaled.field.quadrature, scaled.where
            rms = np.array([np.sqrt(np.mean(error[:, where] ** 2 @ quadrature)) / scaled.sd for error, _ in found])
            n = SCRAMBLES * np.array(case.points)
            slope = np.polyfit(np.log(n), np.log(rms), 1)[0]
            covered = of_intervals(np.concatenate([inside[:, where] for _, inside in found]), quadrature)
            cells = [f"{e:.1e} ({1 / e**2 / each:,.1f})" for e, each in zip(rms, n, strict=True)]
            cells += [""] * (len(POINTS) - len(cells))
            text = (
                f"| {case.problem} | {scaled.field.name} | {k:,} | {sequence} | {' | '.join(cells)} | {slope:.2f} | "
                f"{100 * covered:.0f} % |"
            )
            yield Row(f"{case.problem}'s {scaled.field.name} by {sequence}", slope, text)


def truth(problem: Problem, runs: int) -> tuple[Float[np.ndarray, " d"], Reference]:
    """The mean, and a reference that tells the standard deviations."""
    method = QuasiMonteCarlo(scrambles=16)
    values = method.prepare(problem, at_condition=False, clock=Clock())(
        (), runs, stream(0, "bench-quasi")
    ).samples.values
    known = raveled_moments(problem, problem.layout, None) if isinstance(problem, KnownMoments) else None
    exact = known is not None and not isinstance(problem, Leveled)  # moments are those of the equation
    return (np.asarray(known.mean) if exact and known else values.mean(axis=0)), Reference(values, problem, None)


def errors(
    sample: Callable[..., Any], budget: int, mean: Float[np.ndarray, " d"], label: str
) -> tuple[Float[np.ndarray, "repeats d"], Float[np.ndarray, "repeats d"]]:
    """Errors of the mean, and where a 95 % interval holds the truth: 1, 0, or NaN where there is none."""
    error, inside = [], []
    for repeat in range(REPEATS):
        values = sample((), budget, stream(repeat, "bench-quasi", label, budget)).samples.values
        of_scrambles = values.reshape(SCRAMBLES, -1, values.shape[1]).mean(axis=1)
        error.append(of_scrambles.mean(axis=0) - mean)
        half = student.ppf(0.975, SCRAMBLES - 1) * of_scrambles.std(axis=0, ddof=1) / np.sqrt(SCRAMBLES)
        agree = np.ptp(of_scrambles, axis=0) <= ROUNDING * np.ptp(values, axis=0)
        inside.append(np.where(agree, np.nan, np.abs(error[-1]) <= half))
    return np.array(error), np.array(inside)


def of_intervals(inside: Float[np.ndarray, "n d"], quadrature: Float[np.ndarray, " d"]) -> float:
    """The share of those that there are, by the width of their points."""
    weight = np.isfinite(inside) * quadrature
    return float(np.nansum(inside * quadrature) / weight.sum())


if __name__ == "__main__":
    main()

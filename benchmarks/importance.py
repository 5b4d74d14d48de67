"""Probabilities of rare events by importance sampling: writes `results/benchmarks/importance.md`.

make bench-importance                             some minutes on two cores

Each method estimates a probability that is known exactly, in many replicates with seeds of their own. The relative root
mean square error stands beside the one of plain Monte Carlo, ((1 - P) / (n P))^1/2, beside what the method claims of
itself, and with the number of plain runs that have the same error.
"""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from scipy.stats import norm

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Field, Layout
from sgmbench.core.prior import Parameter
from sgmbench.core.problem import Problem, Traceable
from sgmbench.core.rng import stream
from sgmbench.montecarlo.importance import Importance
from sgmbench.problems.four_branch import FourBranch
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "importance.md"
BETA = 3.5
REPLICATES = 100
TOLERANCE = 0.05


@dataclass(frozen=True)
class Plane(Traceable):
    """y ~ N(0, 1), the sum of the germ over the root of its dimension."""

    terms: int = 2

    @property
    def germ_dimension(self) -> int:
        return self.terms

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return ()

    @property
    def layout(self) -> Layout:
        return Layout((Field("y", "-"),))

    def simulate(self, z, xi):
        return {"y": jnp.sum(xi) / jnp.sqrt(len(xi))}


class Case(NamedTuple):
    """One line of the table."""

    name: str
    problem: Problem
    probability: float
    method: Importance
    runs: int


def cases() -> list[Case]:
    """Methods, budgets and problems."""
    branches, made = FourBranch(), []
    for method in ("cross_entropy", "subset"):
        for runs in (2_000, 5_000, 20_000):
            event = Importance(field="g", below=0.0, method=method)
            made.append(Case("four branches", branches, branches.tail.probability, event, runs))
        for dimension in (2, 100):
            event = Importance(field="y", above=BETA, method=method)
            name = f"plane in {dimension} dimensions"
            made.append(Case(name, Plane(dimension), float(norm.cdf(-BETA)), event, 5_000))
    for fraction in (0.2, 0.3):
        event = Importance(field="g", below=0.0, method="subset", fraction=fraction)
        made.append(Case(f"four branches, fraction {fraction:g}", branches, branches.tail.probability, event, 5_000))
    return made


class Found(NamedTuple):
    """A case, its relative root mean square error and its line of the table."""

    case: Case
    rms: float
    text: str


def find(case: Case) -> Found:
    """What the replicates of one case give."""
    start = time.perf_counter()
    sample = case.method.prepare(case.problem, at_condition=False, clock=Clock())
    told = [sample((), case.runs, stream(0, "bench", i)).diagnostics for i in range(REPLICATES)]
    ratio = np.array([each["probability"] for each in told]) / case.probability
    rms = float(np.sqrt(np.mean((ratio - 1) ** 2)))
    claimed = np.sqrt(np.mean([each["coefficient_of_variation"] ** 2 for each in told]))
    plain = np.sqrt((1 - case.probability) / (case.runs * case.probability))
    off = abs(ratio.mean() - 1) / (ratio.std(ddof=1) / np.sqrt(REPLICATES))
    levels = np.mean([len(each["levels"]) for each in told])
    sys.stderr.write(f"{case.name}, {case.method.method}, {case.runs:,}: {time.perf_counter() - start:.0f} s\n")
    text = (
        f"| {case.name} | {case.probability:.3g} | {case.method.method} | {case.runs:,} | {100 * rms:.1f} % | "
        f"{100 * claimed:.1f} % | {100 * np.max(np.abs(ratio - 1)):.0f} % | {ratio.mean():.4f} | {off:.1f} | "
        f"{levels:.1f} | {100 * plain:.0f} % | {case.runs * (plain / rms) ** 2:,.0f} |"
    )
    return Found(case, rms, text)


def verdict(found: list[Found]) -> str:
    """Who finds the probability of the four branches to the tolerance, and from how many runs."""
    within = [
        f"{each.case.method.method} from {each.case.runs:,} runs ({100 * each.rms:.1f} %)"
        for each in found
        if isinstance(each.case.problem, FourBranch) and each.rms <= TOLERANCE
    ]
    return f"**Four branches within {100 * TOLERANCE:g} % (rms)**: {', '.join(within) or 'none'}."


def main() -> None:
    """Runs all cases and writes the page."""
    where = environment()
    found = [find(case) for case in cases()]
    page = [
        "# Importance sampling: probabilities of rare events",
        "",
        f"Made by `make bench-importance` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, "
        f"{where['device']}. {REPLICATES} replicates a line.",
        "",
        verdict(found),
        "",
        "| event | P | method | runs | relative rms error | claimed | worst | mean / P | standard errors off | levels "
        "| plain Monte Carlo | worth plain runs |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(each.text for each in found),
    ]
    text = "\n".join(page) + "\n"
    OUTPUT.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()

"""The sections of `multilevel.py` on `cookies`: the mean of q to a tolerance, and for a budget."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from multilevel_searches import HEADER, Least, Searches, findings, least_costs, row

from sgmbench.core.clock import Clock
from sgmbench.core.method import Sampler
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.montecarlo.giles import Estimate, Refined, multilevel_to_tolerance
from sgmbench.montecarlo.monte_carlo import MonteCarlo
from sgmbench.montecarlo.multilevel import Multilevel
from sgmbench.problems.cookies import Cookies

TOLERANCES = {2e-4: 16, 1e-4: 16, 5e-5: 16, 2e-5: 8, 1e-5: 4}
"""eps, and how often each is repeated."""
MEAN_OF_Q, MEANS_OF_LEVELS = 0.064238651, (0.064101856, 0.064229489, 0.064238023, 0.064238608)
"""Free of mesh errors, and of levels 1 to 4: `results/benchmarks/cookies.md`."""
MEAN_OF_Q_2 = MEANS_OF_LEVELS[1]
"""Of the default level."""
PILOT = 64
TIMED = 2_048
"""Runs of one level that its seconds a run are from."""
BUDGETS = (50, 100, 200, 400, 800, 1600)
REPEATS = 24
WARM = 256


@dataclass(frozen=True)
class Rms:
    """Root mean square error over repetitions, its own standard error, and what was spent in fine runs."""

    error: float
    uncertainty: float
    spent: float


def to_tolerances() -> list[str]:
    """Giles's algorithm where a level halves the width of a mesh: errors over repetitions, and costs."""
    levels = Refined(Cookies, "q", clock=Clock())
    estimates = {eps: [estimate(levels, eps, i) for i in range(n)] for eps, n in TOLERANCES.items()}
    known = estimates[min(estimates)][0]
    found = [Searches(eps, many, MEAN_OF_Q, least(known, eps)) for eps, many in estimates.items()]
    seconds = [
        seconds_of(level) for level in range(max(len(each.runs) for many in estimates.values() for each in many))
    ]
    titles = [*HEADER, "seconds", "plain, seconds", "ratio"]
    body = [[*row(each), *in_seconds(each, seconds)] for each in found]
    return [
        "## Cookies: the mean of q to a tolerance",
        "",
        f"E[q] = {MEAN_OF_Q:.9f} free of mesh errors, and the biases of levels (`results/benchmarks/cookies.md`); a "
        f"level begins with {PILOT} runs. Costs as above, by operations. Seconds: N_l times what a run of each level "
        f"takes, measured ({', '.join(f'{1e6 * each:.0f}' for each in seconds)} us).",
        "",
        findings(found, theory=f"cost^-1/2, as beta = {known.beta:.1f} is above gamma = {known.gamma:.1f}"),
        "",
        *(f"| {' | '.join(cells)} |" for cells in (titles, ["---"] * len(titles), *body)),
    ]


def estimate(levels: Refined, tolerance: float, repeat: int) -> Estimate:
    """One answer of the algorithm."""
    key, start = stream(repeat, "bench-multilevel", "cookies", str(tolerance)), time.perf_counter()
    found = multilevel_to_tolerance(levels, tolerance=tolerance, key=key, pilot=PILOT)
    sys.stderr.write(f"cookies, {tolerance:g}, {repeat}: {time.perf_counter() - start:.0f} s\n")
    return found


def least(known: Estimate, tolerance: float) -> Least:
    """What theory allows."""
    means = [MEANS_OF_LEVELS[0] - known.means[1], *MEANS_OF_LEVELS][: len(known.means)]
    own = [known.own_variance] * len(means)
    return least_costs(known, own_variances=own, bias=np.array(means) - MEAN_OF_Q, tolerance=tolerance)


def seconds_of(level: int) -> float:
    """A warm run of one level of `cookies`."""
    simulate = Simulation(Cookies(level), Clock(), at_condition=False)
    simulate(WARM, key=stream(0, "bench-multilevel", "warm"))
    return simulate(TIMED, key=stream(0, "bench-multilevel", "timed")).seconds["simulate"] / TIMED


def in_seconds(each: Searches, seconds: list[float]) -> list[str]:
    """What the searches took, what plain Monte Carlo takes, and their ratio."""
    of_pairs = np.array(seconds) + np.append(0.0, seconds[:-1])
    took = float(np.mean([found.runs @ of_pairs[: len(found.runs)] for found in each.found]))
    plain = each.least.plain / each.least.run * seconds[each.least.level]
    return [f"{took:.3g}", f"{plain:.3g}", f"{plain / took:.1f}"]


def for_budgets() -> list[str]:
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

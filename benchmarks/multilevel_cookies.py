"""The sections of `multilevel.py` on `cookies`: the mean of q to a tolerance, and for a budget."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sgmbench.core.clock import Clock
from sgmbench.core.method import Sampler
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.montecarlo.giles import Estimate, multilevel_to_tolerance
from sgmbench.montecarlo.monte_carlo import MonteCarlo
from sgmbench.montecarlo.multilevel import Multilevel
from sgmbench.problems.cookies import Cookies

TOLERANCES = {2e-4: 12, 1e-4: 12, 5e-5: 12, 2e-5: 6, 1e-5: 3}
"""eps, and how often each is repeated."""
MEAN_OF_Q, MEAN_OF_Q_2 = 0.064238651, 0.064229489
"""Free of mesh errors, and of level 2, which is the default: `results/benchmarks/cookies.md`."""
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


def exponent(tolerances: Iterable[float], costs: Sequence[float]) -> float:
    """r of cost ~ eps^-r, by least squares."""
    return -float(np.polyfit(np.log(list(tolerances)), np.log(costs), 1)[0])


def to_tolerances() -> list[str]:
    """Giles's algorithm where a level halves the width of a mesh: errors over repetitions, and costs."""
    found = {eps: [estimate(eps, i) for i in range(n)] for eps, n in TOLERANCES.items()}
    seconds = [seconds_of(level) for level in range(max(len(each.runs) for many in found.values() for each in many))]
    costs = {eps: float(np.mean([each.cost for each in many])) for eps, many in found.items()}
    plain = {eps: float(np.mean([each.monte_carlo_cost for each in many])) for eps, many in found.items()}
    eps = min(found)
    finest = found[eps][0]
    rows = [tolerance_row(eps, many, seconds) for eps, many in found.items()]
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


def estimate(tolerance: float, repeat: int) -> Estimate:
    """One answer of the algorithm."""
    key = stream(repeat, "bench-multilevel", "cookies", str(tolerance))
    return multilevel_to_tolerance(Cookies, field="q", tolerance=tolerance, key=key, clock=Clock(), pilot=64)


def seconds_of(level: int) -> float:
    """A warm run of one level of `cookies`."""
    simulate = Simulation(Cookies(level), Clock(), at_condition=False)
    simulate(WARM, key=stream(0, "bench-multilevel", "warm"))
    return simulate(TIMED, key=stream(0, "bench-multilevel", "timed")).seconds["simulate"] / TIMED


def tolerance_row(tolerance: float, found: list[Estimate], seconds: list[float]) -> str:
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

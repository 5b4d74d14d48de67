"""How much of a germ must be known? Writes `results/benchmarks/hidden_germ.md` and `hidden_germ.svg`.

make bench-hidden-germ                            some 20 minutes on two cores, otherwise idle

`burgers` with 0, 1, 2, 4, 8 and all 16 of its germ's coordinates revealed (`sgmbench/problems/revealed.py`): long waves
come first, and half of the germ is nearly all of the wave. All learn from the same 2,500 runs each time; what changes
is which of their inputs a method is told. Scored are samples at the inputs of held-out runs, by the energy score in
standard deviations of the wave,

    ES = E|X - y| - E|X - X'| / 2,        E ES = D2 / 2 + E|Y - Y'| / 2,

whose least value is that of the solver itself at these inputs with fresh hidden germs. It is a proper score of laws and
of points alike, so that one axis has both ends: all is hidden, and nothing is random. N runs of the solver at each
condition, handed out as they are, score 1 + 1/N times the least value on average, so that an excess over it reads as
equivalent runs. A network surrogate takes part twice: it sees the hidden germ too, or what is named alone.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from matplotlib.ticker import PercentFormatter

from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.germs import Germs
from sgmbench.core.method import Surrogate
from sgmbench.core.problem import uniform_coordinates
from sgmbench.core.progress import silent
from sgmbench.core.reference import Reference
from sgmbench.core.rng import stream
from sgmbench.core.runs import Pairs, Runs
from sgmbench.core.samples import Samples
from sgmbench.core.simulation import Simulation
from sgmbench.errors import CellError
from sgmbench.metrics.energy_score import EnergyScore
from sgmbench.problems.burgers import Burgers
from sgmbench.problems.revealed import Revealed
from sgmbench.report.figures.style import TRUTH, color, figure, legend_below, marker
from sgmbench.report.format import count
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "hidden_germ.md"
REVEALED = (0, 1, 2, 4, 8, 16)
RUNS, HELD_OUT, SAMPLES = 2_500, 100, 64
SOLVER = "solver"
ROUND_OFF = 1e-9
NETWORK: dict[str, Any] = {"kind": "network", "training": {"steps": 4_000}}
METHODS: dict[str, tuple[dict[str, Any], bool]] = {
    "bootstrap": ({"kind": "bootstrap"}, False),
    "residual_bootstrap": ({"kind": "residual_bootstrap"}, False),
    "gaussian": ({"kind": "gaussian", "calibration": 512}, False),
    "diffusion": ({"kind": "diffusion", "training": {"steps": 3_000}, "calibration": 512}, False),
    "network, germ hidden": (NETWORK, False),
    "network, germ seen": (NETWORK, True),
}
"""Settings, and whether the hidden germ is seen."""

Draw = Callable[[int], Float[np.ndarray, "n d"]]
"""Samples at one held-out run's inputs."""


class Case(NamedTuple):
    """One method where so many coordinates are revealed.

    Attributes:
        revealed: share of the germ.
        method: its name in the table.
        score: mean energy score, NaN of a method that failed.
        excess: over the solver's, at the same held-out runs.
        error: standard error of the excess.
    """

    revealed: float
    method: str
    score: float
    excess: float
    error: float


def main() -> None:
    """Runs all shares and writes the page and its figure."""
    cases = [case for modes in REVEALED for case in cases_at(modes)]
    draw(OUTPUT.with_suffix(".svg"), cases)
    page = "\n".join(lines(cases)) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def cases_at(modes: int) -> Iterator[Case]:
    """The solver and every method. A run of a stream is the same for all shares, whatever is revealed of it."""
    problem = Revealed(Burgers(), modes)
    simulate = Simulation(problem, Clock(), at_condition=False)
    training, held_out = (simulate(n, key=key(name)) for n, name in ((RUNS, "runs"), (2 * HELD_OUT, "held out")))
    truth = Reference(held_out.y[held_out.ok][:HELD_OUT], problem, None)
    z = held_out.z[held_out.ok][:HELD_OUT]
    share = modes / problem.problem.germ_dimension
    least = scores(truth, solver(problem, z))
    yield Case(share, SOLVER, float(np.mean(least)), 0.0, 0.0)
    for name, (settings, sees_germ) in METHODS.items():
        sys.stderr.write(f"{modes} of {problem.problem.germ_dimension} revealed: {name}\n")
        try:
            found = scores(truth, learned(problem, build("methods", settings), training, z, sees_germ=sees_germ))
        except CellError as error:
            sys.stderr.write(f"failed: {error}\n")
            found = np.full(HELD_OUT, np.nan)
        excess = found - least
        error = float(np.std(excess, ddof=1) / np.sqrt(HELD_OUT))
        yield Case(share, name, float(np.mean(found)), float(np.mean(excess)), error)


def solver(problem: Revealed, z: Float[np.ndarray, "K q"]) -> Draw:
    """Fresh hidden germs at the inputs of held-out runs."""
    simulate = Simulation(problem, Clock(), at_condition=True, chunk=SAMPLES)
    return lambda i: simulate(SAMPLES, key=key("exact", i), z=tuple(z[i].tolist())).y


def learned(problem: Revealed, method: Any, runs: Runs, z: Float[np.ndarray, "K q"], *, sees_germ: bool) -> Draw:
    """What a method makes of the training runs."""
    given, at = (np.asarray(uniform_coordinates(problem, jnp.asarray(rows))) for rows in (runs.z[runs.ok], z))
    pairs, more = Pairs(given, runs.y[runs.ok]), {}
    if isinstance(method, Surrogate):
        germ = np.zeros((len(given), 0))
        if sees_germ and problem.germ_dimension:
            germs = Germs(problem, conditional=True, features=method.takes_features, clock=Clock(), phase="sample")
            germ, more = germs.of_runs(len(runs.ok), key=key("runs"))[runs.ok], {"germs": germs}
        pairs = Pairs(given, runs.y[runs.ok], germ)
    fit = method.fit(pairs, problem.layout, key=key("fit"), clock=Clock(), progress=silent)
    sample = method.prepare(fit, clock=Clock(), **more)
    return lambda i: np.asarray(sample(at[i], SAMPLES, key("sample", i)), "float64")


def scores(truth: Reference, draw_at: Draw) -> Float[np.ndarray, " K"]:
    """The energy score at each held-out run."""
    K = len(truth.values)
    values = np.concatenate([draw_at(i) for i in range(K)])
    samples = Samples.equally_weighted(values, truth.layout, is_law=True, pair=np.repeat(np.arange(K), SAMPLES))
    return EnergyScore().each(samples.keep(samples.ok), truth)["all"]


def key(*labels: str | int):
    """A stream of this study."""
    return stream(0, "hidden germ", *labels)


def lines(cases: list[Case]) -> list[str]:
    """The page."""
    where, methods = environment(), list(METHODS)
    return [
        "# A germ that is hidden, by and by revealed",
        "",
        f"Made by `make bench-hidden-germ` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, "
        f"{where['device']}. `burgers` with the first of its 16 germ coordinates named, the longer waves first; "
        f"{RUNS:,} runs learned from; {SAMPLES} samples at the inputs of each of {HELD_OUT} held-out runs. Energy "
        "score in standard deviations of the wave, less is better; in parentheses what its excess over the solver's "
        "own is worth in runs at each condition, `>` where it is below two standard errors.",
        "",
        "![energy score against the share that is revealed](hidden_germ.svg)",
        "",
        f"| revealed | {SOLVER} | {' | '.join(methods)} |",
        f"|---|---|{'---|' * len(methods)}",
        *rows(cases),
    ]


def rows(cases: list[Case]) -> Iterator[str]:
    """One for each share."""
    for share, group in groupby(cases, key=lambda case: case.revealed):
        first, *others = group
        cells = [f"{each.score:.4f} ({worth(each, first.score)})" for each in others]
        yield f"| {share:.0%} | {first.score:.4f} | {' | '.join(cells)} |"


def worth(case: Case, least: float) -> str:
    """Equivalent runs, or a lower bound of them; nothing is random where the least score is zero."""
    if least < ROUND_OFF:
        return "a point"
    is_told = case.excess > 2 * case.error
    return f"{'' if is_told else '>'}{count(least / (case.excess if is_told else case.excess + 2 * case.error))}"


def draw(path: Path, cases: list[Case]) -> None:
    """The score of each method against the share that is revealed, and below it the excess over the solver's."""
    methods = [SOLVER, *METHODS]
    with figure(path, size=(8.4, 4.2)) as drawing:
        left, right = drawing.subplots(1, 2, sharex=True)
        for i, method in enumerate(methods):
            of_method = [case for case in cases if case.method == method]
            x = [case.revealed for case in of_method]
            style = {"label": method, "color": TRUTH, "linestyle": "--"}
            if i:
                style = {"label": method, "color": color(methods[1:], method), "marker": marker(methods[1:], method)}
                bars = [2 * case.error for case in of_method]
                right.errorbar(x, [case.excess for case in of_method], bars, markersize=4.5, linewidth=1, **style)
            left.plot(x, [case.score for case in of_method], markersize=4.5, linewidth=1, **style)
        left.set_ylabel("energy score, standard deviations")
        right.set_ylabel("its excess over the solver's; bars: two standard errors")
        right.set_yscale("symlog", linthresh=1e-3)
        for panel in (left, right):
            panel.set_xlabel("share of the germ that is revealed")
            panel.xaxis.set_major_formatter(PercentFormatter(1.0))
        legend_below(drawing, left)


if __name__ == "__main__":
    main()

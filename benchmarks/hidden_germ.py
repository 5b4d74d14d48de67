"""How much of a germ must be known? Writes `results/benchmarks/hidden_germ.md` and `hidden_germ.svg`.

make bench-hidden-germ                            some 15 minutes on two cores, otherwise idle

The porous electrode with 0 to all 100 of its germ's coordinates revealed (`sgmbench/problems/revealed.py`), those that
move the output most first: 16 of them are nearly all of it. All learn from the same 2,500 runs each time; what changes
is which of their inputs a method is told. Scored are samples at the inputs of held-out runs, by the energy score in
standard deviations of the fields,

    ES = E|X - y| - E|X - X'| / 2,        E ES = D2 / 2 + E|Y - Y'| / 2,

whose least value is that of the solver itself at these inputs with fresh hidden germs. It is a proper score of laws and
of points alike, so that one axis has both ends: all is hidden, and nothing is random. N runs of the solver at each
condition, handed out as they are, score 1 + 1/N times the least value on average, so that an excess over it reads as
equivalent runs. A network surrogate takes part twice: it sees the hidden germ too, as the porosity that it makes, or
what is named alone; then it gives one point at each condition.
"""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

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
from sgmbench.problems.porous_electrode import PorousElectrode
from sgmbench.problems.revealed import Revealed
from sgmbench.report.figures.style import TRUTH, color, figure, legend_below, marker
from sgmbench.report.format import count, several
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "hidden_germ.md"
REVEALED = (0, 1, 2, 4, 8, 16, 100)
RUNS, HELD_OUT, SAMPLES = 2_500, 100, 64
GERM = PorousElectrode().germ_dimension
SOLVER, DIFFUSION, HIDDEN, SEEN = "solver", "diffusion", "network, germ hidden", "network, germ seen"
ROUND_OFF = 1e-9
TRAINING = {"steps": 3_000, "batch": 256}
NETWORK: dict[str, Any] = {"kind": "network", "width": 128, "training": TRAINING}
MLP = {"kind": "mlp", "width": 128}
METHODS: dict[str, tuple[dict[str, Any], bool]] = {
    "bootstrap": ({"kind": "bootstrap"}, False),
    "residual_bootstrap": ({"kind": "residual_bootstrap"}, False),
    "gaussian": ({"kind": "gaussian", "calibration": 512}, False),
    DIFFUSION: ({"kind": "diffusion", "network": MLP, "training": TRAINING, "calibration": 512}, False),
    HIDDEN: (NETWORK, False),
    SEEN: (NETWORK, True),
}
"""Settings, and whether the hidden germ is seen."""
RIVALS = {
    HIDDEN: "a network that is told the same",
    SEEN: "a network that sees what is hidden, too",
    "residual_bootstrap": "the residuals of the nearest runs",
    "gaussian": "a Gaussian law",
}

Scores = Float[np.ndarray, " K"]
Draw = Callable[[int], Float[np.ndarray, "n d"]]
"""Samples at one held-out run's inputs."""


class Case(NamedTuple):
    """One method where so many coordinates are revealed.

    Attributes:
        revealed: coordinates of the germ.
        method: its name in the table.
        each: energy score at each held-out run, NaN of a method that failed.
        least: the solver's.
    """

    revealed: int
    method: str
    each: Scores
    least: Scores

    @property
    def score(self) -> float:
        """The mean."""
        return float(np.mean(self.each))

    @property
    def excess(self) -> tuple[float, float]:
        """Over the solver's, and its standard error."""
        return difference(self.each, self.least)


def main() -> None:
    """Runs all shares and writes the page and its figure."""
    cases = [case for modes in REVEALED for case in cases_at(modes)]
    draw(OUTPUT.with_suffix(".svg"), cases)
    page = "\n".join(lines(cases)) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def cases_at(modes: int) -> Iterator[Case]:
    """The solver and every method. A run of a stream is the same for all shares, whatever is revealed of it."""
    problem = Revealed(PorousElectrode(), modes, "sensitivity")
    simulate = Simulation(problem, Clock(), at_condition=False)
    training, held_out = (simulate(n, key=key(name)) for n, name in ((RUNS, "runs"), (2 * HELD_OUT, "held out")))
    truth = Reference(held_out.y[held_out.ok][:HELD_OUT], problem, None)
    z = held_out.z[held_out.ok][:HELD_OUT]
    least = scores(truth, solver(problem, z))
    yield Case(modes, SOLVER, least, least)
    for name, (settings, sees_germ) in METHODS.items():
        start = time.perf_counter()
        try:
            found = scores(truth, learned(problem, build("methods", settings), training, z, sees_germ=sees_germ))
        except CellError as error:
            sys.stderr.write(f"failed: {error}\n")
            found = np.full(HELD_OUT, np.nan)
        sys.stderr.write(f"{modes} revealed, {name}: {found.mean():.4f}, {time.perf_counter() - start:.0f} s\n")
        yield Case(modes, name, found, least)


def difference(first: Scores, second: Scores) -> tuple[float, float]:
    """Of means over the same held-out runs, and its standard error."""
    apart = first - second
    return float(np.mean(apart)), float(np.std(apart, ddof=1) / np.sqrt(len(apart)))


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
        if sees_germ:
            germs = Germs(problem, conditional=True, features=method.takes_features, clock=Clock(), phase="sample")
            germ, more = germs.of_runs(len(runs.ok), key=key("runs"))[runs.ok], {"germs": germs}
        pairs = Pairs(given, runs.y[runs.ok], germ)
    fit = method.fit(pairs, problem.layout, key=key("fit"), clock=Clock(), progress=silent)
    sample = method.prepare(fit, clock=Clock(), **more)
    return lambda i: np.asarray(sample(at[i], SAMPLES, key("sample", i)), "float64")


def scores(truth: Reference, draw_at: Draw) -> Scores:
    """The energy score at each held-out run."""
    K = len(truth.values)
    values = np.concatenate([draw_at(i) for i in range(K)])
    pair = np.repeat(np.arange(K), SAMPLES)
    samples = Samples.equally_weighted(values, truth.layout, is_law=True, pair=pair)
    if len(lost := np.setdiff1d(pair, pair[samples.ok])):
        raise CellError(f"all samples at {len(lost)} held-out runs are NaN or infinite")
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
        f"{where['device']}. Porous electrode; of its {GERM} germ coordinates the first so many are named, in order of "
        f"their effect; {RUNS:,} runs learned from; {SAMPLES} samples at the inputs of each of {HELD_OUT} held-out "
        "runs. Energy score in standard deviations of the fields, less is better; in parentheses what its excess over "
        "the solver's own is worth in runs at each condition, `>` where it is below two standard errors. Better and "
        "worse: by more than two standard errors of the difference over the same held-out runs.",
        "",
        *(f"> {sentence}\n>" for sentence in sentences(cases)),
        "",
        "![energy score against what is revealed](hidden_germ.svg)",
        "",
        "Left the score, right its excess over the solver's with bars of two standard errors.",
        "",
        f"| revealed | {SOLVER} | {' | '.join(methods)} |",
        f"|---|---|{'---|' * len(methods)}",
        *rows(cases),
    ]


def sentences(cases: list[Case]) -> Iterator[str]:
    """Where diffusion scores better, told the same or less."""
    for rival, told in RIVALS.items():
        ranks: dict[str, list[str]] = {"better": [], "worse": [], "no different": []}
        for modes in REVEALED:
            apart, error = difference(*(find(cases, modes, method).each for method in (DIFFUSION, rival)))
            rank = "no different" if not abs(apart) > 2 * error else "better" if apart < 0 else "worse"
            ranks[rank].append(f"{modes}")
        said = [f"{rank} with {several(shares)}" for rank, shares in ranks.items() if shares]
        yield f"Diffusion against {told}: {'; '.join(said)} of {GERM} coordinates revealed."


def find(cases: list[Case], modes: int, method: str) -> Case:
    """The one case."""
    return next(case for case in cases if (case.revealed, case.method) == (modes, method))


def rows(cases: list[Case]) -> Iterator[str]:
    """One for each share."""
    for modes, group in groupby(cases, key=lambda case: case.revealed):
        first, *others = group
        cells = [f"{each.score:.4f} ({worth(each)})" for each in others]
        yield f"| {modes} | {first.score:.4f} | {' | '.join(cells)} |"


def worth(case: Case) -> str:
    """Equivalent runs, or a lower bound of them; nothing is random where the least score is zero."""
    least, (excess, error) = float(np.mean(case.least)), case.excess
    if not np.isfinite(excess):
        return "failed"
    if least < ROUND_OFF:
        return "a point"
    is_told = excess > 2 * error
    return f"{'' if is_told else '>'}{count(least / (excess if is_told else excess + 2 * error))}"


def draw(path: Path, cases: list[Case]) -> None:
    """The score of each method against what is revealed; beside it the excess over the solver's."""
    methods = [SOLVER, *METHODS]
    with figure(path, size=(8.4, 4.2)) as drawing:
        left, right = drawing.subplots(1, 2, sharex=True)
        for i, method in enumerate(methods):
            of_method = [case for case in cases if case.method == method]
            x = [case.revealed for case in of_method]
            style = {"label": method, "color": TRUTH, "linestyle": "--"}
            if i:
                style = {"label": method, "color": color(methods[1:], method), "marker": marker(methods[1:], method)}
                excess, error = np.array([case.excess for case in of_method]).T
                right.errorbar(x, excess, 2 * error, markersize=4.5, linewidth=1, **style)
            left.plot(x, [case.score for case in of_method], markersize=4.5, linewidth=1, **style)
        left.set_ylabel("energy score, standard deviations")
        right.set_ylabel("excess over the solver's; bars: 2 s.e.")
        right.set_yscale("symlog", linthresh=1e-3)
        for panel in (left, right):
            panel.set_xlabel(f"germ coordinates revealed, of {GERM}")
            panel.set_xscale("symlog", linthresh=1)
            panel.set_xticks(REVEALED, [str(modes) for modes in REVEALED])
            panel.minorticks_off()
        legend_below(drawing, left)


if __name__ == "__main__":
    main()

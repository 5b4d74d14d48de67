"""How often `sgmbench compare` alarms for nothing, and what it finds: writes `results/benchmarks/compare.md`.

make bench-false-alarms                           some twenty minutes on two cores

Accuracy: each comparison has ten replicates of its own, five as the old run and five as the new one, so that all its
pairs are independent, as after a change of every random key; with equal keys equal code gives equal numbers, and there
is nothing to find. The loss that is planted is real: a bootstrap that drops the runs beyond the first N / 1.3, whose
law is 1.3 times as far from the truth by D2. With equal keys it resamples the first of the same runs; with new keys
everything else is new as well. Methods are a few lines of NumPy here, where twenty thousand cells would compile each
anew; metrics and comparison are those of the package.

Time: one piece of work is timed as version A and as version B. Taking turns, the order is A B, B A, A B ...; the
seconds of a replicate are the least of some repetitions. One after the other, all of A comes first.
"""

import dataclasses
import functools
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from sgmbench import registry
from sgmbench.compare.compare import Comparison, compare_sides
from sgmbench.compare.errors_of import errors_of
from sgmbench.compare.rows import SECONDS
from sgmbench.compare.side import CellRecord, Side
from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.result import Result
from sgmbench.core.samples import Samples
from sgmbench.problems.gaussian import PowerLawGaussian
from sgmbench.runner.environment import environment
from sgmbench.runner.scoring import score

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "compare.md"
COMPARISONS, REPLICATES = 200, 5
LOSS, N = 1.3, 256
FEWER = round(N / LOSS)
DIMENSIONS = (4, 16, 64, 256)
RUNS, DRAWN = 2_000, 1_000  # of the truth, and samples of a generator
METRICS = ("energy", "mean", "standard_deviation", "quantiles", "tail_probability", "sliced_wasserstein")
JITTER = 1e-9
WORK = 0.02  # seconds, of what is timed
SCALE = 10  # by which seconds are multiplied, since those below 0.05 are not judged
ORDERS = ((False, 1), (True, 1), (True, 3))  # whether versions take turns, and repetitions


def main() -> None:
    """Runs both parts and writes the page."""
    start = time.perf_counter()
    rows = [line for d in DIMENSIONS for line in accuracy(d)]
    times = list(timing())
    page = lines(rows, times, seconds=time.perf_counter() - start)
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def accuracy(dimension: int) -> Iterator[str]:
    """A line of the first table: of one problem, by where the keys are equal and where not."""
    problem = PowerLawGaussian(dimension=dimension, exponent=0.0)
    truth = Reference(np.random.default_rng(1).standard_normal((RUNS, dimension)), problem, None)
    metrics = {name: registry.load("metrics", name)() for name in METRICS}
    replicates = [replicate(i, truth, metrics) for i in range(2 * REPLICATES * COMPARISONS)]
    alarms, kept, found, rows = 0, 0, 0, 0
    for i in range(COMPARISONS):
        first = 2 * REPLICATES * i
        chosen, other = (replicates[a : a + REPLICATES] for a in (first, first + REPLICATES))
        equal = compare_sides(side(chosen), side(other))
        alarms += equal.verdict == "regression"
        rows = sum(row.kind == "error" for row in equal.rows)
        kept += is_found(compare_sides(side(chosen), side(chosen, worse=True)))
        found += is_found(compare_sides(side(chosen), side(other, worse=True)))
    energy, less = (np.array([r[m].errors["energy"].at["all"] for r in replicates]) for m in ("bootstrap", "fewer"))
    yield (
        f"| {dimension} | {rows} | {share(alarms)} | {np.log(less / energy).std(ddof=1):.3f} | {share(kept)} | "
        f"{np.log(less[1:] / energy[:-1]).std(ddof=1):.3f} | {share(found)} |"
    )


def replicate(number: int, truth: Reference, metrics: dict[str, Metric]) -> dict[str, CellRecord]:
    """The cells of one replicate, by method; "fewer" is the bootstrap of the first of the runs."""
    rng = np.random.default_rng((0, number))
    runs = rng.standard_normal((N, truth.values.shape[1]))
    noise = rng.standard_normal((DRAWN, runs.shape[1]))
    chosen, scale = rng.random(DRAWN), N ** (-1 / (4 + runs.shape[1]))
    values = {
        "bootstrap": runs[(chosen * N).astype(int)],
        "fewer": runs[(chosen * FEWER).astype(int)],
        "gaussian": runs.mean(axis=0)
        + noise @ np.linalg.cholesky(np.cov(runs, rowvar=False) + JITTER * np.eye(runs.shape[1])).T,
        "kde": runs[(chosen * N).astype(int)] + scale * noise,
        "monte_carlo": runs,
    }
    return {method: cell(method, each, truth, metrics) for method, each in values.items()}


def cell(method: str, values: np.ndarray, truth: Reference, metrics: dict[str, Metric]) -> CellRecord:
    """A scored cell."""
    is_law = method != "monte_carlo"
    samples = Samples.equally_weighted(values, truth.layout, is_law=is_law)
    result = Result(
        name=method,
        content="",
        target="marginal",
        method=method,
        kind="generator" if is_law else "sampler",
        budget=N,
        replicate=0,
        status="ok",
        samples_each={"all": len(values)},
        scores={"all": score(metrics, samples, truth)},
    )
    errors = errors_of(result, {name: type(metric) for name, metric in metrics.items()})
    return CellRecord("marginal", method, N, 0, "ok", "", errors, {}, 0.0, 0.0)


def side(replicates: list[dict[str, CellRecord]], *, worse: bool = False) -> Side:
    """A run of some replicates, with the bootstrap of fewer runs in the place of its own where it is worse."""
    cells: dict[str, CellRecord] = {}
    for i, each in enumerate(replicates):
        of = {method: each[method] for method in ("gaussian", "kde", "monte_carlo")}
        of["bootstrap"] = each["fewer" if worse else "bootstrap"]
        cells |= {f"{m}.r{i}": dataclasses.replace(each, method=m, replicate=i) for m, each in of.items()}
    return Side("", "", {"budgets": {}}, {}, "energy", {}, {}, cells)


def is_found(comparison: Comparison) -> bool:
    """Whether the method that became worse is said to be so."""
    return any(row.verdict == "regression" and row.method == "bootstrap" for row in comparison.rows)


def timing() -> Iterator[str]:
    """Lines of the second table."""
    work = workload()
    for takes_turns, repetitions in ORDERS:
        equal, slower, ratios = 0, 0, []
        for _ in range(COMPARISONS):
            a, b, c = seconds(work, repetitions, takes_turns=takes_turns)
            equal += timed(a, b).verdict == "regression"
            slower += timed(a, c).verdict == "regression"
            ratios.append(np.log(b / a))
        order = "taking turns" if takes_turns else "one after the other"
        yield (
            f"| {order} | {repetitions} | {np.std(ratios, axis=1, ddof=1).mean():.3f} | "
            f"{np.abs(np.mean(ratios, axis=1)).max():.3f} | {share(equal)} | {share(slower)} |"
        )


def workload() -> Callable[[float], float]:
    """A function that does so much of a piece of work and gives its seconds: steps of a network."""
    weights = jnp.asarray(np.random.default_rng(0).standard_normal((256, 256)) / 16, "float32")

    @jax.jit
    def steps(n: int) -> jax.Array:
        return jax.lax.fori_loop(0, n, lambda _, x: jnp.tanh(x @ weights), weights)

    def once(n: int) -> float:
        start = time.perf_counter()
        steps(n).block_until_ready()
        return time.perf_counter() - start

    once(1)
    whole = int(100 * WORK / min(once(100) for _ in range(5)))
    return lambda amount: once(int(amount * whole))


def seconds(
    work: Callable[[float], float], repetitions: int, *, takes_turns: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seconds of A, of B that does the same and of B that does 1.3 times as much, of each replicate."""
    found = np.full((3, REPLICATES), np.inf)
    amounts = (1.0, 1.0, LOSS)
    every = [(r, k) for r in range(REPLICATES) for k in range(repetitions)]
    if takes_turns:
        plan = [(v, r) for r, k in every for v in ((0, 1, 2), (2, 1, 0))[(r + k) % 2]]
    else:
        plan = [(v, r) for v in range(3) for r, _ in every]
    for version, r in plan:
        found[version, r] = min(found[version, r], work(amounts[version]))
    a, b, c = found
    return a, b, c


def timed(a: np.ndarray, b: np.ndarray) -> Comparison:
    """The comparison of two versions of which nothing is known but their seconds."""
    return compare_sides(side_with(a), side_with(b))


def side_with(times: np.ndarray) -> Side:
    """A run of which each replicate took so long."""
    cell = functools.partial(CellRecord, "marginal", "work", 1, status="ok", invalid_because="", errors={}, counts={})
    cells = {
        f"r{r}": cell(replicate=r, seconds=SCALE * float(s), cold_seconds=SCALE * float(s)) for r, s in enumerate(times)
    }
    return Side(SECONDS, SECONDS, {"budgets": {}}, {}, "energy", {}, {}, cells)


def share(count: int) -> str:
    """Of all comparisons, in percent."""
    return f"{100 * count / COMPARISONS:.1f} %"


def lines(rows: list[str], times: list[str], *, seconds: float) -> list[str]:
    """The page."""
    where = environment()
    return [
        "# Comparisons: false alarms, and what is found",
        "",
        f"Made by `make bench-false-alarms` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, "
        f"{where['device']}, in {seconds / 60:.0f} minutes, at a load of {os.getloadavg()[2]:.1f} processes.",
        "",
        f"Of {COMPARISONS} comparisons each, with {REPLICATES} replicates and the default margins. An alarm is a "
        "regression anywhere. sd is that of a replicate's log ratio of the method that becomes worse, by energy.",
        "",
        f"Accuracy: standard normal vectors, {N} runs, bootstrap, gaussian, kde and monte_carlo. The bootstrap becomes "
        f"{100 * (LOSS - 1):.0f} % worse.",
        "",
        "| dimensions | errors judged | equal code, new keys: alarms | sd, equal keys | found | sd, new keys | found |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Time: steps of a network, {1000 * WORK:.0f} ms, then {100 * (LOSS - 1):.0f} % more of them, margin 25 %. A "
        "replicate's seconds are the least of so many repetitions.",
        "",
        "| versions | repetitions | sd | largest mean log ratio of equal code | equal code: alarms | slower: found |",
        "|---|---|---|---|---|---|",
        *times,
    ]


if __name__ == "__main__":
    main()

"""How often `sgmbench compare` alarms for nothing, and what it finds: writes `results/benchmarks/compare.md`.

make bench-false-alarms                           some twenty minutes on two idle cores

Accuracy: each comparison has ten replicates of its own, five as the old run and five as the new one, so that all its
pairs are independent, as after a change of every random key; with equal keys equal code gives equal numbers, and there
is nothing to find. The loss that is planted is real: a bootstrap that drops the runs beyond the first N', so many that
the error that is judged, 1 / N_eq of the M samples drawn, is 1.3 times as large,

    1 / N' + 1 / M = 1.3 (1 / N + 1 / M).

With equal keys it resamples the first of the same runs; with new keys everything else is new as well. Methods are a few
lines of NumPy here, where twenty thousand cells would compile each anew; metrics and comparison are those of the
package.

What can be found has a bound that no test passes. The error of a set of runs is sum_k lambda_k chi^2_k up to a factor,
lambda the eigenvalues of the distance's kernel, so that its logarithm varies by about (2 / nu)^1/2 from replicate to
replicate, nu = (sum lambda)^2 / sum lambda^2. Were the old error known, and the sd s of the new one's logarithm, R
replicates would be beyond the margin m with probability

    Phi(R^1/2 (log 1.3 - log(1 + m)) / s - z_.975),

below nine tenths for R = 5 where s > .115, nu < 150. Of standard normal vectors the energy distance has a nu of 62 in
16 dimensions, most of it in the 16 means, and of 1,000 in 256. More samples of a generator, a larger reference or a
floor take their own noise away, and leave that of the runs that were learned from. What helps are more replicates, more
conditions, or an error with more directions.

Time: one piece of work is timed as version A and as version B, which does the same or 1.3 times as much. One after the
other, a replicate is timed once by each, all of A first. In turn, as by `--ab`, there are rounds A B, B A, A B ... of
five replicates each, until the package says that the time is decided. All comparisons are measured anew.
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
from scipy.special import ndtr

from sgmbench import registry
from sgmbench.compare.compare import Comparison, compare_sides
from sgmbench.compare.errors_of import errors_of
from sgmbench.compare.family import ACCURACY_LEVEL
from sgmbench.compare.looks import ROUNDS, looks
from sgmbench.compare.proposal import pairs_needed
from sgmbench.compare.reach import Reach
from sgmbench.compare.rows import SECONDS, Verdict
from sgmbench.compare.side import CellRecord, Side
from sgmbench.compare.turns import order_of, until_settled
from sgmbench.core.experiment import ComparePlan
from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.result import Result
from sgmbench.core.samples import Samples
from sgmbench.problems.gaussian import PowerLawGaussian
from sgmbench.runner.environment import environment
from sgmbench.runner.scoring import score
from sgmbench.statistics.intervals import LEVEL, TWO_SIDED

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "compare.md"
COMPARISONS, REPLICATES = 200, 5
LOSS, N = 1.3, 256
DIMENSIONS = (16, 256)
RUNS, DRAWN = 4_000, 500  # of the truth, as in the shipped configurations, and samples of a generator
FEWER = round(1 / (LOSS * (1 / N + 1 / DRAWN) - 1 / DRAWN))
METRICS = ("energy", "mean", "standard_deviation", "quantiles", "tail_probability", "sliced_wasserstein")
JITTER = 1e-9
WORK = 0.01  # seconds, of what is timed
SCALE = 10  # by which seconds are multiplied, since those below 0.05 are not judged
Work = Callable[[float], tuple[float, float]]  # does so much and gives its seconds, and those of the processors


def main() -> None:
    """Runs both parts and writes the page."""
    start = time.perf_counter()
    rows = [accuracy(d) for d in DIMENSIONS]
    times = list(timing())
    page = lines(rows, times, seconds=time.perf_counter() - start)
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def accuracy(dimension: int) -> str:
    """A line of the first table: of one problem, by where the keys are equal and where not."""
    problem = PowerLawGaussian(dimension=dimension, exponent=0.0)
    truth = Reference(np.random.default_rng(1).standard_normal((RUNS, dimension)), problem, None)
    metrics = {name: registry.load("metrics", name)() for name in METRICS}
    replicates = []
    for i in range(2 * REPLICATES * COMPARISONS):
        if i % 500 == 0:
            say(f"{dimension} dimensions: replicate {i} of {2 * REPLICATES * COMPARISONS}")
        replicates.append(replicate(i, truth, metrics))
    alarms, kept, found, rows, of_energy = 0, 0, 0, 0, 0
    for i in range(COMPARISONS):
        first = 2 * REPLICATES * i
        chosen, other = (replicates[a : a + REPLICATES] for a in (first, first + REPLICATES))
        equal = compare_sides(side(chosen), side(other))
        alarms += equal.verdict == "regression"
        rows, of_energy = len(equal.rows), sum(row.error == "energy" for row in equal.rows)
        kept += is_found(compare_sides(side(chosen), side(chosen, worse=True)))
        found += is_found(compare_sides(side(chosen), side(other, worse=True)))
    energy, less = (np.array([r[m].errors["energy"].at["all"] for r in replicates]) for m in ("bootstrap", "fewer"))
    new_keys = float(np.log(less[1:] / energy[:-1]).std(ddof=1))
    return (
        f"| {dimension} | {rows} | {share(alarms)} | {np.log(less / energy).std(ddof=1):.3f} | {share(kept)} | "
        f"{new_keys:.3f} | {share(found)} | {at_best(float(np.log(less).std(ddof=1))):.0%} | "
        f"{replicates_needed(new_keys, of_energy)} |"
    )


def at_best(sd: float) -> float:
    """How often a loss is found by whoever knows the old error, and how much the logarithm of the new one varies."""
    excess = np.log(LOSS) - np.log1p(ComparePlan().accuracy)
    return float(ndtr(np.sqrt(REPLICATES) * excess / sd - TWO_SIDED))


def replicates_needed(sd: float, rows: int) -> str:
    """With which nine losses of ten would be found, by what `sgmbench calibrate --compare` says."""
    reach = Reach(sd, is_log=True, confidence=LEVEL, level=ACCURACY_LEVEL / rows, borrowed=float("inf"))
    pairs = pairs_needed(reach, margin=ComparePlan().accuracy)
    return "more than 1,000" if pairs is None else f"{pairs}"


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
    for order, compared in (("one after the other", one_after_the_other), ("in turn", in_turn)):
        for amount in (1.0, LOSS):
            found: list[Comparison] = []
            for i in range(COMPARISONS):
                if i % 20 == 0:
                    say(f"times {order}, {amount:g} times the work: comparison {i} of {COMPARISONS}")
                found.append(compared(work, amount))
            for name in dict.fromkeys(row.error for each in found for row in each.rows):
                of = [row for each in found for row in each.rows if row.error == name]
                ratios = np.log([row.ratio for row in of])
                spread = f"{np.exp(np.median(ratios)):.3f} | {np.std(ratios, ddof=1):.3f}"
                rounds = np.mean([row.replicates for row in of]) if order == "in turn" else 1
                verdicts = shares([row.verdict for row in of])
                yield f"| {order} | {amount:g} | {name} | {verdicts} | {rounds:.1f} | {spread} |"
            if order == "in turn":
                yield f"| {order} | {amount:g} | both | {shares([each.verdict for each in found])} | | | |"


def shares(verdicts: list[Verdict]) -> str:
    """Of each verdict, as entries of a table."""
    return " | ".join(share(verdicts.count(verdict)) for verdict in ("regression", "pass", "inconclusive"))


def one_after_the_other(work: Work, amount: float) -> Comparison:
    """Of two runs, which have each replicate once."""
    a, b = (np.array([work(each) for _ in range(REPLICATES)])[:, :1] for each in (1.0, amount))
    return compare_sides(side_with(a), side_with(b))


def in_turn(work: Work, amount: float) -> Comparison:
    """Of two versions that take turns until their times are decided."""
    found: tuple[list[list[tuple[float, float]]], list[list[tuple[float, float]]]] = ([], [])

    def comparisons() -> Iterator[Comparison]:
        for look in looks(ROUNDS):
            for k in range(len(found[0]), look.rounds):
                for version in order_of(k):
                    found[version].append([work((1.0, amount)[version]) for _ in range(REPLICATES)])
            a, b = (np.array(each).transpose(1, 2, 0) for each in found)
            yield compare_sides(side_with(a.min(axis=2), a), side_with(b.min(axis=2), b), share=look.share)

    return until_settled(comparisons())


def workload() -> Work:
    """Steps of a network, so many more that the processors take `amount` times as long."""
    weights = jnp.asarray(np.random.default_rng(0).standard_normal((256, 256)) / 16, "float32")

    @jax.jit
    def steps(n: int) -> jax.Array:
        return jax.lax.fori_loop(0, n, lambda _, x: jnp.tanh(x @ weights), weights)

    def once(n: int) -> tuple[float, float]:
        start, cpu = time.perf_counter(), time.process_time()
        steps(n).block_until_ready()
        return SCALE * (time.perf_counter() - start), SCALE * (time.process_time() - cpu)

    once(1)
    whole = int(100 * SCALE * WORK / min(once(100)[0] for _ in range(5)))
    one, two = (np.median([once(n * whole)[1] for _ in range(50)]) for n in (1, 2))
    each = (two - one) / whole  # seconds of a step, without what every call takes
    return lambda amount: once(round(whole + (amount - 1) * one / each))


def side_with(seconds: np.ndarray, rounds: np.ndarray | None = None) -> Side:
    """A run of which nothing is known but how long each replicate took, of the wall's and the processors' seconds."""
    cell = functools.partial(CellRecord, "marginal", "work", 1, status="ok", invalid_because="", errors={}, counts={})
    cells = {}
    for r, (wall, *cpu) in enumerate(seconds):
        cells[f"r{r}"] = cell(
            replicate=r, seconds=float(wall), cold_seconds=float(wall), cpu_seconds=sum(map(float, cpu))
        )
        if rounds is not None:
            by, cpu_by = (tuple(map(float, each)) for each in rounds[r])
            cells[f"r{r}"] = dataclasses.replace(cells[f"r{r}"], rounds=by, cpu_rounds=cpu_by)
    return Side(SECONDS, SECONDS, {"budgets": {}}, {}, "energy", {}, {}, cells)


def say(message: str) -> None:
    """Progress."""
    sys.stderr.write(f"{message}\n")


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
        f"{100 * (LOSS - 1):.0f} % worse: it has seen {FEWER} of them. At best: by energy, of whoever knows the old "
        "error and how much the new one varies.",
        "",
        "| dimensions | errors judged | equal code, new keys: alarms | sd, equal keys | found | sd, new keys | found | "
        "at best | replicates for 90 %, new keys |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Time: steps of a network, {1000 * WORK:.0f} ms, margin 25 %, {REPLICATES} replicates. In turn: {ROUNDS} "
        "rounds at most. sd is that of the comparison's log ratio.",
        "",
        "| versions | seconds of the new one | judged by | regression | pass | inconclusive | rounds | ratio | sd |",
        "|---|---|---|---|---|---|---|---|---|",
        *times,
    ]


if __name__ == "__main__":
    main()

"""Calibration: the instrument tested on itself, with laws of which everything is known.

Three questions, asked in one, many and very many dimensions:

    recovery    are N runs found to be worth N runs, by every score that tells runs?         (see `recovery`)
    centering   is an unbiased square zero on average where there is nothing to find?        (see `centering`)
    power       which defect of a law does which metric find, and which does none?           (see `power`)

The first is a test of bias of the whole chain: reference, metric, inversion, interval. Like the second it has an
answer, yes or no. The third says what a good score of each metric does and does not promise; a defect that is found in
four of five replicates of M samples counts as found. Its control holds every metric, also one of which no mean is
known, to what must be: that exact samples rank among other exact samples as chance has it.

Left out are scores of samples against single runs (`crps`, `energy_score`, `coverage`), which are not zero for exact
samples, those of nested sets, of which there are none here, and the classifier (`c2st`), which trains a network for
each score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Len

from sgmbench import registry
from sgmbench.config.load import build
from sgmbench.core.metric import Metric, PairScore
from sgmbench.core.progress import Progress, silent
from sgmbench.studies.centering import Center, centers_of, off_center
from sgmbench.studies.defects import NONE, defects_of
from sgmbench.studies.power import FOUND, LEAST_NULL, Power, null_errors, powers
from sgmbench.studies.recovery import ALARM, Recovery, Trust, recover, trusts_of

ADDED = {
    "energy_standardized": {"kind": "energy", "norm": "standardized"},
    "mmd": {"kind": "mmd"},
    "tail_probability_0.9": {"kind": "tail_probability", "level": 0.9},
    "wasserstein_2": {"kind": "wasserstein_2"},
}
"""Metrics that an experiment does not have by default, and a level that few runs tell of."""


@dataclass(frozen=True)
class Effort:
    """How much is spent.

    Attributes:
        dimensions: every d.
        runs: every N of recovery.
        replicates: R, of both questions.
        trials: intervals of recovery in each dimension, for each N.
        samples: M, of power.
        null: B, repeats of exact samples.
        dear: from which d on there is one trial, and the null has fewer repeats: the cost is that of d.
        dear_runs: every N of recovery there.
        dear_null: B there.
    """

    dimensions: Annotated[tuple[Annotated[int, Ge(1)], ...], Len(1)] = (1, 16, 256, 4096)
    runs: Annotated[tuple[Annotated[int, Ge(2)], ...], Len(1)] = (32, 128, 512)
    replicates: Annotated[int, Ge(2)] = 20
    trials: Annotated[int, Ge(1)] = 4
    samples: Annotated[int, Ge(8)] = 250
    null: Annotated[int, Ge(LEAST_NULL)] = 199
    dear: Annotated[int, Ge(1)] = 1_000
    dear_runs: Annotated[tuple[Annotated[int, Ge(2)], ...], Len(1)] = (32, 128, 512)
    dear_null: Annotated[int, Ge(LEAST_NULL)] = 59

    def trials_in(self, dimension: int) -> int:
        """Of recovery."""
        return 1 if dimension >= self.dear else self.trials

    def runs_in(self, dimension: int) -> tuple[int, ...]:
        """Every N of recovery."""
        return self.dear_runs if dimension >= self.dear else self.runs

    def null_in(self, dimension: int) -> int:
        """Repeats of exact samples."""
        return self.dear_null if dimension >= self.dear else self.null


FULL = Effort()
QUICK = Effort(dimensions=(1, 16, 256), trials=1, samples=200, null=39)


@dataclass(frozen=True)
class Calibration:
    """What was found.

    Attributes:
        effort: what was spent.
        seed: of all sets.
        recoveries: for each score that tells runs, d and N.
        trusts: for each of these scores.
        centers: for each unbiased square and d.
        powers: for each defect, metric and d.
        findings: for each defect, in words.
        verdict: on the instrument, in words.
        is_sound: whether chance explains every miss.
    """

    effort: Effort
    seed: int
    recoveries: tuple[Recovery, ...]
    trusts: tuple[Trust, ...]
    centers: tuple[Center, ...]
    powers: tuple[Power, ...]
    findings: tuple[str, ...]
    verdict: str
    is_sound: bool


def calibrate(
    effort: Effort = FULL, *, metrics: Mapping[str, Metric] | None = None, seed: int = 0, progress: Progress = silent
) -> Calibration:
    """Runs the study.

    Args:
        effort: how much is spent.
        metrics: by label; by default those that an experiment has by default, and others of `ADDED`.
        seed: of all sets.
        progress: listener.
    """
    metrics = default_metrics() if metrics is None else metrics
    recoveries: list[Recovery] = []
    centers: list[Center] = []
    found: list[Power] = []
    for i, d in enumerate(effort.dimensions):
        progress("dimensions", 2 * i, 2 * len(effort.dimensions), f"d = {d:,}: recovery")
        shared = {"dimension": d, "seed": seed}
        again = {"replicates": effort.replicates, **shared}
        recoveries += recover(metrics, runs=effort.runs_in(d), trials=effort.trials_in(d), **again)
        progress("dimensions", 2 * i + 1, 2 * len(effort.dimensions), f"d = {d:,}: power")
        nulls = null_errors(metrics, samples=effort.samples, null=effort.null_in(d), **shared)
        centers += centers_of(metrics, nulls, dimension=d)
        found += powers(metrics, nulls, samples=effort.samples, **again)
    progress("dimensions", 2 * len(effort.dimensions), 2 * len(effort.dimensions))
    trusts = trusts_of(recoveries)
    faults = [*_biased(trusts), *_off_center(centers), *_too_often(found)]
    return Calibration(
        effort,
        seed,
        tuple(recoveries),
        tuple(trusts),
        tuple(centers),
        tuple(found),
        tuple(finding(name, found) for name in defects_of(max(effort.dimensions))),
        "; ".join(faults) if faults else _sound(trusts, centers),
        not faults,
    )


def default_metrics() -> dict[str, Metric]:
    """Those of an experiment that names none, by label, but for scores against single runs; and others."""
    built = {name: build("metrics", name) for name in registry.builtin("metrics")}
    used = {name: each for name, each in built.items() if each.by_default and not isinstance(each, PairScore)}
    return used | {label: build("metrics", settings) for label, settings in ADDED.items()}


def _biased(trusts: Sequence[Trust]) -> list[str]:
    return [
        f"by {each.metric} N runs are worth N in only {each.held} of {each.intervals} intervals, of which chance makes "
        f"{each.probability:.1g}: the reference, the metric or its inversion is biased"
        for each in trusts
        if each.is_biased
    ]


def _off_center(centers: Sequence[Center]) -> list[str]:
    return [
        f"by {each.metric} exact samples score {each.mean:.2g} +- {each.standard_error:.1g} at d = {each.dimension:,}, "
        f"of which chance makes {each.probability:.1g}: the metric is biased"
        for each in off_center(centers)
    ]


def _too_often(found: Sequence[Power]) -> list[str]:
    """Metrics that find a defect in exact samples."""
    controls = [each for each in found if each.defect == NONE]
    return [
        f"{each.metric} finds a defect in {each.found} of {each.replicates} sets of exact samples at d = "
        f"{each.dimension:,}, of which chance makes {each.by_chance:.1g}"
        for each in controls
        if each.by_chance < ALARM / len(controls)
    ]


def _sound(trusts: Sequence[Trust], centers: Sequence[Center]) -> str:
    held, intervals = sum(each.held for each in trusts), sum(each.intervals for each in trusts)
    said = f"N runs are worth N in {held} of {intervals} intervals of 95 %, which chance explains by every metric"
    if not centers:
        return f"sound: {said}"
    farthest = max(abs(each.in_errors) for each in centers)
    return f"sound: {said}; unbiased squares of exact samples are zero within {farthest:.1f} standard errors"


def finding(defect: str, found: Sequence[Power]) -> str:
    """By which metrics a defect is found, and where."""
    of_defect = [each for each in found if each.defect == defect]
    dimensions = list(dict.fromkeys(each.dimension for each in of_defect))
    at: dict[tuple[int, ...], list[str]] = {}
    for label in dict.fromkeys(each.metric for each in of_defect):
        where = tuple(each.dimension for each in of_defect if each.metric == label and each.share >= FOUND)
        at.setdefault(where, []).append(label)
    blind = [d for d in dimensions if not any(d in where for where in at)]
    said = [
        f"{'at every d' if len(where) == len(dimensions) else _dimensions(where)} by {', '.join(labels)}"
        for where, labels in sorted(at.items(), key=lambda item: -len(item[0]))
        if where
    ]
    if blind:
        said.append(f"by none {_dimensions(blind)}")
    return f"{defect}: {'; '.join(said)}"


def _dimensions(where: Sequence[int]) -> str:
    return f"at d = {', '.join(f'{d:,}' for d in where)}"

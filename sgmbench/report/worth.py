"""What samples are worth: equivalent runs at each condition, by every metric that can be counted in runs.

These are the energies, the epistemic share, and all errors of which the variance of one run is in the truth: of means,
standard deviations, quantiles, tail probabilities and conditional values at risk (`core.quantity.variance_key`); and
MMD^2, of which one run has the mean 1 - E k(Y, Y').

Replicates are scored against one reference of n runs, so that its noise is part of every interval. Of energy the scores
tell what it adds to D2 to first order; of what is left the variance is at most 2 (mu / n)^2.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from sgmbench.core.findings import CLAIMED
from sgmbench.core.quantity import variance_key
from sgmbench.core.result import Result
from sgmbench.statistics.equivalent_runs import EquivalentRuns, SharedNoise, equivalent_runs, equivalent_runs_of_errors

ENERGY = "energy"
ENERGIES = (ENERGY, "energy_standardized")
BY_SHARE = "epistemic_share/"
QUANTITY_OF = {"mean": "mean", "standard_deviation": "sd"}
OF_ALL_RUNS = (*QUANTITY_OF, "quantiles")
"""Kinds of metrics that a streamed reference tells by all of its runs, and not by those alone that it keeps."""

Errors = dict[str, dict[str, list[float]]]
"""Scores by "metric/part", condition and replicate."""

Entry = dict[str, Any]
"""A metric of the configuration as plain data: its label, its kind, its settings."""

Found = Iterator[tuple[str, str, EquivalentRuns]]


def by_metric(
    errors: Errors, truth: dict[str, Any], result: Result, metrics: Iterable[Entry] = ()
) -> dict[str, dict[str, EquivalentRuns]]:
    """By metric, or "metric/part", and condition; nothing where nothing varies.

    Args:
        errors: of all replicates.
        truth: what is known of each condition.
        result: any of the replicates.
        metrics: those of the configuration; one that is not among them is of the kind that its label says.
    """
    entries = {entry["label"]: entry for entry in metrics}
    found: dict[str, dict[str, EquivalentRuns]] = {}
    for worths in (
        _by_energy(errors, truth),
        _by_kernel(errors, truth),
        _by_variance(errors, truth, result, entries),
        _by_share(errors, truth),
    ):
        for name, condition, runs in worths:
            found.setdefault(name, {})[condition] = runs
    return found


def shared_noise(errors: Errors, metric: str, condition: str, runs: int) -> SharedNoise:
    """What a reference of so many runs makes of the mean D2 over replicates, at most.

    What replicates do not share of their errors averages out of it, which is not allowed for. Of errors along one
    direction it is 4 D2 mu / n, which stands for scores of a time when the variance was not among them.
    """
    d2, mu = (float(np.mean(errors[f"{metric}/{part}"][condition])) for part in ("d2", "mu"))
    told = errors.get(f"{metric}/reference_variance", {}).get(condition)
    most, square = 4 * mu / runs, max(d2, 0.0)
    first = most * square if told is None else float(np.mean(told))
    return SharedNoise(first + 2 * (mu / runs) ** 2, min(most, first / square) if square else most)


def runs_behind(known: dict[str, Any], kind: str) -> int:
    """Runs of the reference at a condition that errors by a kind of metric are against."""
    return known.get("streamed", known["size"]) if kind in OF_ALL_RUNS else known["size"]


def _by_energy(errors: Errors, truth: dict[str, Any]) -> Found:
    for metric in ENERGIES:
        for condition, d2 in errors.get(f"{metric}/d2", {}).items():
            mu, size = errors[f"{metric}/mu"][condition][0], truth[condition]["size"]
            if mu != 0:
                shared = shared_noise(errors, metric, condition, size)
                yield metric, condition, equivalent_runs(np.array(d2), mu=mu, cap=size / CLAIMED, shared=shared)


def _by_kernel(errors: Errors, truth: dict[str, Any]) -> Found:
    """By MMD^2; truths of older runs do not know its unit. What their reference adds is bounded as of energy."""
    for label in {label: None for known in truth.values() for label in known.get("kernel_units", {})}:
        for condition, squares in errors.get(f"{label}/all", {}).items():
            v, size = truth[condition]["kernel_units"][label], truth[condition]["size"]
            if v > 0:
                r = v / size
                shared = SharedNoise(4 * r * max(float(np.mean(squares)), 0.0) + 2 * r**2, 4 * r)
                yield label, condition, equivalent_runs(np.array(squares), mu=v, cap=size / CLAIMED, shared=shared)


def _by_variance(errors: Errors, truth: dict[str, Any], result: Result, entries: dict[str, Entry]) -> Found:
    """A Generator's samples stand for a law; an event that the reference lacks has no variance, and no worth."""
    for part, by in errors.items():
        label, _, name = part.partition("/")
        entry = entries.get(label, {"kind": label})
        kind, (field, key) = entry["kind"], _field_and_key(entry, name)
        for condition, error in by.items() if key else ():
            v, size = truth[condition]["variances"].get(field, {}).get(key), runs_behind(truth[condition], kind)
            samples = result.samples_each[condition] if result.kind == "generator" else math.inf
            if v is not None and v > 0:
                yield (
                    part,
                    condition,
                    equivalent_runs_of_errors(
                        np.array(error), variance=v, reference=size, samples=samples, cap=size / CLAIMED
                    ),
                )


def _field_and_key(entry: Entry, name: str) -> tuple[str, str]:
    """Where the variance of the error of a score stands."""
    kind = entry["kind"]
    if kind in QUANTITY_OF:
        return name, variance_key(kind)
    field, _, which = name.rpartition("/")
    return field, variance_key(kind, which, tail=entry.get("tail", "upper"))


def _by_share(errors: Errors, truth: dict[str, Any]) -> Found:
    """In runs of nested Monte Carlo, of unbiased squares of the error; what the reference itself is worth caps."""
    for part, by in errors.items():
        for condition, squares in by.items() if part.startswith(BY_SHARE) else ():
            known = truth[condition]["decomposition"]["shares"][part.removeprefix(BY_SHARE)]
            v, r = known["unit"]["variance"], known["standard_error"] ** 2
            shared = SharedNoise(4 * r * max(float(np.mean(squares)), 0.0) + 2 * r**2, 4 * r)
            yield part, condition, equivalent_runs(np.array(squares), mu=v, cap=v / r / CLAIMED, shared=shared)

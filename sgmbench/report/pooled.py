"""Equivalent runs on average over conditions: what few runs at each of many conditions can tell.

A reference of n_c runs at condition c gives D2_c / mu_c with an error of the order of 1 / n_c, which no number of
replicates reduces. Errors of K references are independent, so that their mean has

    1 / n,      n = K / ( sum_c n_c^-2 )^1/2      which is n_c K^1/2 where all are alike,

and N_eq = 1 / mean_c(D2_c / mu_c) is told apart up to about n, and claimed up to a third of it.
"""

import math

import numpy as np

from sgmbench.core.findings import CLAIMED
from sgmbench.report.summary import Line, TargetSummary
from sgmbench.report.worth import ENERGY, shared_noise
from sgmbench.statistics.equivalent_runs import EquivalentRuns, SharedNoise, equivalent_runs


def resolved_runs(target: TargetSummary) -> float:
    """n, of the runs that did not fail."""
    sizes = [condition["size"] - condition["failed"] for condition in target.conditions.values()]
    return len(sizes) / math.sqrt(sum(size**-2 for size in sizes))


def pooled_runs(target: TargetSummary, line: Line) -> EquivalentRuns:
    """N_eq by energy, over all replicates and all conditions where something varies."""
    d2, mu = (line.replicate_errors[f"{ENERGY}/{part}"] for part in ("d2", "mu"))
    varying = list(line.equivalent[ENERGY])
    replicates = min(len(d2[c]) for c in varying)
    relative = np.array([np.divide(d2[c][:replicates], mu[c][:replicates]) for c in varying]).mean(axis=0)
    return equivalent_runs(relative, mu=1.0, cap=resolved_runs(target) / CLAIMED, shared=_shared(target, line, varying))


def _shared(target: TargetSummary, line: Line, conditions: list[str]) -> SharedNoise:
    """Of the mean of D2 / mu over conditions that have references of their own."""
    K, each = len(conditions), []
    for c in conditions:
        mu = line.replicate_errors[f"{ENERGY}/mu"][c][0]
        variance, slope = shared_noise(line.replicate_errors, ENERGY, c, target.conditions[c]["size"])
        each.append((variance / mu**2, slope / mu))
    variance, slope = np.mean(each, axis=0) / K
    return SharedNoise(float(variance), float(slope))

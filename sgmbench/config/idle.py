"""Metrics that are written down and score nothing of any target: what a table would leave out without a word.

                                crps, energy_score ...    variance_shares ...    energy, mean ...
    held-out runs one by one    x                         -                      -
    one law at a condition      x                         -                      x
    rows of several z           -                         x                      -
    the law of all runs         -                         -                      x

The first are of a conditional target of recorded runs, the second of a conditional target else, of a posterior or of
predictions, the third of a decomposition, the last of a marginal. The metrics by default suit all targets together, so
that of a list that has them all nothing is said.
"""

from collections.abc import Iterator

from sgmbench import registry
from sgmbench.config.annotations import any_of
from sgmbench.config.faults import Fault
from sgmbench.config.parts import Parts, entries_of
from sgmbench.core.metric import Metric, NestedScore, PairScore
from sgmbench.core.problem import Problem, Recorded
from sgmbench.core.target import Conditional, Decomposition, Posterior, Target

PAIRS = "it is of runs at a condition, which a conditional, a posterior or a predictive target has"
NESTED = "it is of a decomposition"
LAW = {
    "held-out runs": "held-out runs stand there one by one, which crps, energy_score and coverage score",
    "several z": "several runs are of one z there, which variance_shares, epistemic_share and exceedance_law score",
}
SCORED = {
    "held-out runs": {"pairs"},
    "condition": {"pairs", "law"},
    "several z": {"nested"},
    "all runs": {"law"},
}
"""By the rows that a target has what kinds of scores they have."""


def warnings(parts: Parts) -> Iterator[Fault]:
    """A sentence for each of these metrics."""
    problem, metrics = parts.get(("problem",)), entries_of(parts, "metrics")
    targets: list[Target] = list(entries_of(parts, "targets").values())
    labels = {entry.label for entry in metrics.values()}
    if not isinstance(problem, Problem) or not targets or labels >= _by_default():
        return
    asked = {target.name: _rows(target, problem) for target in targets}
    for path, entry in metrics.items():
        kind = _kind(entry.metric)
        if not any(kind in SCORED[rows] for rows in asked.values()):
            why = {"pairs": PAIRS, "nested": NESTED}.get(kind) or LAW[next(iter(asked.values()))]
            yield Fault(path, f"{entry.label} scores nothing of the {any_of(asked, 'and')}: {why}; remove it")


def _by_default() -> set[str]:
    return {name for name in registry.builtin("metrics") if registry.load("metrics", name).by_default}


def _rows(target: Target, problem: Problem) -> str:
    """What rows the samples of a target are."""
    match target:
        case Decomposition():
            return "several z"
        case Conditional() if isinstance(problem, Recorded):
            return "held-out runs"
        case Conditional() | Posterior():
            return "condition"
        case _:
            return "all runs"


def _kind(metric: Metric) -> str:
    """What kind of score a metric is."""
    if isinstance(metric, NestedScore):
        return "nested"
    return "pairs" if isinstance(metric, PairScore) else "law"

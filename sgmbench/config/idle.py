"""Metrics that are written down and score nothing of any target: what a table would leave out without a word.

                                held-out runs one by one    rows of several z    everything else
    single pairs                crps, energy_score ...      -                    -
    a decomposition             -                           variance_shares ...  -
    another target              -                           -                    energy, mean ...

Single pairs are those of a conditional target of recorded runs. The metrics by default suit all targets together, so
that of a list that has them all nothing is said.
"""

from collections.abc import Iterator

from sgmbench import registry
from sgmbench.config.annotations import any_of
from sgmbench.config.faults import Fault
from sgmbench.config.parts import Parts, entries_of
from sgmbench.core.metric import Metric, NestedScore, PairScore
from sgmbench.core.problem import Problem, Recorded
from sgmbench.core.target import Conditional, Decomposition, Target

PAIRS = "it is of held-out runs one by one, which the conditional target of recorded runs has"
NESTED = "it is of a decomposition"
LAW = {
    "pairs": "held-out runs stand there one by one, which crps, energy_score and coverage score",
    "nested": "several runs are of one z there, which variance_shares, epistemic_share and exceedance_law score",
}


def warnings(parts: Parts) -> Iterator[Fault]:
    """A sentence for each of these metrics."""
    problem, metrics = parts.get(("problem",)), entries_of(parts, "metrics")
    targets: list[Target] = list(entries_of(parts, "targets").values())
    labels = {entry.label for entry in metrics.values()}
    if not isinstance(problem, Problem) or not targets or labels >= _by_default():
        return
    asked = {target.name: _rows(target, problem) for target in targets}
    for path, entry in metrics.items():
        rows = _scores(entry.metric)
        if rows not in asked.values():
            why = {"pairs": PAIRS, "nested": NESTED}.get(rows) or LAW[next(iter(asked.values()))]
            yield Fault(path, f"{entry.label} scores nothing of the {any_of(asked, 'and')}: {why}; remove it")


def _by_default() -> set[str]:
    return {name for name in registry.builtin("metrics") if registry.load("metrics", name).by_default}


def _rows(target: Target, problem: Problem) -> str:
    """What rows the samples of a target are."""
    if isinstance(target, Decomposition):
        return "nested"
    return "pairs" if isinstance(target, Conditional) and isinstance(problem, Recorded) else "law"


def _scores(metric: Metric) -> str:
    """What rows a metric scores."""
    if isinstance(metric, NestedScore):
        return "nested"
    return "pairs" if isinstance(metric, PairScore) else "law"

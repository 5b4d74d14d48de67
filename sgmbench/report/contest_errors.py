"""What enters a contest: the errors by one metric of the methods of a target at one budget.

Energy enters as D2 / mu + 2 / n, n the runs of the reference. The estimate of D2 is free of bias and may be negative,
where a ratio has no meaning, and leaving such replicates out would favor the larger errors. Between finite sets the
energy distance cannot be negative, and 2 / n is what two sets of n runs of the truth have on average: with it the sum
is positive. It is the same for all methods, so it changes neither their order nor a hypothesis of equal D2, and the
noise that they owe to one reference still cancels. A ratio of errors that the reference does not resolve is drawn to 1,
and not made up. Of other metrics the absolute scores enter, as means over their parts.

A method that failed in a replicate does not take part, for what it failed at would be left out in its favor; nor does
an invalid one, nor one without a score at some condition where others have one. The conditions are those drawn from the
prior, where there are any. Replicates are those that all of these methods have computed.
"""

import numpy as np
from jaxtyping import Float

from sgmbench.core.result import Result
from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.report.wanted import scored_conditions

Errors = Float[np.ndarray, "replicates conditions"]


def contest_errors(summary: Summary, target: TargetSummary, budget: int, metric: str) -> dict[str, Errors]:
    """Positive errors by method, of the same replicates and conditions; empty where nothing is shared."""
    scored: dict[str, dict[int, dict[str, float]]] = {}
    for line in target.lines:
        if line.budget == budget and line.is_usable and not line.failed:
            scored[line.method] = {
                result.replicate: _of_result(result, target, metric) for result in _results(summary, line)
            }
    anywhere = {condition for by in scored.values() for errors in by.values() for condition in errors}
    conditions = [condition for condition in scored_conditions(target) if condition in anywhere]
    taking = {
        method: by for method, by in scored.items() if all({*conditions} <= errors.keys() for errors in by.values())
    }
    shared = sorted(set.intersection(*map(set, taking.values()))) if taking and conditions else []
    found = {method: np.array([[by[r][c] for c in conditions] for r in shared]) for method, by in taking.items()}
    return {method: errors for method, errors in found.items() if errors.size and np.all(errors > 0)}


def _results(summary: Summary, line: Line) -> list[Result]:
    """The finished cells of a line."""
    key = (line.target, line.method, line.budget)
    return [r for r in summary.results if (r.target, r.method, r.budget) == key and r.status == "ok"]


def _of_result(result: Result, target: TargetSummary, metric: str) -> dict[str, float]:
    """The error at each condition where it is a number."""
    found = {}
    for condition, metrics in result.scores.items():
        parts = {name: np.nan if value is None else value for name, value in metrics.get(metric, {}).items()}
        if parts.get("mu") == 0:
            continue  # nothing varies there
        if "d2" in parts:
            found[condition] = parts["d2"] / parts["mu"] + 2 / target.conditions[condition]["size"]
        elif parts:
            found[condition] = float(np.mean(np.abs([*parts.values()])))
    return {condition: error for condition, error in found.items() if np.isfinite(error)}

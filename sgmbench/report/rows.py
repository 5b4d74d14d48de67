"""Rows: all that a run tells of its methods, one number a row.

    target method budget condition score mean floor replicates low high validity

A score is `<metric>/<part>` beside its floor, `equivalent_runs/<metric>` with its interval, or `cost/<what>`. Over
held-out pairs the score `behind_best/energy_score` has as low and high its mean difference to the best method minus and
plus two paired standard errors. `validity` says whether a method's samples are what they should be; of equivalent runs
also whether they are `beyond the solver`, which errs more.

A list of dictionaries is what every library of tables takes, and none of them has to be installed for it.
"""

from collections.abc import Iterator
from typing import Any

from sgmbench.report.solver_limit import is_beyond
from sgmbench.report.standings import ENERGY_SCORE, TOLD_APART, Standing
from sgmbench.report.summary import Line, Summary, TargetSummary

COLUMNS = ("target", "method", "budget", "condition", "score", "mean", "floor", "replicates", "low", "high", "validity")

Row = dict[str, Any]
"""A value for each of `COLUMNS`; None where there is none."""


def rows_of(summary: Summary) -> list[Row]:
    """Equivalent runs, costs and scores of each method and budget, target by target, then its standings."""
    rows = []
    for target in summary.targets:
        for line in target.lines:
            rows += [*_equivalent_runs(target, line), *_costs(line), *_scores(target, line)]
        lines = {(line.method, line.budget): line for line in target.lines}
        for standing in target.standings:
            rows.append(_standing(lines[standing.method, standing.budget], standing))
    return rows


def _row(line: Line, score: str, mean: float | None, condition: str | None = None, **others: Any) -> Row:
    shared = {
        "target": line.target,
        "method": line.method,
        "budget": line.budget,
        "replicates": line.replicates - line.failed,
        "validity": "invalid" if line.invalid else "valid",
    }
    told = shared | {"condition": condition, "score": score, "mean": mean} | others
    return {column: told.get(column) for column in COLUMNS}


def _equivalent_runs(target: TargetSummary, line: Line) -> Iterator[Row]:
    for metric, by in line.equivalent.items():
        for condition, runs in by.items():
            is_marked = not line.invalid and is_beyond(target, line, condition, metric)
            marked = {"validity": "beyond the solver"} if is_marked else {}
            ends = {"low": runs.low, "high": runs.high}
            yield _row(line, f"equivalent_runs/{metric}", runs.value, condition, **ends, **marked)


def _costs(line: Line) -> Iterator[Row]:
    """Seconds by phase, cold (with compilation) and warm, and counts, means over replicates."""
    cold = sum(line.seconds.values())
    totals = {"cold": cold, "warm": cold - line.seconds.get("compile", 0.0), "peak_bytes": float(line.peak_bytes)}
    counts = {"solver_runs": line.solver_runs, "network_evaluations_a_sample": line.network_evaluations}
    if line.gradients:
        counts |= {"gradients": line.gradients, "forward_runs": line.forward_runs}
    if line.operations:
        counts["operations"] = line.operations
    for name, value in {**line.seconds, **totals, **counts, "samples": float(line.samples)}.items():
        yield _row(line, f"cost/{name}", value)


def _scores(target: TargetSummary, line: Line) -> Iterator[Row]:
    for part, by in line.errors.items():
        metric, _, name = part.partition("/")
        for condition, value in by.items():
            floor = target.conditions[condition]["floors"].get(metric, {}).get(name)
            yield _row(line, part, value, condition, floor=floor)


def _standing(line: Line, standing: Standing) -> Row:
    behind, half = standing.behind, TOLD_APART * standing.standard_error
    ends = {"low": behind - half, "high": behind + half, "replicates": standing.replicates}
    return _row(line, f"behind_best/{ENERGY_SCORE}", behind, **ends)

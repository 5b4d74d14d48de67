"""summary.csv: one row for each method, budget, condition and score.

Over held-out pairs the score `behind_best/energy_score` has as low and high its mean difference to the best method
minus and plus two paired standard errors.
"""

import csv
import io
from pathlib import Path
from typing import Any

from sgmbench.report.standings import ENERGY_SCORE, TOLD_APART, Standing
from sgmbench.report.summary import Line, Summary
from sgmbench.store.atomic import write_bytes

COLUMNS = ("target", "method", "budget", "condition", "score", "mean", "floor", "replicates", "low", "high")


def write_csv(path: Path, summary: Summary) -> None:
    """Writes all scores, each beside its floor; equivalent runs as `equivalent_runs/<metric>`, costs as `cost/...`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for target in summary.targets:
        for line in target.lines:
            head = (line.target, line.method, line.budget)
            count = line.replicates - line.failed
            for metric, by in line.equivalent.items():
                for condition, runs in by.items():
                    name = f"equivalent_runs/{metric}"
                    writer.writerow(
                        (*head, condition, name, _digits(runs.value), "", count, _digits(runs.low), _digits(runs.high))
                    )
            for name, value in _costs(line).items():
                writer.writerow((*head, "", f"cost/{name}", _digits(value), "", count, "", ""))
            for part, by in line.errors.items():
                metric, _, name = part.partition("/")
                for condition, value in by.items():
                    floor = target.conditions[condition]["floors"].get(metric, {}).get(name)
                    writer.writerow((*head, condition, part, _digits(value), _digits(floor), count, "", ""))
        for standing in target.standings:
            writer.writerow(_standing(target.name, standing))
    write_bytes(path, buffer.getvalue().encode())


def _standing(target: str, standing: Standing) -> tuple[Any, ...]:
    behind, half = standing.behind, TOLD_APART * standing.standard_error
    head = (target, standing.method, standing.budget, "", f"behind_best/{ENERGY_SCORE}")
    return (*head, _digits(behind), "", standing.replicates, _digits(behind - half), _digits(behind + half))


def _costs(line: Line) -> dict[str, float]:
    """Seconds by phase, cold (with compilation) and warm, and counts, means over replicates."""
    cold = sum(line.seconds.values())
    totals = {"cold": cold, "warm": cold - line.seconds.get("compile", 0.0), "peak_bytes": float(line.peak_bytes)}
    counts = {"solver_runs": line.solver_runs, "network_evaluations_a_sample": line.network_evaluations}
    return {**line.seconds, **totals, **counts, "samples": float(line.samples)}


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"

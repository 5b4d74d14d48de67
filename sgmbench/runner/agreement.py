"""Agreement of two sets of scores of one cell.

Scores a and b of a metric's part at a condition differ by rounding where

    |a - b| <= ROUNDING max(|a|, |b|, |every other part of the metric there|),

since parts like the squared distance and mu of `energy` come from sums of one size, of which the first is what is left.
A score that only one of them has, or that is a number in one of them alone, differs by infinity.

Two runs of one configuration agree byte for byte in all else but times (`without_times`), however often one of them
was killed and gone on with.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sgmbench.core.result import Result, Scores

ROUNDING = 1e-9
EXECUTED = "cost/executed_runs"
OF_THE_MOMENT = ("seconds", "cpu_seconds", "beside", "peak_bytes", "runs_a_gradient", "checksum")
"""What is measured and not computed, beside how many others, and the checksum of all."""


@dataclass(frozen=True)
class Difference:
    """One number that is not the same twice.

    Attributes:
        condition: where; "" of a count of the whole cell.
        score: as "energy/d2", or "cost/solver_runs".
        before: as it stands in the result; None where it is missing or no number.
        now: as it was computed again.
        relative: |before - now| over the largest part of the metric.
    """

    condition: str
    score: str
    before: float | None
    now: float | None
    relative: float

    @property
    def is_rounding(self) -> bool:
        """Whether it is no more than rounding."""
        return self.relative <= ROUNDING


def differences(before: Scores, now: Scores) -> list[Difference]:
    """All scores that are not bitwise the same, the largest difference first."""
    found = []
    for condition in {**before, **now}:
        old, new = before.get(condition, {}), now.get(condition, {})
        for metric in {**old, **new}:
            found += _differences(condition, f"{metric}/", old.get(metric, {}), new.get(metric, {}))
    return sorted(found, key=lambda each: -each.relative)


def differences_of_counts(before: Result, now: Result) -> list[Difference]:
    """What is counted of a cell, and no more than counted: seconds and memory are of the moment.

    So are the lanes that were executed, where one of both had to make its solver runs in smaller chunks.
    """
    every = zip(_counts(before), _counts(now), strict=True)
    is_of_lanes = before.cost.chunk == now.cost.chunk
    counted = [(a, b) for a, b in every if is_of_lanes or EXECUTED not in a]
    return [each for a, b in counted for each in _differences("", "", a, b)]


def without_times(content: Any) -> Any:
    """JSON of a result, or of a truth, without what is of the moment."""
    if isinstance(content, dict):
        return {name: without_times(each) for name, each in content.items() if name not in OF_THE_MOMENT}
    return [without_times(each) for each in content] if isinstance(content, list) else content


def _counts(result: Result) -> list[dict[str, float]]:
    """Each count by itself, so that each is its own scale."""
    cost = result.cost
    counts = {
        "failed": float(result.status == "failed"),
        "failed_runs": float(result.failed_runs),
        "cost/solver_runs": cost.solver_runs,
        EXECUTED: cost.executed_runs,
        "cost/gradients": cost.gradients,
        "cost/network_evaluations": cost.network_evaluations,
        "cost/samples": float(cost.samples),
    }
    return [{name: value} for name, value in counts.items()]


def _differences(
    condition: str, prefix: str, before: Mapping[str, float | None], now: Mapping[str, float | None]
) -> list[Difference]:
    numbers = [(part, _number(before.get(part)), _number(now.get(part))) for part in {**before, **now}]
    scale = max((abs(value) for _, *both in numbers for value in both if value is not None), default=0.0)
    return [
        Difference(condition, prefix + part, a, b, math.inf if a is None or b is None else abs(a - b) / scale)
        for part, a, b in numbers
        if a != b
    ]


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None

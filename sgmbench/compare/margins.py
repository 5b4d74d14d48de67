"""Margins: the relative worsening that is tolerated, by metric.

What the command line says comes before the configuration, and what is said of one metric before what is said of all.
Operations, which a change of a line changes, may have one; without it none more is tolerated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sgmbench.compare.side import OPERATIONS
from sgmbench.core.experiment import ComparePlan
from sgmbench.errors import UsageError
from sgmbench.registry import suggestion

TIME, ACCURACY = "time", "accuracy"


@dataclass(frozen=True)
class Margins:
    """Of all errors, of time, and of metrics by label, "operations" among them."""

    accuracy: float
    time: float
    of_metric: Mapping[str, float]

    def of_error(self, error: str) -> float:
        """Of an error by its name, "metric/part"."""
        return self.of_metric.get(label_of(error), self.accuracy)


def label_of(error: str) -> str:
    """Of the metric that an error is of."""
    return error.partition("/")[0]


def margins_of(configured: Mapping[str, Any], said: Mapping[str, float], *, labels: Mapping[str, Any]) -> Margins:
    """The margins of a comparison.

    Args:
        configured: `compare` of the configuration, empty where there is none.
        said: on the command line, by label of a metric, "accuracy", "time" or "operations".
        labels: of the metrics.

    Raises:
        UsageError: a margin is not positive, or of no metric.
    """
    for name, margin in said.items():
        if not margin > 0:
            raise UsageError(f"--margin {name}={margin:g}: a margin is positive; write 0.1 to tolerate 10 %")
        if name not in (ACCURACY, TIME, OPERATIONS, *labels):
            known = ", ".join([ACCURACY, TIME, OPERATIONS, *labels])
            raise UsageError(
                f"--margin {name}: no metric is labeled {name!r}{suggestion(name, labels)}; write one of {known}"
            )
    of_metric = {name: margin for name, margin in said.items() if name not in (ACCURACY, TIME)}
    if ACCURACY not in said:
        of_metric = dict(configured.get("margins", {})) | of_metric
    plan = ComparePlan()
    return Margins(
        accuracy=said.get(ACCURACY, configured.get(ACCURACY, plan.accuracy)),
        time=said.get(TIME, configured.get(TIME, plan.time)),
        of_metric=of_metric,
    )

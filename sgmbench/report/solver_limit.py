"""Where equivalent runs end: above (sigma/delta)^2 the solver itself errs more than the samples.

Training runs and references share the solver's discretization error delta, so no score sees it. In standard deviations
of a field, of which delta is surely at least its interval's lower end,

    by energy                  1 / delta^2        mean and standard deviation together, of the worst field
    by a mean                  1 / delta_mean^2
    by a standard deviation    v / delta_sd^2     v the Monte Carlo variance of one run
"""

import math

from sgmbench.report.summary import Line, TargetSummary
from sgmbench.report.worth import ENERGIES, QUANTITY_OF
from sgmbench.statistics.discretization import cap


def limit(target: TargetSummary, condition: str, part: str) -> tuple[float, str]:
    """The most equivalent runs at a condition that have a meaning, by a metric or moment, and of which field.

    Infinite where nothing is known of the solver.
    """
    known = target.conditions[condition].get("discretization")
    fields = known["fields"] if known else {}
    if part in ENERGIES:
        by_field = {name: cap(math.hypot(error["mean"][0], error["sd"][0])) for name, error in fields.items()}
        worst = min(by_field, key=lambda name: by_field[name], default="")
        return by_field.get(worst, float("inf")), worst
    metric, _, name = part.partition("/")
    if metric not in QUANTITY_OF or name not in fields:
        return float("inf"), name
    quantity = QUANTITY_OF[metric]
    return target.conditions[condition]["variances"][name][quantity] * cap(fields[name][quantity][0]), name


def is_beyond(target: TargetSummary, line: Line, condition: str, part: str) -> bool:
    """Whether the equivalent runs of a line at a condition are above the limit."""
    return line.equivalent[part][condition].value > limit(target, condition, part)[0]

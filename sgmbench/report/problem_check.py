"""What `check-problem` prints: one finding a line, then the verdict."""

from sgmbench.report.format import count, seconds
from sgmbench.statistics.discretization import Interval, cap
from sgmbench.studies.check_problem import ProblemCheck


def check_lines(check: ProblemCheck) -> list[str]:
    """The findings of a check as lines of text."""
    rows = {
        "problem": str(check.configuration["kind"]),
        "runs": f"{check.runs:,} from the prior, {check.failed:.1%} failed",
        "corners of the prior": f"{check.corners:,} runs at zeta = +-3, {check.corners_failed:.1%} failed",
        "float32": _precision(check),
        "refinement": _refinement(check),
        "error": _error(check),
        "constraints": _constraints(check),
        "speed": _speed(check),
    }
    width = max(map(len, rows))
    lines = [f"{name:<{width}}  {text}" for name, text in rows.items() if text]
    return [*lines, *(f"warning: {text}" for text in check.warnings), f"verdict: {check.verdict}"]


def _precision(check: ProblemCheck) -> str:
    if (found := check.precision) is None:
        return ""
    failed = f", {found.failed:.1%} of the runs fail" if found.failed else ""
    return f"{found.field} differs by {found.largest:.2g} sd at most, {found.median:.2g} sd (median){failed}"


def _refinement(check: ProblemCheck) -> str:
    if (found := check.refinement) is None:
        return "no coarser level is declared"
    differences = ", ".join(f"{each:.2g}" for each in found.differences)
    order = "" if found.order is None else f"; observed order {found.order:.2f}"
    return f"{found.field} differs between levels by {differences} sd (finest first, same germ){order}"


def _error(check: ProblemCheck) -> str:
    if (found := check.refinement) is None:
        return ""
    said = f"delta = {found.delta:.2g} sd path by path; {_law(found.delta_law)}"
    return f"{said} mean nothing{_fixed(found.delta_law_at_condition)}"


def _law(interval: Interval) -> str:
    low, high = interval
    return f"of the law {low:.2g} to {high:.2g} sd: equivalent runs above {count(cap(high))}"


def _fixed(interval: Interval | None) -> str:
    if interval is None:
        return ""
    low, high = interval
    return f"; at a fixed z {low:.2g} to {high:.2g} sd: above {count(cap(high))}"


def _constraints(check: ProblemCheck) -> str:
    return ", ".join(f"{name} {residual:.1g} sd" for name, residual in check.residuals.items())


def _speed(check: ProblemCheck) -> str:
    speed = check.speed
    rate = f"{count(speed.runs_per_second)} runs/s ({seconds(1 / speed.runs_per_second)} a run)"
    return f"{rate} in chunks of {speed.chunk:,}; {check.device}, {check.date}"

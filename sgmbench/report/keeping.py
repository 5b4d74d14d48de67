"""What verifying a run and reproducing a cell came to, in lines."""

from sgmbench.runner.agreement import ROUNDING, Difference
from sgmbench.runner.reproduction import Reproduction
from sgmbench.runner.verification import Verification

SHOWN = 5  # differences
CACHE = ".cache/"


def verification_lines(found: Verification) -> list[str]:
    """A line a finding, and the verdict."""
    width = max(len(check.status) for check in found.checks)
    lines = [
        f"{check.status:<{width}}  {check.subject}: {check.says}" + (f"; {check.remedy}" if check.remedy else "")
        for check in found.checks
    ]
    return [*lines, f"verdict: {_verdict(found)}", "", found.run]


def _verdict(found: Verification) -> str:
    """What is broken: the run, or no more than something in the cache that it shares with its neighbors."""
    broken = [check.subject for check in found.checks if check.status == "broken"]
    if broken and all(subject.startswith(CACHE) for subject in broken):
        return f"the run is intact; broken in the cache: {', '.join(broken)}"
    return found.verdict


def reproduction_lines(found: Reproduction) -> list[str]:
    """What was not as it was, what differs most, and the verdict."""
    lines = [f"note: {remark}" for remark in found.remarks]
    lines += [_difference(each) for each in found.differences[:SHOWN]]
    if len(found.differences) > SHOWN:
        lines.append(f"and {len(found.differences) - SHOWN} more")
    if found.reason:
        lines.append(f"the cell failed: {found.reason}")
    return [*lines, f"verdict: {found.cell} {_VERDICTS[found.verdict].format(scores=found.scores)}"]


_VERDICTS = {
    "identical": "is reproduced: all {scores} scores are the same to the last bit",
    "rounding": f"is reproduced: its {{scores}} scores are the same up to rounding ({ROUNDING:g})",
    "different": "is not reproduced: its {scores} scores differ beyond rounding",
}


def _difference(each: Difference) -> str:
    at = f" at {each.condition}" if each.condition else ""
    return f"{each.score}{at}: {_number(each.before)} told, {_number(each.now)} now"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.9g}"

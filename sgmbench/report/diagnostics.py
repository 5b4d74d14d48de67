"""What is held against cells, under the tables: why they are invalid, what limits their claims.

What holds for all methods of a target alike is said once. With nothing against them cells are silent here; every
number is in their result.json.
"""

from collections import Counter
from collections.abc import Callable

from sgmbench.report.format import count, several
from sgmbench.report.gradients import gradient_notes
from sgmbench.report.pooled import pooled_runs, resolved_runs
from sgmbench.report.reach import place
from sgmbench.report.solver_limit import is_beyond, limit
from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.report.worth import ENERGY
from sgmbench.statistics.equivalent_runs import EquivalentRuns


def diagnostic_notes(summary: Summary) -> list[str]:
    """One line for each finding: `invalid` with its reason, `note` with what a valid cell may not claim."""
    said = []
    for target in summary.targets:
        said += _together("invalid", target, lambda line: line.invalid)
        said += _together("note", target, lambda line: line.marks)
        said += [f"note: {target.name}: {note}" for note in gradient_notes(target)]
        said += _beyond_the_solver(target)
        said += _on_average(summary, target)
    return said


def _together(kind: str, target: TargetSummary, held_against: Callable[[Line], tuple[str, ...]]) -> list[str]:
    """Each sentence with all methods that it is true of."""
    scored = [line for line in target.lines if line.failed < line.replicates]
    told: dict[str, list[Line]] = {}
    for line in scored:
        for sentence in held_against(line):
            told.setdefault(sentence, []).append(line)
    return [
        f"{kind}: {target.name}{f', {_names(who)}' if len(who) < len(scored) or len(who) == 1 else ''}: {sentence}"
        for sentence, who in told.items()
    ]


def _names(lines: list[Line]) -> str:
    """a and b at 10 runs and c at 20 runs."""
    budgets = dict.fromkeys(line.budget for line in lines)
    methods = {budget: [line.method for line in lines if line.budget == budget] for budget in budgets}
    return several([f"{several(of)} at {count(budget)} runs" for budget, of in methods.items()])


def _name(line: Line) -> str:
    return f"{line.method} at {count(line.budget)} runs"


def _beyond_the_solver(target: TargetSummary) -> list[str]:
    """Whose equivalent runs are more than the solver is worth, how often, and where most."""
    beyond = {
        (_name(line), condition): line.equivalent[ENERGY][condition].value / limit(target, condition, ENERGY)[0]
        for line in target.lines
        for condition in line.equivalent.get(ENERGY, {})
        if is_beyond(target, line, condition, ENERGY)
    }
    if not beyond:
        return []
    of = len(target.conditions)
    times = Counter(name for name, _ in beyond)
    who = several([f"{name}{f' ({n} of {of} conditions)' if of > 1 else ''}" for name, n in times.items()])
    _, most = max(beyond, key=lambda each: beyond[each])
    largest, field = limit(target, most, ENERGY)
    return [
        f"note: {target.name}: more equivalent runs by energy than the solver is worth: {who}; it is worth "
        f"(sigma/delta)^2 = {count(largest)} at {place(target, most)}, where its own error of {field} is at least "
        f"{largest**-0.5:.2g} sd"
    ]


def _on_average(summary: Summary, target: TargetSummary) -> list[str]:
    """Of held-out runs what they can tell, and what each Generator is worth over all conditions together."""
    n = summary.record.get("configuration", {}).get("reference", {}).get("held_out")
    if n is None or not target.conditions or target.failed_because:
        return []
    resolved, K = resolved_runs(target), len(target.conditions)
    each = f" at each of {K} conditions" if K > 1 else ""
    worth = [
        f"{_name(line)} {_interval(pooled_runs(target, line))}"
        for line in target.lines
        if K > 1 and line.kind == "generator" and ENERGY in line.equivalent
    ]
    average = f"; on average over these {several(worth)}" if worth else ""
    return [
        f"note: {target.name}: {n:,} held-out runs{each} tell about {count(resolved)} equivalent runs apart, of which "
        f"a third is claimed{average}"
    ]


def _interval(runs: EquivalentRuns) -> str:
    if runs.low is None or runs.high is None:
        return f"{'at least ' if runs.at_least else ''}{count(runs.value)}"
    return f"{count(runs.value)} ({count(runs.low)} to {count(runs.high)})"

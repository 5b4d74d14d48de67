"""What was spent: seconds by phase, solver runs, evaluations, memory."""

from sgmbench.report.figures.costs import PHASES
from sgmbench.report.format import count, seconds
from sgmbench.report.gradients import gradient_notes
from sgmbench.report.page.drawing import drawing
from sgmbench.report.page.markup import Markup, joined, tag
from sgmbench.report.page.reported import Reported
from sgmbench.report.page.section import Section
from sgmbench.report.page.tables import Grid, folded
from sgmbench.report.summary import Line, TargetSummary

COLUMNS = ("method", "runs", "total", *(words for words, _, _ in PHASES.values()), "runs made", "samples")
MORE = ("a sample", "evaluations", "operations", "peak memory")
NONE = "No cell is finished."
CAPTION = (
    "Of a replicate, all conditions together; means over replicates. Runs made are in "
    "fine-run equivalents; evaluations are of the network for a sample, operations of the method's own programs."
)
MIB = 2**20


def costs_section(reported: Reported) -> Section:
    """Bars and a table for each target."""
    body = joined(_of_target(reported, target) for target in reported.summary.targets)
    return Section("costs", "Costs", body or tag("p", NONE))


def _of_target(reported: Reported, target: TargetSummary) -> Markup:
    lines = [line for line in target.lines if line.seconds]
    if not lines:
        return Markup()
    path = reported.figures / f"{target.name}_costs.svg"
    alt = f"{target.name}: seconds of a replicate by phase. {'; '.join(map(_words, lines))}."
    caption = " ".join([CAPTION, *(f"{note[0].upper()}{note[1:]}." for note in gradient_notes(target))])
    grid = Grid(f"{target.name}: what was spent", (*COLUMNS, *MORE), [_row(line) for line in lines], caption=caption)
    return joined([drawing(path, alt), folded(grid)])


def _words(line: Line) -> str:
    phases = [
        f"{words} {seconds(line.seconds[phase])}" for phase, (words, _, _) in PHASES.items() if _spent(line, phase)
    ]
    return f"{line.method} from {count(line.budget)} runs {seconds(_total(line))} ({', '.join(phases)})"


def _row(line: Line) -> list[str]:
    return [
        line.method,
        count(line.budget),
        seconds(_total(line)),
        *(seconds(line.seconds[phase]) if _spent(line, phase) else "" for phase in PHASES),
        count(line.solver_runs),
        f"{line.samples:,}",
        seconds(line.seconds_a_sample) if line.seconds_a_sample > 0 else "",
        count(line.network_evaluations) if line.network_evaluations else "",
        f"{line.operations:.2e}" if line.operations else "",
        f"{line.peak_bytes / MIB:,.0f} MiB" if line.peak_bytes else "",
    ]


def _spent(line: Line, phase: str) -> bool:
    return line.seconds.get(phase, 0.0) > 0


def _total(line: Line) -> float:
    return sum(line.seconds.values())

"""What `work-precision` prints: both errors of each sampler against its evaluations, then a verdict for each score."""

from rich.table import Table

from sgmbench.report.format import count
from sgmbench.report.frame import framed
from sgmbench.report.ladder import at, error
from sgmbench.studies.work_precision import Point, WorkPrecision


def work_table(found: WorkPrecision) -> Table:
    """A row for each sampler and fineness."""
    title = f"{found.experiment}: {found.method} at {count(found.budget)} runs, {found.target}{at(found.z)}"
    caption = (
        f"{found.samples:,} samples each, from the same noise. path: rms distance from a fine solve, in standard "
        f"deviations\n(samplers without noise); energy: (D2/mu)^1/2, floor {found.cap**-0.5:.2g}."
    )
    table = framed(title, caption)
    table.add_column("sampler", no_wrap=True)
    table.add_column("setting", no_wrap=True)
    for work in found.works:
        for name in ("evaluations", "path", "energy"):
            table.add_column(f"{work.score}\n{name}", justify="right", no_wrap=True)
    for i, point in enumerate(found.works[0].points):
        is_first = i == 0 or found.works[0].points[i - 1].sampler != point.sampler
        if is_first and i:
            table.add_section()
        cells = [cell for work in found.works for cell in _cells(work.points[i])]
        table.add_row(point.sampler if is_first else "", point.setting, *cells)
    return table


def work_lines(found: WorkPrecision) -> list[str]:
    """The verdicts."""
    return [f"verdict, {work.score} score: {work.verdict}" for work in found.works]


def _cells(point: Point) -> tuple[str, str, str]:
    path = "" if point.path_error is None else f"{point.path_error:.1e}"
    return f"{point.evaluations:,}", path, error(point.closeness)

"""What `calibrate` prints: what N runs were worth, how often each metric finds each defect, and the verdict."""

import numpy as np
from rich.table import Table

from sgmbench.report.format import short
from sgmbench.report.frame import framed
from sgmbench.report.terminal import bounded
from sgmbench.statistics.equivalent_runs import EquivalentRuns
from sgmbench.studies.calibrate import Calibration
from sgmbench.studies.defects import DEFECTS, NONE
from sgmbench.studies.power import FOUND, Power
from sgmbench.studies.recovery import Recovery


def calibration_tables(found: Calibration) -> list[Table]:
    """Recovery, where any metric tells runs, and power."""
    return [*([_recovery_table(found)] if found.recoveries else []), _power_table(found)]


def calibration_lines(found: Calibration) -> list[str]:
    """A line for each defect, then the verdict."""
    return [*found.findings, f"verdict: {found.verdict}"]


def _recovery_table(found: Calibration) -> Table:
    replicates = found.effort.replicates
    caption = (
        f"N_eq, median of the trials, and trials whose 95 % interval over {replicates} replicates has the true worth "
        "inside.\nBy the standard deviation N runs of a normal law are worth N - 7/8."
    )
    table = framed("Recovery: what N exact runs are found to be worth", caption)
    table.add_column("metric", no_wrap=True)
    table.add_column("N", justify="right", no_wrap=True)
    _add_dimensions(table, found)
    rows: dict[tuple[str, int], dict[int, Recovery]] = {}
    for each in found.recoveries:
        rows.setdefault((each.metric, each.runs), {})[each.dimension] = each
    before = None
    for (metric, runs), by in rows.items():
        if before not in (None, metric):
            table.add_section()
        cells = [_recovered(by.get(d)) for d in found.effort.dimensions]
        table.add_row(metric if metric != before else "", f"{runs:,}", *cells)
        before = metric
    return table


def _recovered(each: Recovery | None) -> str:
    """The median trial (the lower of two), and how many held: 127, 4 of 4; - where so many are not tried."""
    if each is None:
        return "-"
    return f"{bounded(_median(each.found))}, {each.held} of {len(each.found)}"


def _median(found: tuple[EquivalentRuns, ...]) -> EquivalentRuns:
    order = np.argsort([each.value for each in found], kind="stable")
    return found[order[(len(found) - 1) // 2]]


def _power_table(found: Calibration) -> Table:
    effort = found.effort
    caption = (
        f"Share of {effort.replicates} replicates of {effort.samples:,} samples, scored as a law, in which a metric "
        f"exceeds what exact samples\nexceed once in twenty; bold from {FOUND:g} on, - where it has no score. "
        "none: exact samples, as a control."
    )
    table = framed("Power: which metric finds which defect", caption)
    table.add_column("defect", no_wrap=True)
    table.add_column("metric", no_wrap=True)
    _add_dimensions(table, found)
    names = [*(name for name in DEFECTS if name != NONE), NONE]
    rows: dict[tuple[str, str], dict[int, Power]] = {}
    for each in sorted(found.powers, key=lambda each: names.index(each.defect)):
        rows.setdefault((each.defect, each.metric), {})[each.dimension] = each
    before = None
    for (defect, metric), by in rows.items():
        if before not in (None, defect):
            table.add_section()
        table.add_row(defect if defect != before else "", metric, *(_share(by.get(d)) for d in effort.dimensions))
        before = defect
    return table


def _share(power: Power | None) -> str:
    if power is None:
        return "-"
    return f"[bold]{short(power.share)}[/bold]" if power.share >= FOUND else short(power.share)


def _add_dimensions(table: Table, found: Calibration) -> None:
    for d in found.effort.dimensions:
        table.add_column(f"d = {d:,}", justify="right", no_wrap=True)

"""What `calibrate` prints: what N runs were worth, nulls, how often each metric finds each defect, and the verdict."""

import numpy as np
from rich.table import Table
from rich.text import Text

from sgmbench.report.format import count, short
from sgmbench.report.frame import framed
from sgmbench.report.terminal import bounded
from sgmbench.statistics.equivalent_runs import EquivalentRuns
from sgmbench.studies.calibrate import Calibration
from sgmbench.studies.centering import Center
from sgmbench.studies.defects import DEFECTS, NONE
from sgmbench.studies.power import FOUND, Power
from sgmbench.studies.recovery import Recovery


def calibration_tables(found: Calibration) -> list[Table]:
    """Recovery, where any metric tells runs, centering, where any is an unbiased square, and power."""
    recovery = [_recovery_table(found)] if found.recoveries else []
    centering = [_centering_table(found)] if found.centers else []
    return [*recovery, *centering, _power_table(found)]


def calibration_lines(found: Calibration) -> list[str]:
    """A line for each defect, then the verdict."""
    return [*found.findings, f"verdict: {found.verdict}"]


def _recovery_table(found: Calibration) -> Table:
    replicates = found.effort.replicates
    caption = (
        f"N_eq, median of the trials, and trials whose 95 % interval over {replicates} replicates has the true worth "
        "inside.\nworth: by theory at the first d. Of few runs v / N is not quite the error of a standard deviation, a "
        "quantile or a\ntail, and of a reference of few runs the v of a quantile is too large."
    )
    table = framed("Recovery: what N exact runs are found to be worth", caption)
    table.add_column("metric", no_wrap=True)
    table.add_column("N", justify="right", no_wrap=True)
    table.add_column("worth", justify="right", no_wrap=True)
    _add_dimensions(table, found)
    rows: dict[tuple[str, int], dict[int, Recovery]] = {}
    for each in found.recoveries:
        rows.setdefault((each.metric, each.runs), {})[each.dimension] = each
    before = None
    for (metric, runs), by in rows.items():
        if before not in (None, metric):
            table.add_section()
        cells = [_recovered(by.get(d)) for d in found.effort.dimensions]
        expected = next(iter(by.values())).expected
        table.add_row(metric if metric != before else "", f"{runs:,}", count(expected), *cells)
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


def _centering_table(found: Calibration) -> Table:
    caption = "Mean score of exact samples as a law, in its standard errors; by chance beyond 4 once in some 10,000."
    table = framed("Centering: what unbiased squares make of nothing", caption)
    table.add_column("metric", no_wrap=True)
    _add_dimensions(table, found)
    rows: dict[str, dict[int, Center]] = {}
    for each in found.centers:
        rows.setdefault(each.metric, {})[each.dimension] = each
    for metric, by in rows.items():
        table.add_row(metric, *(f"{by[d].in_errors:+.1f}" if d in by else "-" for d in found.effort.dimensions))
    return table


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


def _share(power: Power | None) -> str | Text:
    if power is None:
        return "-"
    return Text(short(power.share), "bold") if power.share >= FOUND else short(power.share)


def _add_dimensions(table: Table, found: Calibration) -> None:
    for d in found.effort.dimensions:
        table.add_column(f"d = {d:,}", justify="right", no_wrap=True)

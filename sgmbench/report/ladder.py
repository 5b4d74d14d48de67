"""What `ladder` prints: a table of rungs for each condition, then the verdict."""

from rich.table import Table

from sgmbench.report.format import count, short, together
from sgmbench.report.frame import framed
from sgmbench.report.terminal import bounded
from sgmbench.studies.closeness import Closeness
from sgmbench.studies.ladder import Ladder, Rungs


def ladder_tables(ladder: Ladder) -> list[Table]:
    """One for each condition."""
    return [_table(ladder, rungs) for rungs in ladder.conditions]


def ladder_lines(ladder: Ladder) -> list[str]:
    """The verdict."""
    return [f"verdict: {ladder.verdict}"]


def _table(ladder: Ladder, rungs: Rungs) -> Table:
    fields = list(rungs.rungs[0].wasserstein)
    caption = (
        f"{rungs.samples:,} samples a rung, from the same noise; no more than {count(rungs.cap)} equivalent runs can "
        f"be told.\nW1 and error of the standard deviation of {', '.join(fields)} in standard deviations."
    )
    title = f"{ladder.experiment}: {ladder.method} at {count(ladder.budget)} runs, {ladder.target}{at(rungs.z)}"
    table = framed(title, caption)
    table.add_column("rung", no_wrap=True)
    for name in ("evaluations", "(D2/mu)^1/2", "N_eq", "W1/sd", "sd"):
        table.add_column(name, justify="right", no_wrap=True)
    for rung in rungs.rungs:
        scores = (
            together(score[f] for f in fields if f in score) for score in (rung.wasserstein, rung.standard_deviation)
        )
        evaluations = f"{rung.evaluations:,}" if rung.evaluations else ""
        table.add_row(rung.name, evaluations, error(rung.closeness), bounded(rung.closeness.equivalent), *scores)
    return table


def at(z: tuple[float, ...] | None) -> str:
    """The condition, nothing for a marginal law."""
    return "" if z is None else f" at ({', '.join(f'{value:.3g}' for value in z)})"


def error(closeness: Closeness) -> str:
    """An upper bound as <.02."""
    return f"{'<' if closeness.equivalent.at_least else ''}{short(closeness.error)}"

"""Margins that A/A runs propose, as a table for the terminal and the lines below it."""

from rich import box
from rich.table import Table

from sgmbench.compare.margins import TIME
from sgmbench.compare.proposal import LOSS, POWER, MarginStudy, Proposal

COLUMNS = ("errors of", "rows", "noisiest", "sd", "margin", "proposed", "telling", "equal code passes", "all rows take")


def proposal_table(study: MarginStudy) -> Table:
    """A row for each metric, and one for time."""
    title = f"{study.experiment}: {study.rounds} rounds of equal code, {study.replicates} replicates each"
    caption = (
        f"proposed: the largest margin with which {study.replicates} replicates ({study.most} rounds of a time) find a "
        f"loss of {LOSS - 1:.0%} in {POWER:.0%} of comparisons,\nin as many rows as are telling. sd: of the noisiest "
        "row's log ratio. all rows take: replicates (rounds) with the margin as it is."
    )
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        caption=caption,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in ("errors of", "noisiest") else "right", no_wrap=True)
    for each in study.proposals:
        table.add_row(*_entries(each))
    return table


def proposal_lines(study: MarginStudy) -> list[str]:
    """False alarms, and the section of the configuration."""
    of = study.alarms.comparisons
    said = f"false alarms: errors {study.alarms.errors / of:.1%}, times {study.alarms.times / of:.1%}"
    return [f"{said} of {of} comparisons drawn from these runs", "", *study.yaml.splitlines()]


def _entries(each: Proposal) -> tuple[str, ...]:
    unit = "rounds" if each.label == TIME else "replicates"
    return (
        each.label,
        f"{each.rows:,}",
        each.noisiest,
        f"{each.spread:.3f}",
        f"{each.margin:.0%}",
        "-" if each.proposed is None else f"{each.proposed:.0%}",
        f"{each.telling} of {each.rows}",
        "-" if each.proposed is None else f"{each.passes:.0%}",
        "more than 1,000" if each.pairs is None else f"{each.pairs:,} {unit}",
    )

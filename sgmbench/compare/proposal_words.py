"""Words and numbers of the margins that A/A runs propose."""

from sgmbench.compare.margins import TIME
from sgmbench.compare.proposal import LOSS, POWER, MarginStudy, Proposal

COLUMNS = ("errors of", "rows", "noisiest", "sd", "margin", "proposed", "telling", "equal code passes", "all rows take")


def title(study: MarginStudy) -> str:
    """Of the table."""
    return f"{study.experiment}: {study.rounds} rounds of equal code, {study.replicates} replicates each"


def caption(study: MarginStudy) -> str:
    """What the columns are."""
    return (
        f"proposed: the largest margin with which {study.replicates} replicates ({study.most} rounds of a time) find a "
        f"loss of {LOSS - 1:.0%} in {POWER:.0%} of comparisons,\nin as many rows as are telling. sd: of the noisiest "
        "row's log ratio. all rows take: replicates (rounds) with the margin as it is."
    )


def entries(each: Proposal) -> tuple[str, ...]:
    """A row as text, one entry a column."""
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


def lines(study: MarginStudy) -> list[str]:
    """False alarms, and the section of the configuration."""
    of = study.alarms.comparisons
    said = f"false alarms: errors {study.alarms.errors / of:.1%}, times {study.alarms.times / of:.1%}"
    return [f"{said} of {of} comparisons drawn from these runs", "", *study.yaml.splitlines()]

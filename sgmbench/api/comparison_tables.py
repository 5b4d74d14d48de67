"""Comparisons, and the margins that A/A runs propose, as tables for the terminal."""

from rich.table import Table

from sgmbench.compare import proposal_words, words
from sgmbench.compare.compare import Comparison
from sgmbench.compare.proposal import MarginStudy
from sgmbench.report.frame import framed


def comparison_table(comparison: Comparison) -> Table:
    """Every judged error, count and time of two runs."""
    table = framed(f"{comparison.new}\nagainst {comparison.old}")
    for name in words.COLUMNS:
        table.add_column(name, justify="right" if name in ("runs", "new/old", "margin") else "left")
    for row in comparison.rows:
        table.add_row(*words.entries(row))
    return table


def proposal_table(study: MarginStudy) -> Table:
    """A row for each metric, and one for time."""
    table = framed(proposal_words.title(study), proposal_words.caption(study))
    for name in proposal_words.COLUMNS:
        table.add_column(name, justify="left" if name in ("errors of", "noisiest") else "right", no_wrap=True)
    for each in study.proposals:
        table.add_row(*proposal_words.entries(each))
    return table

"""The comparison as a table for the terminal."""

from rich import box
from rich.table import Table

from sgmbench.compare.compare import Comparison
from sgmbench.compare.words import COLUMNS, entries


def comparison_table(comparison: Comparison) -> Table:
    """Every judged error, count and time of two runs."""
    title = f"{comparison.new}\nagainst {comparison.old}"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in ("runs", "new/old", "margin") else "left")
    for row in comparison.rows:
        table.add_row(*entries(row))
    return table

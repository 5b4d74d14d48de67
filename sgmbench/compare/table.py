"""The comparison as a table for the terminal."""

from rich import box
from rich.table import Table

from sgmbench.compare.compare import Comparison


def comparison_table(comparison: Comparison) -> Table:
    """Every judged error of two runs."""
    title = f"{comparison.new}\nagainst {comparison.old}, margin {comparison.margin:.0%}"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("target", "method", "runs", "error", "new/old", "95 % interval", "verdict"):
        table.add_column(name, justify="right" if name in ("runs", "new/old") else "left")
    for row in comparison.rows:
        interval = "-" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}"
        cells = (row.target, row.method, f"{row.budget:,}", row.error, f"{row.ratio:.3f}", interval, row.verdict)
        table.add_row(*cells)
    return table

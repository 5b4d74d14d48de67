"""The look of a table."""

from rich import box
from rich.table import Table


def framed(title: str, caption: str | None = None) -> Table:
    """An empty table."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        caption=caption,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )

"""Tables of the page: the terminal's, and others of the same kind, which a click on a heading sorts.

What a number is sorted by is read from how it is printed: `>1,250`, `.028`, `1.2 ms` and `20 s`, `under .001`. So page
and terminal cannot disagree, and rows that print alike keep their order.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rich.table import Table

from sgmbench.report.page.markup import Markup, joined, tag

MANY = 20  # rows: more are folded
LONG = 60  # letters: beyond these a text is broken into lines
UNITS = {"": 1.0, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "%": 0.01}
NUMBER = re.compile(
    r"(?:under |over |[<>])?(?P<number>-?(?:\d[\d,]*)?\.?\d+(?:e[+-]?\d+)?)(?: (?P<unit>us|ms|s|min|h|%)(?!\w))?"
)


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        title: above it.
        columns: their headings.
        rows: texts; a line break stays one.
        words: which columns hold words and not numbers, by their place.
        foot: rows that stay below, whatever is sorted.
        caption: below it.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset({0})
    foot: Sequence[Sequence[str]] = field(default=())
    caption: str = ""


def of_terminal(table: Table) -> Grid:
    """A table of the terminal; rows that it dims stay below."""
    cells = list(zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True))
    dim = [row.style == "dim" for row in table.rows]
    return Grid(
        title=str(table.title or ""),
        columns=[str(column.header) for column in table.columns],
        rows=[row for row, is_dim in zip(cells, dim, strict=True) if not is_dim],
        words=frozenset(i for i, column in enumerate(table.columns) if column.justify != "right"),
        foot=[row for row, is_dim in zip(cells, dim, strict=True) if is_dim],
        caption=str(table.caption or ""),
    )


def without_empty(grid: Grid) -> Grid:
    """The columns in which anything stands."""
    every = [*grid.rows, *grid.foot]
    kept = [i for i in range(len(grid.columns)) if any(row[i] for row in every)]
    return replace(
        grid,
        columns=[grid.columns[i] for i in kept],
        rows=[[row[i] for i in kept] for row in grid.rows],
        words=frozenset(new for new, i in enumerate(kept) if i in grid.words),
        foot=[[row[i] for i in kept] for row in grid.foot],
    )


def html_of(grid: Grid) -> Markup:
    """The table without empty columns, in a box of its own where it scrolls sideways if there is no room."""
    grid = without_empty(grid)
    head = tag("tr", *(_heading(grid, i) for i in range(len(grid.columns))))
    body = joined(tag("tr", *(_cell(grid, i, text) for i, text in enumerate(row))) for row in grid.rows)
    foot = joined(tag("tr", *(_cell(grid, i, text) for i, text in enumerate(row))) for row in grid.foot)
    parts = [tag("thead", head), tag("tbody", body), *([tag("tfoot", foot)] if grid.foot else [])]
    box = tag("div", tag("table", *parts), class_="scroll", tabindex=0, role="region", aria_label=grid.title)
    title = tag("h3", grid.title) if grid.title else Markup()
    return joined([title, box, *([tag("p", grid.caption, class_="caption")] if grid.caption else [])])


def folded(grid: Grid) -> Markup:
    """The table, closed at first where it is long."""
    if len(grid.rows) <= MANY:
        return html_of(grid)
    return tag("details", tag("summary", f"{grid.title}: {len(grid.rows):,} rows"), html_of(grid))


def key_of(text: str) -> float | None:
    """What a printed number is sorted by, durations in seconds; None where there is none."""
    found = NUMBER.match(text.strip())
    return float(found["number"].replace(",", "")) * UNITS[found["unit"] or ""] if found else None


def _heading(grid: Grid, i: int) -> Markup:
    kind = "word" if i in grid.words else "number"
    button = tag("button", grid.columns[i], type="button")
    return tag("th", button, scope="col", class_=kind, aria_sort="none")


def _cell(grid: Grid, i: int, text: str) -> Markup:
    if i in grid.words:
        kind = "long" if len(text) > LONG else "word"
        return tag("th", text, scope="row", class_=kind) if i == 0 else tag("td", text, class_=kind)
    return tag("td", text, class_="number", data_key=key_of(text))

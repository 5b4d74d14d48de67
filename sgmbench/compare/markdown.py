"""The comparison as Markdown, for a pull request or a job's summary: what does not pass first, the rest folded."""

from collections.abc import Iterable, Iterator

from sgmbench.compare.compare import Comparison
from sgmbench.compare.rows import Row
from sgmbench.compare.words import COLUMNS, entries, headline, remarks


def as_markdown(comparison: Comparison) -> str:
    """Headline, table of regressions, open and advisory rows, remarks, and the rows that pass behind a fold."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"## {comparison.experiment}: {headline(comparison)}"
    yield ""
    yield f"`{comparison.new}` against `{comparison.old}`"
    order = ("regression", "inconclusive", "advisory")
    wanting = sorted((row for row in comparison.rows if row.verdict in order), key=lambda row: order.index(row.verdict))
    passed = [row for row in comparison.rows if row.verdict == "pass"]
    if wanting:
        yield from ("", *_table(wanting))
    said = [*(f"{row.name}: {row.why}" for row in wanting if row.why), *remarks(comparison)]
    if said:
        yield from ("", *(f"- {' '.join(text.split())}" for text in said))
    if passed:
        yield from ("", "<details>", f"<summary>{len(passed)} pass</summary>", "", *_table(passed), "", "</details>")


def _table(rows: Iterable[Row]) -> Iterator[str]:
    yield _line(COLUMNS)
    yield "|" + "---|" * len(COLUMNS)
    for row in rows:
        yield _line(entries(row))


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

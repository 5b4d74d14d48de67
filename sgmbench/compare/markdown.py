"""The comparison as Markdown, for a pull request or a job's summary: what does not pass first, the rest folded.

Names and messages are text, whatever signs of Markdown or HTML are in them; nobody is mentioned by one.
"""

import html
import re
from collections.abc import Iterable, Iterator

from sgmbench.compare.compare import Comparison
from sgmbench.compare.rows import Row
from sgmbench.compare.words import COLUMNS, WANTING, entries, headline, remarks

_SIGNS = re.compile(r"[\\`*\[\]|~]")


def as_markdown(comparison: Comparison) -> str:
    """Headline, table of what does not pass, the worst first, remarks, and the rows that pass behind a fold."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"## {_text(comparison.experiment)}: {headline(comparison)}"
    yield ""
    yield f"{_code(comparison.new)} against {_code(comparison.old)}"
    rows = (row for row in comparison.rows if row.verdict in WANTING)
    wanting = sorted(rows, key=lambda row: WANTING.index(row.verdict))
    passed = [row for row in comparison.rows if row.verdict == "pass"]
    if wanting:
        yield from ("", *_table(wanting))
    if said := remarks(comparison):
        yield from ("", *(f"- {_text(each)}" for each in said))
    if passed:
        yield from ("", "<details>", f"<summary>{len(passed)} pass</summary>", "", *_table(passed), "", "</details>")


def _table(rows: Iterable[Row]) -> Iterator[str]:
    yield _line(COLUMNS)
    yield "|" + "---|" * len(COLUMNS)
    for row in rows:
        yield _line(entries(row))


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_text, cells)) + " |"


def _text(text: str) -> str:
    """On one line, with every sign as it is."""
    plain = html.escape(" ".join(text.split()), quote=False).replace("@", "&#64;")
    return _SIGNS.sub(r"\\\g<0>", plain)


def _code(text: str) -> str:
    """A path; a backtick, which would end it, is an apostrophe."""
    plain = " ".join(text.split()).replace("`", "'")
    return f"`{plain}`"

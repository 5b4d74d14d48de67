"""Words and numbers that the terminal, Markdown, JUnit and annotations share."""

import math

from sgmbench.compare.compare import Comparison
from sgmbench.compare.decision import MOST
from sgmbench.compare.rows import Row, Verdict

WANTING: tuple[Verdict, ...] = ("regression", "not comparable", "inconclusive", "advisory")
"""Verdicts of what does not pass, the worst first."""

ONE_AFTER_THE_OTHER = (
    "times of runs that were made one after the other may differ by the load of the machine alone; let both versions "
    "take turns: sgmbench compare CONFIG.yaml --ab git:REF"
)

COLUMNS = ("target", "method", "runs", "error", "new/old", "95 % interval", "margin", "verdict", "would decide")


def entries(row: Row) -> tuple[str, ...]:
    """A row as text, one entry a column."""
    verdict = row.verdict + (f" (p = {row.p:.1g})" if row.verdict == "regression" and row.p is not None else "")
    margin = "exact" if row.kind == "count" and not row.margin else "" if row.why else _percent(row.margin)
    return (
        row.target,
        row.method,
        f"{row.budget:,}",
        row.error,
        _ratio(row),
        _interval(row),
        margin,
        verdict,
        _more(row),
    )


def sentence(row: Row) -> str:
    """What a row has found, in one line."""
    if row.why:
        return f"{row.name}: {row.why}"
    between = f" (95 % interval {_interval(row)})" if row.low is not None and row.low != row.high else ""
    tolerated = f"; {_percent(row.margin)} is tolerated" if row.margin else "; no increase is tolerated"
    decides = f"; {_more(row)} would decide" if row.decision else ""
    return f"{row.name}: new/old is {_ratio(row)}{between}{tolerated}{decides}"


def headline(comparison: Comparison) -> str:
    """The verdict, with the number of rows of each kind."""
    counts = dict.fromkeys((*WANTING, "pass"), 0)
    for row in comparison.rows:
        counts[row.verdict] += 1
    said = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
    failed = f"{len(comparison.failed)} cells failed; " if comparison.failed else ""
    return f"{failed}{comparison.verdict} ({said})" if said else f"{failed}{comparison.verdict} (nothing to judge)"


def remarks(comparison: Comparison) -> list[str]:
    """What is beside the rows: why they are not judged or what is held against cells, and cells of one run only.

    A metric that is not comparable is told once, and not at each method and budget.
    """
    rows = comparison.rows
    held = dict.fromkeys(" ".join(_held(row).split()) for row in rows if row.why)
    only = [f"in one of the runs only: {', '.join(comparison.unpaired)}"] if comparison.unpaired else []
    slower = any(row.kind == "time" and row.unit == "replicate" and row.verdict == "regression" for row in rows)
    return [*held, *only, *comparison.notes, *([ONE_AFTER_THE_OTHER] if slower else [])]


def _held(row: Row) -> str:
    return f"{row.error} is not comparable: {row.why}" if row.kind == "error" else sentence(row)


def _ratio(row: Row) -> str:
    return "-" if not math.isfinite(row.ratio) else f"{row.ratio:.3f}"


def _percent(margin: float) -> str:
    return f"{100 * margin:.3g}%"


def _interval(row: Row) -> str:
    return "-" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}"


def _more(row: Row) -> str:
    if row.verdict != "inconclusive":
        return ""
    if row.replicates < 2:
        return f"a second {row.unit} tells a spread"
    if row.decision is None:
        return f"more than {MOST:,} {row.unit}s"
    each = row.decision
    return f"{each.replicates:,} more {row.unit}s ({each.solver_runs:,.0f} runs, {each.seconds:.3g} s)"

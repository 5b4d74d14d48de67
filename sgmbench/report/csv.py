"""summary.csv: one row for each method, budget, condition and score; contests.csv: who is better, and is it sure.

The columns of the first are those of `report.rows`.

A contest has a row for each rival of its first method, whose `error_ratio` is the first one's error over the rival's,
and one for the claim that the first is better than each of them, where `rival` is empty: `primary`, with `p_holm`, at a
target's largest budget. Every other row is `exploratory`.
"""

import csv
import io
from pathlib import Path
from typing import Any

from sgmbench.report.contest import Claim, Contest
from sgmbench.report.rows import COLUMNS, Row, rows_of
from sgmbench.report.summary import Summary
from sgmbench.store.atomic import write_bytes

OF_CONTEST = ("target", "metric", "budget", "replicates", "conditions", "first", "rival")
CONTEST_COLUMNS = (*OF_CONTEST, "error_ratio", "low", "high", "test", "p", "status", "p_holm")


def write_csv(path: Path, summary: Summary) -> None:
    """Writes all rows of a run (`report.rows`) to six digits."""
    write_bytes(path, csv_of(rows_of(summary)))


def csv_of(rows: list[Row]) -> bytes:
    """Rows as text, a line each below the names of the columns."""
    buffer, writer = _table(COLUMNS)
    for row in rows:
        values = [row[column] for column in COLUMNS]
        writer.writerow([_digits(value) if isinstance(value, float) else value for value in values])
    return buffer.getvalue().encode()


def write_contests(path: Path, contests: list[Contest], claims: list[Claim]) -> None:
    """Writes the contests of one run, of which some are the claims of its family."""
    buffer, writer = _table(CONTEST_COLUMNS)
    adjusted = {(claim.contest.target, claim.contest.budget): claim.p for claim in claims}
    for contest in contests:
        head = (contest.target, contest.metric, contest.budget, contest.replicates, contest.conditions, contest.winner)
        p_holm = adjusted.get((contest.target, contest.budget))
        status = ("exploratory" if p_holm is None else "primary", _digits(p_holm))
        writer.writerow((*head, "", "", "", "", contest.test, _digits(contest.p), *status))
        for duel in contest.duels:
            numbers = [_digits(value) for value in (duel.ratio, duel.low, duel.high)]
            writer.writerow((*head, duel.rival, *numbers, contest.test, _digits(duel.p), "exploratory", ""))
    write_bytes(path, buffer.getvalue().encode())


def _table(columns: tuple[str, ...]) -> tuple[io.StringIO, Any]:
    """A table in memory that begins with the names of its columns."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    return buffer, writer


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"

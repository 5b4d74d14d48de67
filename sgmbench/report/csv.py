"""summary.csv: one row for each method, budget, condition and score; contests.csv: who is better, and is it sure.

Over held-out pairs the score `behind_best/energy_score` has as low and high its mean difference to the best method
minus and plus two paired standard errors. `validity` says whether a method's samples are what they should be; of
equivalent runs also whether they are `beyond the solver`, which errs more.

A contest has a row for each rival of its first method, whose `error_ratio` is the first one's error over the rival's,
and one for the claim that the first is better than each of them, where `rival` is empty: `primary`, with `p_holm`, at a
target's largest budget. Every other row is `exploratory`.
"""

import csv
import io
from pathlib import Path
from typing import Any

from sgmbench.report.contest import Claim, Contest
from sgmbench.report.solver_limit import is_beyond
from sgmbench.report.standings import ENERGY_SCORE, TOLD_APART, Standing
from sgmbench.report.summary import Line, Summary
from sgmbench.store.atomic import write_bytes

COLUMNS = ("target", "method", "budget", "condition", "score", "mean", "floor", "replicates", "low", "high", "validity")

OF_CONTEST = ("target", "metric", "budget", "replicates", "conditions", "first", "rival")
CONTEST_COLUMNS = (*OF_CONTEST, "error_ratio", "low", "high", "test", "p", "status", "p_holm")


def write_csv(path: Path, summary: Summary) -> None:
    """Writes all scores, each beside its floor; equivalent runs as `equivalent_runs/<metric>`, costs as `cost/...`."""
    buffer, writer = _table(COLUMNS)
    for target in summary.targets:
        for line in target.lines:
            head = (line.target, line.method, line.budget)
            count, validity = line.replicates - line.failed, _validity(line)
            for metric, by in line.equivalent.items():
                for condition, runs in by.items():
                    name, ends = f"equivalent_runs/{metric}", (_digits(runs.low), _digits(runs.high))
                    is_marked = not line.invalid and is_beyond(target, line, condition, metric)
                    last = "beyond the solver" if is_marked else validity
                    writer.writerow((*head, condition, name, _digits(runs.value), "", count, *ends, last))
            for name, value in _costs(line).items():
                writer.writerow((*head, "", f"cost/{name}", _digits(value), "", count, "", "", validity))
            for part, by in line.errors.items():
                metric, _, name = part.partition("/")
                for condition, value in by.items():
                    floor = target.conditions[condition]["floors"].get(metric, {}).get(name)
                    writer.writerow((*head, condition, part, _digits(value), _digits(floor), count, "", "", validity))
        lines = {(line.method, line.budget): line for line in target.lines}
        for standing in target.standings:
            validity = _validity(lines[standing.method, standing.budget])
            writer.writerow((*_standing(target.name, standing), validity))
    write_bytes(path, buffer.getvalue().encode())


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


def _validity(line: Line) -> str:
    return "invalid" if line.invalid else "valid"


def _standing(target: str, standing: Standing) -> tuple[Any, ...]:
    behind, half = standing.behind, TOLD_APART * standing.standard_error
    head = (target, standing.method, standing.budget, "", f"behind_best/{ENERGY_SCORE}")
    return (*head, _digits(behind), "", standing.replicates, _digits(behind - half), _digits(behind + half))


def _costs(line: Line) -> dict[str, float]:
    """Seconds by phase, cold (with compilation) and warm, and counts, means over replicates."""
    cold = sum(line.seconds.values())
    totals = {"cold": cold, "warm": cold - line.seconds.get("compile", 0.0), "peak_bytes": float(line.peak_bytes)}
    counts = {"solver_runs": line.solver_runs, "network_evaluations_a_sample": line.network_evaluations}
    return {**line.seconds, **totals, **counts, "samples": float(line.samples)}


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"

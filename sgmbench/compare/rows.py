"""Rows: every error, count and time of every method at every budget, judged family by family.

    errors       each metric that tells errors, paired by replicate (`judge`), with 10 % as the default margin
    counts       solver runs, gradients, network evaluations, and operations (`core.operations`)
    seconds      of a method's own work without compilation, with 25 % as the default margin, paired by round where
                 versions took turns (`rounds`), else by replicate; in rounds also those of the processors alone

A count that all replicates have in common is no random number, and any increase is a regression; where a method
decides by its runs how many it makes, counts are judged as errors are. Operations are judged where both versions have
counted them: a method that does without compiled programs has none. Seconds are judged where one of the two runs
takes at least 0.05 s, in two pairs or more: no time is measured twice alike, and one says nothing. Of another look at
versions that take turns, intervals and levels have the share that `looks` gives it.

    regression     the interval is beyond the margin, and the row is significant in its family (`family`)
    pass           the interval is within the margin: that nothing became worse by more is shown
    inconclusive   neither; `decision` says how many more replicates would tell
    advisory       a time of another machine, divided by the calibration kernel's on either: it decides nothing
    not comparable what the old run has measured and the new one does not show (`lost`)

The interval is of one row; only alarms are corrected for the number of rows.
"""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from sgmbench.compare.decision import Decision, more_replicates
from sgmbench.compare.errors_of import Error
from sgmbench.compare.family import ACCURACY_LEVEL, TIME_LEVEL, adjusted_p
from sgmbench.compare.judge import DIGITS, Estimate, judge_errors, judge_rounds
from sgmbench.compare.margins import Margins, label_of
from sgmbench.compare.rounds import log_ratios_of_rounds
from sgmbench.compare.side import COUNTED, OPERATIONS, CellRecord, Group
from sgmbench.statistics.intervals import LEVEL

Verdict = Literal["pass", "regression", "not comparable", "inconclusive", "advisory"]
Kind = Literal["error", "count", "time", "cell"]
Groups = dict[Group, list[tuple[CellRecord, CellRecord]]]
"""Pairs (old, new) of all replicates."""

SHORTEST = 0.05
"""Seconds below which a time is the dispatcher's."""

SECONDS, CPU_SECONDS = "seconds", "CPU seconds"
SOLVER_RUNS = "solver runs"


class Timing(NamedTuple):
    """How seconds are judged.

    Attributes:
        share: of the probability to err that this look may spend.
        slower: by how much the machine of the new run is slower than that of the old one.
        is_advisory: whether no verdict follows.
    """

    share: float = 1.0
    slower: float = 1.0
    is_advisory: bool = False

    @property
    def confidence(self) -> float:
        """Of the interval of a time."""
        return 1 - self.share * (1 - LEVEL)


@dataclass(frozen=True)
class Row:
    """One error, count or time of one method at one budget.

    Attributes:
        target: name.
        method: label.
        budget: solver runs.
        error: name: "metric/part", a count, "seconds", or what became of the cell.
        kind: of row.
        ratio: new over old.
        low: lower end of its 95 % interval; None where there is none.
        high: upper end, likewise.
        margin: relative worsening that is tolerated; 0 for exact counts, unless operations have one.
        replicates: pairs behind it.
        verdict: of it.
        unit: what is paired.
        p: of nothing having become worse, corrected for the rows of its family; None for what is exact.
        decision: what would settle it; None where nothing is open, or no number of replicates is known to.
        why: what is held against a cell, or why something is not comparable; else empty.
    """

    target: str
    method: str
    budget: int
    error: str
    kind: Kind
    ratio: float
    low: float | None
    high: float | None
    margin: float
    replicates: int
    verdict: Verdict
    unit: Literal["replicate", "round"] = "replicate"
    p: float | None = None
    decision: Decision | None = None
    why: str = ""

    @property
    def name(self) -> str:
        """Of what is judged."""
        return f"{self.target}, {self.method} at {self.budget:,} runs, {self.error}"


def judged_rows(
    groups: Groups, margins: Margins, *, primary: str, left_out: list[str], timing: Timing | None
) -> list[Row]:
    """Everything that is judged.

    Args:
        groups: pairs of valid cells.
        margins: tolerated worsening.
        primary: label of the metric whose rows are a family of their own.
        left_out: labels of metrics, and counts, that are not judged.
        timing: how seconds are; None where they are not.
    """
    errors = _error_candidates(groups, margins, left_out=left_out)
    rows, random = _counts(groups, margins, left_out=left_out)
    rows += _family([each for each in errors if label_of(each.error) == primary], ACCURACY_LEVEL)
    rows += _family([each for each in errors if label_of(each.error) != primary] + random, ACCURACY_LEVEL)
    return rows + (_times(groups, margins, timing) if timing else [])


@dataclass(frozen=True)
class _Candidate:
    """A row that awaits the verdict of its family; `each` are runs and seconds of one more pair."""

    group: Group
    error: str
    kind: Kind
    margin: float
    estimate: Estimate
    each: tuple[float, float]
    unit: Literal["replicate", "round"] = "replicate"

    def settled(self, p: float, *, level: float, family: int, confidence: float) -> Row:
        """With the family's p."""
        estimate, R = self.estimate, len(self.estimate.worsening)
        verdict: Verdict = "pass" if estimate.place == "within" else "inconclusive"
        if estimate.place == "beyond" and p <= level:
            verdict = "regression"
        more = None
        if verdict == "inconclusive":
            more = more_replicates(estimate, level=level / family, confidence=confidence)
        return Row(
            *self.group,
            error=self.error,
            kind=self.kind,
            ratio=estimate.ratio,
            low=estimate.low,
            high=estimate.high,
            margin=self.margin,
            replicates=R,
            verdict=verdict,
            unit=self.unit,
            p=float(p),
            decision=None if more is None else Decision(more, more * self.each[0], more * self.each[1]),
        )


def _family(candidates: list[_Candidate], level: float, *, confidence: float = LEVEL) -> list[Row]:
    adjusted = adjusted_p([each.estimate for each in candidates])
    tested = max(1, sum(each.estimate.is_testable for each in candidates))
    shared = {"level": level, "family": tested, "confidence": confidence}
    return [each.settled(float(p), **shared) for each, p in zip(candidates, adjusted, strict=True)]


def _replicate(pairs: list[tuple[CellRecord, CellRecord]]) -> tuple[float, float]:
    """What a replicate of the new run costs on average, in runs and in seconds."""
    runs = np.mean([new.counts.get(SOLVER_RUNS, 0.0) for _, new in pairs])
    return float(runs), float(np.mean([new.cold_seconds for _, new in pairs]))


def _round(groups: Groups) -> tuple[float, float]:
    """What a round of both versions costs."""
    cells = [cell for pairs in groups.values() for pair in pairs for cell in pair]
    return sum(cell.counts.get(SOLVER_RUNS, 0.0) for cell in cells), sum(cell.cold_seconds for cell in cells)


def _error_candidates(groups: Groups, margins: Margins, *, left_out: list[str]) -> list[_Candidate]:
    """Rows of every metric."""
    found = []
    for group, pairs in groups.items():
        for name in dict.fromkeys(name for old, _ in pairs for name in old.errors):
            if label_of(name) not in left_out:
                both = [(a.errors[name], b.errors[name]) for a, b in pairs if name in a.errors and name in b.errors]
                margin = margins.of_error(name)
                if both:
                    estimate = judge_errors(both, margin)
                    found.append(_Candidate(group, name, "error", margin, estimate, _replicate(pairs)))
    return found


def _counts(groups: Groups, margins: Margins, *, left_out: list[str]) -> tuple[list[Row], list[_Candidate]]:
    """Counts: rows of those that are the same in all replicates, and those that are judged as errors are."""
    exact: list[Row] = []
    random: list[_Candidate] = []
    for group, every in groups.items():
        for name in COUNTED:
            is_counted = all if name == OPERATIONS else any
            pairs = [pair for pair in every if is_counted(name in cell.counts for cell in pair)]
            if name in left_out or not pairs:
                continue
            old, new = (np.array([cell.counts.get(name, 0.0) for cell in side]) for side in zip(*pairs, strict=True))
            if np.ptp(old) <= DIGITS * old.max() or not np.all(old > 0):
                margin = margins.of_metric.get(name, 0.0)
                exact.append(_exact_row(group, name, float(old.mean()), float(new.mean()), margin, len(pairs)))
            else:
                both = [(_number(a), _number(b)) for a, b in zip(old, new, strict=True)]
                estimate = judge_errors(both, margins.accuracy)
                random.append(_Candidate(group, name, "count", margins.accuracy, estimate, _replicate(pairs)))
    return exact, random


def _exact_row(group: Group, name: str, old: float, new: float, margin: float, replicates: int) -> Row:
    """Of a count that is no random number: there is no interval."""
    ratio = new / old if old else float("inf")
    ratio = 1.0 if abs(ratio - 1) <= DIGITS else ratio
    verdict: Verdict = "regression" if ratio > 1 + margin else "pass"
    return Row(*group, name, "count", ratio, None, None, margin, replicates, verdict)


def logs_in_rounds(pairs: list[tuple[CellRecord, CellRecord]]) -> dict[str, Float[np.ndarray, " k"]]:
    """Log ratios of each round, of seconds and of those of the processors, as far as they are long enough to tell."""
    wall = [(a.rounds, b.rounds) for a, b in pairs if max(a.seconds, b.seconds) >= SHORTEST]
    cpu = [(a.cpu_rounds, b.cpu_rounds) for a, b in pairs if max(a.cpu_seconds, b.cpu_seconds) >= SHORTEST]
    named = {SECONDS: wall, CPU_SECONDS: cpu}
    logs = {name: log_ratios_of_rounds(of) for name, of in named.items() if of and all(a and b for a, b in of)}
    return {name: each for name, each in logs.items() if len(each)}  # none where one version does not measure it


def _times(groups: Groups, margins: Margins, timing: Timing) -> list[Row]:
    """Rows of seconds that are long enough, on either side, to tell."""
    candidates: list[_Candidate] = []
    for group, every in groups.items():
        for name, logs in logs_in_rounds(every).items():
            estimate = judge_rounds(logs, margins.time, confidence=timing.confidence)
            candidates.append(_Candidate(group, name, "time", margins.time, estimate, _round(groups), "round"))
        measured = [(a, b) for a, b in every if a.seconds and b.seconds and not (a.rounds and b.rounds)]
        pairs = [(a, b) for a, b in measured if max(a.seconds, b.seconds) >= SHORTEST]
        if len(pairs) > 1:
            both = [(_number(timing.slower * a.seconds), _number(b.seconds)) for a, b in pairs]
            estimate = judge_errors(both, margins.time)
            candidates.append(_Candidate(group, SECONDS, "time", margins.time, estimate, _replicate(pairs)))
    rows = _family(candidates, TIME_LEVEL * timing.share, confidence=timing.confidence)
    return [replace(row, verdict="advisory", decision=None) for row in rows] if timing.is_advisory else rows


def _number(value: float) -> Error:
    """A positive number that a cell has but once."""
    return Error({"": float(value)}, scatters=False)

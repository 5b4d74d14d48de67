"""Pairs the cells of two runs by name and judges what became of each method at each budget (`rows`).

What the old run has measured and the new one is not asked for, as at another budget or by a metric of other settings,
is not comparable (`lost`). What only the new run has is told (`unpaired`).

A cell that is invalid or failed now, and was not so before or not there, is a regression. Replicates of which either
cell is invalid are not judged: their scores win nothing, and lose nothing.

Seconds decide between equal machines only. Between others they are divided by those that a calibration kernel took on
either (`runner.kernel`), and are advisory; where one run has none they are not compared. Runs that were made one after
the other share neither the load nor the heat of the machine, which replicates do not tell, so that what is found is to
be confirmed by runs that take turns (`turns`). Inputs found in a results folder's cache have the seconds that they took
when they were made. Operations decide where the same packages write the programs, whatever the machine.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sgmbench.compare.comparable import (
    check_comparable,
    kernels,
    no_longer_asked,
    nothing_paired,
    other_machine,
    other_metrics,
    other_programs,
)
from sgmbench.compare.lost import lost_rows
from sgmbench.compare.margins import margins_of
from sgmbench.compare.rows import Groups, Row, Timing, Verdict, judged_rows
from sgmbench.compare.side import OPERATIONS, CellRecord, Group, Side

INVALID, FAILED = "the cell became invalid", "the cell failed"


@dataclass(frozen=True)
class Comparison:
    """All rows, what could not be judged and why, cells that only one of the runs has, and those that failed.

    Attributes:
        old: folder or file.
        new: folder.
        experiment: name.
        rows: all of them.
        notes: what is not judged, and why.
        unpaired: names of cells that one of the runs only has computed, but for those that are not comparable.
        failed: names of cells that failed in the new run and not in the old one.
    """

    old: str
    new: str
    experiment: str
    rows: list[Row]
    notes: list[str]
    unpaired: list[str]
    failed: list[str]

    @property
    def verdict(self) -> Verdict:
        """The worst of all rows that decide."""
        found = {row.verdict for row in self.rows} - {"advisory"}
        worst: tuple[Verdict, ...] = ("regression", "not comparable", "inconclusive")
        for verdict in worst:
            if verdict in found:
                return verdict
        return "pass" if found else "inconclusive"

    @property
    def times_are_settled(self) -> bool:
        """Whether each method at each budget is slower, or passes: by the processors where they were measured."""
        verdicts: dict[Group, list[Verdict]] = {}
        for row in self.rows:
            if row.kind == "time":
                verdicts.setdefault((row.target, row.method, row.budget), []).append(row.verdict)
        return all("regression" in each or each[-1] != "inconclusive" for each in verdicts.values())

    def exit_code(self, *, strict: bool = False) -> int:
        """5 where cells fail now, else 3 for a regression, else 6 where something is not comparable any more.

        Of the others 4 where strictly nothing may be open or unpaired, else 0.
        """
        if self.failed:
            return 5
        if self.verdict in ("regression", "not comparable"):
            return 3 if self.verdict == "regression" else 6
        return 4 if strict and (self.verdict == "inconclusive" or self.unpaired) else 0


def compare_sides(
    old: Side, new: Side, *, margins: Mapping[str, float] | None = None, share: float = 1.0
) -> Comparison:
    """Judges the new run against the old one.

    Args:
        old: a run or a baseline.
        new: a run.
        margins: in place of the new configuration's, by label of a metric, "accuracy" or "time".
        share: of the probability to err that this look at times may spend, where there are several.

    Raises:
        IncomparableError: the runs ask different questions, or no cell is in both.
        UsageError: a margin of no metric.
    """
    check_comparable(old, new)
    tolerated = margins_of(new.tolerated, margins or {}, labels=new.metrics)
    paired = {name: (old.cells[name], new.cells[name]) for name in new.cells if name in old.cells}
    failed = [name for name, b in new.cells.items() if b.status == "failed" and _was_no_failure(old, name)]
    compared = [(a, b) for a, b in paired.values() if a.status == b.status == "ok"]
    if not (compared or any(name in paired for name in failed)):
        raise nothing_paired(old, new)
    sound = _groups((a, b) for a, b in compared if not (a.invalid_because or b.invalid_because))
    metrics, gone, uncounted = other_metrics(old, new), no_longer_asked(old, new), _uncounted(old, new)
    timing, said = _timing(old, new, share)
    left_out = [*metrics, OPERATIONS] if uncounted else [*metrics]
    rows = judged_rows(sound, tolerated, primary=new.primary, left_out=left_out, timing=timing)
    order = list(sound)
    rows.sort(key=lambda row: order.index((row.target, row.method, row.budget)))
    rows += lost_rows(gone, metrics, sound, path=new.path)
    rows += [_cell_row(new.cells[name], FAILED) for name in failed]
    rows += [_cell_row(b, INVALID) for a, b in compared if b.invalid_because and not a.invalid_because]
    notes = [text for text in (said, uncounted, _timed_once(sound)) if text]
    notes += [text for name, pair in paired.items() if (text := _unjudged(name, *pair))]
    unpaired = [name for name in _in_one_only(old, new) if name in new.cells or old.cells[name].group not in gone]
    return Comparison(old.path, new.path, new.experiment, rows, notes, unpaired, failed)


def _was_no_failure(old: Side, name: str) -> bool:
    return name not in old.cells or old.cells[name].status == "ok"


def _timing(old: Side, new: Side, share: float) -> tuple[Timing | None, str]:
    """How seconds are compared, and what is to be said of it."""
    machine, seconds = other_machine(old, new), kernels(old, new)
    if not machine:
        return Timing(share=share), ""
    if not seconds:
        return None, f"times are not compared: {machine}"
    a, b = seconds
    kernel = f"the seconds of the calibration kernel ({a:.3g} in {old.path}, {b:.3g} in {new.path})"
    return Timing(slower=b / a, is_advisory=True), f"times are divided by {kernel} and decide nothing: {machine}"


def _uncounted(old: Side, new: Side) -> str:
    """Why operations are not compared; empty where they are, or where neither run has any."""
    without = [side for side in (old, new) if not any(OPERATIONS in cell.counts for cell in side.cells.values())]
    if len(without) == 1:
        return f"operations are not compared: they were not counted in {without[0].path}"
    different = None if without else other_programs(old, new)
    return f"operations are not compared: {different}" if different else ""


def _timed_once(groups: Groups) -> str:
    """Why the seconds of runs that a sweep has made are not judged; empty of others."""
    timed = {group: sum(bool(old.seconds and new.seconds) for old, new in pairs) for group, pairs in groups.items()}
    once = dict.fromkeys(group[1] for group, n in timed.items() if n == 1 < len(groups[group]))
    if not once:
        return ""
    return (
        f"seconds of {', '.join(once)} are not compared: one replicate alone has them, since a sweep makes the "
        "others beside each other; to compare seconds make both runs by sgmbench run"
    )


def _unjudged(name: str, old: CellRecord, new: CellRecord) -> str:
    """Why a pair is not judged; empty where it is, and where only one of the two is finished."""
    if old.status == new.status == "failed":
        return f"{name} failed in both runs: {new.invalid_because}"
    if not old.invalid_because or old.status != new.status:
        return ""
    if new.invalid_because:
        return f"{name} is invalid in both runs and not judged: {new.invalid_because}"
    return f"{name} was invalid, is valid now and not judged: {old.invalid_because}"


def _in_one_only(old: Side, new: Side) -> list[str]:
    """Cells that one of the runs alone has finished."""
    done = ({name for name, cell in side.cells.items() if cell.status == "ok"} for side in (old, new))
    return sorted(set.symmetric_difference(*done))


def _groups(pairs: Iterable[tuple[CellRecord, CellRecord]]) -> Groups:
    """The replicates of each method at each budget of a target."""
    groups: Groups = {}
    for old, new in pairs:
        groups.setdefault(old.group, []).append((old, new))
    return groups


def _cell_row(cell: CellRecord, what: str) -> Row:
    return Row(
        cell.target,
        cell.method,
        cell.budget,
        what,
        "cell",
        ratio=float("inf"),
        low=None,
        high=None,
        margin=0.0,
        replicates=1,
        verdict="regression",
        why=f"replicate {cell.replicate}: {cell.invalid_because}",
    )

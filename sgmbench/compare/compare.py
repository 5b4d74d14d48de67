"""Pairs the cells of two runs by name and judges each error of every metric that tells errors.

For one method, budget and error, replicate r gives x_r = mean over conditions of log(new / old). With the t-interval of
the mean of x_r and a margin m (a worsening of 10 % is tolerated by default) the verdict is

    regression    the interval lies above log(1 + m)
    pass          it lies below
    inconclusive  it does not settle the matter, or there is one replicate and the two differ.

Energy enters as 1/N_eq(M) = D2/mu + (mu_Q/mu)/M of the samples drawn, which is positive where D2 may not be. Estimates
of a square that scatter around zero have no logarithm: of these the t-interval is that of new - (1 + m) old, each the
mean over conditions, against zero, and the ratio of means has Fieller's interval (`statistics.ratio_of_means`).
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from sgmbench.compare.errors_of import Error, Metrics, errors_of, metrics_of
from sgmbench.core.result import Result
from sgmbench.errors import IncomparableError, UsageError
from sgmbench.statistics.intervals import t_interval
from sgmbench.statistics.ratio_of_means import fieller_interval
from sgmbench.store.run_folder import RunFolder, find_run, runs_of

Verdict = Literal["pass", "regression", "inconclusive"]
ROUNDING = 1e-9
"""Errors of which both are below do not differ: constraints that are met to the last digits."""

SAME = ("problem", "targets", "seed", "evaluation_seed", "reference")


@dataclass(frozen=True)
class Row:
    """One error of one method at one budget: the ratio new/old with its interval (None for one replicate)."""

    target: str
    method: str
    budget: int
    error: str
    ratio: float
    low: float | None
    high: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Comparison:
    """All rows, and cells that only one of the runs has computed."""

    old: str
    new: str
    margin: float
    rows: list[Row]
    unpaired: list[str]

    @property
    def verdict(self) -> Verdict:
        """The worst of all rows."""
        found = {row.verdict for row in self.rows}
        return "regression" if "regression" in found else "pass" if found == {"pass"} else "inconclusive"


def newest_two(results: Path, old: str | None, new: str | None) -> tuple[RunFolder, RunFolder]:
    """The runs to compare: both named, one named and the newest of its experiment, or the two newest complete ones.

    Raises:
        UsageError: there are not two.
    """
    if old is not None and new is not None:
        return find_run(results, old), find_run(results, new)
    first = find_run(results, old) if old is not None else None
    complete = [run for run in runs_of(results) if run.record["status"] == "complete"]
    experiment = first.path.resolve().parent.name if first else complete[-1].path.parent.name if complete else ""
    same = [run for run in complete if run.path.parent.name == experiment]
    if first is not None and old != experiment:
        same = [first, *(run for run in same if run.path.resolve() != first.path.resolve())]
        same = [first, *same[-1:]] if len(same) > 1 else same
    if len(same) < 2:
        of = f"of {experiment}" if experiment else "of one experiment"
        raise UsageError(f"compare needs two complete runs {of} below {results}/; it has {len(same)}")
    return same[-2], same[-1]


def compare_runs(old: RunFolder, new: RunFolder, *, margin: float) -> Comparison:
    """Judges the new run against the old one.

    Raises:
        IncomparableError: the runs ask different questions, or no cell is in both.
    """
    _check_comparable(old, new)
    before, after = ({r.name: r for r in run.results() if r.status == "ok"} for run in (old, new))
    paired = [name for name in before if name in after]
    if not paired:
        raise IncomparableError("no finished cell is in both runs: not comparable")
    groups: dict[tuple[str, str, int], list[tuple[Result, Result]]] = {}
    for name in paired:
        key = (before[name].target, before[name].method, before[name].budget)
        groups.setdefault(key, []).append((before[name], after[name]))
    metrics = tuple(metrics_of(run.record["configuration"]) for run in (old, new))
    rows = [row for key, pairs in groups.items() for row in _rows(key, pairs, metrics, margin)]
    rows += [
        Row(result.target, result.method, result.budget, "the cell failed", math.inf, None, None, "regression")
        for result in new.results()
        if result.status == "failed" and result.name in before
    ]
    return Comparison(str(old.path), str(new.path), margin, rows, sorted(set(before) ^ set(after)))


Judged = tuple[float, float | None, float | None, Verdict]
"""(ratio, low, high, verdict)."""


def judge(log_ratios: Float[np.ndarray, " r"], margin: float) -> Judged:
    """From the paired log ratios of replicates."""
    ratio = math.exp(log_ratios.mean())
    if np.ptp(log_ratios) == 0 and log_ratios[0] == 0:
        return 1.0, 1.0, 1.0, "pass"
    interval = t_interval(log_ratios)
    if interval is None:
        return ratio, None, None, "inconclusive"
    low, high = (math.exp(edge) for edge in interval)
    if low > 1 + margin:
        return ratio, low, high, "regression"
    return ratio, low, high, "pass" if high < 1 + margin else "inconclusive"


def judge_squares(old: Float[np.ndarray, " r"], new: Float[np.ndarray, " r"], margin: float) -> Judged:
    """From paired estimates of either sign; the ratio is NaN where that of the old ones is not positive."""
    if np.array_equal(old, new):
        return 1.0, 1.0, 1.0, "pass"
    ratio = float(new.mean() / old.mean()) if old.mean() > 0 else math.nan
    low, high = fieller_interval(new, old) or (None, None)
    worse = t_interval(new - (1 + margin) * old)
    if worse is None or worse[0] <= 0 <= worse[1]:
        return ratio, low, high, "inconclusive"
    return ratio, low, high, "regression" if worse[0] > 0 else "pass"


def _rows(
    key: tuple[str, str, int], pairs: list[tuple[Result, Result]], metrics: tuple[Metrics, ...], margin: float
) -> list[Row]:
    of_old, of_new = metrics
    errors = [(errors_of(old, of_old), errors_of(new, of_new)) for old, new in pairs]
    rows = []
    for name in dict.fromkeys(name for old, _ in errors for name in old):
        both = [(old[name], new[name]) for old, new in errors if name in old and name in new]
        rows.append(Row(*key, name, *_judged(both, margin)))
    return rows


def _judged(pairs: list[tuple[Error, Error]], margin: float) -> Judged:
    """One error of all replicates."""
    if pairs and pairs[0][0].scatters:
        means = [(_mean_at(old, new), _mean_at(new, old)) for old, new in pairs if old.at.keys() & new.at.keys()]
        if means:
            before, after = np.array(means).T
            return judge_squares(before, after, margin)
    else:
        logs = [value for old, new in pairs if (value := _mean_log_ratio(old.at, new.at)) is not None]
        if logs:
            return judge(np.array(logs), margin)
    return math.nan, None, None, "inconclusive"  # there before, and no number now


def _mean_at(error: Error, other: Error) -> float:
    """Over the conditions of both."""
    return float(np.mean([error.at[condition] for condition in error.at if condition in other.at]))


def _mean_log_ratio(old: dict[str, float], new: dict[str, float]) -> float | None:
    """Over the conditions where both are positive, or the same but for rounding: two errors of zero do not differ."""
    both = [(old[c], new[c]) for c in old if c in new]
    logs = [0.0 if _alike(a, b) else math.log(b / a) for a, b in both if _alike(a, b) or (a > 0 and b > 0)]
    return float(np.mean(logs)) if logs else None


def _alike(a: float, b: float) -> bool:
    return a == b or max(abs(a), abs(b)) < ROUNDING


def _check_comparable(old: RunFolder, new: RunFolder) -> None:
    a, b = old.record["configuration"], new.record["configuration"]
    different = [key for key in SAME if a[key] != b[key]]
    if old.record.get("data") != new.record.get("data"):
        different.append("recorded data")
    if different:
        raise IncomparableError(f"not comparable: {', '.join(different)} differ between {old.path} and {new.path}")

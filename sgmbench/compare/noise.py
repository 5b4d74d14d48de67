"""Noise: how much the rows of a comparison vary where both sides are the same code.

Round j of k runs the configuration twice (A/A), in turn, with a seed of its own. Both runs of a round have the same
keys and so the same errors; what differs are seconds, and what differs between replicates are draws. So

    a time      x_j = median over replicates of log(b / a), one number a round (`rounds`)
    an error    x_jr = mean over conditions of log e, or of e where it is a square, one number a replicate.

Equal code with equal keys has no noise of errors at all. A comparison needs their spread where a change of the code
draws other numbers: then the log ratio of a replicate has the variance of the difference of two of these x, 2 var(x).
Replicates are compared within their round, as in a comparison, in which both runs have one reference:

    var(x) = sum (x_jr - mean_r x_jr)^2 / (k (R - 1)),

and around the mean of all where R = 1. The spread of a square is relative to its mean.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sgmbench.compare.errors_of import Error
from sgmbench.compare.judge import ROUNDING
from sgmbench.compare.rows import CPU_SECONDS, SECONDS, logs_in_rounds
from sgmbench.compare.side import CellRecord, Group, Side
from sgmbench.compare.turns import in_rounds, order_of, run_alone
from sgmbench.compare.versions import Version
from sgmbench.errors import UsageError


@dataclass(frozen=True)
class Noise:
    """One row of equal code.

    Attributes:
        group: target, method and budget.
        error: name: "metric/part" or "seconds".
        values: x around their mean: of errors of each replicate, of times of each round.
        freedom: degrees of freedom of these.
        mean: of a square; None of logarithms.
    """

    group: Group
    error: str
    values: Float[np.ndarray, " n"]
    freedom: int
    mean: float | None = None

    @property
    def is_time(self) -> bool:
        """Whether it is of seconds."""
        return self.error in (SECONDS, CPU_SECONDS)

    @property
    def name(self) -> str:
        """Of the row."""
        target, method, budget = self.group
        return f"{target}, {method} at {budget:,} runs, {self.error}"

    @property
    def spread(self) -> float:
        """Standard deviation of x, of a square over its mean; infinite where that is not positive."""
        sd = float(np.sqrt(np.sum(self.values**2) / self.freedom))
        if self.mean is None:
            return sd
        return sd / self.mean if self.mean > 0 else np.inf


def equal_runs(
    config: Path, *, rounds: int, replicates: int, seed: int, say: Callable[[str], object]
) -> tuple[list[Side], list[Side]]:
    """Runs this version against itself, in turn, each round with the next seed.

    Raises:
        UsageError: it does not run the configuration to its end, or that is a series.
    """
    found: tuple[list[Side], list[Side]] = ([], [])
    version = Version("this version")
    for j in range(rounds):
        settings = (f"replicates={replicates}", f"seed={seed + j}")
        for which in order_of(j):
            say(f"round {j + 1} of {rounds}: {'AB'[which]}")
            found[which].append(run_alone(config, version, overrides=settings))
    return found


def noise_of_times(a: list[Side], b: list[Side]) -> list[Noise]:
    """Of each method at each budget whose seconds are long enough to be judged, and that no round lacks."""
    old, new = in_rounds(a).cells, in_rounds(b).cells
    groups: dict[Group, list[tuple[CellRecord, CellRecord]]] = {}
    for name in old.keys() & new.keys():
        groups.setdefault(old[name].group, []).append((old[name], new[name]))
    found = [(group, *row) for group, pairs in sorted(groups.items()) for row in logs_in_rounds(pairs).items()]
    return [Noise(group, name, x - x.mean(), len(x) - 1) for group, name, x in found if len(x) == len(a) > 1]


def noise_of_errors(sides: list[Side]) -> list[Noise]:
    """Of each error that varies, of valid cells; a row that lacks a number in any replicate is left out."""
    rows: dict[tuple[Group, str], list[list[Error]]] = {}
    for j, side in enumerate(sides):
        for cell in side.cells.values():
            for name, error in cell.errors.items() if cell.status == "ok" and not cell.invalid_because else ():
                rows.setdefault((cell.group, name), [[] for _ in sides])[j].append(error)
    most = max((len(each) for row in rows.values() for each in row), default=0)
    found = (_noise(*key, row) for key, row in rows.items() if all(len(each) == most for each in row))
    return [noise for noise in found if noise is not None]


def check_enough(errors: Sequence[Noise], *, replicates: int, rounds: int) -> None:
    """Whether comparisons can be drawn from the noise of errors: they need an old and a new run of other replicates.

    Raises:
        UsageError: says how many rounds would do.
    """
    values = min((len(each.values) for each in errors), default=2 * replicates)
    if values < 2 * replicates:
        enough = -(-2 * replicates * rounds // values)
        raise UsageError(
            f"comparisons of {replicates} replicates are drawn from {2 * replicates} valid ones, and there are "
            f"{values}; write --rounds {enough}"
        )


def _noise(group: Group, name: str, rounds: Sequence[Sequence[Error]]) -> Noise | None:
    is_square = rounds[0][0].scatters
    x = np.array([[_mean(error) for error in each] for each in rounds])
    if not np.all(np.isfinite(x)) or x.size < 2:
        return None
    within = x - x.mean(axis=1, keepdims=True) if x.shape[1] > 1 else x - x.mean()
    freedom = x.size - (len(x) if x.shape[1] > 1 else 1)
    if not np.any(within):
        return None
    return Noise(group, name, within.ravel(), freedom, float(x.mean()) if is_square else None)


def _mean(error: Error) -> float:
    """Over the conditions; NaN where one has no logarithm, or is zero but for rounding."""
    values = np.array(list(error.at.values()), float)
    if error.scatters:
        return float(values.mean())
    return float(np.log(values).mean()) if np.all(values > ROUNDING) else np.nan

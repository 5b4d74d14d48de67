"""Runs that exist already: rows (z, y) of a file, made by any solver, at any time.

    rows in random order     held out (the truth) | replicate 0 | replicate 1 | ...

Nothing can be run again. Monte Carlo means taking rows, and those of replicates are disjoint. A marginal target is
scored against the held-out rows, in equivalent runs up to a third of their number. For P(y given z) no row repeats the
z of another: a method is asked for samples at the z of held-out rows, and these are scored against the y that was found
there, by proper scores (`metrics.energy_score`, `metrics.crps`).

With half of the rows held out, the largest N_eq is a sixth of all rows: just what each of three replicates has. Priors
are the empirical laws of the rows that are not held out, column by column, unless ranges are known.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Len, Lt
from jaxtyping import Float

from sgmbench.core.prior import Empirical, Parameter, Prior, Uniform
from sgmbench.core.problem import Pool, Recorded
from sgmbench.errors import UsageError
from sgmbench.problems.recording.open import Stamp, checksum, open_recording, stamp_of
from sgmbench.problems.recording.table import Naming, Table, read_table

FEWEST = 2  # rows held out, and rows left: fewer have no spread


@dataclass(frozen=True)
class DataSet(Recorded):
    """Runs that exist already, in an .npz, NetCDF or Zarr file.

    Attributes:
        path: the file, as seen from the working directory.
        z: names of the variables that are parameters, [] for none; what the file says where left out.
        y: names of the variables that are fields, likewise.
        axes: for a field the names of the variables with its axes' coordinates, in place of what the file says.
        units: of parameters, fields and axes by name, likewise.
        ranges: [low, high] of parameters that were drawn uniformly; the others have the law of their column.
        held_out: share of the runs that is the truth.
        split_seed: of the order that decides which.
        failed_runs: `refuse` a file with NaN, or `count` such runs as failed ones.
        draws: samples scored at the z of each held-out run, for a conditional target.
    """

    path: str
    z: tuple[str, ...] | None = None
    y: Annotated[tuple[str, ...], Len(1)] | None = None
    axes: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    units: dict[str, str] = field(default_factory=dict, hash=False)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict, hash=False)
    held_out: Annotated[float, Gt(0), Lt(1)] = 0.5
    split_seed: Annotated[int, Ge(0)] = 0
    failed_runs: Literal["refuse", "count"] = "refuse"
    draws: Annotated[int, Ge(2)] = 64
    checksum: str = field(init=False, default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "checksum", self._read[1])
        n, kept = len(self._table.y), self.held_out_runs
        if kept < FEWEST or n - kept < FEWEST:
            raise self._error(f"has {n:,} runs, and held_out: {self.held_out:g} keeps {kept:,}; there are too few")
        names = [name for name, _ in self._table.parameters]
        for name in self.ranges:
            if name not in names:
                raise self._error(f"ranges: {name!r} is no parameter; there {_are(names)}")
        for name, column in zip(names, self._table.z[kept:].T, strict=True):
            self._check_column(name, column[np.isfinite(column)])

    @property
    def parameters(self):
        return tuple(Parameter(name, unit, self._priors[name]) for name, unit in self._table.parameters)

    @property
    def layout(self):
        return self._table.layout

    @property
    def pool(self):
        return Pool(self._table.z, self._table.y)

    @property
    def held_out_runs(self):
        return round(self.held_out * len(self._table.y))

    @property
    def samples_a_pair(self):
        return self.draws

    @property
    def content(self):
        return self.checksum

    @property
    def _table(self) -> Table:
        return self._read[0]

    @cached_property
    def _read(self) -> tuple[Table, str]:
        """The rows in random order and the checksum of the file, as they are now and whatever becomes of it."""
        naming = (self.z, self.y, tuple(self.axes.items()), tuple(self.units.items()))
        return _read(self.path, stamp_of(self.path), self.split_seed, self.failed_runs == "count", *naming)

    @cached_property
    def _priors(self) -> dict[str, Prior]:
        """From the rows that are not held out."""
        names = [name for name, _ in self._table.parameters]
        return {
            name: Uniform(*self.ranges[name]) if name in self.ranges else Empirical(column[np.isfinite(column)])
            for name, column in zip(names, self._table.z[self.held_out_runs :].T, strict=True)
        }

    def _check_column(self, name: str, column: Float[np.ndarray, " n"]) -> None:
        """A parameter varies, within its range where one is given."""
        low, high = column.min(initial=np.inf), column.max(initial=-np.inf)
        if not low < high:
            raise self._error(f"{name} has no two values in what is not held out; leave it out of z")
        start, end = self.ranges.get(name, (low, high))
        if not start <= low < high <= end:
            raise self._error(
                f"{name} is from {low:g} to {high:g}, which is not in [{start:g}, {end:g}]; widen its range"
            )

    def _error(self, text: str) -> UsageError:
        return UsageError(f"{self.path}: {text}")


@lru_cache(maxsize=2)
def _read(
    path: str,
    stamp: Stamp,  # what is read is bound to the state of the file
    split_seed: int,
    counts_failed: bool,
    z: tuple[str, ...] | None,
    y: tuple[str, ...] | None,
    axes: tuple[tuple[str, tuple[str, ...]], ...],
    units: tuple[tuple[str, str], ...],
) -> tuple[Table, str]:
    naming = Naming(z, y, dict(axes), dict(units))
    table = read_table(open_recording(path), naming, counts_failed=counts_failed)
    order = np.random.default_rng(split_seed).permutation(len(table.y))
    return replace(table, z=table.z[order], y=table.y[order]), checksum(path, stamp)


def _are(names: list[str]) -> str:
    return f"are {', '.join(names)}" if names else "are none"

"""Running law: what stays of so many rows that they are not kept, added block by block.

Of n rows y, the first K of them kept and c their mean, each coordinate has

    mean       c + sum (y - c) / n
    variance   ( sum (y - c)^2 - n (mean - c)^2 ) / (n - 1)
    quantiles  by the ranks that the K kept rows, the smallest and the largest have among all n

Rows are independent, so that the first of them are a sample of all. Between two known ranks a quantile is interpolated,
over some n / K rows that lie there: it is off by a part of the distance between neighbors among the K, and exact where
K = n, and on an atom. Memory is that of some K rows, whatever n is; a block of b rows costs b log b a coordinate.

Sums are kept of each block and added in the order of blocks: with blocks of one size the numbers depend on nothing
else. So hosts may add different blocks, each its own in turn, and have the same law in the end, to the bit.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sgmbench.core.hosts import of_each
from sgmbench.core.shares import summed


@dataclass(frozen=True)
class RunningLaw:
    """Moments and ranks.

    Attributes:
        count: n.
        mean: of each coordinate.
        variance: likewise, without bias.
        values: of which the ranks are known, each coordinate's in order.
        first_rank: of the rows that are equal to a value, from 1 on.
        last_rank: likewise.
    """

    count: int
    mean: Float[np.ndarray, " d"]
    variance: Float[np.ndarray, " d"]
    values: Float[np.ndarray, "m d"]
    first_rank: Int[np.ndarray, "m d"]
    last_rank: Int[np.ndarray, "m d"]

    def quantile(self, p: float) -> Float[np.ndarray, " d"]:
        """Sample quantile of each coordinate, at rank 1 + (n - 1) p as `numpy.quantile` has it."""
        ranks, values = np.repeat(self.first_rank, 2, axis=0), np.repeat(self.values, 2, axis=0)
        ranks[1::2] = self.last_rank
        rank = 1 + (self.count - 1) * p
        return np.array([np.interp(rank, ranks[:, j], values[:, j]) for j in range(values.shape[1])])


class Running:
    """The sums of a running law.

    Args:
        kept: rows whose ranks are followed; they do not count before they are added.
    """

    def __init__(self, kept: Float[np.ndarray, "k d"]) -> None:
        self._center = kept.mean(axis=0)
        self._edges = np.sort(kept, axis=0)
        self._count = 0
        self._sums: list[Float[np.ndarray, "2 d"]] = []  # of deviations and their squares, of each block
        self._low, self._high = self._edges[0], self._edges[-1]
        self._under, self._up_to = np.zeros(kept.shape, np.int64), np.zeros(kept.shape, np.int64)

    def add(self, rows: Float[np.ndarray, "b d"]) -> None:
        """A block of rows, of which there may be none."""
        deviation, ordered = rows - self._center, np.sort(rows, axis=0)
        self._sums.append(np.stack([deviation.sum(axis=0), (deviation**2).sum(axis=0)]))
        if not len(rows):
            return
        self._count += len(rows)
        self._low, self._high = np.minimum(self._low, ordered[0]), np.maximum(self._high, ordered[-1])
        for j, edges in enumerate(self._edges.T):
            self._under[:, j] += np.searchsorted(ordered[:, j], edges, side="left")
            self._up_to[:, j] += np.searchsorted(ordered[:, j], edges, side="right")

    def add_of_other_hosts(self) -> None:
        """What the other hosts have added, where block i was added by host i modulo their number.

        Raises:
            HostError: one is gone.
        """
        turns = int(of_each(np.array(len(self._sums))).max())
        own = np.zeros((turns, 2, len(self._center)))
        own[: len(self._sums)] = self._sums
        self._sums = list(of_each(own).swapaxes(0, 1).reshape(-1, *own.shape[1:]))
        self._count = int(summed(np.array(self._count)))
        self._low, self._high = of_each(self._low).min(axis=0), of_each(self._high).max(axis=0)
        self._under, self._up_to = summed(self._under), summed(self._up_to)

    def law(self) -> RunningLaw:
        """Of all rows that were added, the kept ones among them."""
        n, sums = self._count, np.zeros((2, len(self._center)))
        for of_block in self._sums:
            sums = sums + of_block
        shift = sums[0] / n
        variance = np.maximum(sums[1] - n * shift**2, 0) / max(n - 1, 1)
        ones = np.ones((1, len(shift)), np.int64)
        return RunningLaw(
            n,
            self._center + shift,
            variance,
            np.vstack([self._low, self._edges, self._high]),
            np.vstack([ones, self._under + 1, n * ones]),
            np.vstack([ones, self._up_to, n * ones]),
        )

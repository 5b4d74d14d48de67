"""The levels of a problem made ready to run, and pairs of runs on two neighboring levels with the same germ.

    Y_l = y_l - y_(l-1), both of the same zeta and xi,    Y_0 = y_0,    l = 0, ..., L from the coarsest to the finest

so that E y_L = sum_l E Y_l exactly, and Var Y_l falls as the levels converge to each other. A pair costs C_l + C_(l-1),
in runs of the finest level.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Bool, Float, Key

from sgmbench.core.clock import Clock
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import Leveled, Problem


@dataclass(frozen=True)
class Pairs:
    """Runs of one level, the first of them beside those of the next coarser one with the same germs.

    `solver_runs` are what they cost and `executed_runs` the lanes of the device, in runs of the finest level.
    """

    fine: Float[np.ndarray, "n d"]
    coarse: Float[np.ndarray, "pairs d"]
    solver_runs: float
    executed_runs: float

    def part(self, start: int, n: int) -> "Pairs":
        """n pairs from `start` on, their costs left out."""
        rows = slice(start, start + n)
        return Pairs(self.fine[rows], self.coarse[rows], 0.0, 0.0)

    def joined(self, more: "Pairs") -> "Pairs":
        """These and more of them."""
        return Pairs(
            np.concatenate([self.fine, more.fine]),
            np.concatenate([self.coarse, more.coarse]),
            self.solver_runs + more.solver_runs,
            self.executed_runs + more.executed_runs,
        )

    @property
    def difference(self) -> Float[np.ndarray, "pairs d"]:
        """Y_l, NaN where either run failed."""
        return self.fine[: len(self.coarse)] - self.coarse


class Hierarchy:
    """All levels of a problem, the coarsest first.

    Args:
        problem: the finest level, in whose runs costs are counted.
        clock: books the runs of all levels.
        at_condition: whether each call gives z.
    """

    def __init__(self, problem: Problem, clock: Clock, *, at_condition: bool) -> None:
        problems = levels_of(problem)
        self.cost = np.array([each.relative_cost for each in problems])
        self.cost = self.cost / self.cost[-1]
        self._simulations = [prepare(each, clock, at_condition=at_condition, padded=True) for each in problems]

    def __len__(self) -> int:
        return len(self.cost)

    def run(self, level: int, n: int, *, pairs: int, key: Key[Array, ""], z: tuple[float, ...] = ()) -> Pairs:
        """The first n runs of a stream on one level, the first `pairs` of them on the next coarser level too.

        On level 0 there is none, and `pairs` does not count.
        """
        fine = self._simulations[level](n, key=key, z=z)
        if level == 0 or pairs == 0:
            nothing = np.zeros((0, fine.y.shape[1]))
            return Pairs(fine.y, nothing, self.cost[level] * n, self.cost[level] * fine.executed)
        coarse = self._simulations[level - 1](pairs, key=key, z=z)
        costs = self.cost[[level, level - 1]]
        return Pairs(fine.y, coarse.y, float(costs @ [n, pairs]), float(costs @ [fine.executed, coarse.executed]))


def levels_of(problem: Problem) -> list:
    """The problem's levels, the coarsest first."""
    levels: list = [problem]
    while isinstance(levels[-1], Leveled) and (coarser := levels[-1].coarser()) is not None:
        levels.append(coarser)
    return levels[::-1]


def finite_rows(values: Float[np.ndarray, "n d"]) -> Bool[np.ndarray, " n"]:
    """Rows without NaN or infinity."""
    return np.all(np.isfinite(values), axis=1)

"""Nested Monte Carlo: several runs at each of many z.

    y_kj = G(T(zeta_k), xi_kj),      k = 1 ... K,  j = 1 ... n,      N = n K runs

all zeta_k and xi_kj independent and standard normal. Rows of one z tell what varies beside z, their means what varies
with it: Var_z E[y given z] and E_z Var[y given z] without bias for every n >= 2 (`statistics.variance_components`). For
one Gaussian number n = 1 + E Var / Var E is best for the former: a few runs a z, however large N is.

P(y > t given z) is seen as a share of n rows, p^ = p + O(n^-1/2). What is not linear in p, such as its law over z, has
from this a bias of O(1/n) beside a variance of O(1/K): the mean square error O(n^-2 + n/N) is least for n ~ N^(1/3),
and then O(N^(-2/3)). This is the default, and serves the variances too.

Run i is at z number i mod K, which is that of run i mod K of its stream, and has the xi of run i: the first K runs are
those of plain Monte Carlo, and the first of any number cover the z evenly. Neither z nor xi is chosen, so that a germ
out of reach is no hindrance: what it takes is to run the solver again at the same z.

Cost: N runs.

Source: M. Gordy, S. Juneja, Manag. Sci. 56 (2010) 1833-1848 (n ~ N^(1/3)); Y. Sun, D. Apley, J. Staum, Oper. Res. 59
(2011) 998-1007 (few runs a z for the variance of a conditional expectation).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.clock import Clock
from sgmbench.core.inputs import normal_of_run
from sgmbench.core.method import Delivery, Sampler
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import Problem
from sgmbench.core.progress import Progress, silent
from sgmbench.core.runs import Runs
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError


def which_z(n: int, inner: int) -> Int[np.ndarray, " n"]:
    """The number of the z of each of n runs, `inner` at each."""
    return np.arange(n) % (n // inner)


class NestedRuns:
    """A problem made ready to run several times at each z.

    Args:
        problem: the model.
        clock: books "compile" and "simulate".
        inner: of n runs in all, how many are at one z.
    """

    def __init__(self, problem: Problem, clock: Clock, *, inner: Callable[[int], int]) -> None:
        self.problem = problem
        self.clock = clock
        self.inner = inner
        self._draw = clock.jit(
            jax.vmap(partial(normal_of_run, problem, at_condition=False), in_axes=(None, 0)), "simulate"
        )
        self._simulation = prepare(problem, clock, at_condition=False)

    def __call__(self, n: int, *, key: Key[Array, ""], z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """n runs of a stream, or as many of them as have their full number at each z."""
        before = dict(self.clock.seconds)
        inner = self.inner(n)
        K = n // inner
        runs = self._simulation.at(self._normal(key, K, inner), progress=progress)
        seconds = {phase: spent - before[phase] for phase, spent in self.clock.seconds.items()}
        return replace(runs, seconds=seconds)

    def _normal(self, key: Key[Array, ""], K: int, inner: int) -> Float[np.ndarray, "n k"]:
        """(zeta, xi) of each run, zeta again and again that of the first K."""
        normal, p = np.array(self._draw(key, jnp.arange(inner * K))), len(self.problem.parameters)
        normal[:, :p] = np.tile(normal[:K, :p], (inner, 1))
        return normal


@dataclass(frozen=True)
class Nested(Sampler):
    """Nested Monte Carlo: several solver runs at each of many z drawn from the prior.

    Attributes:
        inner: n, runs at each z; N^(1/3) of N runs by default.
    """

    targets: ClassVar[tuple[str, ...]] = ("decomposition",)

    inner: Annotated[int, Ge(2)] | None = None

    def prepare(self, problem, *, at_condition, clock):
        simulation = NestedRuns(problem, clock, inner=self.runs_at_each)

        def sample(z, runs, key):
            inner = self.runs_at_each(runs)
            made = simulation(runs, key=key)
            n = len(made.y)
            samples = Samples.equally_weighted(made.y, problem.layout, is_law=False, outer=which_z(n, inner))
            return Delivery(samples, n, made.executed, diagnostics={"inner": inner, "outer": n // inner})

        return sample

    def runs_at_each(self, budget: int) -> int:
        """n of a budget.

        Raises:
            CellError: it does not pay for two z.
        """
        inner = self.inner or max(2, round(budget ** (1 / 3)))
        if budget < 2 * inner:
            raise CellError(
                f"{budget:,} runs are less than {inner:,} at each of two z; give at least {2 * inner:,} runs"
            )
        return inner

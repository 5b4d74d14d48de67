"""Draws of a posterior, made as runs of a problem are: exact ones where they are known, else long chains.

Long chains are 4 of NUTS with a warm-up of 1,000, of which every fifth draw is kept: near enough to independent to be a
reference where R-hat is below 1.01, and refused where it is not. As the truth they are paid for by nobody.

Pushed through G they are draws of y given data: zeta and xi of a chain, or exact zeta of a problem without a germ.
"""

from functools import cache
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.clock import Clock
from sgmbench.core.inverse import normal_coordinates, parameters_of
from sgmbench.core.knowledge import KnownPosterior
from sgmbench.core.problem import Traceable
from sgmbench.core.progress import Progress, silent
from sgmbench.core.runs import Runs
from sgmbench.core.simulation import Simulation
from sgmbench.errors import CellError
from sgmbench.montecarlo.mcmc import mixing, parameter_draws
from sgmbench.montecarlo.nuts import Plan, program, run_chains

CHAINS, WARMUP, THINNING = 4, 1_000, 5
WARMUP_DRAWS = CHAINS * WARMUP // THINNING  # that as many transitions would be
LARGEST_R_HAT = 1.01


class PosteriorRuns:
    """An observed problem made ready to have its posteriors drawn.

    Args:
        problem: traceable and observed.
        clock: books "compile" and "simulate".
        is_pushed: whether y is drawn in the place of z.
    """

    def __init__(self, problem: Traceable, clock: Clock, *, is_pushed: bool = False) -> None:
        self.problem = problem
        self.clock = clock
        self.is_pushed = is_pushed
        self._push = Simulation(problem, clock, at_condition=False)
        self._exact, self._chains = cache(self._jit_exact), cache(self._jit_chains)

    def __call__(self, n: int, *, key: Key[Array, ""], z: tuple[float, ...] = (), progress: Progress = silent) -> Runs:
        """n draws of z or of y, as `y` of the runs; `z` is the data that are given.

        Raises:
            CellError: no parameters give these data, or the chains have not mixed.
        """
        before = dict(self.clock.seconds)
        if self.is_exact:
            draws, executed = np.asarray(self._exact(n)(jnp.asarray(z, "float64"), key)), 0
        else:
            draws, executed = self._by_chains(n, z, key)
        if self.is_pushed:
            draws = self._push.at(normal_coordinates(self.problem, draws) if self.is_exact else draws).y
        elif not self.is_exact:
            draws = parameters_of(self.problem, draws[:, : len(self.problem.parameters)])
        progress("posterior draws", n, n)
        ok = np.all(np.isfinite(draws), axis=1)
        if not ok.any():
            raise CellError(f"no parameters give the data {_shown(z)}; write data that the model can give")
        seconds = {phase: spent - before[phase] for phase, spent in self.clock.seconds.items()}
        return Runs(np.zeros((n, 0)), draws, ok, executed=executed, seconds=seconds)

    @property
    def is_exact(self) -> bool:
        """Whether draws are independent and exact, and no chains are run."""
        return isinstance(self.problem, KnownPosterior) and not (self.is_pushed and self.problem.germ_dimension)

    def _jit_exact(self, n: int) -> Any:
        problem = self.problem
        assert isinstance(problem, KnownPosterior)
        return self.clock.jit(lambda data, key: problem.sample_posterior(data, n=n, key=key), "simulate")

    def _jit_chains(self, plan: Plan) -> Any:
        return self.clock.jit(program(self.problem, plan), "simulate")

    def _by_chains(self, n: int, data: tuple[float, ...], key: Key[Array, ""]) -> tuple[Float[np.ndarray, "n k"], int]:
        """Thinned positions of all chains, (zeta, xi), and the lanes that made them."""
        plan = Plan(CHAINS, WARMUP, THINNING * -(-n // CHAINS))
        limit = np.iinfo(np.int64).max
        made = run_chains(self.problem, plan, data, limit=int(limit), key=key, compiled=self._chains(plan))
        every = mixing(self.problem, parameter_draws(self.problem, made))
        worst = max(every, key=lambda name: np.nan_to_num(every[name], nan=np.inf))
        if not every[worst] < LARGEST_R_HAT:
            raise CellError(
                f"no reference of the posterior at the data {_shown(data)}: {CHAINS} chains of {plan.transitions:,} "
                f"draws have not mixed, R-hat of {worst} is {every[worst]:.3f} and not below {LARGEST_R_HAT}; give the "
                "problem an exact posterior (KnownPosterior), or write other data"
            )
        return made.position[THINNING - 1 :: THINNING].reshape(-1, made.position.shape[2])[:n], made.executed


def _shown(data: tuple[float, ...]) -> str:
    """The first few of them."""
    few = ", ".join(f"{value:.3g}" for value in data[:4])
    return f"({few}{', ...' if len(data) > 4 else ''})"

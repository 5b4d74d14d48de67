"""Draws of a posterior, made as runs of a problem are: exact ones where they are known, else long chains.

Long chains are 4 of NUTS, each begun at the likeliest of 1,000 draws from the prior, with a warm-up of 400. Of n draws
that are wanted one in every k transitions is kept,

    k = k_0, 2 k_0, 4 k_0, 8 k_0:  the first for which R-hat < 1.01 and ESS >= n, the smallest bulk ESS of a parameter

k_0 = 2, or what gives a chain 250 transitions. Draws that are worth so many are near enough to independent to be a
reference; where 8 k_0 does not suffice they are refused. Longer chains begin with the shorter ones, so that none are
chosen among others. As the truth they are paid for by nobody.

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
from sgmbench.montecarlo.nuts import Chains, Plan, program, run_chains
from sgmbench.statistics.chains import ess_bulk

CHAINS, WARMUP, SHORTEST, BEST_OF = 4, 400, 250, 1_000
THINNING, DOUBLINGS = 2, 3
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
        kept, executed, fault = -(-n // CHAINS), 0, ""
        for doublings in range(DOUBLINGS + 1):
            thinning = 2**doublings * max(THINNING, -(-SHORTEST // kept))
            plan = Plan(CHAINS, WARMUP, thinning * kept, best_of=BEST_OF)
            limit = np.iinfo(np.int64).max
            made = run_chains(self.problem, plan, data, limit=int(limit), key=key, compiled=self._chains(plan))
            executed += made.executed
            fault = self._fault(made, n)
            if not fault:
                return made.position[thinning - 1 :: thinning].reshape(-1, made.position.shape[2])[:n], executed
        raise CellError(
            f"no reference of the posterior at the data {_shown(data)}: {fault}; give the problem an exact posterior "
            "(KnownPosterior), or write other data"
        )

    def _fault(self, made: Chains, n: int) -> str:
        """Why chains are not n draws; empty where they are."""
        z = parameter_draws(self.problem, made)
        every = mixing(self.problem, z)
        worst = max(every, key=lambda name: np.nan_to_num(every[name], nan=np.inf))
        if not every[worst] < LARGEST_R_HAT:
            return (
                f"{CHAINS} chains of {len(z):,} draws have not mixed, R-hat of {worst} is {every[worst]:.3f} and not "
                f"below {LARGEST_R_HAT}"
            )
        worth = {name: ess_bulk(z[..., i].T) for i, name in enumerate(every)}
        least = min(worth, key=lambda name: worth[name])
        if worth[least] < n:
            every_draw = z.shape[0] * z.shape[1]
            return f"{every_draw:,} draws of {least} are worth {worth[least]:,.0f} independent ones, fewer than {n:,}"
        return ""


def _shown(data: tuple[float, ...]) -> str:
    """The first few of them."""
    few = ", ".join(f"{value:.3g}" for value in data[:4])
    return f"({few}{', ...' if len(data) > 4 else ''})"

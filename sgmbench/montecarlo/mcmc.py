"""Markov chain Monte Carlo: chains of NUTS in (zeta, xi) whose stationary law is the posterior (`montecarlo.nuts`).

Each chain begins at the likeliest of some draws from the prior, for which it spends 4 % of its share or 250 runs: one
of many modes that explains nothing would keep it.

The budget counts solver runs, of the warm-up too, and a step of integration takes one with its gradient. What such a
run counts as in runs of the forward model, g, can be measured beside the chains (`montecarlo.gradient_price`), and an
ask charges it: at equal solver runs chains cost g times as much as what learns from as many.

Draws depend on each other, and what they are worth is ESS and not their number. Chains that disagree (rank-normalized
split R-hat above 1.05 for any parameter) or diverge in more than 1 % of the transitions are scored all the same, and
marked as invalid.

Of y given data (the target `predictive`) the samples are the outputs at these draws. Each was made on the way; they are
made once more and counted among the executed runs, not among those asked for.

The chains need the likelihood and the derivative of the solver, where a Generator sees pairs of data and parameters
alone; and they begin anew at each observation.
"""

from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from sgmbench.core.inverse import Inverse, Predicted, parameters_of
from sgmbench.core.method import Delivery, Sampler
from sgmbench.core.observation import Observed
from sgmbench.core.problem import Problem, Traceable
from sgmbench.core.samples import Samples
from sgmbench.core.simulation import Simulation
from sgmbench.montecarlo.gradient_price import price_of_gradient
from sgmbench.montecarlo.nuts import Chains, MassMatrix, Plan, program, run_chains
from sgmbench.statistics.chains import ess_bulk, ess_tail, r_hat

LARGEST_R_HAT, MOST_DIVERGENT = 1.05, 0.01
GRADIENTS_A_WARMUP, SHORTEST, LONGEST = 32, 20, 1_000
RUNS_A_START, MOST_STARTS = 25, 250


@dataclass(frozen=True)
class MCMC(Sampler):
    """Chains of the No-U-Turn sampler, adapted as in Stan.

    A step of integration spends a run and its gradient, which an ask counts as the several runs that it is worth.

    Attributes:
        chains: how many, in one batch.
        warmup: transitions of each chain that adapt it; one for every 32 runs of its share, 20 to 1,000, by default.
        target_acceptance: mean acceptance that step sizes are adapted to.
        mass_matrix: of variances, or dense; dense by default where the warm-up has 8 transitions a coordinate.
        depth: doublings of a trajectory at most.
    """

    targets: ClassVar[tuple[str, ...]] = ("posterior", "predictive")
    requires: ClassVar[tuple[type, ...]] = (Traceable, Observed)
    sees_germ: ClassVar[bool] = True

    chains: Annotated[int, Ge(1)] = 4
    warmup: Annotated[int, Ge(20)] | None = None
    target_acceptance: Annotated[float, Gt(0), Lt(1)] = 0.8
    mass_matrix: MassMatrix | None = None
    depth: Annotated[int, Ge(1), Le(12)] = 10

    def prepare(self, problem, *, at_condition, clock):
        is_pushed = isinstance(problem, Predicted)
        forward = problem.forward if isinstance(problem, Predicted) else problem
        assert isinstance(forward, Traceable)
        push = Simulation(forward, clock, at_condition=False)

        @cache
        def compiled(plan: Plan) -> Any:
            return clock.jit(program(forward, plan), "simulate")

        def sample(data, runs, key):
            plan, before = self.plan(runs), clock.seconds["simulate"]
            made = run_chains(forward, plan, data, limit=runs, key=key, compiled=compiled(plan))
            seconds_a_row = (clock.seconds["simulate"] - before) * plan.chains / made.executed
            z, again = parameter_draws(forward, made), 0
            values, layout = z.reshape(-1, z.shape[2]), Inverse(forward).layout
            if is_pushed:
                outputs = push.at(made.position.reshape(-1, made.position.shape[2]))
                values, layout, again = outputs.y, forward.layout, outputs.executed
            return Delivery(
                Samples.equally_weighted(values, layout, is_law=False),
                solver_runs=made.spent,
                executed_runs=made.executed + again,
                gradients=made.gradients,
                time_gradient=partial(price_of_gradient, forward, data, made.position, seconds_a_row=seconds_a_row),
                diagnostics=diagnosis(forward, made, z),
                invalid=tuple(faults(forward, made, z)),
            )

        return sample

    def plan(self, runs: int) -> Plan:
        """How chains run that may spend so many runs together."""
        share = runs // self.chains
        warmup = self.warmup or min(LONGEST, max(SHORTEST, share // GRADIENTS_A_WARMUP))
        starts = min(MOST_STARTS, 1 + share // RUNS_A_START)
        return Plan(self.chains, warmup, share + 1, self.target_acceptance, self.mass_matrix, self.depth, starts)


def parameter_draws(problem: Problem, made: Chains) -> np.ndarray:
    """z [draws, chains, p] of the chains' positions."""
    draws, chains, _ = made.position.shape
    p = len(problem.parameters)
    zeta = made.position[..., :p].reshape(-1, p)
    return parameters_of(problem, zeta).reshape(draws, chains, p)


def mixing(problem: Problem, z: np.ndarray) -> dict[str, float]:
    """R-hat of each parameter."""
    return {each.name: r_hat(z[..., i].T) for i, each in enumerate(problem.parameters)}


def diagnosis(problem: Problem, made: Chains, z: np.ndarray) -> dict[str, Any]:
    """What the chains tell of themselves, by parameter."""
    by_name = {each.name: z[..., i].T for i, each in enumerate(problem.parameters)}
    return {
        "r_hat": mixing(problem, z),
        "ess_bulk": {name: ess_bulk(chains) for name, chains in by_name.items()},
        "ess_tail": {name: ess_tail(chains) for name, chains in by_name.items()},
        "divergent": int(made.is_divergent.sum()),
        "chains": z.shape[1],
        "draws": z.shape[0],
        "warmup": made.warmup,
    }


def faults(problem: Problem, made: Chains, z: np.ndarray) -> list[str]:
    """Why the chains cannot be trusted, a sentence each."""
    said = []
    every = mixing(problem, z)
    worst = max(every, key=lambda name: np.nan_to_num(every[name], nan=np.inf))
    if not every[worst] <= LARGEST_R_HAT:
        said.append(
            f"the chains have not mixed: R-hat of {worst} is {every[worst]:.2f}, above {LARGEST_R_HAT}; give more runs"
        )
    share = float(made.is_divergent.mean())
    if share > MOST_DIVERGENT:
        said.append(
            f"{100 * share:.1f} % of the transitions diverged, more than {100 * MOST_DIVERGENT:g} %: the chains do not "
            "reach all of the posterior; write a larger target_acceptance or a longer warmup"
        )
    return said

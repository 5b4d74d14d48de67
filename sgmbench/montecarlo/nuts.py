"""NUTS: Hamiltonian Monte Carlo with trajectories that end where they turn, several chains in step.

    log p(zeta, xi given data) = -|zeta|^2/2 - |xi|^2/2 + log p(data given G(T(zeta), xi)) + const,

NaN counting as -inf. Each chain adapts its step size (dual averaging) and its mass matrix (windows that double) and is
left as it is afterwards. What is counted is solver runs:

    spent = (starts that were tried) + (steps of integration, and one gradient where a chain begins)

of which the second are differentiated. All chains make the same number of transitions: the last is the one that spends
the limit, so that what is spent may exceed it by one trajectory a chain. Lanes that wait for the longest trajectory are
counted as executed; what a waiting lane computes beyond it, some percent, is not.

The law is exact in the limit of many transitions; what is left of the start is for R-hat to tell
(`statistics.chains`).

Source: M. Hoffman, A. Gelman, "The No-U-Turn Sampler", JMLR 15 (2014) 1593-1623; M. Betancourt, arXiv:1701.02434
(2017); adaptation as in Stan; kernels are BlackJAX's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from sgmbench.core.observation import Observed
from sgmbench.core.problem import Traceable, transport
from sgmbench.core.rng import draw_normal
from sgmbench.errors import CellError

ATTEMPTS = 100
TRANSITIONS_A_COORDINATE = 8  # of a warm-up that tells covariances
WARMUP_DEPTH = 5  # before step sizes have settled, small ones would spend much on long trajectories
MassMatrix = Literal["diagonal", "dense"]


class Chains(NamedTuple):
    """What chains made, and what they took with their warm-up.

    `spent` runs were asked for, of which `gradients` were differentiated, and `executed` lanes ran.
    """

    position: Float[np.ndarray, "draws chains k"]
    is_divergent: Bool[np.ndarray, "draws chains"]
    warmup: int
    spent: int
    gradients: int
    executed: int


@dataclass(frozen=True)
class Plan:
    """How chains run.

    Attributes:
        chains: how many.
        warmup: transitions of each that adapt it, and are thrown away.
        transitions: of each after that, at most.
        target_acceptance: mean acceptance that the step size is adapted to.
        mass_matrix: adapted variances, or covariances too; None: these where there are 8 transitions a coordinate.
        depth: doublings of a trajectory at most.
        best_of: draws from the prior, at the likeliest of which a chain begins; more while some chain has none.
    """

    chains: int
    warmup: int
    transitions: int
    target_acceptance: float = 0.8
    mass_matrix: MassMatrix | None = None
    depth: int = 10
    best_of: int = 1


def log_posterior(problem: Traceable, position: Float[Array, " k"], data: Float[Array, " size"]) -> Float[Array, ""]:
    """log p(zeta, xi given data) up to a constant; `position` is zeta, then xi."""
    assert isinstance(problem, Observed)
    zeta, xi = jnp.split(position, [len(problem.parameters)])
    fields = problem.simulate(transport(problem, zeta), xi)
    log_density = problem.observation.log_density(data, fields) - position @ position / 2
    return jnp.where(jnp.isnan(log_density), -jnp.inf, log_density)


def run_chains(
    problem: Traceable,
    plan: Plan,
    data: tuple[float, ...],
    *,
    limit: int,
    key: Key[Array, ""],
    compiled: Callable[..., Any],
) -> Chains:
    """Runs chains from the prior until they have spent `limit` runs or made all transitions.

    Args:
        problem: traceable and observed.
        plan: what `compiled` was made for.
        data: what is given.
        limit: runs of all chains together.
        key: of the stream.
        compiled: `program(problem, plan)`, jitted.

    Raises:
        CellError: no start has a density, or the warm-up leaves nothing to sample with.
    """
    made = compiled(jnp.asarray(data, "float64"), jnp.asarray(limit), key)
    can_start, draws, spent, gradients, executed, position, is_divergent = map(np.asarray, made)
    if not can_start:
        raise CellError(
            f"{max(ATTEMPTS, plan.best_of):,} draws from the prior gave data like these with probability 0 in some "
            "chain; check that the model can give them, and its solver"
        )
    if draws < 1:
        raise CellError(
            f"the warm-up of {plan.chains} chains by {plan.warmup:,} transitions took {int(spent):,} solver runs of "
            f"{limit:,}; give more runs, or a shorter warmup"
        )
    return Chains(position[:draws], is_divergent[:draws], plan.warmup, int(spent), int(gradients), int(executed))


def program(problem: Traceable, plan: Plan) -> Callable[..., Any]:
    """The function (data, limit, key) to be jitted: starts, warm-up and transitions of all chains.

    Raises:
        CellError: the solver has no gradient.
    """
    import blackjax  # only where chains are run: the import takes a second

    check_gradient(problem)
    k, lanes = len(problem.parameters) + problem.germ_dimension, jnp.arange(plan.chains)
    mass_matrix = plan.mass_matrix or ("dense" if plan.warmup >= TRANSITIONS_A_COORDINATE * k else "diagonal")

    def run(data: Float[Array, " size"], limit: Int[Array, ""], key: Key[Array, ""]) -> tuple[Any, ...]:
        log_density = partial(log_posterior, problem, data=data)
        start_key, warmup_key, draw_key = jax.random.split(key, 3)
        start, attempts, can_start = starts(jax.vmap(log_density), plan.chains, k, start_key, best_of=plan.best_of)
        warm: Any = blackjax.window_adaptation(
            blackjax.nuts,
            log_density,
            is_mass_matrix_diagonal=mass_matrix == "diagonal",
            target_acceptance_rate=plan.target_acceptance,
            adaptation_info_fn=lambda state, info, adaptation: info.num_integration_steps,
            max_num_doublings=min(plan.depth, WARMUP_DEPTH),
        )
        adapt = jax.vmap(lambda key, position: warm.run(key, position, plan.warmup))
        (state, tuned), steps = adapt(jax.random.split(warmup_key, plan.chains), start)
        kernel = blackjax.nuts.build_kernel()
        transition = jax.vmap(
            lambda key, state, size, inverse_mass: kernel(key, state, log_density, size, inverse_mass, plan.depth)
        )

        def advance(carry: tuple[Any, ...]) -> tuple[Any, ...]:
            t, spent, executed, state, position, is_divergent = carry
            keys = jax.vmap(lambda lane: jax.random.fold_in(jax.random.fold_in(draw_key, t), lane))(lanes)
            state, info = transition(keys, state, tuned["step_size"], tuned["inverse_mass_matrix"])
            taken = info.num_integration_steps
            spent, executed = spent + taken.sum(), executed + plan.chains * taken.max()
            return (
                t + 1,
                spent,
                executed,
                state,
                position.at[t].set(state.position),
                is_divergent.at[t].set(info.is_divergent),
            )

        begun = plan.chains * (attempts + 1)  # starts, and the gradient where the warm-up begins
        spent, executed = begun + steps.sum(), begun + plan.chains * steps.max(axis=0).sum()
        rows = (plan.transitions, plan.chains)
        carry = (jnp.asarray(0), spent, executed, state, jnp.zeros((*rows, k)), jnp.zeros(rows, bool))
        t, spent, executed, _, position, is_divergent = jax.lax.while_loop(
            lambda carry: (carry[0] < plan.transitions) & (carry[1] < limit), advance, carry
        )
        return can_start, t, spent, spent - plan.chains * attempts, executed, position, is_divergent

    return run


def check_gradient(problem: Traceable) -> None:
    """Traces the gradient of the log posterior, and computes nothing.

    Raises:
        CellError: JAX cannot differentiate the solver.
    """
    assert isinstance(problem, Observed)
    lengths = len(problem.parameters) + problem.germ_dimension, problem.observation.size
    position, data = (jax.ShapeDtypeStruct((length,), "float64") for length in lengths)
    try:
        jax.eval_shape(jax.grad(partial(log_posterior, problem)), position, data)
    except Exception as error:  # whatever the user's code raises
        reason = ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])
        raise CellError(
            f"{type(problem).__name__}.simulate has no gradient, which chains follow: {reason}; leave mcmc out, or "
            "write the solver so that JAX can differentiate it in reverse"
        ) from error


def starts(
    log_densities: Callable[[Float[Array, "chains k"]], Float[Array, " chains"]],
    chains: int,
    k: int,
    key: Key[Array, ""],
    *,
    best_of: int = 1,
) -> tuple[Float[Array, "chains k"], Int[Array, ""], Bool[Array, ""]]:
    """For each chain its likeliest draw from the prior, how many were tried, and whether all have one with a density.

    So many are tried as `best_of` says, or more until every chain has one.
    """

    def retry(carry: tuple[Any, ...]) -> tuple[Any, ...]:
        i, position, best = carry
        drawn = jax.vmap(lambda lane: draw_normal(jax.random.fold_in(key, i), lane, k))(jnp.arange(chains))
        found = jnp.nan_to_num(log_densities(drawn), nan=-jnp.inf, neginf=-jnp.inf)
        return i + 1, jnp.where((found > best)[:, None], drawn, position), jnp.maximum(found, best)

    def is_unfinished(carry: tuple[Any, ...]) -> Bool[Array, ""]:
        i, _, best = carry
        return (i < best_of) | (jnp.any(jnp.isneginf(best)) & (i < ATTEMPTS))

    start = (jnp.asarray(0), jnp.zeros((chains, k)), jnp.full(chains, -jnp.inf))
    attempts, position, best = jax.lax.while_loop(is_unfinished, retry, start)
    return position, attempts, ~jnp.any(jnp.isneginf(best))

"""What every registered sampler claims to have cost, against a problem that counts its own rows and lanes.

A sampler of several algorithms is asked by each of them. Generators have no solver: their cost is that of the training
runs, which `tests/runner/test_held_out.py` and `test_plan.py` count.
"""

from collections import Counter
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench import registry
from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.inverse import Predicted
from sgmbench.core.layout import Field, Layout
from sgmbench.core.method import Sampler
from sgmbench.core.prior import Normal, Parameter
from sgmbench.core.problem import Hosted, Leveled, Traceable
from sgmbench.core.rng import stream
from sgmbench.montecarlo.mcmc import MCMC
from sgmbench.problems.linear_gaussian import LinearGaussian

SAMPLERS = [name for name in registry.builtin("methods") if issubclass(registry.load("methods", name), Sampler)]
INVERSE = [name for name in SAMPLERS if "posterior" in registry.load("methods", name).targets]
FORWARD = [name for name in SAMPLERS if name not in INVERSE]
EVENT = {"field": "q", "above": 1.5}
CONTROL = {"kind": "polynomial_chaos", "candidates": 20}
PLAIN = {name: {"kind": name, **(EVENT if name == "importance" else {})} for name in FORWARD} | {
    "importance/subset": {"kind": "importance", "method": "subset", **EVENT},
    "quasi_monte_carlo/latin_hypercube": {"kind": "quasi_monte_carlo", "sequence": "latin_hypercube"},
    "control_variate/learned": {"kind": "control_variate", "control": CONTROL, "folds": 3},
}
"""Every algorithm as a configuration has it."""
CHAINS = {name: {"kind": name} for name in INVERSE} | {"mcmc/one": {"kind": "mcmc", "chains": 1}}
COST = 0.25
"""Of a coarse run, in fine ones."""
COUNTED: Counter = Counter()
BUDGETS = (700, 1_201)
NAMED = pytest.mark.parametrize("name", PLAIN)


class _TwoLevels:
    """q = z + xi_1 + xi_2^2 / 20, the last term on the fine level alone."""

    parameters = (Parameter("z", "V", Normal(0.0, 1.0)),)
    germ_dimension = 2
    layout = Layout((Field("q", "V"),))

    @property
    def relative_cost(self):
        return COST**self.level

    def coarser(self):
        return None if self.level else replace(self, level=1)

    def value(self, z, xi):
        return z[..., 0] + xi[..., 0] + (1 - self.level) * xi[..., 1] ** 2 / 20


@dataclass(frozen=True)
class Traced(_TwoLevels, Traceable, Leveled):
    """Counts the lanes of the device."""

    level: int = 0

    def simulate(self, z, xi):
        jax.debug.callback(lambda _: COUNTED.update([self.level]), xi[0])
        return {"q": self.value(z, xi)}


@dataclass(frozen=True)
class OnHost(_TwoLevels, Hosted, Leveled):
    """Counts the rows that are asked for."""

    level: int = 0

    def simulate_batch(self, z, xi):
        COUNTED[self.level] += len(xi)
        return self.value(z, xi)[:, None]


@jax.custom_vjp
def watched(z):
    """z; counts a run, or a gradient in its place where the run is differentiated."""
    jax.debug.callback(lambda _: COUNTED.update(["runs"]), z[0])
    return z


def watched_forward(z):
    jax.debug.callback(lambda _: COUNTED.update(["gradients"]), z[0])
    return z, None


watched.defvjp(watched_forward, lambda _, cotangent: (cotangent,))


@dataclass(frozen=True)
class Seldom(LinearGaussian):
    """Its solver fails for five of six draws from the prior."""

    def simulate(self, z, xi):
        y = super().simulate(watched(z), xi)["y"]
        return {"y": jnp.where(z[0] < self.prior_sd, jnp.nan, y)}


@dataclass(frozen=True)
class Inverted(LinearGaussian):
    """Counts the lanes of its solver, whatever they are run for."""

    def simulate(self, z, xi):
        jax.debug.callback(lambda _: COUNTED.update([0]), z[0])
        return super().simulate(z, xi)


def deliveries(name, problem, budgets, *, z=()):
    """(delivery, cost counted) of one prepared method for each budget; what compiling runs is not counted."""
    method = build("methods", (PLAIN | CHAINS)[name])
    sample = method.prepare(problem, at_condition=bool(z), clock=Clock())
    for budget in budgets:
        jax.effects_barrier()
        COUNTED.clear()
        delivery = sample(z, budget, stream(budget, "costs", name))
        jax.effects_barrier()
        yield delivery, sum(n * COST**level for level, n in COUNTED.items())


@NAMED
def test_what_was_requested_is_what_a_host_was_asked_for(name):
    """At a condition and from the prior; on a host no lane is wasted, no budget overdrawn, and no row was free."""
    for z in ((), (0.5,)) if "conditional" in registry.load("methods", PLAIN[name]["kind"]).targets else ((),):
        for budget, (delivery, counted) in zip(BUDGETS, deliveries(name, OnHost(), BUDGETS, z=z), strict=True):
            assert delivery.solver_runs == pytest.approx(counted, rel=1e-12)
            assert delivery.executed_runs == pytest.approx(counted, rel=1e-12)
            assert 0 < delivery.solver_runs <= budget
            assert (delivery.gradients, delivery.time_gradient) == (0, None)
            assert max(len(np.unique(delivery.samples.run)), len(delivery.samples.values)) <= sum(COUNTED.values())


@NAMED
def test_what_was_executed_is_what_lanes_ran(name):
    """Those that fill up a chunk are paid for, and are the difference to what was requested."""
    for delivery, counted in deliveries(name, Traced(), BUDGETS[:1]):
        assert delivery.executed_runs == pytest.approx(counted, rel=1e-12)
        assert delivery.solver_runs <= delivery.executed_runs


@pytest.mark.parametrize("name", INVERSE)
def test_samplers_of_a_posterior_pay_for_every_step_of_integration(name):
    """Lanes that wait for the longest trajectory of the others are some percent more than are told."""
    data, problem = (0.5, -0.2), Inverted(dimension=2)
    ((delivery, counted),) = deliveries(name, problem, (6_000,), z=data)
    assert delivery.executed_runs <= counted < 1.05 * delivery.executed_runs
    assert delivery.solver_runs <= delivery.executed_runs
    assert delivery.gradients == delivery.solver_runs - 4 * 61  # draws of each chain, at one of which it begins
    mean = np.asarray(problem.posterior_mean(jnp.asarray(data)))
    assert np.all(np.abs(delivery.samples.values.mean(axis=0) - mean) < 1)


@pytest.mark.slow
def test_a_prediction_pays_for_its_chain_and_executes_the_runs_of_its_draws_once_more():
    """Of one chain that waits for no other, and a lane for each draw in whole chunks of 256."""
    ((delivery, counted),) = deliveries("mcmc/one", Predicted(Inverted(dimension=2)), (800,), z=(0.5, -0.2))
    again = 256 * -(-len(delivery.samples.values) // 256)
    assert counted == delivery.executed_runs == delivery.solver_runs + again


def test_a_chain_pays_for_each_start_that_it_tries_and_for_each_gradient_that_it_follows():
    """Run by run and gradient by gradient, of a chain that waits for no other; timing a gradient is no part of it."""
    sample = MCMC(chains=1).prepare(Seldom(dimension=2), at_condition=True, clock=Clock())
    jax.effects_barrier()
    COUNTED.clear()
    delivery = sample((0.5, -0.2), 2_000, stream(0, "costs", "gradients"))
    jax.effects_barrier()
    assert COUNTED["gradients"] == delivery.gradients >= 1_900
    assert COUNTED["runs"] == delivery.solver_runs - delivery.gradients > 1
    assert delivery.executed_runs == delivery.solver_runs
    assert delivery.time_gradient is not None

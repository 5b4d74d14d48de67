"""Plain Monte Carlo: independent runs of the target.

The unit of account. N runs have E D2(P_N, P) = mu/N in every dimension, so their equivalent runs are N by definition,
and measuring them tests the whole instrument.
"""

from dataclasses import dataclass

from sgmbench.core.method import Delivery, Sampler
from sgmbench.core.prepare import prepare
from sgmbench.core.samples import Samples


@dataclass(frozen=True)
class MonteCarlo(Sampler):
    """Independent solver runs of the target itself, as many as the budget allows."""

    def prepare(self, problem, *, at_condition, clock):
        simulation = prepare(problem, clock, at_condition=at_condition)

        def sample(z, runs, key):
            made = simulation(runs, key=key, z=z)
            samples = Samples.equally_weighted(made.y, problem.layout, is_law=False)
            return Delivery(samples, solver_runs=runs, executed_runs=made.executed)

        return sample

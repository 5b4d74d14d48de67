"""What a method spent.

    price in forward runs = solver runs + (g - 1) gradients

`gradients` of the solver runs were differentiated; such a run, its gradient included, counts as g runs of the forward
model. g is measured where chains are run (`montecarlo.gradient_price`). Where it was not, it is taken to be 4: reverse
mode takes 3 to 4 times the operations of a run, however many its inputs are.

Source: A. Griewank, A. Walther, "Evaluating Derivatives", 2nd edition, SIAM (2008): the cheap gradient principle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

USUAL_GRADIENT = 4.0


@dataclass(frozen=True)
class Cost:
    """Counts and seconds of one cell.

    `solver_runs` are those asked for in fine-run equivalents, `executed_runs` the lanes that the device really ran
    (the last chunk is padded). `gradients` of those asked for were differentiated, too, and `runs_a_gradient` is g as
    measured, None where it was not. `network_evaluations` are those a sample, `samples` all that were drawn, of which
    `extra_samples` at each condition were not delivered. `chunk` solver runs, or samples, were made at once where
    memory or time sufficed for no more, else it is None: numbers are promised to be bitwise the same where chunks are.
    Seconds are split into compile, simulate, train and sample; cold time has compilation in it, warm time has not.
    `cpu_seconds` are those of all this host's processors, empty where they were not measured: others who use the
    machine change them less. `beside` others of the same sweep may have been at work on the machine meanwhile: then
    seconds tell little.
    `operations` are those of the method's own programs, of a Generator to train and sample (`core.operations`): the
    same on every machine, None where they were not counted or are others each time, as where the clock ends a training.
    """

    solver_runs: float = 0.0
    executed_runs: float = 0.0
    gradients: float = 0.0
    runs_a_gradient: float | None = None
    network_evaluations: float = 0.0
    operations: float | None = None
    samples: int = 0
    extra_samples: int = 0
    peak_bytes: int = 0
    chunk: int | None = None
    beside: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    cpu_seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def cold(self) -> float:
        """Seconds with compilation."""
        return sum(self.seconds.values())

    @property
    def warm(self) -> float:
        """Seconds without compilation."""
        return self.cold - self.seconds.get("compile", 0.0)

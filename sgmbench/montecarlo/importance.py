"""Importance sampling: solver runs where a rare event happens, weighted so that together they stand for the whole law.

The event is y < t or y > t of one scalar field. In the standard normal variables u = (zeta, xi) of a run (xi at a
condition) it is {s(u) < 0}, and two algorithms seek it:

    cross_entropy    draws from a mixture fitted to the event (`cross_entropy`). Its probability is unbiased, its error
                     per run the smaller one where the event's regions are few and look flat: a plane in any dimension,
                     four branches in the plane.
    subset           nested events and Markov chains (`subset`). Unbiased for every mean; needs no shape of the event
                     and no density, errs more per run, and may lose a small region among others.

Both may miss a region that their first levels have not seen. The weighted set has a resolved tail and, beside plain
runs of the same number, fewer rows in the bulk: it answers questions about the event. Cost: the budget at most.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import jax
import numpy as np
from annotated_types import Gt, Le, Lt

from sgmbench.core.inputs import dimension
from sgmbench.core.method import Delivery, Sampler
from sgmbench.core.place import Place
from sgmbench.core.prepare import prepare
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.montecarlo.cross_entropy import cross_entropy
from sgmbench.montecarlo.limit_state import LimitState
from sgmbench.montecarlo.subset import subset_simulation


@dataclass(frozen=True)
class Importance(Sampler):
    """Solver runs at a rare event of one output, weighted to stand for the whole law.

    Attributes:
        field: name of a scalar field.
        below: t of the event y < t, in the field's unit; or
        above: t of the event y > t.
        method: how the event is sought.
        fraction: of subset: the share of a level's points that is in the next.
        nominal: of cross_entropy: the share of the last points that is drawn from the problem's own law.
    """

    sees_germ = True

    field: str
    below: float | None = None
    above: float | None = None
    method: Literal["cross_entropy", "subset"] = "cross_entropy"
    fraction: Annotated[float, Gt(0), Le(0.5)] = 0.1
    nominal: Annotated[float, Gt(0), Lt(1)] = 0.2

    def __post_init__(self) -> None:
        if (self.above is None) == (self.below is None):
            count = "neither" if self.above is None else "both"
            raise ValueError(f"{count} of above and below is given for the field {self.field!r}; write one of them")

    def refusals(self, layout) -> dict[Place, str]:
        scalars = [each.name for each in layout.fields if each.size == 1]
        if self.field in scalars:
            return {}
        offer = f"write one of {', '.join(scalars)}" if scalars else "this problem has none"
        return {"field": f"there is no scalar field {self.field!r}; {offer}"}

    def prepare(self, problem, *, at_condition, clock):
        if refused := self.refusals(problem.layout):
            raise CellError(f"importance: {refused['field']}")
        column = problem.layout.slices[self.field].start
        k = dimension(problem, at_condition=at_condition)
        if k == 0:
            raise CellError(
                f"importance: nothing is random in {type(problem).__name__} at a condition; one run says all"
            )
        simulation = prepare(problem, clock, at_condition=at_condition)

        def sample(z, runs, key):
            limit = LimitState(
                simulation,
                z,
                dimension=k,
                column=column,
                threshold=self._threshold,
                is_above=self.above is not None,
                budget=runs,
            )
            rng = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel().tolist())
            with clock("sample"):
                if self.method == "subset":
                    found = subset_simulation(limit, fraction=self.fraction, rng=rng)
                else:
                    found = cross_entropy(limit, nominal=self.nominal, rng=rng)
            samples = Samples(limit.outputs(found.run), problem.layout, False, found.weights, found.run)
            return Delivery(samples, limit.spent, limit.executed, diagnostics=found.told)

        return sample

    @property
    def _threshold(self) -> float:
        """t."""
        return next(t for t in (self.below, self.above) if t is not None)

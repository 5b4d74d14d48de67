"""Closeness: how near samples are to the truth by energy distance, in the unit that both studies plot.

    error = (D2 / mu)^1/2 = N_eq^-1/2

An error below that of `cap` runs cannot be told from none: it is then at most cap^-1/2, the floor.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sgmbench.core.samples import Samples
from sgmbench.errors import UsageError
from sgmbench.metrics.energy import Energy
from sgmbench.statistics.equivalent_runs import EquivalentRuns, equivalent_runs
from sgmbench.studies.subject import Case


@dataclass(frozen=True)
class Closeness:
    """What the energy distance says of samples.

    Attributes:
        d2: D2 / mu as estimated, which scatters around zero where there is no error; NaN without samples.
        error: its root, at most where `equivalent` is at least.
        equivalent: the runs that they are worth.
    """

    d2: float
    error: float
    equivalent: EquivalentRuns


def closeness(y: Float[np.ndarray, "n d"], case: Case) -> Closeness:
    """Of samples as a law.

    Raises:
        UsageError: the reference does not vary, so that no error can be measured in it.
    """
    found = Energy().score(as_law(y, case), case.reference) if np.isfinite(y).all() else {"d2": np.nan, "mu": 1.0}
    if found["mu"] == 0:
        raise UsageError(f"{case.name}: nothing varies there, so no error can be measured; study another condition")
    equivalent = equivalent_runs(np.array([found["d2"]]), mu=found["mu"], cap=case.cap)
    return Closeness(found["d2"] / found["mu"], equivalent.value**-0.5, equivalent)


def as_law(y: Float[np.ndarray, "n d"], case: Case) -> Samples:
    """Rows that stand for the law behind them."""
    return Samples.equally_weighted(y, case.reference.layout, is_law=True)

"""References and samples of a toy problem: fields on the unit interval, with rows given instead of simulated."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples

sys.path.append(str(Path(__file__).parent))  # where `chance` and `worlds` are found

from worlds import Physical, Toy


@pytest.fixture
def reference() -> Callable[..., Reference]:
    """Makes a reference of rows, by default of one field `u` on a line."""

    def make(values, *, z=None, problem=Toy, **shapes) -> Reference:
        shapes = shapes or {"u": (values.shape[1],)}
        return Reference(np.asarray(values, float), problem(tuple(shapes.items())), z)

    return make


@pytest.fixture
def physical() -> type[Physical]:
    """The toy with constraints and a physics to obey."""
    return Physical


@pytest.fixture
def samples() -> Callable[..., Samples]:
    """Makes samples for a reference: a law by default, equally weighted unless weights (and runs) are given."""

    def make(values, reference, *, is_law=True, weights=None, run=None) -> Samples:
        values = np.asarray(values, float)
        equal = Samples.equally_weighted(values, reference.layout, is_law=is_law)
        weights = equal.weights if weights is None else np.asarray(weights, float)
        return Samples(values, reference.layout, is_law, weights, equal.run if run is None else np.asarray(run))

    return make

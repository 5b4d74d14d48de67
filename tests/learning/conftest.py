"""A toy law with known conditional moments, and the floats that a traced function computes with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
import pytest
from jax.extend.core import ClosedJaxpr, Jaxpr

from sgmbench.core.layout import Axis, Field, Layout

LINE = (Axis("x", "m", tuple(np.linspace(0, 1, 6).tolist())),)


@dataclass(frozen=True)
class Toy:
    """y = m(u) + s(u) W xi: two fields of six values on two conditions; the last value of the second is constant."""

    q: int = 2
    layout: Layout = field(default_factory=lambda: Layout((Field("a", "m", LINE), Field("b", "m", LINE))))
    constant: float = 273.15

    @property
    def pattern(self) -> np.ndarray:
        """W [12, 4], of unit rows but for the constant coordinate."""
        rows = np.random.default_rng(7).standard_normal((12, 4))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True) * (np.arange(12) < 11)[:, None]

    def mean(self, u):
        j = np.arange(12)
        curve = 5 * np.cos(j) + 3 * np.outer(u[:, 0], np.sin(j)) + 2 * np.outer(u[:, 0] * u[:, 1], np.cos(2 * j))
        return np.where(j < 11, curve, self.constant)

    def sd(self, u):
        """The second field's spread is much smaller at one end of the first condition."""
        small = np.outer(0.02 * (1.2 + u[:, 0]), np.ones(6))
        return np.hstack([np.outer(1 + 0.5 * u[:, 1], np.ones(6)), small]) * (np.arange(12) < 11)

    def outputs(self, u, rng):
        xi = rng.standard_normal((len(u), 4))
        return self.mean(u) + self.sd(u) * (xi @ self.pattern.T)

    def pairs(self, n, seed=0):
        rng = np.random.default_rng(seed)
        u = rng.uniform(-1, 1, (n, self.q))
        return u, self.outputs(u, rng)


@pytest.fixture(scope="session")
def toy() -> Toy:
    return Toy()


@pytest.fixture(scope="session")
def floats() -> Callable[..., set[str]]:
    """Names of the floating types of all values in the jaxpr of a function, inner jaxprs included."""

    def dtypes(jaxpr: Jaxpr) -> Iterator[Any]:
        for equation in jaxpr.eqns:
            yield from (v.aval.dtype for v in (*equation.invars, *equation.outvars) if hasattr(v.aval, "dtype"))
            for inner in jax.tree.leaves(equation.params, is_leaf=lambda p: isinstance(p, Jaxpr | ClosedJaxpr)):
                if isinstance(inner, Jaxpr | ClosedJaxpr):
                    yield from dtypes(getattr(inner, "jaxpr", inner))

    def of(function: Callable[..., Any], *arguments: Any) -> set[str]:
        found = dtypes(jax.make_jaxpr(function)(*arguments).jaxpr)
        return {str(dtype) for dtype in found if jax.numpy.issubdtype(dtype, jax.numpy.floating)}

    return of

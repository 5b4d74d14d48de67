"""Exact denoisers, and the floats that a traced function computes with."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax.extend.core import ClosedJaxpr, Jaxpr


@pytest.fixture(scope="session")
def floats() -> Callable[..., set[str]]:
    """Names of the floating types of all arrays in the jaxpr of a function, inner jaxprs included.

    Scalars are left out: JAX traces some Python floats as float64 before it casts them; one that promoted would show.
    """

    def dtypes(jaxpr: Jaxpr) -> Iterator[Any]:
        for equation in jaxpr.eqns:
            yield from (v.aval.dtype for v in (*equation.invars, *equation.outvars) if getattr(v.aval, "shape", ()))
            for inner in jax.tree.leaves(equation.params, is_leaf=lambda p: isinstance(p, Jaxpr | ClosedJaxpr)):
                if isinstance(inner, Jaxpr | ClosedJaxpr):
                    yield from dtypes(getattr(inner, "jaxpr", inner))

    def of(function: Callable[..., Any], *arguments: Any) -> set[str]:
        found = dtypes(jax.make_jaxpr(function)(*arguments).jaxpr)
        return {str(dtype) for dtype in found if jnp.issubdtype(dtype, jnp.floating)}

    return of

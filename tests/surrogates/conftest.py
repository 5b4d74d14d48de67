"""Pairs of a law with known conditional mean and spread, one field of independent values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.method import Generator
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs

LAYOUT = Layout((Field("c", "m", (Axis("x", "m", (0.0, 0.5, 1.0, 1.5)),)),))


@dataclass(frozen=True)
class Fitted:
    """A generator's fit with what it learned from, and its sampler."""

    pairs: Pairs
    fit: dict[str, Any]
    sample: Callable[..., np.ndarray]


def pairs(n: int, q: int, seed: int = 0) -> Pairs:
    """y = u_1 + (2 + u_1) gamma noise in four values, less correlated than a kernel would average over."""
    rng = np.random.default_rng(seed)
    u = rng.uniform(-1, 1, (n, q))
    slope = u[:, :1] if q else np.zeros((n, 1))
    mix = np.array([[1, 0, 0, 0], [0.6, 0.8, 0, 0], [0, 0.6, 0.8, 0], [0, 0, -0.6, 0.8]])
    return Pairs(u, 10 + 4 * slope + (2 + slope) * ((rng.gamma(2.0, size=(n, 4)) - 2) @ mix.T))


@pytest.fixture(scope="session")
def fitted() -> Callable[..., Fitted]:
    """Fits a generator to n pairs with q conditions, once for each of them."""
    known: dict[Any, Fitted] = {}

    def make(generator: Generator, *, n: int, q: int) -> Fitted:
        if (generator, n, q) not in known:
            data = pairs(n, q)
            fit = generator.fit(data, LAYOUT, key=jax.random.key(0), clock=Clock(), progress=silent)
            known[generator, n, q] = Fitted(data, fit, generator.prepare(fit, clock=Clock()))
        return known[generator, n, q]

    return make

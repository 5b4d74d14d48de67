"""Inputs of a model outside JAX: where each entry of its input vectors comes from, as a configuration says it.

x_j = z_i                              a parameter with a prior
x_j = T(xi_i), xi_i ~ N(0, 1)          varies from run to run, by the law whose transport is T
x_j = a fixed number
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le
from jaxtyping import Float

from sgmbench.core.prior import LogNormal, LogUniform, Normal, Prior, Uniform

PRIORS = {"uniform": Uniform, "log_uniform": LogUniform, "normal": Normal, "log_normal": LogNormal}

Law = tuple[Literal["uniform", "log_uniform", "normal", "log_normal"], float, float]


def prior_of(law: Law) -> Prior:
    """The prior that a law stands for: (low, high) of the uniform ones, (mean, sd) of the normal ones.

    Raises:
        ValueError: the numbers do not suit it.
    """
    name, first, second = law
    if name in ("normal", "log_normal") and not second > 0:
        raise ValueError(f"{name} is [{name}, mean, sd], and {second:g} is not a positive sd")
    if name in ("uniform", "log_uniform") and not first < second:
        raise ValueError(f"{name} is [{name}, low, high], and {first:g} is not below {second:g}")
    if name == "log_uniform" and not first > 0:
        raise ValueError(f"log_uniform is [log_uniform, low, high], and {first:g} has no logarithm")
    return PRIORS[name](first, second)


@dataclass(frozen=True)
class Input:
    """Some entries of a model's input: a parameter, something that varies, or a fixed number.

    Attributes:
        name: of the parameter; with `size` above 1 they are name_1, name_2, ...
        unit: of the entries.
        parameter: the prior of an entry of z.
        germ: the law of an entry that varies from run to run.
        value: a fixed number.
        size: how many entries in a row are alike.
        vector: the input vector that they belong to, counted from 1.
    """

    name: str
    unit: str = "-"
    parameter: Law | None = None
    germ: Law | None = None
    value: float | None = None
    size: Annotated[int, Ge(1), Le(1_000_000)] = 1
    vector: Annotated[int, Ge(1), Le(1_000_000)] = 1

    def __post_init__(self) -> None:
        given = [kind for kind in ("parameter", "germ", "value") if getattr(self, kind) is not None]
        if len(given) != 1:
            has = " and ".join(given) or "none of them"
            raise ValueError(f"{self.name} is to have one of parameter, germ and value; it has {has}")
        if law := self.parameter or self.germ:
            prior_of(law)

    @property
    def names(self) -> list[str]:
        """One for each entry."""
        return [self.name] if self.size == 1 else [f"{self.name}_{i}" for i in range(1, self.size + 1)]


def vector_sizes(inputs: Sequence[Input]) -> list[int]:
    """The length of each input vector."""
    count = max(entry.vector for entry in inputs)
    return [sum(entry.size for entry in inputs if entry.vector == vector) for vector in range(1, count + 1)]


def vectors_of(
    inputs: Sequence[Input], z: Float[np.ndarray, "n p"], xi: Float[np.ndarray, "n m"]
) -> list[list[list[float]]]:
    """The input vectors of each run."""
    blocks: list[list[np.ndarray]] = [[np.zeros((len(z), 0))] for _ in vector_sizes(inputs)]
    p = m = 0
    for entry in inputs:
        if entry.parameter:
            block, p = z[:, p : p + entry.size], p + entry.size
        elif entry.germ:
            block = np.asarray(prior_of(entry.germ).from_normal(xi[:, m : m + entry.size]))
            m += entry.size
        else:
            block = np.full((len(z), entry.size), entry.value)
        blocks[entry.vector - 1].append(block)
    vectors = [np.concatenate(columns, axis=1).tolist() for columns in blocks]
    return [list(run) for run in zip(*vectors, strict=True)]

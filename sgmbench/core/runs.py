"""Runs: solver runs of one stream, the only thing that a Generator learns from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float


@dataclass(frozen=True)
class Runs:
    """n runs. Germs are not kept: run i of a stream draws its germ again from the stream's key and i.

    `chunk` were made at once where memory did not suffice for as many as are usual.
    """

    z: Float[np.ndarray, "n p"]
    y: Float[np.ndarray, "n d"]
    ok: Bool[np.ndarray, " n"]
    executed: int
    seconds: dict[str, float]
    chunk: int | None = None

    @property
    def failed(self) -> int:
        """Runs that gave NaN or infinity: paid for, and never used."""
        return int(np.sum(~self.ok))


@dataclass(frozen=True)
class Pairs:
    """What a Generator sees.

    Attributes:
        given: coordinates in [-1, 1]^q; q = 0 for a marginal.
        learned: the y to learn.
        germ: what else made each y, for a Surrogate alone (see `core.germs`).
    """

    given: Float[np.ndarray, "n q"]
    learned: Float[np.ndarray, "n d"]
    germ: Float[np.ndarray, "n k"] | None = None

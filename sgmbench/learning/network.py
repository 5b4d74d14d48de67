"""Network: the hyperparameters of a conditional regression (x, level, given) -> output of x's size."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from flax import nnx
from jaxtyping import Array, Float

Module = Callable[[Float[Array, "n k"], Float[Array, " n"], Float[Array, "n q"]], Float[Array, "n k"]]


class Network(ABC):
    """Builds float32 modules that map coordinates x, at one noise level each, to outputs of the same size."""

    @abstractmethod
    def build(self, *, size: int, given: int, rngs: nnx.Rngs) -> Module:
        """An NNX module for k = `size` coordinates and q = `given` conditioning features.

        Its output is zero at initialization, so that what it corrects starts unchanged.
        """

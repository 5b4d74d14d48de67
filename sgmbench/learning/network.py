"""Network: the hyperparameters of a conditional regression (x, level, given) -> output of x's size."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from flax import nnx
from jaxtyping import Array, Float

from sgmbench.learning.geometry import Geometry

Module = Callable[[Float[Array, "n k"], Float[Array, " n"], Float[Array, "n q"]], Float[Array, "n k"]]


class Network(ABC):
    """Builds float32 modules that map coordinates x, at one noise level each, to outputs of the same size."""

    @abstractmethod
    def build(self, *, geometry: Geometry, given: int, rngs: nnx.Rngs) -> Module:
        """An NNX module for the k = `geometry.size` coordinates of a sample and q = `given` conditioning features.

        Its output is zero at initialization, so that what it corrects starts unchanged.
        """

    def refusal(self, geometry: Geometry) -> str | None:
        """Why this network cannot work on such coordinates, and what can; None where it can.

        It is asked before there are data, too; `geometry.at_most` then tells that there may be fewer channels.
        """
        return None

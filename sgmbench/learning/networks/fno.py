"""Fourier neural operator on a line or a plane (see `conditioned` and `residual`).

    h + W2 silu(FiLM(K h + W1 h; e)),     K a spectral convolution, W1 and W2 acting on the channels of one point

It is an operator: its parameters depend on no grid. It takes fields to be periodic; `padding` lengthens each axis by a
share of itself with zeros for fields that are not.

Source: Z. Li et al., "Fourier Neural Operator for Parametric Partial Differential Equations" (2021).
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import Annotated

from annotated_types import Ge, Le
from flax import nnx
from jaxtyping import Array, Float

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.network import Network
from sgmbench.learning.networks.conditioned import ConditionedNetwork
from sgmbench.learning.networks.layers import Dense
from sgmbench.learning.networks.padded import Padded
from sgmbench.learning.networks.refusals import without_grid
from sgmbench.learning.networks.residual import ResidualBlock
from sgmbench.learning.networks.spectral_convolution import SpectralConvolution


@dataclass(frozen=True)
class FNO(Network):
    """Fourier neural operator: 1-D or 2-D fields by their lowest Fourier modes.

    Attributes:
        width: channels of the hidden layers.
        blocks: residual blocks.
        modes: frequencies kept along each axis, the constant one among them.
        padding: zeros after the end of each axis, as a share of it; 0 for periodic fields.
    """

    width: Annotated[int, Ge(8)] = 32
    blocks: Annotated[int, Ge(1)] = 4
    modes: Annotated[int, Ge(1)] = 12
    padding: Annotated[float, Ge(0), Le(1)] = 0.0

    def refusal(self, geometry):
        if refusal := without_grid("fno", geometry, (1, 2)):
            return refusal
        shortest = min(self._padded(geometry).grid)
        possible = (shortest + 1) // 2
        if self.modes <= possible:
            return None
        return (
            f"fno keeps {self.modes} modes along each axis; an axis of {shortest} points"
            f"{', padding included,' if self.padding else ''} has {possible} (write modes: {possible})"
        )

    def build(self, *, geometry, given, rngs):
        sizes = {"width": self.width, "embedding": self.width, "rngs": rngs}

        def block() -> ResidualBlock:
            first = SpectralAndPointwise(self.width, rngs, modes=self.modes, dimensions=len(geometry.grid))
            return ResidualBlock(first, Dense(self.width, self.width, rngs, zero=True), **sizes)

        outer = self._padded(geometry)
        network = ConditionedNetwork(outer, block, blocks=self.blocks, given=given, **sizes)
        return Padded(network, inner=geometry, outer=outer) if self.padding else network

    def _padded(self, geometry: Geometry) -> Geometry:
        return replace(geometry, grid=tuple(size + ceil(self.padding * size) for size in geometry.grid))


class SpectralAndPointwise(nnx.Module):
    """K h + W1 h."""

    def __init__(self, width: int, rngs: nnx.Rngs, *, modes: int, dimensions: int) -> None:
        self.spectral = SpectralConvolution(width, rngs, modes=modes, dimensions=dimensions)
        self.pointwise = Dense(width, width, rngs)

    def __call__(self, h: Float[Array, "n *grid w"]) -> Float[Array, "n *grid w"]:
        return self.spectral(h) + self.pointwise(h)

"""Residual multilayer perceptron.

    h_0     = W_in x
    h_{b+1} = h_b + W2 silu( (1 + gamma_b(e)) * norm(W1 h_b) + beta_b(e) ),     b = 0 ... blocks - 1
    F       = W_out norm(h_blocks)

Every coordinate is a channel, whatever grid it lies on; e (see `embedding`) is half as wide as the hidden layers. W2
and W_out start at zero.
"""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.network import Network
from sgmbench.learning.networks.conditioned import ConditionedNetwork
from sgmbench.learning.networks.layers import Dense
from sgmbench.learning.networks.residual import ResidualBlock


@dataclass(frozen=True)
class MLP(Network):
    """Dense residual blocks, each modulated by noise level and conditions.

    Attributes:
        width: of the hidden layers.
        blocks: residual blocks.
    """

    width: Annotated[int, Ge(8)] = 256
    blocks: Annotated[int, Ge(1)] = 3

    def build(self, *, geometry, given, rngs):
        sizes = {"width": self.width, "embedding": self.width // 2, "rngs": rngs}

        def block() -> ResidualBlock:
            first = Dense(self.width, self.width, rngs)
            second = Dense(self.width, self.width, rngs, zero=True)
            return ResidualBlock(first, second, **sizes)

        return ConditionedNetwork(Geometry(geometry.size), block, blocks=self.blocks, given=given, **sizes)

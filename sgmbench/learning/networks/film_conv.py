"""Residual convolutions of fields on a line (see `conditioned` and `residual`).

    h + A2 silu(FiLM(A1 h; e)),     A1 and A2 convolutions

At its defaults it has the size of the published network for a porous electrode: ten blocks of two width-7 convolutions
at 64 channels, replicate ends; an output depends on inputs within blocks (kernel - 1) = 60 points. That network
modulates after both convolutions of a block, does not normalize, and does not begin as the zero map.

Source: H. Vandecasteele, "Generative AI for Computational Science by Example" (2026), and its published code,
OpenNumerics/SGM-for-porous-media.
"""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from sgmbench.learning.network import Network
from sgmbench.learning.networks.conditioned import ConditionedNetwork
from sgmbench.learning.networks.refusals import require_odd, without_grid
from sgmbench.learning.networks.residual import ResidualBlock
from sgmbench.learning.networks.shifted_convolution import Ends, convolutional_block


@dataclass(frozen=True)
class FiLMConv(Network):
    """Residual convolutions of 1-D fields, modulated by noise level and conditions.

    Attributes:
        width: channels of the hidden layers.
        blocks: residual blocks, of two convolutions each.
        kernel: points that a convolution sees, an odd number.
        ends: how fields go on beyond their ends, by the last value or periodically. A periodic network knows no place:
            what differs from point to point, such as the mean, has to be taken out before (`residual`).
    """

    width: Annotated[int, Ge(8)] = 64
    blocks: Annotated[int, Ge(1)] = 10
    kernel: Annotated[int, Ge(3)] = 7
    ends: Ends = "replicate"

    def __post_init__(self) -> None:
        require_odd(self.kernel)

    def refusal(self, geometry):
        return without_grid("film_conv", geometry, (1,))

    def build(self, *, geometry, given, rngs):
        sizes = {"width": self.width, "embedding": self.width, "rngs": rngs}

        def block() -> ResidualBlock:
            return convolutional_block(kernel=self.kernel, dimensions=1, ends=self.ends, **sizes)

        return ConditionedNetwork(geometry, block, blocks=self.blocks, given=given, **sizes)

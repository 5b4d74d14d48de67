"""The U-Net of `unet` on a line; the default sizes are made for 50 to 500 points."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Len

from sgmbench.learning.network import Network
from sgmbench.learning.networks.refusals import require_odd
from sgmbench.learning.networks.shifted_convolution import Ends
from sgmbench.learning.networks.unet import build_unet, unet_refusal


@dataclass(frozen=True)
class UNet1D(Network):
    """Convolutions of 1-D fields at several resolutions, with noise level and conditions.

    Attributes:
        widths: channels of the hidden layers at each resolution, the finest first.
        blocks: residual blocks at each resolution, on the way down and on the way up.
        kernel: points that a convolution sees along each axis, an odd number.
        ends: how fields go on beyond their ends, by the last value or periodically. A periodic network knows no place:
            what differs from point to point, such as the mean, has to be taken out before (`residual`).
    """

    widths: Annotated[tuple[Annotated[int, Ge(8)], ...], Len(1)] = (32, 64, 128)
    blocks: Annotated[int, Ge(1)] = 2
    kernel: Annotated[int, Ge(3)] = 5
    ends: Ends = "replicate"

    def __post_init__(self) -> None:
        require_odd(self.kernel)

    def refusal(self, geometry):
        return unet_refusal("unet1d", geometry, dimensions=1, levels=len(self.widths))

    def build(self, *, geometry, given, rngs):
        shape = {"widths": self.widths, "blocks": self.blocks, "kernel": self.kernel, "ends": self.ends}
        return build_unet(geometry, **shape, given=given, rngs=rngs)

"""What a network will be given is known before there are data: the grid exactly, the number of modes as a bound."""

from dataclasses import dataclass

import jax
import numpy as np
import pytest
from flax import nnx

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.errors import CellError
from sgmbench.learning.compatibility import check_output, planned_geometry, refusal_on
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.network import Network
from sgmbench.learning.networks.film_conv import FiLMConv
from sgmbench.learning.networks.fno import FNO
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.networks.unet2d import UNet2D
from sgmbench.learning.parameters import drawn
from sgmbench.learning.representation import coordinate_geometry, fit_representation
from sgmbench.learning.representations.conditional_scale import ConditionalScale
from sgmbench.learning.representations.identity import Identity
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.residual import Residual
from sgmbench.learning.representations.standardize import Standardize

X = Axis("x", "m", tuple(np.linspace(0, 1, 6).tolist()))
LINES = Layout((Field("a", "m", (X,)), Field("b", "V", (X,))))
SCALARS = Layout((Field("a", "m"), Field("b", "V"), Field("c", "V")))


@dataclass(frozen=True)
class Narrow(Network):
    """A user's network, of one output a row, or as many as told."""

    outputs: int = 1

    def build(self, *, geometry, given, rngs):
        linear = nnx.Linear(geometry.size + given + 1, self.outputs, rngs=rngs)
        return Joined(linear)


class Joined(nnx.Module):
    def __init__(self, linear):
        self.linear = linear

    def __call__(self, x, level, given):
        return self.linear(jax.numpy.concatenate([x, level[:, None], given], axis=1))


MODES = (Residual(), KarhunenLoeve(), ConditionalScale())


@pytest.mark.parametrize(
    "transforms",
    [(Identity(),), (Standardize(), Residual()), (ConditionalScale(), Standardize("field"))],
    ids=lambda transforms: type(transforms[0]).__name__,
)
@pytest.mark.parametrize("layout", [LINES, SCALARS, Layout((*LINES.fields, Field("q", "V")))])
def test_the_planned_geometry_is_that_of_the_fit(transforms, layout):
    rng = np.random.default_rng(0)
    arrays, _ = fit_representation(transforms, rng.uniform(-1, 1, (30, 1)), rng.random((30, layout.size)), layout)
    assert planned_geometry(transforms, layout) == coordinate_geometry(arrays)


@pytest.mark.parametrize(("modes", "rank", "most"), [(60, 2, 12), (60, 12, 12), (5, 12, 5), (5, 2, 5)])
def test_modes_are_no_more_than_planned(modes, rank, most):
    rng = np.random.default_rng(0)
    y = rng.standard_normal((40, rank)) @ rng.standard_normal((rank, 12))
    transforms = (Standardize(), KarhunenLoeve(lost_variance=0.0, modes=modes))
    arrays, _ = fit_representation(transforms, np.zeros((40, 0)), y, LINES)
    planned = planned_geometry(transforms, LINES)
    assert planned == Geometry(most, at_most=True)
    assert coordinate_geometry(arrays) == Geometry(min(rank, modes))


@pytest.mark.parametrize(
    ("network", "transforms", "layout", "said"),
    [
        (UNet2D(), (Residual(),), LINES, "unet2d needs fields on a 2-D grid; these are fields on a 1-D grid, 6 points "
         "(write network: film_conv, unet1d, fno or mlp)"),
        (FNO(), (Identity(),), SCALARS, "fno needs fields on a 1-D or 2-D grid; these are 3 coordinates without a grid "
         "(write network: mlp)"),
        (FNO(), MODES, SCALARS, "fno needs fields on a 1-D or 2-D grid; these are at most 3 coordinates without a grid "
         "(write network: mlp)"),
        (FiLMConv(), MODES, LINES, "film_conv needs fields on a 1-D grid; these are at most 12 coordinates without a "
         "grid (write network: mlp); a representation that keeps the grid, without karhunen_loeve say, fits too"),
        (UNet2D(), MODES, LINES, "unet2d needs fields on a 2-D grid; these are at most 12 coordinates without a grid "
         "(write network: mlp)"),
        (FNO(modes=4), (Residual(),), LINES, "fno keeps 4 modes along each axis; an axis of 6 points has 3 "
         "(write modes: 3)"),
        (FNO(modes=3), (Residual(),), LINES, None),
        (MLP(), MODES, LINES, None),
    ],
)  # fmt: skip
def test_what_does_not_fit_and_what_does(network, transforms, layout, said):
    assert refusal_on(planned_geometry(transforms, layout), network, layout) == said


def test_an_output_of_another_shape_is_refused_before_it_broadcasts():
    for outputs, refused in ((1, True), (2, True), (3, False)):
        network = Narrow(outputs)
        module = drawn(lambda rngs, n=network: n.build(geometry=Geometry(3), given=2, rngs=rngs), jax.random.key(0))
        if not refused:
            check_output(*module, network, size=3, given=2)
            continue
        with pytest.raises(CellError) as caught:
            check_output(*module, network, size=3, given=2)
        assert str(caught.value) == (
            f"Narrow returns an output of shape [n, {outputs}] for coordinates of shape [n, 3]; build a module that "
            "returns one number for each of the geometry.size = 3 coordinates of each row"
        )

"""U-Nets: shifts, ends, odd grids, what an output sees, and what is refused."""

import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.unet import double, halve
from sgmbench.learning.networks.unet1d import UNet1D
from sgmbench.learning.networks.unet2d import UNet2D

LINE, PLANE = Geometry(2, (12,)), Geometry(2, (8, 4))
SMALL = {"widths": (8, 12, 8), "blocks": 1, "kernel": 3}


def rolled(x, geometry, by):
    axes = tuple(range(2, 2 + len(by)))
    return np.roll(np.asarray(x).reshape(-1, geometry.channels, *geometry.grid), by, axis=axes).reshape(x.shape)


@pytest.mark.parametrize(
    ("spec", "geometry", "by", "between"),
    [
        (UNet1D(**SMALL, ends="periodic"), LINE, (4,), (2,)),
        (UNet2D(**{**SMALL, "widths": (8, 12)}, ends="periodic"), PLANE, (2, -2), (1, 0)),
    ],
)
def test_periodic_commutes_with_shifts_of_the_coarsest_grid_alone(spec, geometry, by, between, build, inputs, evaluate):
    network = evaluate(*build(spec, geometry))
    x, level, given = inputs(geometry)

    def defect(by):
        return abs(network(rolled(x, geometry, by), level, given) - rolled(network(x, level, given), geometry, by))

    assert defect(by).max() < 1e-4
    assert defect(between).max() > 1e-2


def test_replicate_differs_from_periodic(build, inputs, evaluate):
    one, other = (evaluate(*build(UNet1D(**SMALL, ends=ends), LINE)) for ends in ("replicate", "periodic"))
    assert abs(one(*inputs(LINE)) - other(*inputs(LINE))).max() > 1e-2


@pytest.mark.parametrize(
    ("spec", "geometry"),
    [(UNet1D(**SMALL), Geometry(2, (7,))), (UNet2D(widths=(8, 8), blocks=1), Geometry(1, (3, 5)))],
)
def test_on_odd_grids_every_output_sees_every_input(spec, geometry, build, inputs, jacobian):
    assert abs(jacobian(*build(spec, geometry), inputs(geometry))).min() > 0


def test_halving_takes_means_and_continues_an_odd_axis_by_its_end():
    h = jnp.asarray([[1, 3, 5, 7, 9]], jnp.float32)[..., None]
    np.testing.assert_array_equal(halve(h, "replicate")[0, :, 0], [2, 6, 9])
    np.testing.assert_array_equal(halve(h, "periodic")[0, :, 0], [2, 6, 5])
    plane = jnp.arange(12, dtype=jnp.float32).reshape(1, 2, 6, 1)
    np.testing.assert_array_equal(halve(plane, "replicate")[0, :, :, 0], [[3.5, 5.5, 7.5]])


def test_halving_undoes_doubling():
    h = jnp.asarray(np.random.default_rng(0).standard_normal((2, 3, 2, 4)), jnp.float32)
    for grid in ((6, 4), (5, 3)):
        assert double(h, grid).shape == (2, *grid, 4)
        np.testing.assert_array_equal(halve(double(h, grid), "replicate"), h)


def test_the_default_takes_fields_of_every_length_from_five_on():
    possible = [length for length in range(1, 40) if UNet1D().refusal(Geometry(1, (length,))) is None]
    assert possible == list(range(5, 40))


def test_refuses_what_has_no_line_or_plane():
    assert UNet1D().refusal(Geometry(1, (32, 32))) == (
        "unet1d needs fields on a 1-D grid; these are fields on a 2-D grid, 32 x 32 points "
        "(write network: unet2d, fno or mlp)"
    )
    assert UNet2D().refusal(Geometry(2, (100,))) == (
        "unet2d needs fields on a 2-D grid; these are fields on a 1-D grid, 100 points "
        "(write network: film_conv, unet1d, fno or mlp)"
    )


def test_refuses_a_grid_too_small_for_its_levels():
    assert UNet1D(widths=(8, 8, 8, 8)).refusal(Geometry(2, (6,))) == (
        "unet1d with 4 widths halves its grid 3 times; 6 points can be halved 2 times (write at most 3 widths)"
    )
    assert UNet2D().refusal(Geometry(2, (64, 4))) == (
        "unet2d with 3 widths halves its grid 2 times; 4 points can be halved 1 time (write at most 2 widths)"
    )


@pytest.mark.parametrize("network", [UNet1D, UNet2D])
def test_a_kernel_without_center_is_refused(network):
    with pytest.raises(ValueError, match=r"^kernel: 4 is not odd; write 3 or 5$"):
        network(kernel=4)

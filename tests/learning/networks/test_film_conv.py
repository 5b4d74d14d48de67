"""FiLMConv: shifts, ends, how far an output sees, and what is refused."""

import numpy as np
import pytest

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.film_conv import FiLMConv

LENGTH, REACH = 9, 2
LINE = Geometry(2, (LENGTH,))


def spec(ends):
    return FiLMConv(width=8, blocks=1, kernel=3, ends=ends)


def shifted(x, by):
    return np.roll(np.asarray(x).reshape(-1, 2, LENGTH), by, axis=-1).reshape(x.shape)


def test_periodic_commutes_with_shifts(build, inputs, evaluate):
    network = evaluate(*build(spec("periodic"), LINE))
    x, level, given = inputs(LINE)
    np.testing.assert_allclose(network(shifted(x, 4), level, given), shifted(network(x, level, given), 4), atol=1e-4)


def test_ends_matter_within_reach_of_them_alone(build, inputs, evaluate):
    replicate, periodic = (evaluate(*build(spec(ends), LINE)) for ends in ("replicate", "periodic"))
    difference = np.asarray(abs(replicate(*inputs(LINE)) - periodic(*inputs(LINE)))).reshape(-1, LENGTH)
    assert difference[:, [0, -1]].min() > 1e-3
    assert difference[:, REACH:-REACH].max() < 1e-4


def test_an_output_sees_all_channels_within_blocks_times_kernel_less_one(build, inputs, jacobian):
    J = jacobian(*build(spec("replicate"), LINE), inputs(LINE))
    points = np.tile(np.arange(LENGTH), 2)
    np.testing.assert_array_equal(J != 0, abs(points[:, None] - points) <= REACH)


def test_refuses_what_has_no_line():
    assert FiLMConv().refusal(Geometry(60)) == (
        "film_conv needs fields on a 1-D grid; these are 60 coordinates without a grid (write network: mlp)"
    )
    assert FiLMConv().refusal(Geometry(2, (32, 16))) == (
        "film_conv needs fields on a 1-D grid; these are fields on a 2-D grid, 32 x 16 points "
        "(write network: unet2d, fno or mlp)"
    )
    assert FiLMConv().refusal(Geometry(1, (4, 4, 4))) == (
        "film_conv needs fields on a 1-D grid; these are fields on a 3-D grid, 4 x 4 x 4 points (write network: mlp)"
    )


def test_a_kernel_without_center_is_refused():
    with pytest.raises(ValueError, match=r"^kernel: 6 is not odd; write 5 or 7$"):
        FiLMConv(kernel=6)

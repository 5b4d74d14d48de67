"""FNO: shifts, refinement of the grid, padding, and what is refused."""

import numpy as np
import pytest

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.fno import FNO


@pytest.mark.parametrize(("grid", "by"), [((64,), (5,)), ((32, 48), (3, -1))])
def test_commutes_with_shifts(grid, by, build, inputs, evaluate):
    geometry = Geometry(1, grid)
    network = evaluate(*build(FNO(width=8, blocks=2, modes=3), geometry, noise=0.2))
    x, level, given = inputs(geometry)

    def shifted(x):
        return np.roll(np.reshape(x, (-1, *grid)), by, axis=tuple(range(1, 1 + len(by)))).reshape(x.shape)

    np.testing.assert_allclose(network(shifted(x), level, given), shifted(network(x, level, given)), atol=1e-4)


def waves(grid):
    """Sums of Fourier modes 0 and 1 on a grid, three rows."""
    x = np.meshgrid(*[2 * np.pi * np.arange(n) / n for n in grid], indexing="ij")
    total = sum(x)
    fields = [np.sin(x[0]) + 0.5, np.cos(total) - 0.2 * np.sin(x[-1]), 1 + 0.3 * np.sin(total)]
    return np.stack(fields).reshape(3, -1).astype(np.float32)


@pytest.mark.parametrize("grid", [(64,), (32, 48)])
def test_acts_alike_on_a_refined_grid(grid, build, inputs, evaluate):
    coarse, fine = Geometry(1, grid), Geometry(1, tuple(2 * n for n in grid))
    spec = FNO(width=8, blocks=2, modes=3)
    _, parameters = build(spec, coarse, noise=0.2)
    _, level, given = inputs(coarse)

    def output(geometry):
        network = evaluate(build(spec, geometry)[0], parameters)
        return network(waves(geometry.grid), level, given).reshape(-1, *geometry.grid)

    every_other = (..., *[slice(None, None, 2)] * len(grid))
    expected = output(coarse)
    assert expected.std() > 1e-2
    np.testing.assert_allclose(output(fine)[every_other], expected, atol=1e-5)


def test_padding_is_a_longer_grid_with_zeros(build, inputs, evaluate):
    inner, outer = Geometry(2, (5, 4)), Geometry(2, (7, 6))
    padded = evaluate(*build(FNO(width=8, blocks=1, modes=2, padding=0.3), inner))
    longer = evaluate(*build(FNO(width=8, blocks=1, modes=2), outer))
    x, level, given = inputs(inner)
    zeros = np.pad(x.reshape(-1, 2, 5, 4), ((0, 0), (0, 0), (0, 2), (0, 2))).reshape(len(x), -1)
    expected = longer(zeros, level, given).reshape(-1, 2, 7, 6)[:, :, :5, :4].reshape(len(x), -1)
    np.testing.assert_allclose(padded(x, level, given), expected, atol=1e-5)


def test_refuses_what_has_no_line_or_plane():
    assert FNO().refusal(Geometry(60)) == (
        "fno needs fields on a 1-D or 2-D grid; these are 60 coordinates without a grid (write network: mlp)"
    )
    assert FNO().refusal(Geometry(1, (8, 8, 8))) == (
        "fno needs fields on a 1-D or 2-D grid; these are fields on a 3-D grid, 8 x 8 x 8 points (write network: mlp)"
    )


def test_refuses_more_modes_than_the_grid_has():
    assert FNO(modes=16).refusal(Geometry(1, (40, 20))) == (
        "fno keeps 16 modes along each axis; an axis of 20 points has 10 (write modes: 10)"
    )
    assert FNO(modes=10).refusal(Geometry(1, (40, 20))) is None
    assert FNO(modes=15, padding=0.5).refusal(Geometry(1, (40, 20))) is None
    assert FNO(modes=16, padding=0.5).refusal(Geometry(1, (40, 20))) == (
        "fno keeps 16 modes along each axis; an axis of 30 points, padding included, has 15 (write modes: 15)"
    )

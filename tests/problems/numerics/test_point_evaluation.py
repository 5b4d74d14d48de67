import numpy as np
import pytest
from skfem import Basis, ElementQuad2

from sgmbench.problems.numerics.cookie_mesh import cookie_mesh
from sgmbench.problems.numerics.point_evaluation import point_evaluation

LEVELS = (1, 2, 3)


@pytest.fixture(scope="module")
def bases():
    return [Basis(cookie_mesh(level), ElementQuad2()) for level in LEVELS]


@pytest.fixture(scope="module")
def points():
    """Random ones, and some on edges and corners."""
    special = [(0.0, 0.0), (1.0, 0.3), (0.4, 0.4), (0.35, 0.5), (0.2 + 0.13, 0.2), (0.5, 0.5)]
    return np.concatenate([np.random.default_rng(0).random((500, 2)), special])


def test_linear_functions_are_reproduced(bases, points):
    for basis in bases:
        x, y = basis.doflocs
        found = point_evaluation(basis, points) @ (1 + 2 * x - 3 * y)
        np.testing.assert_allclose(found, 1 + 2 * points[:, 0] - 3 * points[:, 1], rtol=1e-11, atol=1e-11)


def test_nodal_values_are_returned_at_nodes(bases):
    basis = bases[0]
    nodes = np.random.default_rng(1).choice(basis.N, 100, replace=False)
    values = np.random.default_rng(2).standard_normal(basis.N)
    found = point_evaluation(basis, basis.doflocs[:, nodes].T) @ values
    np.testing.assert_allclose(found, values[nodes], rtol=1e-9, atol=1e-9)


def test_smooth_functions_are_interpolated_at_order_three(bases, points):
    def smooth(x, y):
        return np.sin(3 * x + 1) * np.exp(y)

    errors = [
        np.sqrt(np.mean((point_evaluation(b, points) @ smooth(*b.doflocs) - smooth(*points.T)) ** 2)) for b in bases
    ]
    assert -np.polyfit(LEVELS, np.log2(errors), 1)[0] == pytest.approx(3, abs=0.15)

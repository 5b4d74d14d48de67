import numpy as np
import pytest
from skfem import Basis, ElementQuad2

from sgmbench.problems.numerics.cookie_mesh import DISCS, RADIUS, cookie_mesh

LEVELS = (0, 1, 2, 3)


@pytest.fixture(scope="module")
def bases():
    return [Basis(cookie_mesh(level), ElementQuad2()) for level in LEVELS]


def test_the_elements_tile_the_square(bases):
    for level, basis in zip(LEVELS, bases, strict=True):
        assert basis.mesh.nelements == 93 * 4**level
        assert basis.mapping.detDF(basis.X).min() > 0
        assert basis.dx.sum() == pytest.approx(1, rel=1e-12)
        ends = basis.mesh.p[:, basis.mesh.facets[:, basis.mesh.boundary_facets()]]
        assert np.all(np.min([ends, 1 - ends], axis=(0, 1)).max(axis=0) < 1e-12)


def test_the_source_is_met_exactly_and_the_discs_at_order_four(bases):
    assert all(b.with_elements("source").dx.sum() == pytest.approx(0.04, rel=1e-12) for b in bases)
    for n in range(8):
        errors = [abs(b.with_elements(f"disc{n}").dx.sum() - np.pi * RADIUS**2) for b in bases]
        assert -np.polyfit(LEVELS, np.log2(errors), 1)[0] == pytest.approx(4, abs=0.05)


def test_disc_and_background_meet_on_the_circle(bases):
    basis = bases[1]
    background = np.unique(basis.with_elements("background").element_dofs)
    for n, center in enumerate(DISCS):
        shared = np.intersect1d(basis.with_elements(f"disc{n}").element_dofs, background)
        assert len(shared) == 16
        distances = np.linalg.norm(basis.doflocs[:, shared].T - center, axis=1)
        np.testing.assert_allclose(distances, RADIUS, rtol=1e-13)


def test_the_mesh_has_the_symmetries_of_the_square(bases):
    nodes = bases[2].mesh.doflocs

    def as_set(points):
        return set(map(tuple, (points.T.round(10) + 0.0).tolist()))

    assert as_set(nodes) == as_set(nodes[::-1])
    assert as_set(nodes) == as_set(np.stack([1 - nodes[0], nodes[1]]))


def test_elements_shrink_towards_the_corners_of_the_source(bases):
    """Distance s to s^1.5: the smallest distance from a corner is about halved^1.5 from level to level."""
    nearest = [np.sort(np.linalg.norm(b.mesh.p.T - np.array([0.4, 0.4]), axis=1))[1] for b in bases]
    np.testing.assert_allclose(np.log2(nearest[1:-1]) - np.log2(nearest[2:]), 1.5, atol=0.05)

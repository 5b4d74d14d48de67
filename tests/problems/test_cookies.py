from functools import cache
from itertools import pairwise, product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu
from skfem import Basis, ElementQuad2
from skfem.models.poisson import laplace, unit_load

from sgmbench.problems.cookies import GRID, HEAT, Cookies
from sgmbench.problems.numerics.cookie_mesh import DISCS, RADIUS, cookie_mesh
from sgmbench.problems.numerics.point_evaluation import point_evaluation

XI = jnp.zeros(0)
MIXED = np.array([-0.9, -0.25, -0.6, -0.75, -0.3, -0.5, -0.85, -0.4])
MEAN = np.full(8, -0.595)
LEVELS = (1, 2, 3, 4)
simulate = jax.jit(lambda y: Cookies().simulate(y, XI))
gradient = jax.jit(jax.grad(lambda y: Cookies().simulate(y, XI)["q"]))


def run(y):
    """Outputs at the default level."""
    return {name: np.asarray(value) for name, value in simulate(jnp.asarray(y)).items()}


@cache
def basis_at(level):
    """Elements and the matrix that evaluates them on the grid."""
    basis = Basis(cookie_mesh(level), ElementQuad2())
    return basis, point_evaluation(basis, np.array(list(product(GRID, GRID))))


def by_whole_system(y, level):
    """Outputs by one sparse solve for all unknowns: the same discrete equations, nothing condensed."""
    basis, evaluation = basis_at(level)
    u = whole_solution(y, basis)
    return {"q": unit_load.assemble(basis.with_elements("source")) @ u, "u": (evaluation @ u).reshape(19, 19)}


def whole_solution(y, basis):
    K = laplace.assemble(basis.with_elements("background"))
    K = K + sum((1 + y_n) * laplace.assemble(basis.with_elements(f"disc{n}")) for n, y_n in enumerate(y))
    load = HEAT * unit_load.assemble(basis.with_elements("source"))
    return solve_definite(K, load, np.setdiff1d(np.arange(basis.N), basis.get_dofs().all()))


def solve_definite(K, f, free):
    """K u = f on the free unknowns, u = 0 on the others."""
    u = np.zeros(len(f))
    factor = splu(K[free][:, free].tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    u[free] = factor.solve(f[free])
    return u


def order(errors):
    """Slope of the errors over the levels, the finest ones last."""
    return -np.polyfit(range(len(errors)), np.log2(errors), 1)[0]


def poisson(modes=4_000):
    """q of the plate without inclusions, by the double sine series; the rest of the series is below 1e-11."""
    m = np.arange(1, modes, 2)
    b = (np.cos(0.4 * np.pi * m) - np.cos(0.6 * np.pi * m)) / (np.pi * m)
    return 4 * HEAT * np.sum(np.outer(b, b) ** 2 / (np.pi**2 * np.add.outer(m**2, m**2)))


def poisson_field(modes=800):
    """u of the same plate on the grid."""
    m = np.arange(1, modes, 2)
    b = (np.cos(0.4 * np.pi * m) - np.cos(0.6 * np.pi * m)) / (np.pi * m)
    coefficients = 4 * HEAT * np.outer(b, b) / (np.pi**2 * np.add.outer(m**2, m**2))
    sines = np.sin(np.pi * np.outer(GRID, m))
    return sines @ coefficients @ sines.T


def test_without_inclusions_it_converges_to_the_sine_series():
    found = [by_whole_system(np.zeros(8), level) for level in LEVELS]
    q = [abs(each["q"] - poisson()) for each in found]
    u = [np.sqrt(np.mean((each["u"] - poisson_field()) ** 2)) for each in found]
    assert order(q) == pytest.approx(4, abs=0.15)
    assert order(u) == pytest.approx(3, abs=0.15)
    assert q[-1] < 1e-8
    assert u[-1] < 1e-5


def test_with_inclusions_q_converges_at_order_four():
    q = [by_whole_system(MEAN, level)["q"] for level in LEVELS]
    assert order(np.diff(q)) == pytest.approx(4, abs=0.15)


def test_nothing_is_lost_in_the_reduction_to_the_discs_boundaries():
    found, whole = run(MIXED), by_whole_system(MIXED, 2)
    assert found["q"] == pytest.approx(whole["q"], rel=1e-11)
    np.testing.assert_allclose(found["u"], whole["u"], rtol=1e-9)


@pytest.mark.parametrize("y", [MIXED, np.array([-0.2, -0.95, -0.5, -0.3, -0.7, -0.4, -0.6, -0.9])])
def test_it_agrees_with_a_scheme_that_knows_no_discs(y):
    """Linear elements on a Cartesian grid, conductivity averaged over each cell: of first order at the discs."""
    coarse, fine = by_cartesian_grid(y, 100), by_cartesian_grid(y, 200)
    found = run(y)
    assert fine["q"] == pytest.approx(found["q"], rel=3e-3)
    assert abs(fine["q"] - found["q"]) < 0.7 * abs(coarse["q"] - found["q"])
    np.testing.assert_allclose(fine["u"], found["u"], atol=0.01 * found["u"].max())


def by_cartesian_grid(y, n, per_cell=8):
    """q and u of the five-point scheme of linear elements on n x n squares."""
    x = (np.arange(n * per_cell) + 0.5) / (n * per_cell)
    a = np.ones((n * per_cell, n * per_cell))
    for y_n, (cx, cy) in zip(y, DISCS, strict=True):
        a += y_n * (np.add.outer((x - cx) ** 2, (x - cy) ** 2) < RADIUS**2)
    a = a.reshape(n, per_cell, n, per_cell).mean(axis=(1, 3))
    node = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    padded = np.pad(a, 1)
    along_x, along_y = (padded[1:-1, :-1] + padded[1:-1, 1:]) / 2, (padded[:-1, 1:-1] + padded[1:, 1:-1]) / 2
    first = np.concatenate([node[:-1].ravel(), node[:, :-1].ravel()])
    second = np.concatenate([node[1:].ravel(), node[:, 1:].ravel()])
    k = np.concatenate([along_x.ravel(), along_y.ravel()])
    rows, columns = np.concatenate([first, second, first, second]), np.concatenate([first, second, second, first])
    K = coo_matrix((np.concatenate([k, k, -k, -k]), (rows, columns))).tocsr()
    center = (np.arange(n) + 0.5) / n
    cells = np.outer(np.abs(center - 0.5) < 0.1, np.abs(center - 0.5) < 0.1) / n**2
    integral = sum(np.pad(cells, ((i, 1 - i), (j, 1 - j))) for i, j in product((0, 1), repeat=2)).ravel() / 4
    interior = node[1:-1, 1:-1].ravel()
    u = solve_definite(K, HEAT * integral, interior)
    grid = np.round(GRID * n).astype(int)
    return {"q": integral @ u, "u": u[node[np.ix_(grid, grid)]]}


def test_a_better_conductor_is_cooler():
    for y in np.random.default_rng(0).uniform(-0.99, -0.2, (20, 8)):
        assert np.all(np.asarray(gradient(jnp.asarray(y))) < 0)


def test_the_derivative_of_q_is_the_energy_of_each_disc():
    """dq/dy_n = -(1/100) int over disc n of |grad u|^2, u of the whole system."""
    basis, _ = basis_at(2)
    u = whole_solution(MIXED, basis)
    energies = [u @ laplace.assemble(basis.with_elements(f"disc{n}")) @ u for n in range(8)]
    np.testing.assert_allclose(gradient(jnp.asarray(MIXED)), -np.array(energies) / HEAT, rtol=1e-9)


@pytest.mark.parametrize("name", ["mirrored", "transposed", "turned"])
def test_the_symmetries_of_the_square_permute_the_discs(name):
    moves = {
        "mirrored": (lambda c: np.array([1 - c[0], c[1]]), lambda u: u[::-1]),
        "transposed": (lambda c: c[::-1], lambda u: u.T),
        "turned": (lambda c: np.array([1 - c[1], c[0]]), lambda u: u.T[::-1]),
    }
    move_disc, move_field = moves[name]
    image = [int(np.argmin(np.linalg.norm(DISCS - move_disc(c), axis=1))) for c in DISCS]
    moved = np.empty(8)
    moved[image] = MIXED
    before, after = run(MIXED), run(moved)
    assert after["q"] == pytest.approx(before["q"], rel=1e-11)
    np.testing.assert_allclose(after["u"], move_field(before["u"]), rtol=1e-9)


def test_the_plate_is_warmest_at_the_source():
    u = run(MIXED)["u"]
    assert u.min() > 0
    i, j = np.unravel_index(u.argmax(), u.shape)
    assert max(abs(GRID[i] - 0.5), abs(GRID[j] - 0.5)) < 0.1


def test_levels_get_cheaper_down_to_the_first_mesh():
    problem, costs = Cookies(), []
    while problem is not None:
        costs.append(problem.relative_cost)
        problem = problem.coarser()
    assert costs[0] == 1
    assert len(costs) == 3
    assert all(coarse < fine / 4 for fine, coarse in pairwise(costs))

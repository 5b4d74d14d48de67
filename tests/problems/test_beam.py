import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.beam import Beam, deflections

X = np.linspace(0, 1, 31)
XI = jnp.zeros(0)
Z = jnp.asarray([1.01, 1.04, 1.02])


def deflection(z, nodes=31):
    return np.asarray(Beam(nodes=nodes).simulate(jnp.asarray(z), XI)["u"])


def test_an_even_beam_has_the_quartic_deflection():
    quartic = X**2 * (X**2 - 4 * X + 6) / 24
    np.testing.assert_allclose(deflection([1.0, 1.0, 1.0]), quartic, rtol=1e-13, atol=1e-17)
    np.testing.assert_allclose(deflection([1.03, 1.03, 1.03]), quartic / 1.03, rtol=1e-13, atol=1e-17)
    assert deflection([1.0, 1.0, 1.0])[-1] == pytest.approx(1 / 8, rel=1e-14)


def test_the_beam_equation_holds_on_each_third():
    """E u'' = (1 - x)^2 / 2, by second differences that are off by h^2 / 12 for a quartic, and (E u'')'' = 1."""
    x = np.linspace(0, 1, 301)
    u, h = deflection([1.0, 2.0, 0.5], nodes=301), 1 / 300
    for E, third in zip((1.0, 2.0, 0.5), (slice(0, 101), slice(100, 201), slice(200, 301)), strict=True):
        moment = E * np.diff(u[third], 2) / h**2
        np.testing.assert_allclose(moment, (1 - x[third][1:-1]) ** 2 / 2 + h**2 / 12, atol=1e-9)
        np.testing.assert_allclose(np.diff(moment, 2) / h**2, 1, rtol=1e-3)


def test_deflection_and_slope_are_zero_at_the_clamp_and_continuous():
    fine = np.linspace(0, 1, 30_001)
    g = deflections(fine)
    slope = np.diff(g, axis=0) * 30_000
    assert np.abs(g[0]).max() == 0
    assert np.abs(slope[0]).max() < 1e-4
    assert np.abs(np.diff(slope, axis=0)).max() < 1e-4


def test_finite_differences_converge_to_it_at_order_two():
    """The scheme of the source, with the moment kept in conservative form across the jumps of E."""
    z = np.array([1.0, 1.5, 0.7])
    elements = np.array([30, 60, 120, 240])
    errors = [np.abs(by_finite_differences(z, n)[:: n // 30] - deflection(z)).max() for n in elements]
    order = -np.polyfit(np.log(elements), np.log(errors), 1)[0]
    assert order == pytest.approx(2, abs=0.05)


def by_finite_differences(z, n):
    """D^T E D u = 1: D the second difference with ghost nodes, E its mean over each node's cell."""
    h = 1 / n
    D = np.zeros((n, n + 1))  # curvature at nodes 0 .. n-1; it vanishes at the free end
    D[0, 1] = 2.0  # u_{-1} = u_1, u_0 = 0
    for i in range(1, n):
        D[i, i - 1 : i + 2] = 1, -2, 1
    node = np.arange(n) / n
    left, right = (z[np.clip(np.floor(3 * (node + e)).astype(int), 0, 2)] for e in (-1e-9, 1e-9))
    E = 2 / (1 / left + 1 / right)
    width = np.where(np.arange(n) == 0, 0.5, 1.0)
    K = D.T @ (np.diag(E * width) @ D) / h**4
    load = np.append(np.ones(n), 0.5)
    return np.append(0.0, np.linalg.solve(K[1:, 1:], load[1:]))


def test_it_is_inversely_proportional_to_stiffness():
    np.testing.assert_allclose(deflection(3 * Z), deflection(Z) / 3, rtol=1e-14)


def test_the_node_at_the_clamp_meets_its_constraint():
    assert Beam().constraints({"u": jnp.asarray(deflection(Z))})["u.clamped_end"] == 0


def test_the_marginal_moments_are_those_of_many_runs(assert_moments):
    assert_moments(Beam())


def test_the_marginal_moments_are_those_of_gauss_quadrature():
    nodes, weights = np.polynomial.legendre.leggauss(12)
    E = 1.025 + 0.025 * nodes
    grid = jnp.asarray(np.stack(np.meshgrid(E, E, E), axis=-1).reshape(-1, 3))
    weight = np.einsum("i,j,k->ijk", weights, weights, weights).ravel() / 8
    y = np.asarray(jax.vmap(lambda z: Beam().simulate(z, XI)["u"])(grid))
    mean, sd = Beam().moments(None)["u"]
    np.testing.assert_allclose(weight @ y, mean, rtol=1e-12)
    np.testing.assert_allclose(np.sqrt(weight @ (y - mean) ** 2), sd, rtol=1e-9)


def test_at_a_condition_the_law_is_a_point():
    mean, sd = Beam().moments(tuple(Z.tolist()))["u"]
    np.testing.assert_allclose(mean, deflection(Z), rtol=1e-14)
    assert np.abs(sd).max() == 0

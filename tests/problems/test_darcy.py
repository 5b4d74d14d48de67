from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.darcy import Darcy
from sgmbench.problems.numerics.finite_volumes import centers
from sgmbench.problems.numerics.nested_cells import block_means
from sgmbench.problems.numerics.scaled_poisson import solve_diffusion
from sgmbench.problems.numerics.squared_exponential import scaled_modes
from sgmbench.problems.numerics.tensor_germ import tensor_germ

Z = jnp.asarray([0.2, 1.0])


def test_the_lost_variance_is_as_stated():
    """Averaged over the square, by another quadrature, and in a corner."""
    points, weights = np.polynomial.legendre.leggauss(101)
    modes = jax.jit(partial(scaled_modes, np.array([0.0, *(points + 1) / 2]), modes=12))
    kept = {length: np.asarray((modes(length) ** 2).sum(axis=1)) for length in (0.1, 0.2, 0.5)}
    lost = [1 - (weights / 2 @ each[1:]) ** 2 for each in kept.values()]
    np.testing.assert_allclose(lost, [1.6e-3, 7.3e-8, 0], rtol=0.05, atol=1e-11)
    assert 1 - kept[0.1][0] ** 2 == pytest.approx(1.7e-2, rel=0.05)


def test_log_a_is_the_gaussian_field_that_is_claimed():
    """1e5 fields: moments of every cell, and the covariance of cells with one in a corner and one inside."""
    n, problem = 100_000, Darcy(outputs=("log_a",), cells=16)
    length, sd = 0.15, 0.8
    xi = jnp.asarray(np.random.default_rng(0).standard_normal((n, 144)))
    field = jax.jit(jax.vmap(problem.log_permeability, in_axes=(None, 0)))(jnp.asarray([length, sd]), xi)
    g = np.asarray(field).reshape(n, -1) / sd
    x = centers(16)
    one = np.exp(-((x[:, None] - x) ** 2) / (2 * length**2))
    exact = np.kron(one, one)
    assert (np.abs(g.mean(axis=0)) < 4 / np.sqrt(n)).all()
    variance = np.mean(g**2, axis=0)
    assert (np.abs(variance - 1) < 4 * np.sqrt(2 / n) + 1e-4).all()
    for cell in (0, 16 * 5 + 7):
        error = np.sqrt((1 + exact[cell] ** 2) / n)
        assert (np.abs(g[:, cell] @ g / n - exact[cell]) < 4 * error + 1e-4).all()


def test_one_germ_is_one_field_on_every_grid():
    """Means over 2 x 2 cells of the finer field differ from the coarser one by order 2."""
    xi = jnp.asarray(np.random.default_rng(1).standard_normal(144))
    fields = [Darcy(cells=n).log_permeability(Z, xi) for n in (16, 32, 64)]
    coarse, fine = (np.abs(block_means(f, 2) - c).max() for c, f in pairwise(fields))
    assert abs(np.log2(coarse / fine) - 2) < 0.15
    assert fine < 0.02


def test_p_converges_with_order_two_for_random_permeabilities():
    """Differences of four meshes, each with the field at its own centers, by means over the coarsest one's cells."""
    xi = jnp.asarray(np.random.default_rng(2).standard_normal((8, 144)))

    def means(n):
        m = scaled_modes(centers(n), Z[0], modes=12)
        solve = jax.vmap(lambda each: solve_diffusion(jnp.exp(Z[1] * m @ tensor_germ(each) @ m.T), 1.0))
        return np.asarray(jax.jit(lambda xi: jax.vmap(lambda p: block_means(p, n // 8))(solve(xi)))(xi))

    p = [means(n) for n in (8, 16, 32, 64)]
    steps = [np.linalg.norm(a - b) for a, b in pairwise(p)]
    assert abs(np.polyfit(np.arange(3), -np.log2(steps), 1)[0] - 2) < 0.15


def test_levels_converge_to_the_finest():
    """Steps nearly four times as large from one to the next: the finest alone has no error of interpolation."""
    xi = jnp.asarray(np.random.default_rng(3).standard_normal((8, 144)))
    z = jnp.asarray([0.3, 1.0])
    levels, problem = [], Darcy(cells=32)
    while problem is not None:
        levels.append(np.asarray(jax.jit(jax.vmap(problem.simulate, in_axes=(None, 0)))(z, xi)["p"]))
        problem = problem.coarser()
    steps = [np.linalg.norm(a - b) for a, b in pairwise(levels)]
    assert len(steps) == 2
    assert all(3 < coarse / fine < 4.5 for fine, coarse in pairwise(steps))


def test_gradients_in_both_parameters_agree_with_finite_differences():
    xi = jnp.asarray(np.random.default_rng(4).standard_normal(144))
    mean = jax.jit(lambda z: Darcy(cells=16).simulate(z, xi)["p"].mean())
    steps = np.diag([1e-4, 1e-4])
    differences = [(mean(Z + h) - mean(Z - h)) / 2e-4 for h in steps]
    np.testing.assert_allclose(jax.grad(mean)(Z), differences, rtol=1e-5)


def test_the_germ_sends_the_longest_waves_first():
    """Without all but its first coefficients a field is constant in sign; the last ones hardly matter."""
    problem = Darcy()
    fields = jax.vmap(problem.log_permeability, in_axes=(None, 0))(Z, jnp.eye(144))
    power = np.asarray((fields**2).mean(axis=(1, 2)))
    assert (np.asarray(fields[0]) > 0).all()
    assert power[:36].sum() > 0.95 * power.sum()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"outputs": ("p", "p")}, "outputs: a field is named twice; name each once"),
        ({"coarsening": 3}, "coarsening: 32 cells can be halved 2 times, not more"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Darcy(**settings)

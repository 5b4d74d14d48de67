import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.darcy_threshold import HIGH, LOW, DarcyThreshold, amplitudes, cosines
from sgmbench.problems.numerics.finite_volumes import centers
from sgmbench.problems.numerics.nested_cells import block_means
from sgmbench.problems.numerics.scaled_poisson import solve_diffusion

N = 100_000
CELLS = 16
NONE = jnp.zeros(0)


@pytest.fixture(scope="module")
def signs():
    """+1 where a is high, -1 where it is low, in 1e5 fields."""
    problem = DarcyThreshold(outputs=("log_a",), cells=CELLS)
    xi = jnp.asarray(np.random.default_rng(0).standard_normal((N, problem.germ_dimension)))
    log_a = np.asarray(jax.jit(jax.vmap(lambda each: problem.log_permeability(NONE, each)))(xi)).reshape(N, -1)
    high = np.isclose(log_a, np.log(HIGH))
    assert (high | np.isclose(log_a, np.log(LOW))).all()
    return np.where(high, 1.0, -1.0)


def covariance(modes=16):
    """Of g at the centers, from the eigenvalues."""
    c = cosines(centers(CELLS), modes)
    return np.einsum("xi,yj,ij,ui,vj->xyuv", c, c, amplitudes(modes) ** 2, c, c, optimize=True).reshape(CELLS**2, -1)


def test_either_phase_has_probability_one_half_at_every_point(signs):
    assert (np.abs(signs.mean(axis=0)) < 4 / np.sqrt(N)).all()


def test_phases_at_two_points_follow_the_arcsine_law(signs):
    """E sign g sign g' = 2/pi arcsin(correlation)."""
    C = covariance()
    sd = np.sqrt(np.diag(C))
    expected = 2 / np.pi * np.arcsin(C / np.outer(sd, sd).clip(C))
    for cell in (0, 16 * 5 + 7, 255):
        error = np.sqrt((1 - expected[cell] ** 2) / N)
        assert (np.abs(signs[:, cell] @ signs / N - expected[cell]) <= 4 * error + 1e-12).all()


def test_the_covariance_operator_is_the_one_that_is_claimed():
    """C^-1/2 = -Laplace + 9, by finite differences that mirror at the boundary, on the resolved modes."""
    n = 512
    x = centers(n)
    D = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    D[0, 0] = D[-1, -1] = 1
    c = cosines(x, 4)
    for i, j in ((0, 0), (1, 0), (2, 3)):
        mode = np.outer(c[:, i], c[:, j])
        applied = n**2 * (D @ mode + mode @ D) + 9 * mode
        np.testing.assert_allclose(applied, mode / amplitudes(4)[i, j], rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(c.T @ c / n, np.eye(4), atol=1e-12)


def test_the_lost_variance_is_as_stated():
    assert 1 - (amplitudes(16) ** 2).sum() / (amplitudes(2000) ** 2).sum() == pytest.approx(1.3e-3, rel=0.05)


def test_the_opposite_germ_swaps_the_phases():
    problem = DarcyThreshold(outputs=("log_a",))
    xi = jnp.asarray(np.random.default_rng(1).standard_normal((16, 256)))
    simulate = jax.vmap(lambda each: problem.simulate(NONE, each)["log_a"])
    np.testing.assert_allclose(simulate(xi) + simulate(-xi), np.log(LOW * HIGH), rtol=1e-12)


def test_few_waves_make_squares_of_one_phase_and_of_two_layers():
    """g = 1, -1 and ~cos(pi x): the left half is high."""
    germs = jnp.stack([jnp.eye(256)[0], -jnp.eye(256)[0], jnp.eye(256)[2]])
    problem = DarcyThreshold(outputs=("p", "log_a"))
    fields = jax.jit(jax.vmap(lambda each: problem.simulate(NONE, each)))(germs)
    solve = jax.jit(solve_diffusion)
    poisson = solve(jnp.ones((32, 32)), 1.0)
    layers = np.repeat([[HIGH], [LOW]], 16, axis=0) * np.ones(32)
    np.testing.assert_allclose(np.exp(fields["log_a"][2]), layers)
    for p, exact in zip(fields["p"], (poisson / HIGH, poisson / LOW, solve(jnp.asarray(layers), 1.0)), strict=True):
        np.testing.assert_allclose(p, exact, rtol=1e-10)


def test_the_same_germ_converges_with_the_width_of_the_pixels():
    """Order 1 is what misplaced interfaces promise for each value of p; means over cells do better."""
    xi = jnp.asarray(np.random.default_rng(2).standard_normal((32, 256)))

    def means(cells):
        simulate = jax.vmap(lambda each: DarcyThreshold(cells=cells).simulate(NONE, each)["p"])
        return np.asarray(jax.jit(lambda xi: jax.vmap(lambda p: block_means(p, cells // 16))(simulate(xi)))(xi))

    coarse, middle, fine = (means(cells) for cells in (16, 32, 64))
    order = np.log2(np.linalg.norm(coarse - middle) / np.linalg.norm(middle - fine))
    assert 1 < order < 2

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

import sgmbench.core  # noqa: F401 (switches to double precision)
from sgmbench.problems.numerics.finite_volumes import centers
from sgmbench.problems.numerics.scaled_poisson import solve_diffusion

MESHES = (8, 16, 32, 64)
CENTER_OF_POISSON = 0.0736713532814

solve = jax.jit(solve_diffusion)


def orders(errors):
    return -np.polyfit(np.log(MESHES), np.log(errors), 1)[0]


def test_a_manufactured_solution_is_approached_with_order_two():
    """p = sin(pi x) sin(2 pi y), a = exp(x y): f = -a (y p_x + x p_y + Laplace p)."""
    largest, rms = [], []
    for n in MESHES:
        x, y = centers(n)[:, None], centers(n)[None, :]
        p = np.sin(np.pi * x) * np.sin(2 * np.pi * y)
        p_x = np.pi * np.cos(np.pi * x) * np.sin(2 * np.pi * y)
        p_y = 2 * np.pi * np.sin(np.pi * x) * np.cos(2 * np.pi * y)
        a = np.exp(x * y)
        f = -a * (y * p_x + x * p_y - 5 * np.pi**2 * p)
        error = np.abs(np.asarray(solve(jnp.asarray(a), jnp.asarray(f))) - p)
        largest.append(error.max())
        rms.append(np.sqrt(np.mean(error**2)))
    assert abs(orders(largest) - 2) < 0.15
    assert abs(orders(rms) - 2) < 0.15
    assert largest[-1] < 1e-3


def poisson(x, y):
    """The solution for a = f = 1, by a double sine series."""
    k = np.arange(1, 800, 2)
    coefficients = 16 / np.pi**4 / (np.outer(k, k) * (k[:, None] ** 2 + k**2))
    return np.sin(np.pi * np.outer(x, k)) @ coefficients @ np.sin(np.pi * np.outer(k, y))


def test_with_constant_coefficients_it_is_the_sine_series_of_poisson():
    errors, center = [], []
    for n in MESHES:
        p = np.asarray(solve(jnp.ones((n, n)), 1.0))
        errors.append(np.abs(p - poisson(centers(n), centers(n))).max())
        center.append(p[n // 2 - 1 : n // 2 + 1, n // 2 - 1 : n // 2 + 1].mean())
    assert abs(orders(errors) - 2) < 0.15
    np.testing.assert_allclose(poisson([0.5], [0.5]), CENTER_OF_POISSON, atol=1e-9)
    np.testing.assert_allclose((4 * center[-1] - center[-2]) / 3, CENTER_OF_POISSON, atol=1e-6)


def by_elimination(a, f):
    """The equations of `finite_volumes`, assembled cell by cell and solved directly."""
    n = len(a)
    A = lil_matrix((n * n, n * n))
    for i in range(n):
        for j in range(n):
            for k, m in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                if 0 <= k < n and 0 <= m < n:
                    t = 2 / (1 / a[i, j] + 1 / a[k, m])
                    A[i * n + j, k * n + m] -= t
                else:
                    t = 2 * a[i, j]
                A[i * n + j, i * n + j] += t
    return spsolve(A.tocsc(), np.ravel(f) / n**2).reshape(n, n)


def test_it_solves_rough_and_smooth_coefficients_as_elimination_does():
    rng = np.random.default_rng(2)
    n = 16
    waves = np.cos(np.pi * np.outer(centers(n), np.arange(4)))
    smooth = np.exp(2 * waves @ rng.standard_normal((4, 4)) @ waves.T)
    rough = np.exp(1.5 * rng.standard_normal((n, n)))
    phases = np.where(rng.standard_normal((n, n)) > 0, 12.0, 3.0)
    f = rng.standard_normal((n, n))
    for a in (smooth, rough, phases):
        exact = by_elimination(a, f)
        np.testing.assert_allclose(solve(jnp.asarray(a), jnp.asarray(f)), exact, atol=1e-10 * exact.max())


def test_an_iteration_that_does_not_converge_gives_nan():
    rng = np.random.default_rng(3)
    hopeless = jnp.asarray(10 ** (20 * rng.uniform(-1, 1, (32, 32))))
    assert np.isnan(solve(hopeless, 1.0)).all()
    assert np.isnan(solve(jnp.ones((32, 32)).at[3, 3].set(jnp.nan), 1.0)).all()


def test_gradients_agree_with_finite_differences():
    rng = np.random.default_rng(4)
    log_a, direction = jnp.asarray(rng.standard_normal((2, 8, 8)))
    along = jax.jit(lambda s: solve(jnp.exp(log_a + s * direction), 1.0)[3, 5])
    difference = (along(1e-4) - along(-1e-4)) / 2e-4
    np.testing.assert_allclose(jax.grad(along)(0.0), difference, rtol=1e-6)

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from numpy.polynomial.legendre import leggauss
from scipy.stats import norm, qmc

from sgmbench.core.prior import Uniform
from sgmbench.core.problem import transport
from sgmbench.problems.borehole import Borehole

PROBLEM = Borehole()
Z = (0.1, 2000.0, 9e4, 1050.0, 90.0, 760.0, 1400.0, 11000.0)


@jax.jit
@jax.vmap
def flow(z):
    return PROBLEM.simulate(z, jnp.zeros(0))["flow"]


@pytest.mark.parametrize("z", [None, Z])
def test_the_moments_are_those_of_the_runs(assert_moments, z):
    assert_moments(PROBLEM, z)


def test_its_limits_are_darcy_flow_along_the_borehole_and_two_wells_in_series():
    """Aquifers without resistance: Q = pi rw^2 Kw dH / L; a borehole without: Thiem's formula for both aquifers."""
    rw, r, Tu, Hu, Tl, Hl, L, Kw = Z
    found = flow(jnp.asarray([[rw, r, 1e15, Hu, 1e15, Hl, L, Kw], [rw, r, Tu, Hu, Tl, Hl, 1e-9, Kw]]))
    along = np.pi * rw**2 * Kw * (Hu - Hl) / L
    wells = 2 * np.pi * (Hu - Hl) / (np.log(r / rw) * (1 / Tu + 1 / Tl))
    np.testing.assert_allclose(found, [along, wells], rtol=1e-9)


def test_the_flow_rises_and_falls_with_each_input_as_it_must():
    z = from_uniform(qmc.Sobol(8, rng=1).random_base2(10))
    slopes = np.asarray(jax.vmap(jax.grad(lambda z: PROBLEM.simulate(z, jnp.zeros(0))["flow"]))(z))
    np.testing.assert_array_equal(np.sign(slopes), np.broadcast_to([1, -1, 1, 1, 1, -1, -1, 1], slopes.shape))


def test_the_mean_and_the_standard_deviation_are_those_of_gauss_quadrature():
    """Normal inputs by Gauss-Hermite, uniform ones by Gauss-Legendre."""
    nodes, weights = [], []
    for parameter, count in zip(PROBLEM.parameters, (10, 12, 4, 2, 4, 2, 6, 4), strict=True):
        if isinstance(parameter.prior, Uniform):
            x, w = leggauss(count)
            low, high = parameter.prior.support
            nodes.append((low + high) / 2 + (high - low) / 2 * x)
        else:
            x, w = hermegauss(count)
            nodes.append(np.asarray(parameter.prior.from_normal(x)))
        weights.append(w / w.sum())
    z = np.stack(np.meshgrid(*nodes, indexing="ij"), axis=-1).reshape(-1, 8)
    p = np.prod(np.stack(np.meshgrid(*weights, indexing="ij"), axis=-1).reshape(-1, 8), axis=1)
    y = np.asarray(flow(jnp.asarray(z)))
    known = PROBLEM.moments(None)["flow"]
    np.testing.assert_allclose(p @ y, known.mean, rtol=1e-8)
    np.testing.assert_allclose(np.sqrt(p @ y**2 - (p @ y) ** 2), known.sd, rtol=1e-7)


def test_the_mean_is_that_of_scrambled_sobol_points():
    means = [flow(from_uniform(qmc.Sobol(8, rng=seed).random_base2(14))).mean() for seed in range(16)]
    error = np.std(means, ddof=1) / 4
    assert error < 0.002
    assert abs(np.mean(means) - PROBLEM.moments(None)["flow"].mean) < 4 * error


def test_the_sensitivities_are_the_published_ones():
    """First-order and total Sobol' indices, known to two digits from a sparse polynomial chaos expansion.

    Source: M. Baudin et al., otbenchmark, `BoreholeSensitivity`.
    """
    points = qmc.Sobol(16, rng=0).random_base2(15)
    A, B = points[:, :8], points[:, 8:]
    y_A, y_B = flow(from_uniform(A)), flow(from_uniform(B))
    variance = np.var(np.concatenate([y_A, y_B]))
    first, total = [], []
    for i in range(8):
        mixed = A.copy()
        mixed[:, i] = B[:, i]
        y = flow(from_uniform(mixed))
        first.append(np.mean(y_B * (y - y_A)) / variance)
        total.append(np.mean((y_A - y) ** 2) / 2 / variance)
    np.testing.assert_allclose(first, [0.66, 0.00, 0.00, 0.09, 0.00, 0.09, 0.09, 0.02], atol=0.01)
    np.testing.assert_allclose(total, [0.69, 0.00, 0.00, 0.11, 0.00, 0.11, 0.10, 0.02], atol=0.01)


def from_uniform(u):
    return jax.jit(jax.vmap(partial(transport, PROBLEM)))(jnp.asarray(norm.ppf(u)))

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.ishigami import Ishigami


@pytest.mark.parametrize("z", [None, (0.3, -1.0, 2.0)])
def test_the_moments_are_those_of_the_runs(assert_moments, z):
    assert_moments(Ishigami(), z)


def test_the_mean_and_the_variance_are_the_published_ones():
    known = Ishigami().moments(None)["y"]
    assert known.mean == 3.5
    assert known.sd**2 == pytest.approx(13.844587940719254, rel=1e-14)


@pytest.mark.parametrize(("a", "b"), [(7.0, 0.1), (5.0, 0.05)])
def test_the_moments_and_the_sensitivities_are_those_of_quadrature(a, b):
    x, w = np.polynomial.legendre.leggauss(40)
    z = np.pi * np.stack(np.meshgrid(x, x, x, indexing="ij"), axis=-1).reshape(-1, 3)
    problem = Ishigami(a=a, b=b)
    y = np.asarray(jax.jit(jax.vmap(lambda z: problem.simulate(z, jnp.zeros(0))["y"]))(jnp.asarray(z)))
    y = y.reshape(40, 40, 40)
    p = w / 2
    mean, second = (np.einsum("abc,a,b,c", y**k, p, p, p) for k in (1, 2))
    known = problem.moments(None)["y"]
    np.testing.assert_allclose(known.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(known.sd**2, second - mean**2, rtol=1e-12)
    effects = [np.einsum(terms, y, p, p) for terms in ("abc,b,c->a", "abc,a,c->b", "abc,a,b->c")]
    first_order = [p @ (effect - mean) ** 2 for effect in effects]
    exact = [(1 + b * np.pi**4 / 5) ** 2 / 2, a**2 / 8, 0]
    np.testing.assert_allclose(first_order, exact, rtol=1e-12, atol=1e-12)

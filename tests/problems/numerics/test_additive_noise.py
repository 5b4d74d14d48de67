from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

import sgmbench.core  # noqa: F401 (switches to double precision)
from sgmbench.problems.numerics.additive_noise import integrate
from sgmbench.problems.numerics.brownian_bridge import brownian_bridge

T, S, RUNS = 1.0, 0.8, 60_000
COARSEST = {"euler": 8, "heun": 4}
DOUBLINGS = 4


def drift(x):
    return jnp.sin(2 * x) - x


@pytest.fixture(scope="module", params=COARSEST)
def ends(request):
    """A scheme, and X(T) on five levels along the same Brownian paths, coarsest first."""
    steps = [COARSEST[request.param] << i for i in range(DOUBLINGS + 1)]
    xi = jnp.asarray(np.random.default_rng(0).standard_normal((RUNS, steps[-1], 1)))

    def end(each, n):
        W = brownian_bridge(each[:n], T)
        return integrate(drift, jnp.full(1, 0.5), W, s=jnp.asarray(S), duration=T, scheme=request.param)[-1, 0]

    return request.param, [np.asarray(jax.jit(jax.vmap(lambda each, n=n: end(each, n)))(xi)) for n in steps]


def order(errors):
    """Fitted over the doublings."""
    return -np.polyfit(np.arange(DOUBLINGS), np.log2(errors), 1)[0]


def test_the_strong_order_is_one(ends):
    _, levels = ends
    errors = [np.sqrt(np.mean((coarse - fine) ** 2)) for coarse, fine in pairwise(levels)]
    assert abs(order(errors) - 1) < 0.1


def test_the_weak_order_is_that_of_the_scheme(ends):
    scheme, levels = ends
    differences = [coarse**2 - fine**2 for coarse, fine in pairwise(levels)]
    bias = np.abs([each.mean() for each in differences])
    assert (bias > 4 * np.array([each.std() for each in differences]) / RUNS**0.5).all()
    assert abs(order(bias) - {"euler": 1, "heun": 2}[scheme]) < 0.15


def test_linear_drift_gives_the_gaussian_that_is_known():
    theta, n = 1.5, 64
    xi = jnp.asarray(np.random.default_rng(1).standard_normal((20_000, n, 2)))
    rate = jnp.asarray([theta, 2 * theta])
    x = jax.jit(
        jax.vmap(
            lambda each: integrate(
                lambda x: -rate * x,
                jnp.ones(2),
                brownian_bridge(each, T),
                s=jnp.asarray(S),
                duration=T,
                scheme="heun",
                times=4,
            )
        )
    )(xi)
    for i, each in enumerate(rate):
        for k, t in enumerate([0.25, 0.5, 0.75, 1.0]):
            variance = quad(lambda u, each=each: S**2 * np.exp(-2 * each * u), 0, t)[0]
            found = np.asarray(x[:, k, i])
            assert abs(found.mean() - np.exp(-each * t)) < 4 * np.sqrt(variance / len(x))
            assert abs(found.var() / variance - 1) < 4 * np.sqrt(2 / len(x))
    assert abs(np.corrcoef(x[:, -1].T)[0, 1]) < 4 / len(x) ** 0.5


def test_without_drift_the_output_is_the_path_at_its_times():
    W = brownian_bridge(jnp.asarray(np.random.default_rng(2).standard_normal((32, 3))), T)
    x = integrate(jnp.zeros_like, jnp.ones(3), W, s=jnp.asarray(S), duration=T, scheme="heun", times=8)
    np.testing.assert_allclose(x, 1 + S * W[4::4], atol=1e-14)


def test_single_precision_stays_single():
    W = brownian_bridge(jnp.ones((16, 1), "float32"), T)
    x = integrate(drift, jnp.zeros(1, "float32"), W, s=jnp.asarray(S, "float32"), duration=T, scheme="heun")
    assert x.dtype == jnp.float32

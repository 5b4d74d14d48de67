"""Laws of noise levels: their quantiles, for every family."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ndtri

from sgmbench.diffusion.levels import training_times
from sgmbench.registry import builtin, load

N = 2_000
MEAN, SD = -0.8, 1.6
Q = (np.arange(N) + 0.5) / N


@pytest.fixture(params=builtin("noises"))
def noise(request):
    return load("noises", request.param)()


def levels(noise, law, quantile, dtype="float64"):
    return training_times(noise, law, jnp.asarray(quantile, dtype), log_mean=MEAN, log_sd=SD)


def test_uniform_and_quadratic_are_laws_of_time(noise):
    span = noise.t_max - noise.t_min
    np.testing.assert_allclose((levels(noise, "uniform", Q) - noise.t_min) / span, Q, rtol=1e-10)
    np.testing.assert_allclose((levels(noise, "quadratic", Q) - noise.t_min) / span, Q**2, rtol=1e-6)


def test_log_uniform_spreads_lambda_evenly_between_the_ends(noise):
    first, last = noise.lambdas(np.array([noise.t_min, noise.t_max]))
    np.testing.assert_allclose((noise.lambda_(levels(noise, "log_uniform", Q)) - first) / (last - first), Q, rtol=1e-9)


@pytest.mark.parametrize("law", ["uniform", "quadratic", "log_uniform"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bounded_laws_stay_between_the_ends_and_reach_them(noise, law, dtype):
    t = np.asarray(levels(noise, law, np.linspace(0, 1, N), dtype))
    assert t.dtype == dtype
    assert (np.diff(t) > 0).all()
    np.testing.assert_allclose(t[[0, -1]], [noise.t_min, noise.t_max], rtol=4e-6, atol=1e-6)
    assert noise.t_min < t[1]
    assert t[-2] < noise.t_max


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-5), ("float64", 1e-9)])
def test_log_normal_has_the_quantiles_asked_for_under_every_family(noise, dtype, rtol):
    t = levels(noise, "log_normal", Q, dtype)
    assert t.dtype == dtype
    np.testing.assert_allclose(-noise.lambda_(t), MEAN + SD * ndtri(Q), rtol=rtol, atol=10 * rtol)


def test_log_normal_has_the_mean_and_spread_asked_for(noise):
    log_ratio = np.log(noise.level(levels(noise, "log_normal", Q)).ratio)
    assert log_ratio.mean() == pytest.approx(MEAN, rel=1e-6)
    assert log_ratio.std() == pytest.approx(SD, rel=1e-3)  # midpoints lack the ends of both tails

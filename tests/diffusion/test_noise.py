"""Every family of noise: its derivatives, its inverse, the diffusion it claims, and the one path that all share."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.noises.flow import Flow
from sgmbench.diffusion.noises.sub_vp import SubVP
from sgmbench.diffusion.noises.ve import VE
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.noises.vp_cosine import VPCosine
from sgmbench.registry import builtin, load

NOISES = builtin("noises")
DENSE_AT_THE_ENDS = (1 - np.cos(np.linspace(0, np.pi, 200))) / 2
MOST_NOISE, LEAST_NOISE = -2.9, 4.5  # lambda that every family reaches by default


@pytest.fixture(params=NOISES)
def noise(request):
    return load("noises", request.param)()


def times(noise, dtype="float64", fractions=DENSE_AT_THE_ENDS):
    """From the least noise to the most."""
    return jnp.asarray(noise.t_min + (noise.t_max - noise.t_min) * fractions, dtype)


def beta(t, low=0.1, high=20.0):
    return low + t * (high - low)


def geometric(t):
    return 0.01 * (50 / 0.01) ** t


RATES = {
    "edm": lambda t: (0 * t, 0 * t + 1),
    "flow": lambda t: (0 * t - 1, 0 * t + 1),
    "ve": lambda t: (0 * t, np.log(5_000) * geometric(t)),
    "vp": lambda t: (-beta(t) / 2 * VP().alpha(t), beta(t) / 2 * VP().alpha(t) ** 2 / VP().sigma(t)),
    "sub_vp": lambda t: (-beta(t) / 2 * VP().alpha(t), beta(t) * VP().alpha(t) ** 2),
    "vp_cosine": lambda t: (-np.pi / 2 * np.sin(np.pi / 2 * t), np.pi / 2 * np.cos(np.pi / 2 * t)),
}
G_SQUARED = {
    "edm": lambda t: 2 * t,
    "flow": lambda t: 2 * t / (1 - t),
    "ve": lambda t: 2 * np.log(5_000) * geometric(t) ** 2,
    "vp": beta,
    "sub_vp": lambda t: beta(t) * (1 - VP().alpha(t) ** 4),
    "vp_cosine": lambda t: np.pi * np.tan(np.pi / 2 * t),
}


def test_rates_are_slopes(noise):
    t, h = times(noise, fractions=np.linspace(0.2, 0.8, 200)), 1e-5
    for function, rate in zip((noise.alpha, noise.sigma), noise.rates(t), strict=True):
        np.testing.assert_allclose(rate, (function(t + h) - function(t - h)) / (2 * h), rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("kind", RATES)
def test_rates_have_their_closed_forms(kind):
    noise = load("noises", kind)()
    for rate, expected in zip(noise.rates(times(noise)), RATES[kind](times(noise)), strict=True):
        np.testing.assert_allclose(rate, expected, rtol=1e-10)


def test_lambda_falls_and_alpha_and_sigma_are_positive(noise):
    t = times(noise)
    assert (np.diff(noise.lambda_(t)) < 0).all()
    assert (noise.alpha(t) > 0).all()
    assert (noise.sigma(t) > 0).all()
    np.testing.assert_allclose(noise.level(t).ratio, np.exp(-noise.lambda_(t)), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_time_inverts_lambda_up_to_rounding(noise, dtype):
    """No more is lost than by rounding t and lambda themselves: eps t + eps |lambda / lambda'|, and back."""
    t = times(noise, dtype=dtype)
    lambda_, slope = noise.lambda_(t), jnp.abs(jax.jvp(noise.lambda_, (t,), (jnp.ones_like(t),))[1])
    found, eps = noise.time(lambda_), np.finfo(dtype).eps
    assert found.dtype == lambda_.dtype == t.dtype
    assert (jnp.abs(found - t) <= 4 * eps * (t + (1 + jnp.abs(lambda_)) / slope)).all()
    again = noise.lambda_(noise.time(lambda_))
    assert (jnp.abs(again - lambda_) <= 4 * eps * (1 + jnp.abs(lambda_) + slope * t)).all()


def test_grids_of_times_and_lambdas_are_inverse(noise):
    t = np.asarray(times(noise))
    lambdas = noise.lambdas(t)
    assert lambdas.dtype == noise.times(lambdas).dtype == np.float64
    np.testing.assert_allclose(noise.times(lambdas), t, rtol=2e-13, atol=1e-15)


def test_the_forward_sde_has_the_variance_of_its_marginals(noise):
    """d(sigma^2)/dt = 2 (alpha' / alpha) sigma^2 + g^2 for dx = (alpha' / alpha) x dt + g dW."""
    t = times(noise)
    (alpha, sigma), rate, g = noise.level(t), noise.rates(t), noise.g(t)
    assert (g > 0).all()
    np.testing.assert_allclose(
        2 * rate.alpha / alpha * sigma**2 + g**2, 2 * sigma * rate.sigma, rtol=1e-10, atol=1e-10 * np.max(g**2)
    )


@pytest.mark.parametrize("kind", G_SQUARED)
def test_the_diffusion_has_its_closed_form(kind):
    noise = load("noises", kind)()
    np.testing.assert_allclose(noise.g(times(noise)) ** 2, G_SQUARED[kind](times(noise)), rtol=1e-10)


@pytest.mark.parametrize("noise", [VP(), VPCosine()], ids=["vp", "vp_cosine"])
def test_variance_is_preserved(noise):
    alpha, sigma = noise.level(times(noise))
    np.testing.assert_allclose(alpha**2 + sigma**2, 1, rtol=1e-14)
    a, b = noise.velocity(times(noise))
    np.testing.assert_allclose([a, b], [-sigma, alpha], rtol=1e-14)


def test_sub_vp_has_less_noise_than_vp_and_the_same_data():
    t = times(VP())
    assert (SubVP().sigma(t) < VP().sigma(t)).all()
    np.testing.assert_allclose(SubVP().sigma(t), VP().sigma(t) ** 2, rtol=1e-13)
    np.testing.assert_array_equal(SubVP().alpha(t), VP().alpha(t))


def test_the_velocity_of_the_straight_line_is_noise_less_data():
    a, b = Flow().velocity(times(Flow()))
    np.testing.assert_array_equal([a, b], [-np.ones(200), np.ones(200)])


def test_families_meet_at_equal_lambda(noise):
    """x / alpha = y + exp(-lambda) n, so that a denoiser of one serves all."""
    lambda_ = np.linspace(MOST_NOISE, LEAST_NOISE, 200)
    rng = np.random.default_rng(0)
    y, n = rng.standard_normal((2, 200))
    alpha, sigma = noise.level(jnp.asarray(noise.times(lambda_)))
    np.testing.assert_allclose((alpha * y + sigma * n) / alpha, y + np.exp(-lambda_) * n, rtol=1e-11)


@pytest.mark.parametrize(
    ("cls", "ends", "message"),
    [
        (EDM, {"sigma_min": 3.0, "sigma_max": 2.0}, "sigma_min: 3.0 is not below sigma_max, 2.0"),
        (VE, {"sigma_min": 2.0, "sigma_max": 2.0}, "sigma_min: 2.0 is not below sigma_max, 2.0"),
        (VP, {"beta_min": 20.0, "beta_max": 20.0}, "beta_min: 20.0 is not below beta_max, 20.0"),
        (SubVP, {"beta_min": 9.0, "beta_max": 2.0}, "beta_min: 9.0 is not below beta_max, 2.0"),
        (Flow, {"end": 0.5, "start": 0.2}, "end: 0.5 is not below start, 0.2"),
        (VPCosine, {"end": 0.5, "start": 0.5}, "end: 0.5 is not below start, 0.5"),
    ],
)
def test_ends_the_wrong_way_round_are_refused(cls, ends, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        cls(**ends)


SIGMA = "sigma_max: {} is noise whose square float32 cannot hold; write 1e+15 at most"
BETA = "beta_max: {} beside beta_min: 0.1 leaves 4e-44 of the data, too little for float32; write a sum of 138 at most"
START = "start: {} is nearer to 1 than float32 tells apart; write 0.999999 at most"
BEYOND = {
    EDM: ({"sigma_max": 1e15}, 1.01e15, SIGMA),
    VE: ({"sigma_max": 1e15}, 1.01e15, SIGMA),
    VP: ({"beta_max": 137.9}, 400.0, BETA),
    SubVP: ({"beta_max": 137.9}, 400.0, BETA),
    Flow: ({"start": 0.999999}, 0.9999999, START),
    VPCosine: ({"start": 0.999999}, 0.9999999, START),
}


@pytest.mark.parametrize("cls", BEYOND)
def test_more_noise_than_float32_holds_is_refused_and_the_most_that_it_holds_is_not(cls):
    """At the largest noise the squared error of D, of the size of sigma / alpha, is finite in float32; alpha is > 0."""
    (most,), beyond, message = BEYOND[cls][0].items(), *BEYOND[cls][1:]
    largest = cls(**dict([most]))
    level = largest.level(jnp.asarray(largest.t_max, jnp.float32))
    assert level.ratio.dtype == jnp.float32
    assert level.alpha > 0
    assert jnp.isfinite(100 * level.ratio**2)
    with pytest.raises(ValueError, match=f"^{re.escape(message.format(beyond))}$"):
        cls(**{most[0]: beyond})

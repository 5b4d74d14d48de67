"""Sampling with exact denoisers: the law comes back, in float32, and everything is counted."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.special import logsumexp
from scipy.stats import norm

from sgmbench import registry
from sgmbench.config.load import build
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.noises.flow import Flow
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.samplers.dpmpp_2m_sde import DPMpp2MSDE
from sgmbench.diffusion.samplers.tsit5 import Tsit5
from sgmbench.diffusion.sampling import initial_law, sample

N = 40_000
WEIGHTS, CENTERS, SD = np.array([0.3, 0.7]), np.array([-1.2, 0.8]), 0.15
SAMPLERS = registry.builtin("samplers")


def mixture(x, level, args):
    """Exact denoiser of the mixture of N(CENTERS, SD^2)."""
    alpha, sigma = level
    centers, variance = jnp.asarray(CENTERS, x.dtype), jnp.asarray(SD**2, x.dtype)
    total = alpha**2 * variance + sigma**2
    log_p = jnp.log(jnp.asarray(WEIGHTS, x.dtype)) - (x[..., None] - alpha * centers) ** 2 / (2 * total)
    posterior = jnp.exp(log_p - logsumexp(log_p, axis=-1, keepdims=True))
    each = centers + alpha * variance / total * (x[..., None] - alpha * centers)
    return jnp.sum(posterior * each, axis=-1)


def start(noise, n, k=1):
    """Moments of the mixture are 0.2 and 0.8625; its law at the largest noise is nearly Gaussian."""
    alpha, sigma = noise.level(jnp.asarray(noise.t_max, jnp.float32))
    n = jax.random.normal(jax.random.key(2), (n, k), jnp.float32)
    return jnp.float32(0.2) * alpha + jnp.sqrt(alpha**2 * jnp.float32(0.8625) + sigma**2) * n


@pytest.mark.parametrize(
    ("sampler", "noise"),
    [(DPMpp2M(60), EDM()), (DPMpp2MSDE(100), EDM()), (build("samplers", "shark"), VP()), (DPMpp2M(60), Flow())],
    ids=["flow", "sde", "shark-vp", "flow-flow"],
)
def test_weights_and_centers_of_a_mixture_come_back(sampler, noise):
    run = jax.jit(lambda x, key: sample(sampler, noise, mixture, x, key=key).x)
    y = np.asarray(run(start(noise, N), jax.random.key(9)), float)[:, 0]
    left = y < -0.2
    assert norm.cdf(-0.2, CENTERS[0], SD) > 1 - 1e-9
    assert norm.cdf(-0.2, CENTERS[1], SD) < 1e-9
    assert abs(left.mean() - 0.3) < 4.5 * np.sqrt(0.21 / N) + 2e-3
    for part, center in zip((y[left], y[~left]), CENTERS, strict=True):
        assert abs(part.mean() - center) < 4.5 * SD / np.sqrt(len(part)) + 2e-3
        assert part.std() == pytest.approx(SD, rel=0.03)


def few_steps(name):
    sampler = build("samplers", name)
    return replace(sampler, most_steps=100) if name == "tsit5" else replace(sampler, steps=3)


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_vector_field_sees_float32_alone(name, floats):
    assert jax.config.jax_enable_x64
    seen = []

    def denoise(x, level, args):
        seen.extend([x.dtype, level.alpha.dtype, level.sigma.dtype])
        return mixture(x, level, args)

    sampler = few_steps(name)
    found = floats(lambda x, key: sample(sampler, VP(), denoise, x, key=key).x, start(VP(), 8, 3), jax.random.key(0))
    assert set(seen) == {jnp.dtype("float32")}
    assert found == {"float32"}


@pytest.mark.parametrize("name", SAMPLERS)
def test_evaluations_are_counted(name):
    calls = []

    def denoise(x, level, args):
        jax.debug.callback(lambda: calls.append(1))
        return mixture(x, level, args)

    sampler = few_steps(name)
    drawn = sample(sampler, EDM(), denoise, start(EDM(), 4), key=jax.random.key(0))
    jax.effects_barrier()
    if name == "tsit5":  # its first step size takes two, and an accepted step hands on its last stage
        assert len(calls) - 3 <= int(drawn.evaluations) <= len(calls)
        assert sampler.evaluations is None
    else:
        assert int(drawn.evaluations) == len(calls) == sampler.evaluations


def test_same_key_gives_the_same_path_and_another_does_not():
    x_0 = start(EDM(), 100)
    run = jax.jit(lambda key: sample(DPMpp2MSDE(10), EDM(), mixture, x_0, key=key).x)
    one, same, other = (run(jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


def test_giving_up_gives_no_number():
    drawn = sample(Tsit5(1e-6, most_steps=3), EDM(), mixture, start(EDM(), 4), key=jax.random.key(0))
    assert np.isnan(drawn.x).all()


def test_the_initial_law_is_that_of_gaussian_data_or_of_noise_alone():
    rng = np.random.default_rng(0)
    factor = rng.standard_normal((3, 3))
    mean, covariance = rng.standard_normal(3), factor @ factor.T
    noise = VP(beta_max=3.0)
    alpha, sigma = (float(part) for part in noise.level(jnp.asarray(1.0, "float64")))
    center, root = initial_law("gaussian", noise, mean, covariance)
    np.testing.assert_allclose(center, alpha * mean, rtol=1e-12)
    np.testing.assert_allclose(root @ root.T, alpha**2 * covariance + sigma**2 * np.eye(3), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(root, root.T, atol=1e-12)
    center, root = initial_law("prior", noise, mean, covariance)
    np.testing.assert_array_equal(center, 0)
    np.testing.assert_allclose(root, sigma * np.eye(3), rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in SAMPLERS if few_steps(name).is_stochastic])
def test_an_sde_solver_is_refused_on_a_flow(name):
    assert build("samplers", name).refusal(EDM()) is None
    assert build("samplers", name).refusal(Flow()) == (
        f"{name} solves the reverse SDE, and flow has none, only a probability flow; "
        "write heun, dpmpp_2m, exponential_euler or tsit5, or another noise"
    )

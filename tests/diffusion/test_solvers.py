"""The solvers that Diffrax does not have, against the algorithms as published."""

import itertools
from dataclasses import replace

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.diffusion.dynamics import brownian_path
from sgmbench.diffusion.grids import times
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.samplers.dpmpp_2m_sde import DPMpp2MSDE
from sgmbench.diffusion.samplers.exponential_euler import ExponentialEuler
from sgmbench.diffusion.samplers.heun import Heun
from sgmbench.diffusion.samplers.predictor_corrector import PredictorCorrector
from sgmbench.diffusion.sampling import integrate

VARIANCES = np.array([4.0, 1.0, 0.25, 1e-2])
NOISES = [EDM(), VP()]


def gaussian(x, alpha, sigma):
    """Exact denoiser of N(0, diag(VARIANCES))."""
    return alpha * x * VARIANCES / (alpha**2 * VARIANCES + sigma**2)


def coin(x, alpha, sigma):
    """Exact denoiser of the fair coin on {-1, 1}."""
    return np.tanh(alpha * np.asarray(x) / sigma**2)


def batched(denoise):
    if denoise is coin:
        return lambda x, level, args: jnp.tanh(level.alpha * x / level.sigma**2)
    return lambda x, level, args: gaussian(x, *level)


def ours(sampler, noise, denoise, x_0):
    """The samples, and the increments that each step had, a list for each path."""
    like = jax.ShapeDtypeStruct(x_0.shape, x_0.dtype)
    paths = tuple(brownian_path(like, jax.random.key(i), levy_area=False) for i in range(sampler.path_count))
    made = sampler.integration(batched(denoise), noise, paths)
    grid = jnp.asarray(made.times)
    increments = [
        [np.asarray(path.evaluate(s, t) / jnp.sqrt(t - s)) for s, t in itertools.pairwise(grid)] for path in paths
    ]
    return np.asarray(integrate(made, sampler, noise, batched(denoise), x_0).x), increments


def start(noise):
    return float(noise.sigma(jnp.asarray(noise.t_max))) * jax.random.normal(jax.random.key(9), (20, 4), "float64")


def numbers(noise, t):
    """alpha, sigma and lambda at numpy times."""
    level = noise.level(jnp.asarray(t))
    return np.asarray(level.alpha), np.asarray(level.sigma), noise.lambdas(np.atleast_1d(t))


@pytest.mark.parametrize("denoise", [gaussian, coin])
@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: type(noise).__name__)
def test_multistep_is_dpm_solver_pp_2m(noise, denoise):
    """Lu et al. (2022), algorithm 2, in x itself."""
    x_0, t = start(noise), times(noise, "karras", 12)
    alpha, sigma, lambda_ = numbers(noise, t)
    h = np.diff(lambda_, prepend=np.nan)
    x, Q = np.asarray(x_0), []
    for i in range(1, 13):
        Q.append(denoise(x, alpha[i - 1], sigma[i - 1]))
        r = h[i - 1] / h[i]
        D = Q[-1] if i == 1 else (1 + 1 / (2 * r)) * Q[-1] - 1 / (2 * r) * Q[-2]
        x = sigma[i] / sigma[i - 1] * x - alpha[i] * (np.exp(-h[i]) - 1) * D
    made, _ = ours(DPMpp2M(12), noise, denoise, x_0)
    np.testing.assert_allclose(made, denoise(x, alpha[-1], sigma[-1]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_multistep_with_noise_is_its_sde_form(eta):
    x_0, noise, rate = start(EDM()), EDM(), 1 + eta**2
    made, (xi,) = ours(DPMpp2MSDE(8, eta=eta), noise, gaussian, x_0)
    lambda_ = noise.lambdas(times(noise, "karras", 8))
    x, previous = np.asarray(x_0), None
    for i in range(8):
        h, D = lambda_[i + 1] - lambda_[i], gaussian(x, 1, np.exp(-lambda_[i]))
        bar = D if previous is None else D + h / (2 * previous[1]) * (D - previous[0])
        spread = np.exp(-lambda_[i + 1]) * np.sqrt(1 - np.exp(-2 * eta**2 * h))
        x, previous = np.exp(-rate * h) * x + (1 - np.exp(-rate * h)) * bar + spread * xi[i], (D, h)
    np.testing.assert_allclose(made, gaussian(x, 1, noise.sigma_min), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: type(noise).__name__)
def test_exponential_euler_is_ddim(noise):
    """J. Song et al. (2021), eq. 12 with sigma_t = 0: the predicted data and the predicted noise, mixed anew."""
    x_0, t = start(noise), times(noise, "log_snr", 9)
    alpha, sigma, _ = numbers(noise, t)
    x = np.asarray(x_0)
    for i in range(9):
        D = coin(x, alpha[i], sigma[i])
        x = alpha[i + 1] * D + sigma[i + 1] * (x - alpha[i] * D) / sigma[i]
    made, _ = ours(ExponentialEuler(9, "log_snr"), noise, coin, x_0)
    np.testing.assert_allclose(made, coin(x, alpha[-1], sigma[-1]), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("churn", [0.0, 4.0])
def test_heun_is_edm_algorithms_1_and_2(churn):
    """Karras et al. (2022); churn inside of [0.05, 10] alone, inflated."""
    noise, steps = EDM(), 7
    x_0, t = start(noise), times(noise, "karras", steps)
    made, paths = ours(Heun(steps, "karras", 0.0, churn, 0.05, 10.0, 1.003), noise, gaussian, x_0)
    gamma, x = min(churn / steps, np.sqrt(2) - 1), np.asarray(x_0)
    for i in range(steps):
        t_hat = t[i] * (1 + gamma * (0.05 <= t[i] <= 10.0))
        xi = paths[0][i] if churn else 0.0
        x_hat = x + np.sqrt(t_hat**2 - t[i] ** 2) * 1.003 * xi
        d = (x_hat - gaussian(x_hat, 1, t_hat)) / t_hat
        x = x_hat + (t[i + 1] - t_hat) * d
        x = x_hat + (t[i + 1] - t_hat) * (d + (x - gaussian(x, 1, t[i + 1])) / t[i + 1]) / 2
    np.testing.assert_allclose(made, gaussian(x, 1, noise.sigma_min), rtol=1e-9, atol=1e-12)


def test_predictor_corrector_is_euler_maruyama_and_langevin():
    """Song et al. (2021): for ve-like noise dx = -(sigma^2)' s dt + ..., then tau = 2 (snr sigma)^2."""
    noise, steps, snr = EDM(), 6, 0.16
    x_0, t = start(noise), times(noise, "karras", steps)
    made, (first, second) = ours(PredictorCorrector(steps), noise, gaussian, x_0)

    def score(x, sigma):
        return (gaussian(x, 1, sigma) - x) / sigma**2

    x = np.asarray(x_0)
    for i in range(steps):
        h = t[i] - t[i + 1]
        x = x + 2 * t[i] * score(x, t[i]) * h + np.sqrt(2 * t[i] * h) * first[i]
        tau = 2 * (snr * t[i + 1]) ** 2
        x = x + tau * score(x, t[i + 1]) + np.sqrt(2 * tau) * second[i]
    np.testing.assert_allclose(made, gaussian(x, 1, noise.sigma_min), rtol=1e-9, atol=1e-12)


def test_without_churn_heun_is_diffrax_heun():
    noise = EDM()
    made = Heun(5).integration(batched(gaussian), noise, ())
    assert type(made.solver) is diffrax.Heun
    tiny, _ = ours(replace(Heun(5), churn=1e-14), noise, gaussian, start(noise))
    none, _ = ours(Heun(5), noise, gaussian, start(noise))
    np.testing.assert_allclose(tiny, none, rtol=1e-5)

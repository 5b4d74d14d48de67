"""Orders of convergence of every sampler, exact: the laws that they give for Gaussian data are known in closed form."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench import registry
from sgmbench.config.load import build
from sgmbench.diffusion.gaussian_law import gaussian_denoiser, ideal_variances, output_variances, relative_w2
from sgmbench.diffusion.noises.edm import EDM
from sgmbench.diffusion.noises.flow import Flow
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.samplers.euler_maruyama import EulerMaruyama
from sgmbench.diffusion.samplers.heun import Heun
from sgmbench.diffusion.samplers.tsit5 import Tsit5
from sgmbench.diffusion.sampling import sample

VARIANCES = np.array([4.0, 1.0, 0.25])
ORDERS = {
    "euler_maruyama": 1,
    "exponential_euler": 1,
    "predictor_corrector": 1,
    "heun": 2,
    "dpmpp_2m": 2,
    "dpmpp_2m_sde": 2,
    "sra1": 2,
    "shark": 2,
}


def largest_error(sampler, noise):
    """Of a variance, relative."""
    return np.abs(output_variances(sampler, noise, VARIANCES) / ideal_variances(noise, VARIANCES) - 1).max()


def test_every_sampler_with_fixed_steps_has_an_order():
    assert {*ORDERS, "tsit5"} == set(registry.builtin("samplers"))


@pytest.mark.parametrize("name", ORDERS)
def test_the_order_of_the_weak_error_is_the_theory(name):
    """The corrector forgets a part of the predictor's error, the more the finer the steps: at least its order."""
    steps, noise = [40, 80], EDM(sigma_max=10.0, sigma_min=0.05)
    error = [largest_error(replace(build("samplers", name), steps=n), noise) for n in steps]
    slope = np.log2(error[0] / error[1])
    if name == "predictor_corrector":
        assert 0.9 < slope < 2.1
    else:
        assert slope == pytest.approx(ORDERS[name], abs=0.2)


def test_the_order_does_not_depend_on_the_noise():
    errors = [largest_error(replace(Heun(), steps=n), VP(end=0.01)) for n in (40, 80)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.2)
    errors = [largest_error(replace(Heun(), steps=n), Flow(end=0.05)) for n in (40, 80)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.2)


def test_adaptive_steps_meet_their_tolerance():
    """The flow scales each coordinate of x by one factor."""
    noise, v = EDM(), jnp.asarray(VARIANCES)
    x_0 = jnp.sqrt(v + noise.sigma_max**2)[None]
    for tolerance in (1e-3, 1e-6):
        draw = partial(sample, Tsit5(tolerance), noise, gaussian_denoiser(v), key=jax.random.key(0))
        exact = np.sqrt(ideal_variances(noise, VARIANCES))
        assert np.abs(jax.jit(draw)(x_0).x[0] / exact - 1).max() < 5 * tolerance


def test_stochastic_heun_is_at_least_of_first_order():
    noise = EDM(sigma_max=10.0, sigma_min=0.05)
    errors = [largest_error(Heun(n, eta=1.0), noise) for n in (40, 80)]
    assert errors[1] < 0.55 * errors[0] < 0.05
    with pytest.raises(ValueError, match=r"^churn: 4\.0 is noise beside that of eta: 1\.0; leave one at 0$"):
        Heun(eta=1.0, churn=4.0)


def test_more_churn_is_another_path_to_the_same_law():
    noise = EDM(sigma_max=10.0, sigma_min=0.05)
    errors = [largest_error(Heun(n, churn=0.4 * n), noise) for n in (20, 40)]
    assert errors[1] < 0.6 * errors[0] < 0.2


def test_the_law_is_the_one_that_samples_have():
    """Relative error of a variance from n samples: sqrt(2 / n)."""
    noise, sampler, n = EDM(), EulerMaruyama(10), 20_000
    x_0 = jnp.sqrt(VARIANCES + noise.sigma_max**2) * jax.random.normal(jax.random.key(0), (n, 3), "float64")
    denoise = gaussian_denoiser(jnp.asarray(VARIANCES))
    draw = jax.jit(partial(sample, sampler, noise, denoise, key=jax.random.key(1)))
    drawn = np.asarray(draw(x_0).x)
    exact = output_variances(sampler, noise, VARIANCES)
    np.testing.assert_allclose(drawn.var(axis=0) / exact, 1, atol=4.5 * np.sqrt(2 / n))


def test_starting_from_noise_alone_lacks_what_was_left_of_the_data():
    """About v / (2 sigma_max^2) of the standard deviation of a mode, for exact dynamics."""
    noise, fine = EDM(sigma_max=10.0), DPMpp2M(1_000)
    fitted, prior = (output_variances(fine, noise, VARIANCES, initial=law) for law in ("gaussian", "prior"))
    np.testing.assert_allclose(1 - np.sqrt(prior / fitted), VARIANCES / 200, rtol=0.05)


def test_relative_w2_of_scaled_gaussians():
    assert relative_w2(1.21 * VARIANCES, VARIANCES) == pytest.approx(0.1, rel=1e-12)

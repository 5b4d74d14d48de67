"""Gaussian-process regression: kernel, likelihood and posterior beside plain linear algebra; its rate, its inputs."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import gamma, kv
from scipy.stats import multivariate_normal

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs
from sgmbench.errors import CellError
from sgmbench.learning.representations.identity import Identity
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.surrogates import matern as process
from sgmbench.surrogates.gaussian_process import GaussianProcess, prepare_posterior
from sgmbench.surrogates.matern import Process, fit_process

SCALAR = Layout((Field("y", "-"),))
LINE = Layout((Field("y", "m", (Axis("x", "m", (0.0, 1.0, 2.0)),)),))
EXACT = {"nugget": 1e-10}


def regress(method, given, germ, y, layout=SCALAR):
    """(fit, map)."""
    fit = method.fit(Pairs(given, y, germ), layout, key=jax.random.key(0), clock=Clock(), progress=silent)
    return fit, method.prepare_map(fit, clock=Clock())


def no_germ(n):
    return np.zeros((n, 0))


OBJECTIVE = jax.jit(jax.value_and_grad(process.profile, has_aux=True))


def kernel(*arrays):
    return np.asarray(jax.jit(process.kernel)(*map(jnp.asarray, arrays)))


def profile(*arrays):
    return float(OBJECTIVE(*arrays)[0][0])


def matern(r):
    """The kernel of smoothness 5/2 by its Bessel function, 1 at 0."""
    s = np.sqrt(5) * np.maximum(r, 1e-12)
    return 2 ** (1 - 2.5) / gamma(2.5) * s**2.5 * kv(2.5, s)


def test_the_kernel_is_materns():
    rng = np.random.default_rng(0)
    x, y, lengths = rng.standard_normal((5, 3)), rng.standard_normal((7, 3)), np.array([0.5, 2.0, 10.0])
    r = np.sqrt(np.sum(((x[:, None] - y) / lengths) ** 2, axis=-1))
    np.testing.assert_allclose(kernel(lengths, x, y), matern(r), rtol=1e-12)
    np.testing.assert_allclose(np.diag(kernel(lengths, x, x)), np.ones(5), rtol=1e-14)


def test_the_likelihood_is_the_normal_density_at_its_best_variance():
    rng = np.random.default_rng(1)
    x, a, lengths, nu = rng.standard_normal((8, 2)), rng.standard_normal(8), np.array([0.7, 1.5]), 0.01
    R = kernel(lengths, x, x) + nu * np.eye(8)
    found = profile(np.log([*lengths, nu]), x, a)

    def log_density(variance):
        return multivariate_normal.logpdf(a, np.zeros(8), variance * R)

    best = a @ np.linalg.solve(R, a) / 8
    assert -8 * found - 4 * (1 + np.log(2 * np.pi)) == pytest.approx(log_density(best), rel=1e-10)
    assert log_density(best) > max(log_density(best * f) for f in (0.9, 1.1))
    weights = OBJECTIVE(np.log([*lengths, nu]), x, a)[0][1]
    np.testing.assert_allclose(weights, np.linalg.solve(R, a), rtol=1e-9)


def test_the_posterior_of_six_runs_is_that_of_plain_linear_algebra():
    u = np.array([-0.9, -0.5, -0.2, 0.1, 0.6, 0.8])[:, None]
    y, new = np.sin(3 * u) + u, np.linspace(-1, 1, 9)[:, None]
    fit, predict = regress(GaussianProcess(representation=(Identity(),), nugget=1e-3), u, no_germ(6), y)
    length = fit["processes"]["lengths"][0]
    K, k = matern(np.abs(u - u.T) / length) + 1e-3 * np.eye(6), matern(np.abs(new - u.T) / length)
    np.testing.assert_allclose(predict(new, no_germ(9)), k @ np.linalg.solve(K, y), rtol=1e-9, atol=1e-10)


def test_lengths_and_nugget_are_the_likeliest():
    """Of a grid around them; a draw of the process itself is fitted with lengths of its own order."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, (60, 2))
    R = kernel(np.array([0.5, 1.0]), x, x) + 1e-3 * np.eye(60)
    a = np.linalg.cholesky(R) @ rng.standard_normal(60)
    found = fit_process(OBJECTIVE, x, a, nugget=None, iterations=100)
    best = np.log([*found.lengths, found.nugget])
    at_best = profile(best, x, a)
    steps = itertools.product([-0.1, 0.0, 0.1], repeat=3)
    assert at_best <= min(profile(best + np.array(step), x, a) for step in steps) + 1e-9
    assert at_best <= profile(np.log([0.5, 1.0, 1e-3]), x, a)
    assert (np.abs(np.log(found.lengths / np.array([0.5, 1.0]))) < np.log(2)).all()


def test_it_interpolates_its_runs_where_there_is_no_noise():
    """Up to the nugget times the weights; kinks keep the covariance from being singular."""
    rng = np.random.default_rng(3)
    given, germ = rng.uniform(-1, 1, (60, 1)), rng.standard_normal((60, 2))
    modes = np.stack([np.abs(given[:, 0]), np.abs(germ[:, 0] - 0.2), np.abs(germ[:, 0] + germ[:, 1])], axis=1)
    y = 5 + modes @ rng.standard_normal((3, 3))
    every_mode = (Standardize("field"), KarhunenLoeve(lost_variance=0))
    _, predict = regress(GaussianProcess(representation=every_mode, **EXACT), given, germ, y, LINE)
    np.testing.assert_allclose(predict(given, germ), y, atol=1e-6 * y.std())


def test_noise_without_an_input_becomes_the_nugget():
    rng = np.random.default_rng(4)
    given = rng.uniform(-1, 1, (300, 1))
    y = np.sin(2 * given) + 0.1 * rng.standard_normal((300, 1))
    fit, predict = regress(GaussianProcess(representation=(Identity(),)), given, no_germ(300), y)
    found = fit["processes"]
    share = float(found["nugget"][0] * found["variance"][0])
    assert share == pytest.approx(0.01, rel=4 * np.sqrt(2 / 300))
    new = np.linspace(-0.9, 0.9, 50)[:, None]
    assert np.abs(predict(new, no_germ(50)) - np.sin(2 * new)).max() < 0.06


def test_the_rate_on_a_smooth_function_is_that_of_the_kernel():
    """At least h^(5/2 + 1/2) in one input, on equispaced runs."""
    new = np.random.default_rng(5).uniform(-1, 1, (500, 1))
    errors = []
    for n in (9, 17, 33):
        u = np.linspace(-1, 1, n)[:, None]
        _, predict = regress(GaussianProcess(**EXACT), u, no_germ(n), np.exp(np.sin(3 * u)))
        errors.append(np.sqrt(np.mean((predict(new, no_germ(500)) - np.exp(np.sin(3 * new))) ** 2)))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 3).all()


def test_inputs_that_do_not_matter_get_long_lengths():
    rng = np.random.default_rng(6)
    given, germ = rng.uniform(-1, 1, (80, 2)), rng.standard_normal((80, 3))
    y = np.sin(2 * given[:, :1]) + germ[:, 1:2] ** 2 / 2
    fit, _ = regress(GaussianProcess(), given, germ, y)
    lengths = fit["processes"]["lengths"][0]
    assert lengths[[1, 2, 4]].min() > 30 * lengths[[0, 3]].max()


def test_affine_maps_of_the_output_map_the_prediction():
    rng = np.random.default_rng(7)
    given, germ = rng.uniform(-1, 1, (40, 1)), rng.standard_normal((40, 1))
    y = np.stack([np.sin(given[:, 0] + germ[:, 0]), germ[:, 0] * given[:, 0], np.cos(germ[:, 0])], axis=1)
    plain, mapped = (
        regress(GaussianProcess(nugget=1e-6), given, germ, outputs, LINE)[1] for outputs in (y, 300 - 1e-3 * y)
    )
    new, xi = rng.uniform(-1, 1, (200, 1)), rng.standard_normal((200, 1))
    np.testing.assert_allclose(300 - mapped(new, xi), 1e-3 * plain(new, xi), atol=1e-3 * 1e-4 * y.std())


def test_noise_adds_draws_of_the_posterior():
    """Mean and variance at an input, within 4 standard errors; without noise an input has one image."""
    u, y, at, n = np.linspace(-1, 1, 5)[:, None], np.array([[0.0], [1.0], [-1.0], [2.0], [0.5]]), np.array([0.7]), 4_000
    method = GaussianProcess(representation=(Identity(),), nugget=1e-3, noise=True)
    fit, predict = regress(method, u, no_germ(5), y)
    found = Process(**fit["processes"])
    K, k = matern(np.abs(u - u.T) / found.lengths[0]) + 1e-3 * np.eye(5), matern(np.abs(at - u.T) / found.lengths[0])
    variance = found.variance[0] * (1 + 1e-3 - (k @ np.linalg.solve(K, k.T))[0, 0])
    drawn = method.prepare(fit, clock=Clock())(at, n, jax.random.key(1))[:, 0]
    mean = predict(at[None], no_germ(1))[0, 0]
    assert abs(drawn.mean() - mean) < 4 * np.sqrt(variance / n)
    assert abs(drawn.var() / variance - 1) < 4 * np.sqrt(2 / n)
    at_run = method.prepare(fit, clock=Clock())(u[1], n, jax.random.key(2))
    assert at_run.var() < 2.5e-3 * found.variance[0] < variance
    still = GaussianProcess(representation=(Identity(),), nugget=1e-3).prepare(fit, clock=Clock())
    np.testing.assert_allclose(still(at, 10, jax.random.key(1)), np.full((10, 1), mean), rtol=1e-12)


def test_noise_is_independent_of_the_germs():
    """Both come from one stream: no draw of the noise is one of the germs."""
    rng = np.random.default_rng(8)
    germ = rng.standard_normal((20, 1))
    method = GaussianProcess(representation=(Identity(),), nugget=1e-2, noise=True)
    fit, predict = regress(method, np.zeros((20, 0)), germ, np.sin(germ) + rng.standard_normal((20, 1)))
    drawn = {}

    def germs(given, n, key):
        drawn["xi"] = np.asarray(jax.vmap(lambda i: jax.random.normal(jax.random.fold_in(key, i), (1,)))(np.arange(n)))
        return drawn["xi"]

    y = method.prepare(fit, clock=Clock(), germs=germs)(np.zeros(0), 1_000, jax.random.key(3))
    mean, sd = np.moveaxis(prepare_posterior(fit, Clock())(drawn["xi"]), 1, 0)
    np.testing.assert_allclose(mean, predict(np.zeros((1_000, 0)), drawn["xi"]), rtol=1e-9, atol=1e-12)
    normal = (y - mean) / sd
    assert abs(normal.var() - 1) < 4 * np.sqrt(2 / 1_000)
    assert np.abs(normal - drawn["xi"].T).min() > 1e-9


def test_it_learns_from_the_first_runs_alone():
    rng = np.random.default_rng(9)
    germ = rng.standard_normal((40, 1))
    method = GaussianProcess(representation=(Identity(),), most_runs=15)
    many, few = (regress(method, np.zeros((n, 0)), germ[:n], np.sin(germ[:n])) for n in (40, 15))
    new = rng.standard_normal((30, 1))
    np.testing.assert_array_equal(many[1](np.zeros((30, 0)), new), few[1](np.zeros((30, 0)), new))
    told = method.diagnose(many[0], Pairs(np.zeros((40, 0)), np.sin(germ), germ), key=jax.random.key(0))
    assert told["runs"] == 15
    assert told["lengths"] == many[0]["processes"]["lengths"][0].tolist()


def test_a_constant_output_is_that_constant():
    germ = np.random.default_rng(10).standard_normal((20, 2))
    _, predict = regress(GaussianProcess(), np.zeros((20, 0)), germ, np.full((20, 1), 273.15))
    np.testing.assert_array_equal(predict(np.zeros((5, 0)), germ[:5]), np.full((5, 1), 273.15))


def test_refuses_fewer_than_four_runs():
    with pytest.raises(CellError, match=r"^gaussian_process learns from 4 runs at least; it was given 3$"):
        regress(GaussianProcess(), np.zeros((3, 1)), no_germ(3), np.zeros((3, 1)))


def test_refuses_a_covariance_that_is_not_positive_definite():
    """Runs twice over, with no nugget to speak of."""
    x = np.repeat(np.linspace(-1, 1, 20), 2)[:, None]
    message = r"^the covariance of 40 runs is not positive definite in float64; write a larger nugget, 1e-6 say$"
    with pytest.raises(CellError, match=message):
        fit_process(OBJECTIVE, x, np.sin(x[:, 0]), nugget=1e-20, iterations=5)

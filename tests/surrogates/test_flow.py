"""Normalizing flow: an exact inverse and Jacobian, densities in nats against known ones, moments, and refusals."""

import re
import sys
from dataclasses import dataclass, replace
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import gamma, multivariate_normal

from sgmbench.config import ConfigError, load
from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs
from sgmbench.errors import CellError
from sgmbench.learning.conditional_moments import mean_at, sd_at
from sgmbench.learning.representation import encode, fit_representation, log_det
from sgmbench.learning.representations.identity import Identity
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.residual import Residual
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.learning.training import Training
from sgmbench.store.cache import pack, unpack
from sgmbench.surrogates.flow import Flow, frame_of

MISSING = "flowjax is not installed; pip install 'sgmbench[flow]'"
TOY = Flow(
    representation=(Identity(),),
    layers=4,
    width=32,
    calibration=0,
    training=Training(steps=300, batch=256, warmup=30, learning_rate=5e-3, evaluate_every=100),
)
SHAPE = 3.0
"""Of the gamma law below, whose skewness is 1.15."""


@dataclass(frozen=True)
class Fitted:
    """A fit with what it learned from."""

    method: Flow
    pairs: Pairs
    fit: dict

    @cached_property
    def sampler(self):
        return self.method.prepare(self.fit, clock=Clock())

    def sample(self, at, n, key=0):
        return self.sampler(at, n, jax.random.key(key))


def layout_of(d):
    return Layout((Field("c", "m", (Axis("x", "m", tuple(np.arange(d, dtype=float).tolist())),)),))


def fit(method, y, u=None):
    """Of one field, rows y at conditions u."""
    pairs = Pairs(np.zeros((len(y), 0)) if u is None else u, y)
    return Fitted(
        method, pairs, method.fit(pairs, layout_of(y.shape[1]), key=jax.random.key(0), clock=Clock(), progress=silent)
    )


def correlated(n, seed):
    """Rows of a Gaussian in four dimensions of standard deviations between .3 and 3, and its law."""
    mix = np.array([[3, 0, 0, 0], [0.9, 0.5, 0, 0], [0, 1.0, 0.3, 0], [-0.5, 0, 0.5, 1.0]])
    law = multivariate_normal(np.array([10.0, -1.0, 0.0, 2.0]), mix @ mix.T)
    return law.rvs(n, random_state=seed), law


def skewed(n, seed):
    """(u, y), y = 5 u + (1 + u/2) (g - 3) with g of a gamma law, two of them, and 7; and log p(y given u)."""
    rng = np.random.default_rng(seed)
    u, g = rng.uniform(-1, 1, (n, 1)), rng.gamma(SHAPE, size=(n, 2))
    scale = 1 + u / 2
    y = np.column_stack([5 * u + scale * (g - SHAPE), np.full(n, 7.0)])
    return u, y, np.sum(gamma.logpdf(g, SHAPE) - np.log(scale), axis=1)


@pytest.fixture(scope="module")
def gaussian():
    pytest.importorskip("flowjax")
    return fit(TOY, correlated(2_000, seed=0)[0])


@pytest.fixture(scope="module")
def conditional():
    pytest.importorskip("flowjax")
    u, y, _ = skewed(4_000, seed=1)
    return fit(replace(TOY, representation=(Residual(), Standardize()), calibration=512), y, u)


@pytest.mark.parametrize(("k", "q"), [(1, 1), (5, 2)])
def test_the_map_has_its_inverse_and_the_jacobian_that_it_tells(k, q):
    """With random parameters, by automatic differentiation, in double precision; single stays single."""
    pytest.importorskip("flowjax")
    from sgmbench.surrogates.spline_coupling import SplineCoupling

    rng = np.random.default_rng(0)
    coupling = SplineCoupling(np.stack([rng.permutation(k) for _ in range(2)]), features=q, knots=4, width=8)
    single = coupling.initial(jax.random.key(0))
    assert {values.dtype for values in single.values()} == {np.dtype("float32")}
    parameters = {name: jnp.asarray(rng.normal(scale=0.3, size=each.shape)) for name, each in single.items()}
    x, features = jnp.asarray(rng.normal(scale=2, size=(20, k))), jnp.asarray(rng.normal(size=(20, q)))
    z, change = coupling.to_noise(parameters, x, features)
    assert float(jnp.max(jnp.abs(z - x))) > 0.5
    np.testing.assert_allclose(coupling.from_noise(parameters, z, features), x, atol=1e-6)
    jacobian = jax.vmap(jax.jacfwd(lambda x, at: coupling.to_noise(parameters, x[None], at[None])[0][0]))(x, features)
    np.testing.assert_allclose(change, np.linalg.slogdet(jacobian)[1], atol=1e-8)
    narrow = [jnp.asarray(each, jnp.float32) for each in (x, features)]
    assert not re.search(r"f64\[\d", str(jax.make_jaxpr(coupling.to_noise)(single, *narrow)))


def test_untrained_it_is_the_gaussian_of_the_runs(gaussian):
    from sgmbench.surrogates.spline_coupling import SplineCoupling

    y = gaussian.pairs.learned
    coupling = SplineCoupling(gaussian.fit["orders"], features=1, knots=TOY.knots, width=TOY.width)
    untrained = gaussian.fit | {"parameters": coupling.initial(jax.random.key(3))}
    found = TOY.log_density(untrained, np.zeros((1, 0)), y)
    np.testing.assert_allclose(found, multivariate_normal(y.mean(axis=0), np.cov(y.T, ddof=0)).logpdf(y), atol=1e-4)


@pytest.fixture(scope="module")
def densities(gaussian):
    """New rows of the Gaussian, the flow's log density of them and the exact one."""
    y, law = correlated(20_000, seed=2)
    return y, TOY.log_density(gaussian.fit, np.zeros((1, 0)), y), law.logpdf(y)


def test_its_log_density_of_a_correlated_gaussian_is_the_exact_one(densities):
    """To .05 nats in the mean, and no larger than it but by chance: that would be no density."""
    y, found, exact = densities
    assert abs(np.mean(found - exact)) < 0.05
    assert np.mean(exact - found) > -4 * np.std(found - exact) / np.sqrt(len(y))


def test_it_learns_a_skewed_law_that_shifts_and_widens_with_its_conditions(conditional):
    """Its divergence from the exact law, in nats, against that of the Gaussian that it begins as."""
    u, y, exact = skewed(4_000, seed=3)
    transforms, arrays = conditional.method.representation, conditional.fit["representation"]
    root, center = conditional.fit["root"], conditional.fit["center"]
    a = encode(transforms, arrays, u, y)[:, :2]
    gaussian = multivariate_normal(center[:2], (root @ root.T)[:2, :2]).logpdf(a)
    begins_as = gaussian + log_det(transforms, arrays, u, y)
    divergence = np.mean(exact - conditional.method.log_density(conditional.fit, u, y))
    assert np.mean(exact - begins_as) > 0.2
    assert 0 < divergence < 0.4 * np.mean(exact - begins_as)


@pytest.mark.parametrize("at", [-0.7, 0.5])
def test_at_a_condition_it_has_the_regressed_moments(conditional, at):
    """Up to Monte Carlo error of the samples and of the 512 draws that it is calibrated with; the exact ones nearly."""
    n, u = 20_000, np.array([at])
    moments = conditional.fit["representation"]["0"]["moments"]
    drawn, m, s = conditional.sample(u, n), mean_at(moments, u[None])[0, :2], sd_at(moments, u[None])[0, :2]
    np.testing.assert_allclose(drawn[:, 2], 7.0, rtol=0, atol=1e-12)
    y = drawn[:, :2]
    error = np.sqrt(1 / n + 1 / 512)
    assert (abs(y.mean(axis=0) - m) < 4 * s * error).all()
    kurtosis = 3 + 6 / SHAPE
    assert (abs(y.std(axis=0) / s - 1) < 4 * error * np.sqrt((kurtosis - 1) / 4)).all()
    scale = (1 + at / 2) * np.sqrt(SHAPE)
    assert (abs(y.mean(axis=0) - 5 * at) < 0.15 * scale).all()
    skewness = np.mean(((y - y.mean(axis=0)) / y.std(axis=0)) ** 3, axis=0)
    assert (abs(skewness - 2 / np.sqrt(SHAPE)) < 0.35).all()


def test_samples_have_the_moments_of_the_density(gaussian, densities):
    """Where nothing is calibrated: E y and E y^2 by weights q/p over draws of the exact law p, within 4 s.e."""
    reference, found, exact = densities
    n, weights = len(reference), np.exp(found - exact)
    y = gaussian.sample(np.zeros(0), n)
    for function in (lambda rows: rows, lambda rows: rows**2):
        direct, weighted = function(y), weights[:, None] * function(reference)
        error = np.sqrt((direct.var(axis=0) + weighted.var(axis=0)) / n)
        assert (abs(direct.mean(axis=0) - weighted.mean(axis=0)) < 4 * error).all()
    assert abs(weights.mean() - 1) < 4 * weights.std() / np.sqrt(n)


def test_a_fit_from_the_store_samples_the_same_bits(conditional):
    again = replace(conditional, fit=unpack(pack(conditional.fit)))
    np.testing.assert_array_equal(again.sample(np.array([0.3]), 100), conditional.sample(np.array([0.3]), 100))
    assert not np.array_equal(again.sample(np.array([0.3]), 100, key=1), again.sample(np.array([0.3]), 100))


def test_copies_are_reported_as_none(gaussian):
    found = TOY.diagnose(gaussian.fit, gaussian.pairs, key=jax.random.key(1))
    assert found["memorization"]["verdict"] == "no sign"
    assert found["memorization"]["copies"] < 2 * found["memorization"]["copies_held_out"]
    assert found["losses"]["held_out"] == pytest.approx(4 * (1 + np.log(2 * np.pi)) / 2, abs=0.6)


def test_refusals_say_what_to_do():
    assert TOY.refusals(layout_of(65)) == {
        "representation": "65 coordinates are too many for a flow, which learns 64 at most; add karhunen_loeve with "
        "modes: 64, or fewer"
    }
    assert Flow().refusals(layout_of(1_000)) == {}
    for rows, message in (
        (np.zeros((3, 1)), "flow learns from 4 runs at least; it was given 3"),
        (np.full((5, 1), np.nan), "flow learns from finite runs; 5 of 5 are NaN or infinite: leave them out"),
        (np.ones((5, 1)), "flow learns a density, and these runs are all equal; take bootstrap"),
    ):
        with pytest.raises(CellError) as error:
            fit(TOY, rows)
        assert str(error.value) == message


def test_modes_left_out_leave_no_density():
    y, given = correlated(200, seed=0)[0], np.zeros((200, 0))
    method = replace(TOY, representation=(KarhunenLoeve(modes=2),))
    arrays, a = fit_representation(method.representation, given, y, layout_of(4))
    center, root = frame_of(a)
    with pytest.raises(CellError) as error:
        method.log_density({"representation": arrays, "center": center, "root": root}, given, y)
    assert str(error.value) == "flow: the representation leaves modes out; write one that keeps all, standardize say"


def test_without_flowjax_a_configuration_is_refused_with_the_line_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "flowjax", None)
    file = tmp_path / "flow.yaml"
    file.write_text(
        "name: flow\nproblem: gaussian\ntargets: marginal\nbudgets: [100]\n"
        "methods:\n  - kind: sgmbench.surrogates.flow:Flow\n"
    )
    with pytest.raises(ConfigError) as error:
        load(file)
    assert str(error.value).endswith(MISSING)
    assert f"{file}:6:" in str(error.value)
    with pytest.raises(CellError) as raised:
        fit(TOY, correlated(20, seed=0)[0])
    assert str(raised.value) == f"flow: {MISSING}"

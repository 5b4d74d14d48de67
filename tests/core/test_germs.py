"""Germs: those of runs made the runs, fresh ones are standard normal, and samples are their images."""

from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.germs import CHUNK, Germs
from sgmbench.core.layout import Field, Layout
from sgmbench.core.method import Generator, Sampler, Surrogate, no_germs, refusal
from sgmbench.core.prepare import prepare
from sgmbench.core.prior import LogUniform, Parameter, Uniform
from sgmbench.core.problem import (
    Featured,
    Hosted,
    Leveled,
    Recorded,
    Traceable,
    from_uniform_coordinates,
    transport,
    uniform_coordinates,
)
from sgmbench.core.rng import stream

KEY = stream(0, "test_germs")
N = 8 * CHUNK


class _Shared:
    parameters = (Parameter("rate", "1/s", LogUniform(0.5, 2.0)), Parameter("level", "V", Uniform(-1.0, 3.0)))
    germ_dimension = 3
    layout = Layout((Field("a", "-"), Field("b", "-")))


@dataclass(frozen=True)
class Traced(_Shared, Traceable, Featured):
    """y = (z_1 xi_1, z_2 + xi_2 xi_3); xi acts through z_1 xi_1 and xi_2 xi_3."""

    def simulate(self, z, xi):
        return {"a": z[0] * xi[0], "b": z[1] + xi[1] * xi[2]}

    def features(self, z, xi):
        return jnp.stack([z[0] * xi[0], xi[1] * xi[2]])


@dataclass(frozen=True)
class OnHost(_Shared, Hosted):
    """The same in NumPy, without features."""

    def simulate_batch(self, z, xi):
        return np.stack([z[:, 0] * xi[:, 0], z[:, 1] + xi[:, 1] * xi[:, 2]], axis=1)


class Past(_Shared, Recorded):
    """Runs that exist already."""

    germ_dimension = 0
    pool = held_out_runs = samples_a_pair = content = None


class Copying(Surrogate):
    """Learns nothing, and maps rows to themselves."""

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        return {}

    def prepare_map(self, fit, *, clock):
        return lambda given, germ: np.hstack([given, germ])


class Choosing(Sampler):
    """Would choose xi, on coarser levels too."""

    requires = (Traceable, Leveled)
    sees_germ = True

    def prepare(self, problem, *, at_condition, clock):
        raise NotImplementedError


class Blind(Generator):
    """Never sees xi."""

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=None):
        return {}

    def prepare(self, fit, *, clock):
        raise NotImplementedError


@cache
def germs_of(problem, *, conditional, features):
    return Germs(problem, conditional=conditional, features=features, clock=Clock(), phase="sample")


@pytest.fixture(scope="module")
def runs():
    return prepare(Traced(), Clock(), at_condition=False)(N, key=KEY)


@pytest.mark.parametrize("problem", [Traced(), OnHost()], ids=lambda problem: type(problem).__name__)
def test_germs_of_runs_are_those_that_made_them(problem, runs):
    """The map of (z, xi) gives the runs' outputs again, whether they were made in JAX or on the host."""
    made = prepare(problem, Clock(), at_condition=False)(N, key=KEY)
    xi = germs_of(problem, conditional=True, features=False).of_runs(N, key=KEY)
    both = germs_of(problem, conditional=False, features=False).of_runs(N, key=KEY)
    np.testing.assert_array_equal(both[:, 2:], xi)
    z = jax.vmap(lambda zeta: transport(problem, zeta))(jnp.asarray(both[:, :2]))
    np.testing.assert_allclose(z, made.z, rtol=1e-14)
    again = jax.vmap(Traced().simulate)(jnp.asarray(made.z), jnp.asarray(xi))
    np.testing.assert_allclose(np.stack([again["a"], again["b"]], axis=1), made.y, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(made.y, runs.y, rtol=1e-13, atol=1e-13)


def test_features_of_runs_are_taken_at_their_own_z(runs):
    """From these features and z the outputs follow; without features the germ itself is shown."""
    found = germs_of(Traced(), conditional=True, features=True).of_runs(N, key=KEY)
    np.testing.assert_allclose(found[:, 0], runs.y[:, 0], rtol=1e-13)
    np.testing.assert_allclose(runs.z[:, 1] + found[:, 1], runs.y[:, 1], rtol=1e-12, atol=1e-14)
    marginal = germs_of(Traced(), conditional=False, features=True).of_runs(N, key=KEY)
    zeta = germs_of(Traced(), conditional=False, features=False).of_runs(N, key=KEY)[:, :2]
    np.testing.assert_array_equal(marginal[:, :2], zeta)
    np.testing.assert_allclose(marginal[:, 2:], found, rtol=1e-13)
    without_any = germs_of(OnHost(), conditional=True, features=True).of_runs(N, key=KEY)
    np.testing.assert_array_equal(without_any, germs_of(Traced(), conditional=True, features=False).of_runs(N, key=KEY))


@pytest.mark.parametrize(("conditional", "given"), [(True, (0.3, -0.8)), (False, ())])
def test_fresh_germs_are_standard_normal(conditional, given):
    """Means, variances and covariances of 2,048, within 4.5 standard errors."""
    n = N
    xi = germs_of(Traced(), conditional=conditional, features=False)(np.array(given), n, KEY)
    k = 3 if conditional else 5
    assert xi.shape == (n, k)
    covariance = xi.T @ xi / n
    assert np.abs(xi.mean(axis=0)).max() < 4.5 / np.sqrt(n)
    assert (np.abs(covariance - np.eye(k)) < 4.5 * np.sqrt((1 + np.eye(k)) / n)).all()


def test_fresh_features_are_taken_at_the_condition():
    given = np.array([0.3, -0.8])
    z = from_uniform_coordinates(Traced(), jnp.asarray(given))
    np.testing.assert_allclose(z, [0.5 * 4**0.65, -1 + 4 * 0.1], rtol=1e-13)
    np.testing.assert_allclose(uniform_coordinates(Traced(), z), given, rtol=1e-13)
    xi = germs_of(Traced(), conditional=True, features=False)(given, N, KEY)
    found = germs_of(Traced(), conditional=True, features=True)(given, N, KEY)
    np.testing.assert_allclose(found, np.stack([z[0] * xi[:, 0], xi[:, 1] * xi[:, 2]], axis=1), rtol=1e-14)


def test_samples_of_a_surrogate_are_images_of_fresh_germs():
    """Those of the stream that it is asked with; the first do not depend on how many follow."""
    given = np.array([0.3, -0.8])
    germs = germs_of(Traced(), conditional=True, features=False)
    sample = Copying().prepare({}, clock=Clock(), germs=germs)
    np.testing.assert_array_equal(sample(given, N, KEY), np.hstack([np.tile(given, (N, 1)), germs(given, N, KEY)]))
    np.testing.assert_array_equal(sample(given, 10, KEY), sample(given, N, KEY)[:10])
    other = sample(given, N, stream(0, "another"))
    assert not np.any(other[:, 2:] == sample(given, N, KEY)[:, 2:])
    np.testing.assert_array_equal(Copying().prepare({}, clock=Clock())(given, 3, KEY), np.tile(given, (3, 1)))
    assert no_germs(given, 3, KEY).shape == (3, 0)


@pytest.mark.parametrize(
    ("method", "problem", "said"),
    [
        (Copying(), Past(), "Copying needs the germ of each run, and of the runs of Past none is recorded"),
        (Choosing(), Past(), "Choosing needs a problem that is Traceable and Leveled; Past is not"),
        (Choosing(), Traced(), "Choosing needs a problem that is Leveled; Traced is not"),
        (Copying(), Traced(), None),
        (Copying(), OnHost(), None),
        (Blind(), Past(), None),
    ],
)
def test_a_method_that_sees_the_germ_is_refused_where_none_is_recorded(method, problem, said):
    assert refusal(method, problem) == said

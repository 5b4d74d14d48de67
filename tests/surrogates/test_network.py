"""The network surrogate learns the map, as well where the spread is small, and its samples are images of germs."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.method import Map
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs
from sgmbench.errors import CellError
from sgmbench.learning.conditional_moments import mean_at
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.learning.training import Training
from sgmbench.surrogates.network import NetworkSurrogate, ResidualMLP, unexplained
from sgmbench.surrogates.rows import CHUNK

LINE = (Axis("x", "m", tuple(np.linspace(0, 1, 6).tolist())),)
LAYOUT = Layout((Field("c", "m", LINE), Field("phi", "V", LINE)))
TOY = NetworkSurrogate(
    width=64, blocks=1, training=Training(steps=900, batch=256, warmup=100, learning_rate=5e-3, evaluate_every=300)
)
SHORT = replace(TOY, training=replace(TOY.training, steps=100, evaluate_every=100))
SMALL, LARGE = np.array([-0.9]), np.array([0.9])


def spread(u):
    """From 0.05 to 1 over the conditions."""
    return 0.05 + 0.95 * ((1 + u) / 2) ** 2


def truth(u, xi):
    """y = m(u) + s(u) g(xi): a nonlinear function of the first two germ entries, and a product; phi is small."""
    x, scale = np.tile(LINE[0].coordinates, 2), np.where(np.arange(12) < 6, 1.0, 1e-3)
    g = np.sin(1.5 * xi[:, :1] + x) + 0.5 * xi[:, :1] * xi[:, 1:2] * np.cos(2 * x)
    return scale * (4 * u + 2 * u**2 * x + spread(u) * g)


def pairs(n, q=1, seed=0):
    rng = np.random.default_rng(seed)
    u, xi = rng.uniform(-1, 1, (n, 1)), rng.standard_normal((n, 4 - q))  # four inputs: a program is compiled once
    return Pairs(u, truth(u, xi), xi) if q else Pairs(u[:, :0], truth(0 * u, xi), xi)


@dataclass(frozen=True)
class Fitted:
    """A fit and its map."""

    fit: dict
    predict: Map


def fit(method, n=3_000, q=1):
    made = method.fit(pairs(n, q), LAYOUT, key=jax.random.key(0), clock=Clock(), progress=silent)
    return Fitted(made, method.prepare_map(made, clock=Clock()))


@pytest.fixture(scope="module")
def network():
    return fit(TOY)


@pytest.fixture(scope="module")
def globally_standardized():
    return fit(replace(TOY, representation=(Standardize(),)))


def unexplained_at(it, u, seed=1):
    """Mean squared error over the variance there, of each field."""
    xi = np.random.default_rng(seed).standard_normal((4_000, 3))
    given = np.tile(u, (4_000, 1))
    error, exact = it.predict(given, xi) - truth(given, xi), truth(given, xi)
    return [np.mean(error[:, f] ** 2) / np.mean(exact[:, f].var(axis=0)) for f in LAYOUT.slices.values()]


def test_it_learns_the_map_at_every_condition_alike(network):
    """A linear regression on the germ leaves half of the variance; the network leaves a hundredth."""
    found = {float(u[0]): unexplained_at(network, u) for u in (SMALL, np.array([0.0]), LARGE)}
    xi = np.random.default_rng(2).standard_normal((4_000, 3))
    y = truth(np.zeros((4_000, 1)), xi)
    y = y - y.mean(axis=0)
    linear = np.sum((y - xi @ np.linalg.lstsq(xi, y)[0]) ** 2) / np.sum(y**2)
    assert linear > 0.4
    assert max(map(max, found.values())) < 0.01


def test_taking_the_conditional_mean_and_scale_out_is_what_makes_them_alike(network, globally_standardized):
    ours, theirs = (np.max(unexplained_at(it, SMALL)) for it in (network, globally_standardized))
    assert ours < theirs / 10


@pytest.mark.parametrize("at", [SMALL, LARGE], ids=str)
def test_samples_have_the_law_of_the_map(network, at):
    """Images of germs; means and standard deviations to 3 % of the latter, beside the solver's with the same germs."""
    n, xi = 4_000, np.random.default_rng(3).standard_normal((4_000, 3))
    y = TOY.prepare(network.fit, clock=Clock(), germs=lambda given, n, key: xi[:n])(at, n, jax.random.key(1))
    np.testing.assert_array_equal(y, network.predict(np.tile(at, (n, 1)), xi))
    exact = truth(np.tile(at, (n, 1)), xi)
    sd = exact.std(axis=0)
    mean, spread = np.abs(y.mean(axis=0) - exact.mean(axis=0)) / sd, np.abs(y.std(axis=0) / sd - 1)
    assert max(mean.max(), spread.max()) < 0.03


def test_without_conditions_it_learns_the_map_of_the_germ():
    it = fit(TOY, q=0)
    xi = np.random.default_rng(5).standard_normal((4_000, 4))
    exact = truth(np.zeros((4_000, 1)), xi)
    error = it.predict(np.zeros((4_000, 0)), xi) - exact
    assert np.sum((error / exact.std(axis=0)) ** 2) / exact.size < 0.01


def test_an_untrained_network_is_the_conditional_mean():
    still = replace(SHORT, training=replace(SHORT.training, learning_rate=1e-12))
    it, u = fit(still), np.linspace(-1, 1, 50)[:, None]
    mean = mean_at(it.fit["representation"]["0"]["moments"], u)
    xi = np.random.default_rng(6).standard_normal((50, 3))
    np.testing.assert_allclose(it.predict(u, xi), mean, atol=1e-9 * np.abs(mean).max())


def test_the_loss_of_the_zero_map_is_one():
    """Whatever the scales of the coordinates; an error of one coordinate counts by that coordinate's variance."""
    a = np.random.default_rng(7).standard_normal((200, 3)) * [10.0, 1.0, 0.1]
    rms = np.sqrt(np.mean(a**2, axis=0))
    graph, parameters = nnx.split(ResidualMLP(2, 3, width=8, blocks=1, rngs=nnx.Rngs(0)))
    loss, weights = unexplained(graph), jnp.asarray(rms**2 / np.sum(rms**2), jnp.float32)
    x = jnp.ones((200, 2), jnp.float32)
    assert float(loss(parameters, (x, jnp.asarray(a / rms, jnp.float32), weights))) == pytest.approx(1, rel=1e-6)
    only = np.where(np.arange(3) == 1, a, 0.0) / rms
    share = float(loss(parameters, (x, jnp.asarray(only, jnp.float32), weights)))
    assert share == pytest.approx(rms[1] ** 2 / np.sum(rms**2), rel=1e-5)


def test_an_image_does_not_depend_on_the_rows_beside_it(network):
    """Bitwise: rows go through in chunks of one size."""
    rng = np.random.default_rng(8)
    u, xi = rng.uniform(-1, 1, (CHUNK + 30, 1)), rng.standard_normal((CHUNK + 30, 3))
    many = network.predict(u, xi)
    np.testing.assert_array_equal(network.predict(u[:7], xi[:7]), many[:7])
    np.testing.assert_array_equal(network.predict(u[CHUNK:], xi[CHUNK:]), many[CHUNK:])


def test_same_key_gives_bitwise_equal_fits():
    one, same = (fit(SHORT) for _ in range(2))
    for left, right in zip(jax.tree.leaves(one.fit), jax.tree.leaves(same.fit), strict=True):
        np.testing.assert_array_equal(left, right)


def test_fits_to_as_many_runs_share_what_is_compiled_and_are_the_same_bitwise():
    """The second on one clock compiles nothing, and differs in no number from one on a clock of its own."""
    compilations, key = [], jax.random.key(3)

    def listen(event, duration, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            compilations.append(duration)

    def fitted(seed, clock):
        data = pairs(3_000, seed=seed)  # as many modes of each
        made = SHORT.fit(data, LAYOUT, key=key, clock=clock, progress=silent)
        return made, SHORT.prepare_map(made, clock=clock)(data.given[:20], data.germ[:20])

    shared = Clock()
    fitted(1, shared)
    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        both = fitted(2, shared)
        assert len(compilations) == 0
        alone = fitted(2, Clock())
        assert len(compilations) == 3
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    for left, right in zip(jax.tree.leaves(both), jax.tree.leaves(alone), strict=True):
        np.testing.assert_array_equal(left, right)


def test_it_tells_what_held_out_runs_find_unexplained(network):
    told = TOY.diagnose(network.fit, pairs(10), key=jax.random.key(0))
    assert told["planned_steps"] == 900
    assert told["unexplained"] == min(loss for _, _, loss in network.fit["history"])
    assert told["unexplained"] < 0.01
    assert TOY.evaluations() == 1


def test_refuses_fewer_than_four_runs():
    with pytest.raises(CellError, match=r"^network learns from 4 runs at least; it was given 3$"):
        fit(SHORT, n=3)

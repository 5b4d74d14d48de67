"""The whole method on a conditional law of two modes, beside the Gaussian surrogate on the same runs."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import numpy as np
import pytest
from flax import nnx
from scipy.spatial.distance import cdist

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs
from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.noises.flow import Flow
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.samplers.dpmpp_2m_sde import DPMpp2MSDE
from sgmbench.diffusion.samplers.exponential_euler import ExponentialEuler
from sgmbench.diffusion.samplers.heun import Heun
from sgmbench.diffusion.samplers.shark import ShARK
from sgmbench.errors import CellError
from sgmbench.learning.conditional_moments import mean_at, sd_at
from sgmbench.learning.network import Network
from sgmbench.learning.networks.film_conv import FiLMConv
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.representations.conditional_scale import ConditionalScale
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.learning.training import Training
from sgmbench.surrogates.gaussian import Gaussian

LINE = (Axis("x", "m", tuple(np.linspace(0, 1, 6).tolist())),)
LAYOUT = Layout((Field("c", "m", LINE), Field("phi", "V", LINE)))
TOY = Diffusion(
    network=MLP(width=64, blocks=1),
    training=Training(steps=600, batch=256, warmup=50, learning_rate=5e-3, evaluate_every=100),
)
SHORT = replace(
    TOY, network=MLP(width=8, blocks=1), training=replace(TOY.training, steps=20, evaluate_every=10), calibration=64
)
CONDITIONS = [np.array([-0.8]), np.array([0.0]), np.array([0.7])]


def truth(u, rng):
    """y = m(u) + s(u) (b + 0.3 noise), b a fair sign: each field is one curve, up or down; phi is small."""
    x = np.concatenate([LINE[0].coordinates, LINE[0].coordinates])
    sign = rng.choice([-1.0, 1.0], (len(u), 1))
    noise = rng.standard_normal((len(u), 2)) @ np.array([np.cos(2 * x), np.sin(2 * x)])
    scale = np.where(np.arange(12) < 6, 1.0, 1e-3)
    return scale * (4 * u + 2 * u**2 * x + (1 + 0.5 * u) * (sign * (1 + x) + 0.3 * noise))


@dataclass(frozen=True)
class Fitted:
    """A fit and its sampler."""

    fit: dict
    sample: Callable[..., np.ndarray]


def fit(method, n=2_000, q=1):
    rng = np.random.default_rng(0)
    u = rng.uniform(-1, 1, (n, q))
    pairs = Pairs(u, truth(u if q else np.zeros((n, 1)), rng))
    made = method.fit(pairs, LAYOUT, key=jax.random.key(0), clock=Clock(), progress=silent)
    return Fitted(made, method.prepare(made, clock=Clock()))


@pytest.fixture(scope="module")
def diffusion():
    return fit(TOY)


@pytest.fixture(scope="module")
def gaussian():
    return fit(Gaussian())


def energy_distance(x, y):
    """Unbiased, in standardized coordinates."""
    x, y = x / y.std(axis=0), y / y.std(axis=0)
    own = [cdist(v, v).sum() / (len(v) * (len(v) - 1)) for v in (x, y)]
    return 2 * cdist(x, y).mean() - sum(own)


@pytest.mark.parametrize("at", CONDITIONS, ids=str)
def test_learns_two_modes_that_a_gaussian_cannot(diffusion, gaussian, at):
    exact = truth(np.tile(at, (1_500, 1)), np.random.default_rng(1))
    d2 = {
        name: energy_distance(it.sample(at, 1_500, jax.random.key(2)), exact)
        for name, it in {"diffusion": diffusion, "gaussian": gaussian}.items()
    }
    assert d2["diffusion"] < 0.3 * d2["gaussian"]


@pytest.mark.parametrize("at", CONDITIONS, ids=str)
def test_both_fields_take_the_same_sign_half_the_time(diffusion, at):
    y = diffusion.sample(at, 4_000, jax.random.key(3))
    exact = truth(np.tile(at, (4_000, 1)), np.random.default_rng(4))
    up = y[:, [5, 11]] > exact[:, [5, 11]].mean(axis=0)
    assert (up[:, 0] == up[:, 1]).mean() > 0.98
    assert abs(up[:, 0].mean() - 0.5) < 0.05


def test_mean_and_standard_deviation_are_those_of_the_regressions(diffusion):
    """Monte Carlo error of n samples and of 2,048 Sobol draws, which is smaller."""
    moments, n = diffusion.fit["representation"]["0"]["moments"], 20_000
    for at in CONDITIONS:
        y, s = diffusion.sample(at, n, jax.random.key(5)), sd_at(moments, at[None])[0]
        assert (abs(y.mean(axis=0) - mean_at(moments, at[None])[0]) < 4.5 * s / np.sqrt(n)).all()
        assert (abs(y.std(axis=0) / s - 1) < 0.03).all()


@pytest.mark.parametrize("sampler", [DPMpp2M(), DPMpp2MSDE()], ids=["flow", "sde"])
def test_samples_do_not_depend_on_the_chunks_they_lie_in(diffusion, sampler):
    sample = replace(TOY, sampler=sampler).prepare(diffusion.fit, clock=Clock())
    few, many = (sample(CONDITIONS[1], n, jax.random.key(6)) for n in (10, 3_000))
    np.testing.assert_allclose(few / many.std(axis=0), many[:10] / many.std(axis=0), atol=1e-5)


def test_chunks_are_independent_of_each_other(diffusion):
    """Rows 2,048 apart, at the same place of two chunks, are not correlated."""
    sample = replace(TOY, sampler=DPMpp2MSDE()).prepare(diffusion.fit, clock=Clock())
    y = sample(CONDITIONS[1], 4_096, jax.random.key(7))
    r = [np.corrcoef(y[:2_048, j], y[2_048:, j])[0, 1] for j in range(12)]
    assert np.abs(r).max() < 4.5 / np.sqrt(2_048)


def test_without_conditions_it_learns_the_marginal_law():
    it, at = fit(TOY, q=0), np.zeros(0)
    exact = truth(np.zeros((1_500, 1)), np.random.default_rng(8))
    gaussian = fit(Gaussian(), q=0)
    ours, theirs = (energy_distance(f.sample(at, 1_500, jax.random.key(9)), exact) for f in (it, gaussian))
    assert ours < 0.3 * theirs


def test_same_key_gives_bitwise_equal_fits():
    one, same = (fit(SHORT, n=200) for _ in range(2))
    for left, right in zip(jax.tree.leaves(one.fit), jax.tree.leaves(same.fit), strict=True):
        np.testing.assert_array_equal(left, right)


def test_refuses_fewer_than_four_runs():
    with pytest.raises(CellError, match=r"^diffusion learns from 4 runs at least; it was given 3$"):
        fit(SHORT, n=3)


def test_with_nearly_all_runs_held_out_two_are_left_to_train_on():
    """Memorization has the two nearest training rows that it asks for, and no traceback ends the run."""
    method = replace(SHORT, training=replace(SHORT.training, held_out=0.9))
    rng = np.random.default_rng(0)
    pairs = Pairs(np.zeros((4, 0)), truth(np.zeros((4, 1)), rng))
    made = method.fit(pairs, LAYOUT, key=jax.random.key(0), clock=Clock(), progress=silent)
    assert len(made["held_out"]) == 2
    found = method.diagnose(made, pairs, key=jax.random.key(1))["memorization"]
    assert found["verdict"] == "too few held-out runs to tell"
    assert np.isfinite(found["nearest_ratio"])


@dataclass(frozen=True)
class OneOutput(Network):
    """A network of one output a row, which would broadcast against any number of coordinates."""

    def build(self, *, geometry, given, rngs):
        return First(MLP(width=8, blocks=1).build(geometry=geometry, given=given, rngs=rngs))


class First(nnx.Module):
    """The first output of another module."""

    def __init__(self, module):
        self.module = module

    def __call__(self, *inputs):
        return self.module(*inputs)[:, :1]


def test_refuses_a_network_whose_output_would_broadcast():
    with pytest.raises(CellError, match=r"^OneOutput returns an output of shape \[n, 1\] for coordinates of shape \["):
        fit(replace(SHORT, network=OneOutput()), n=200)


def test_refuses_a_network_that_the_coordinates_do_not_suit():
    """Modes have no grid."""
    with pytest.raises(CellError, match=r"^film_conv needs fields on a 1-D grid; these are \d+ coordinates without a"):
        fit(replace(SHORT, network=FiLMConv()), n=200)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"calibration": 1_000}, r"^calibration: 1000 is not a power of two; write 2048, say, or 0$"),
        (
            {"representation": (Standardize(),)},
            r"^calibration: needs a representation with residual; write calibration: 0, or add residual$",
        ),
        (
            {"sampler": ShARK(), "noise": Flow()},
            r"^sampler: shark solves the reverse SDE, and flow has none, only a probability flow; "
            r"write heun, dpmpp_2m, exponential_euler or tsit5, or another noise$",
        ),
        (
            {"sampler": Heun(churn=5.0), "noise": Flow()},
            r"^sampler: heun with churn: 5.0 adds noise, and flow has no reverse SDE, only a probability flow; "
            r"write churn: 0, or another noise$",
        ),
        (
            {"sampler": Heun(eta=0.5), "noise": Flow()},
            r"^sampler: heun with eta: 0.5 adds noise, and flow has no reverse SDE, only a probability flow; "
            r"write eta: 0, or another noise$",
        ),
        (
            {"sampler": ExponentialEuler(eta=1.0), "noise": Flow()},
            r"^sampler: exponential_euler with eta: 1.0 adds noise, and flow has no reverse SDE, only a probability "
            r"flow; write eta: 0, or another noise$",
        ),
    ],
)
def test_refuses_hyperparameters_that_make_no_sense(wrong, message):
    with pytest.raises(ValueError, match=message):
        Diffusion(**wrong)


def diagnosed(method, scale=1.0):
    rng = np.random.default_rng(0)
    u = rng.uniform(-1, 1, (200, 1))
    pairs = Pairs(u, scale * truth(u, rng))
    made = method.fit(pairs, LAYOUT, key=jax.random.key(0), clock=Clock(), progress=silent)
    return method.diagnose(made, pairs, key=jax.random.key(1))


def test_coordinates_are_of_unit_size_where_they_are_standardized():
    """phi is a thousand times smaller than c; by all, c is near 2^(1/2) and phi a thousandth of it."""
    plain = replace(SHORT, calibration=0)
    by_field = diagnosed(replace(plain, representation=(Standardize("field"),)))
    np.testing.assert_allclose(by_field["coordinate_sizes"], 1, atol=0.05)
    low, high = diagnosed(replace(plain, representation=(Standardize("all"),)))["coordinate_sizes"]
    assert high == pytest.approx(2**0.5, rel=0.02)
    assert low == pytest.approx(1e-3 * high, rel=0.02)
    low, high = diagnosed(SHORT)["coordinate_sizes"]
    assert 0.7 < low <= high < 1.4


def test_a_training_that_diverges_without_a_nan_is_told():
    """F = 0 has a held-out loss near 1, the variance of its target, and is what is kept."""
    training = Training(steps=40, batch=64, warmup=2, learning_rate=20.0, evaluate_every=20)
    found = diagnosed(replace(SHORT, training=training))["validation"]
    assert found["kept"] == pytest.approx(1, abs=0.3)
    assert found["trained"] > 1.1 * found["kept"]
    good = diagnosed(replace(SHORT, training=replace(training, learning_rate=5e-3, steps=200)))["validation"]
    assert good["trained"] == good["kept"] < found["kept"]


def gaussian_pairs(n, d, seed):
    """Rows of N(m, C) with unequal scales and neighbors correlated by 0.8, in units of 1e-3, and log p of each."""
    rng = np.random.default_rng(seed)
    correlation = 0.8 ** np.abs(np.subtract.outer(np.arange(d), np.arange(d)))
    root = 1e-3 * (1 + np.arange(d))[:, None] * np.linalg.cholesky(correlation)
    white = rng.standard_normal((n, d))
    exact = -np.sum(white**2, axis=1) / 2 - np.linalg.slogdet(root)[1] - d / 2 * np.log(2 * np.pi)
    return 5e-3 + white @ root.T, exact


@pytest.mark.parametrize(("d", "probes", "most"), [(2, 1, 0.03), (20, 16, 0.15)])
def test_the_log_density_of_a_gaussian_law_that_was_learned(d, probes, most):
    """The mean of log p - log q is a Kullback-Leibler divergence, of few hundredths of a nat a coordinate."""
    layout = Layout(tuple(Field(f"f{i}", "m") for i in range(d)))
    y, _ = gaussian_pairs(2_000, d, 0)
    representation = (Standardize(), KarhunenLoeve(lost_variance=0.0), ConditionalScale())
    method = replace(TOY, representation=representation, calibration=0, training=replace(TOY.training, steps=300))
    pairs = Pairs(np.zeros((2_000, 0)), y)
    made = method.fit(pairs, layout, key=jax.random.key(0), clock=Clock(), progress=silent)
    fresh, exact = gaussian_pairs(256, d, 1)
    found = method.log_density(made, np.zeros((1, 0)), fresh, probes=probes)
    lost = exact - found
    assert abs(lost.mean()) < most
    assert exact.std() > 0.9


def test_no_density_where_modes_are_left_out(diffusion):
    with pytest.raises(CellError, match=r"^diffusion: the representation leaves modes out, or coordinates never vary"):
        TOY.log_density(diffusion.fit, np.zeros((1, 1)), truth(np.zeros((3, 1)), np.random.default_rng(0)))


def test_counts_its_network_evaluations_and_extra_samples():
    assert Diffusion(sampler=DPMpp2M(30)).evaluations() == 31
    assert Diffusion(calibration=512).extra_samples() == 512

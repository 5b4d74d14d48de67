"""Energy-score network: laws it learns, what it begins as, and the same numbers again."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs
from sgmbench.errors import CellError
from sgmbench.learning import work
from sgmbench.learning.conditional_moments import mean_at, sd_at
from sgmbench.learning.networks.conditioned import ConditionedNetwork
from sgmbench.learning.networks.film_conv import FiLMConv
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.representations.identity import Identity
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.learning.training import Training
from sgmbench.surrogates.energy_score import CHUNK, EnergyScoreNetwork
from sgmbench.surrogates.gaussian import Gaussian

LINE = Axis("x", "m", tuple(np.linspace(0, 1, 6).tolist()))
TOY = EnergyScoreNetwork(
    network=MLP(width=32, blocks=1),
    draws=4,
    training=Training(steps=500, batch=256, warmup=50, learning_rate=5e-3, evaluate_every=100),
)
SHORT = replace(
    TOY, network=MLP(width=8, blocks=1), training=replace(TOY.training, steps=20, evaluate_every=10), calibration=64
)
UNTRAINED = replace(
    SHORT, training=replace(SHORT.training, learning_rate=1e-12), representation=(Identity(),), calibration=0
)
CONDITIONS = [np.array([-0.8]), np.array([0.0]), np.array([0.7])]


@dataclass(frozen=True)
class Fitted:
    """A fit with what it learned from, and its sampler."""

    pairs: Pairs
    fit: dict
    sample: Callable[..., np.ndarray]


def fit(method, y, u=None, *, key=0, progress=silent, checkpoints=no_checkpoints):
    """Of one field, rows y at conditions u."""
    layout = Layout((Field("c", "m", (Axis("x", "m", LINE.coordinates[: y.shape[1]]),)),))
    pairs = Pairs(np.zeros((len(y), 0)) if u is None else u, y)
    options = {"clock": Clock(), "progress": progress, "checkpoints": checkpoints}
    made = method.fit(pairs, layout, key=jax.random.key(key), **options)
    return Fitted(pairs, made, method.prepare(made, clock=Clock()))


def two_modes(u, rng):
    """y = m(u) + s(u) (b + 0.3 noise), b a fair sign: a curve, up or down."""
    x = np.array(LINE.coordinates)
    sign = rng.choice([-1.0, 1.0], (len(u), 1))
    noise = rng.standard_normal((len(u), 2)) @ np.array([np.cos(2 * x), np.sin(2 * x)])
    return 4 * u + 2 * u**2 * x + (1 + 0.5 * u) * (sign * (1 + x) + 0.3 * noise)


def heteroscedastic(u, rng):
    """y = 1 + 2 u + (1 + 0.3 u) noise."""
    return 1 + 2 * u + (1 + 0.3 * u) * rng.standard_normal((len(u), 1))


def trained_on(law, method, n=2_000):
    rng = np.random.default_rng(0)
    u = rng.uniform(-1, 1, (n, 1))
    return fit(method, law(u, rng), u)


@pytest.fixture(scope="module")
def bimodal():
    return trained_on(two_modes, TOY)


@pytest.fixture(scope="module")
def short():
    return trained_on(two_modes, SHORT, n=200)


@pytest.fixture(scope="module")
def gaussian():
    return trained_on(two_modes, Gaussian())


@pytest.fixture(scope="module")
def untrained():
    """With as many noise numbers as by default, and with two."""
    rng = np.random.default_rng(2)
    runs = 5 + rng.standard_normal((100, 4)) @ (rng.standard_normal((4, 4)) * [[4], [3], [1], [0.5]])
    return {noise: fit(replace(UNTRAINED, noise_dimension=noise), runs) for noise in (None, 2)}


@pytest.mark.parametrize(("noise", "rank"), [(None, 4), (2, 2)])
def test_before_it_is_trained_it_is_the_gaussian_of_the_runs(untrained, noise, rank):
    """With fewer noise numbers than coordinates, that of the leading modes."""
    n, runs = 40_000, untrained[noise].pairs.learned
    y = untrained[noise].sample(np.zeros(0), n, jax.random.key(3))
    variance, vectors = np.linalg.eigh(np.cov(runs.T, ddof=0))
    kept = vectors[:, -rank:]
    covariance = kept * variance[-rank:] @ kept.T
    sd = np.sqrt(np.diag(covariance))
    assert (abs(y.mean(axis=0) - runs.mean(axis=0)) < 4.5 * sd / np.sqrt(n)).all()
    error = np.sqrt((np.outer(sd**2, sd**2) + covariance**2) / n)
    assert (abs(np.cov(y.T) - covariance) < 4.5 * error).all()
    assert np.linalg.matrix_rank(y - y.mean(axis=0), tol=1e-3 * np.sqrt(n)) == rank


@pytest.fixture(scope="module")
def plain():
    """Nothing is known of the conditions but what the network learns."""
    training = replace(TOY.training, steps=400, held_out=0.2)
    method = replace(TOY, training=training, representation=(Standardize(),), calibration=0)
    return trained_on(heteroscedastic, method, n=4_000)


@pytest.mark.parametrize("at", CONDITIONS, ids=str)
def test_learns_a_mean_and_a_scale_that_vary(plain, at):
    """Within 4 s.e. of a regression with 12 coefficients on 4,000 runs, s (12/4,000)^(1/2) and s (12/8,000)^(1/2).

    A scale that did not vary would be off by more: by 32 % and by 17 % at the outer conditions.
    """
    y = plain.sample(at, 20_000, jax.random.key(4))[:, 0]
    s = 1 + 0.3 * at[0]
    assert abs(y.mean() - 1 - 2 * at[0]) < 4 * s * np.sqrt(12 / 4_000)
    assert abs(y.std() / s - 1) < 4 * np.sqrt(12 / 8_000)


def energy_distance(x, y):
    """Unbiased, in standardized coordinates."""
    x, y = x / y.std(axis=0), y / y.std(axis=0)
    own = [cdist(v, v).sum() / (len(v) * (len(v) - 1)) for v in (x, y)]
    return 2 * cdist(x, y).mean() - sum(own)


@pytest.mark.parametrize("at", CONDITIONS, ids=str)
def test_learns_two_modes_that_a_gaussian_cannot(bimodal, gaussian, at):
    exact = two_modes(np.tile(at, (1_500, 1)), np.random.default_rng(5))
    d2 = [energy_distance(it.sample(at, 1_500, jax.random.key(6)), exact) for it in (bimodal, gaussian)]
    assert d2[0] < 0.3 * d2[1]


def test_calibration_replaces_mean_and_standard_deviation_by_the_regressions(bimodal):
    """Up to Monte Carlo error of n samples and of 2,048 Sobol draws, which is smaller."""
    moments, n = bimodal.fit["representation"]["0"]["moments"], 20_000
    for at in CONDITIONS:
        y, s = bimodal.sample(at, n, jax.random.key(7)), sd_at(moments, at[None])[0]
        assert (abs(y.mean(axis=0) - mean_at(moments, at[None])[0]) < 4.5 * s / np.sqrt(n)).all()
        assert (abs(y.std(axis=0) / s - 1) < 0.03).all()


def test_outputs_in_other_units_give_the_same_samples_in_these_and_constant_ones_stay():
    """Bitwise, units being powers of two apart."""
    runs = np.insert(np.random.default_rng(8).gamma(2.0, size=(100, 3)), 1, 0.3, axis=1)
    method = replace(SHORT, representation=(Identity(),), calibration=0)
    one, other = (fit(method, unit * runs).sample(np.zeros(0), 50, jax.random.key(9)) for unit in (1.0, 2.0**80))
    np.testing.assert_array_equal(2.0**80 * one, other)
    np.testing.assert_array_equal(one[:, 1], 0.3)
    assert (np.ptp(one[:, [0, 2, 3]], axis=0) > 1).all()


def test_samples_do_not_depend_on_the_chunks_they_lie_in(short):
    few, many = (short.sample(CONDITIONS[1], n, jax.random.key(11)) for n in (10, 2 * CHUNK + 5))
    np.testing.assert_allclose(few, many[:10], rtol=1e-9)


def test_a_sample_takes_one_evaluation(monkeypatch, untrained):
    """A chunk's worth of rows for a chunk's worth of samples; the calibration's draws are counted apart."""
    rows, evaluate = [], ConditionedNetwork.__call__
    sample = UNTRAINED.prepare(untrained[None].fit, clock=Clock())
    monkeypatch.setattr(
        ConditionedNetwork, "__call__", lambda self, x, *at: rows.append(len(x)) or evaluate(self, x, *at)
    )
    sample(np.zeros(0), CHUNK, jax.random.key(0))
    assert rows == [CHUNK]
    assert (UNTRAINED.evaluations(), UNTRAINED.extra_samples(), TOY.extra_samples()) == (1, 0, 2_048)


def leaves_equal(one, two):
    for left, right in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
        np.testing.assert_array_equal(left, right, strict=True)


def test_another_key_gives_another_fit(short):
    """The same one the same, though interrupted: see below."""
    other = fit(SHORT, short.pairs.learned, short.pairs.given, key=1)
    assert not np.array_equal(other.fit["history"], short.fit["history"])


class Remembered:
    """Checkpoints in memory: (step, state), of which the last is the latest."""

    place = "memory"

    def __init__(self):
        self.kept = []

    def save(self, step, state):
        self.kept.append((step, state))

    def latest(self, like):
        return self.kept[-1][1] if self.kept else None


def test_an_interrupted_training_goes_on_bitwise(monkeypatch, short):
    def interrupt(phase, done, total, note=""):
        if done >= 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(work, "SAVE_EVERY", 0.0)
    checkpoints, steps, pairs = Remembered(), [], short.pairs
    with pytest.raises(KeyboardInterrupt):
        fit(SHORT, pairs.learned, pairs.given, progress=interrupt, checkpoints=checkpoints)
    assert [step for step, _ in checkpoints.kept] == [10]
    resumed = fit(SHORT, pairs.learned, pairs.given, progress=lambda *at: steps.append(at[1]), checkpoints=checkpoints)
    leaves_equal(resumed.fit, short.fit)
    assert steps == [20]


def test_diagnosis_of_a_law_that_was_learned(bimodal):
    """The held-out score is the best of the history; few copies, as among held-out runs."""
    found = TOY.diagnose(bimodal.fit, bimodal.pairs, key=jax.random.key(14))
    history = bimodal.fit["history"]
    assert found["losses"]["held_out"] == pytest.approx(history[:, 2].min(), rel=1e-4)
    assert abs(found["losses"]["training"] - found["losses"]["held_out"]) < 0.15 * found["losses"]["held_out"]
    assert (found["steps"], found["planned_steps"]) == (history[-1, 0], 500)
    assert found["memorization"]["verdict"] == "no sign"
    assert found["memorization"]["copies"] < 0.02


def test_refuses_runs_that_it_cannot_learn_from():
    runs = np.ones((5, 2))
    runs[[1, 3], [0, 1]] = np.nan, np.inf
    message = "energy_score learns from finite runs; 2 of 5 are NaN or infinite: leave them out"
    with pytest.raises(CellError, match=f"^{re.escape(message)}$"):
        fit(SHORT, runs)
    with pytest.raises(CellError, match=r"^energy_score learns from 4 runs at least; it was given 3$"):
        fit(SHORT, np.ones((3, 2)))


def test_refuses_a_network_that_the_coordinates_do_not_suit():
    """Modes have no grid; where the layout tells, it is known before there are runs."""
    method, layout = replace(SHORT, network=FiLMConv()), Layout((Field("c", "m", (LINE,)),))
    message = r"^film_conv needs fields on a 1-D grid; these are "
    with pytest.raises(CellError, match=message + r"\d+ coordinates without a"):
        trained_on(two_modes, method, n=50)
    assert re.search(message, method.refusals(layout)["network"])
    assert SHORT.refusals(layout) == {}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"calibration": 1_000}, r"^calibration: 1000 is not a power of two; write 2048, say, or 0$"),
        (
            {"representation": (Standardize(),)},
            r"^calibration: needs a representation with residual; write calibration: 0, or add residual$",
        ),
    ],
)
def test_refuses_hyperparameters_that_make_no_sense(wrong, message):
    with pytest.raises(ValueError, match=message):
        EnergyScoreNetwork(**wrong)

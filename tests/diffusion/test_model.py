"""Chunks: rows of samples do not depend on how the work was cut."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.diffusion.model import Model, chunk_size, pusher
from sgmbench.diffusion.noises.vp import VP
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.diffusion.samplers.dpmpp_2m_sde import DPMpp2MSDE
from sgmbench.diffusion.samplers.tsit5 import Tsit5
from sgmbench.diffusion.sampling import sample

VARIANCES = np.array([1.0, 0.3, 0.05])
CENTER, ROOT = np.array([3.0, -2.0, 0.5]), np.array([[2.0, 0.0, 0.0], [0.4, 1.9, 0.0], [-0.3, 0.1, 1.8]])
KEY, SAMPLER = jax.random.key(0), DPMpp2M(steps=4)
SHIFT = np.array([[0.25]])
ROWS = np.asarray(jax.random.normal(jax.random.key(1), (2_500, 3), jnp.float32))  # two chunks, of 2,048 and 452


def denoise(x, level, args):
    """Exact for N(feature, diag(VARIANCES))."""
    scale, features = args
    v = jnp.asarray(VARIANCES, x.dtype)
    mean = scale * features
    return mean + level.alpha * v / (level.alpha**2 * v + level.sigma**2) * (x - level.alpha * mean)


MODEL = Model(denoise, np.float32(1.0), VP(), CENTER, ROOT)


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def push(clock):
    return pusher(MODEL, SAMPLER, clock)


@pytest.mark.parametrize(
    ("n", "size"), [(1, 128), (128, 128), (129, 256), (1_024, 1_024), (1_025, 2_048), (2_048, 2_048), (9_999, 2_048)]
)
def test_few_samples_get_a_smaller_chunk(n, size):
    assert chunk_size(n) == size


def test_padding_and_cutting_change_no_row(push, clock):
    """x = center + root n at the largest noise."""
    x_0 = jnp.asarray(CENTER + ROWS.astype(float) @ ROOT.T, jnp.float32)
    args = np.float32(1.0), jnp.asarray(SHIFT, jnp.float32)
    directly = jax.jit(lambda x_0: sample(SAMPLER, VP(), denoise, x_0, key=KEY, args=args))(x_0)
    for n in (3, 2_500):
        made = push(ROWS[:n], SHIFT, KEY)
        assert made.dtype == np.float64
        np.testing.assert_allclose(made, directly.x[:n], rtol=1e-5, atol=1e-5)
    assert clock.evaluations == directly.evaluations == 5


def test_features_stay_with_their_rows_and_one_row_of_them_serves_all(push):
    features = np.linspace(-3, 3, 2_500)[:, None]
    made = push(ROWS, features, KEY)
    for i in (0, 1, 2_047, 2_048, 2_499):
        np.testing.assert_allclose(made[i], push(ROWS[[i]], features[[i]], KEY)[0], rtol=1e-5, atol=1e-5)
    repeated = np.broadcast_to(SHIFT, (2_500, 1))
    np.testing.assert_allclose(push(ROWS, repeated, KEY), push(ROWS, SHIFT, KEY), rtol=1e-6, atol=1e-6)


def test_padding_leaves_the_steps_of_an_adaptive_solver_alone():
    """Its error is the rms over the chunk: rows of nothing would hide that of the others."""
    clock = Clock()
    push = pusher(MODEL, Tsit5(tolerance=1e-4), clock)
    two = push(ROWS[:2], SHIFT, KEY)
    evaluations = clock.evaluations
    np.testing.assert_array_equal(push(np.tile(ROWS[:2], (64, 1)), SHIFT, KEY), np.tile(two, (64, 1)))
    assert clock.evaluations == evaluations


class Short(Clock):
    """Memory suffices for 512 rows, as XLA says it."""

    tried: list[int]

    def jit(self, function, phase, **options):
        compiled, self.tried = super().jit(function, phase, **options), []

        def limited(rows, *more):
            self.tried.append(len(rows))
            if len(rows) > 512:
                raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes.")
            return compiled(rows, *more)

        return limited


def test_chunks_halve_until_memory_suffices_and_samples_are_those_of_that_size(monkeypatch):
    """The noise of a stochastic sampler is that of its chunk; the size is told, and no larger one is tried again."""
    clock, sampler = Short(), DPMpp2MSDE(steps=8)
    push = pusher(MODEL, sampler, clock)
    made = push(ROWS, SHIFT, KEY)
    assert (clock.tried, clock.chunk) == ([2_048, 1_024, *[512] * 5], 512)
    again = push(ROWS[:1_000], SHIFT, KEY)
    assert clock.tried[7:] == [512] * 2
    monkeypatch.setattr("sgmbench.diffusion.model.CHUNK", 512)
    unlimited = Clock()
    at_once = pusher(MODEL, sampler, unlimited)
    np.testing.assert_array_equal(made, at_once(ROWS, SHIFT, KEY))
    np.testing.assert_array_equal(again, at_once(ROWS[:1_000], SHIFT, KEY))
    assert unlimited.chunk is None


def test_chunks_of_a_stochastic_sampler_are_independent():
    push, rows = pusher(MODEL, DPMpp2MSDE(steps=8), Clock()), np.zeros((4_096, 3), np.float32)
    made = push(rows, SHIFT, KEY)
    np.testing.assert_array_equal(push(rows, SHIFT, KEY), made)
    for first, second in zip(made[:2_048].T, made[2_048:].T, strict=True):
        assert abs(np.corrcoef(first, second)[0, 1]) < 4.5 / np.sqrt(2_048)

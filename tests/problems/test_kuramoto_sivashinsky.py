from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.kuramoto_sivashinsky import POINTS, SD, KuramotoSivashinsky, evolve
from sgmbench.problems.numerics.fourier_series import spectrum

L = 22.0
X = np.arange(POINTS) * L / POINTS
solve = jax.jit(evolve, static_argnames=("points", "steps", "duration"))


@pytest.fixture(scope="module")
def germ():
    return np.random.default_rng(0).standard_normal((16, len(SD)))


def runs(xi, level=0, **settings):
    problem = KuramotoSivashinsky(level=level, **settings)
    return np.asarray(jax.jit(jax.vmap(problem.simulate, in_axes=(None, 0)))(np.array([L]), xi)["u"])


def start(xi):
    return spectrum(jnp.asarray(np.concatenate([[0.0], SD * xi])), POINTS)


def test_small_waves_grow_at_the_rate_of_the_dispersion_relation():
    k, duration = np.arange(1, 9), 0.5
    rng = np.random.default_rng(1)
    u_0 = spectrum(jnp.asarray(1e-12 * np.concatenate([[0.0], rng.standard_normal(16)])), POINTS)
    u = np.fft.rfft(solve(u_0, jnp.asarray(L), points=POINTS, steps=4, duration=duration))
    q = 2 * np.pi * k / L
    np.testing.assert_allclose(u[k] / u_0[k], np.exp((q**2 - q**4) * duration), rtol=1e-6)


def test_a_moving_frame_adds_its_velocity_and_nothing_else(germ):
    """u(x, t) + c at x + c t, which tests the advection and its sign."""
    duration, shift = 2.0, 7
    c = shift * L / POINTS / duration
    at_rest, moving = (
        solve(u_0, jnp.asarray(L), points=POINTS, steps=400, duration=duration)
        for u_0 in (start(germ[0]), start(germ[0]).at[0].add(POINTS * c))
    )
    np.testing.assert_allclose(moving, c + np.roll(at_rest, shift), atol=1e-7)


def test_a_shifted_start_gives_a_shifted_end(germ):
    angle = 2 * np.pi * np.arange(1, 5) * 19 / POINTS
    a, b = germ[:, ::2], germ[:, 1::2]
    turned = np.stack([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], axis=2)
    np.testing.assert_allclose(runs(turned.reshape(germ.shape)), np.roll(runs(germ), 19, axis=1), atol=1e-9)


def test_the_mirror_image_with_the_sign_turned_is_a_solution_too(germ):
    mirrored = -np.roll(runs(germ)[:, ::-1], 1, axis=1)
    np.testing.assert_allclose(runs(germ * np.tile([-1, 1], 4)), mirrored, atol=1e-9)


def test_energy_changes_by_what_long_waves_gain_and_short_ones_lose(germ):
    """d/dt mean u^2 / 2 = mean u_x^2 - mean u_xx^2: advection does no work."""
    q, h, u = 2j * np.pi * np.arange(POINTS // 2 + 1) / L, 1e-4, runs(germ)[0]
    one, two = (solve(jnp.fft.rfft(u), jnp.asarray(L), points=POINTS, steps=2, duration=t) for t in (h, 2 * h))
    rate = np.mean(-3 * u**2 + 4 * one**2 - two**2) / (4 * h)
    u_x, u_xx = (np.fft.irfft(q**n * np.fft.rfft(u), n=POINTS) for n in (1, 2))
    assert rate == pytest.approx(np.mean(u_x**2 - u_xx**2), abs=1e-6 * np.mean(u_x**2))


def test_the_time_step_has_order_four(germ):
    steps = np.array([128, 256, 512, 4096])
    u_0 = jnp.stack([start(xi) for xi in germ[:4]])
    *found, reference = (
        np.asarray(
            jax.jit(jax.vmap(partial(evolve, L=jnp.asarray(30.0), points=POINTS, steps=int(n), duration=1.0)))(u_0)
        )
        for n in steps
    )
    errors = [np.sqrt(np.mean((u - reference) ** 2)) for u in found]
    assert -np.polyfit(np.log(steps[:3]), np.log(errors), 1)[0] == pytest.approx(4, abs=0.15)


def test_the_default_is_within_a_thousandth_of_its_limit(germ):
    """Of the standard deviation, at the end of a chaotic run, against half the mesh width and an eighth of the step."""
    u_0 = jax.vmap(lambda xi: spectrum(jnp.concatenate([jnp.zeros(1), SD * xi]), 2 * POINTS))(germ)
    limit = jax.jit(jax.vmap(partial(evolve, L=jnp.asarray(L), points=2 * POINTS, steps=1280, duration=20.0)))(u_0)
    error = runs(germ) - np.asarray(limit)[:, ::2]
    assert np.sqrt(np.mean(error**2)) < 1e-3 * runs(germ).std()


@pytest.mark.parametrize("level", [0, 1])
def test_the_mean_stays_zero(germ, level):
    residual = jax.vmap(KuramotoSivashinsky(level=level).constraints)({"u": jnp.asarray(runs(germ, level))})["u.mean"]
    assert np.abs(residual).max() < 1e-14


def test_the_coarser_level_follows_a_short_run(germ):
    fine, coarse = (runs(germ, level, duration=4.0) for level in (0, 1))
    assert np.sqrt(np.mean((fine - coarse) ** 2)) < 0.03 * fine.std()


def test_chaos_separates_neighbors(germ):
    """By more than a factor 20 between t = 40 and 120, where the largest Lyapunov exponent is near 0.05."""
    nudged = germ + 1e-9 * np.random.default_rng(2).standard_normal(germ.shape)
    early, late = (
        np.sqrt(np.mean((runs(germ, duration=T) - runs(nudged, duration=T)) ** 2, axis=1)) for T in (40.0, 120.0)
    )
    assert np.median(np.log(late / early)) > np.log(20)


def test_the_initial_field_has_unit_variance_and_falls_with_the_wavenumber():
    assert np.sum(SD**2) == pytest.approx(1)
    assert (np.diff(SD[::2]) < 0).all()


def test_single_precision_agrees_on_a_short_run(germ):
    problem, exact = KuramotoSivashinsky(duration=2.0), runs(germ, duration=2.0)
    with jax.enable_x64(False):
        u = jax.jit(jax.vmap(problem.simulate, in_axes=(None, 0)))(
            jnp.asarray([L], "float32"), jnp.asarray(germ, "float32")
        )["u"]
    assert u.dtype == jnp.float32
    assert np.abs(u - exact).max() < 1e-4 * exact.std()

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.kolmogorov_flow import BOX, SD, WAVES, KolmogorovFlow, initial_vorticity

EVERYTHING = ("u", "v", "vorticity")
NONE = np.zeros(0)


@pytest.fixture(scope="module")
def germ():
    return np.random.default_rng(0).standard_normal((6, len(SD)))


def grid(n):
    x = np.arange(n) * BOX / n
    return x[:, None], x[None, :]


def runs(problem, xi):
    y = jax.jit(jax.vmap(problem.simulate, in_axes=(None, 0)))(NONE, xi)
    return {name: np.asarray(field) for name, field in y.items()}


def evolve(problem, w, steps):
    return np.asarray(jax.jit(problem.evolve, static_argnames="steps")(jnp.asarray(w), steps=steps))


def gradient(f):
    """(f_x, f_y) by FFT."""
    n = f.shape[-1]
    k = np.fft.fftfreq(n, 1 / n) * (np.abs(np.fft.fftfreq(n)) < 0.5)
    f_hat = np.fft.fft2(f)
    return np.real(np.fft.ifft2(1j * k[:, None] * f_hat)), np.real(np.fft.ifft2(1j * k[None, :] * f_hat))


@pytest.mark.parametrize(("settings"), [{}, {"viscosity": 0.3, "drag": 0.0}, {"points": 64, "forcing": 0.4}])
def test_from_rest_the_laminar_profile_appears(settings):
    problem = KolmogorovFlow(outputs=EVERYTHING, **settings)
    y = runs(problem, np.zeros((1, len(SD))))
    a = 16 * problem.viscosity - problem.drag
    amplitude = problem.forcing * (1 - np.exp(-a * problem.duration)) / a
    _, Y = np.broadcast_arrays(*grid(problem.points))
    np.testing.assert_allclose(y["u"][0], amplitude * np.sin(4 * Y), atol=1e-12)
    np.testing.assert_allclose(y["v"][0], 0, atol=1e-12)
    np.testing.assert_allclose(y["vorticity"][0], -4 * amplitude * np.cos(4 * Y), atol=1e-11)


def test_a_viscous_flow_forgets_its_start_and_becomes_laminar(germ):
    problem = KolmogorovFlow(viscosity=1.0, duration=30.0)
    _, Y = grid(32)
    np.testing.assert_allclose(runs(problem, germ)["u"] - np.sin(4 * Y) / 16.1, 0, atol=1e-12)


def test_the_vorticity_changes_as_the_momentum_equation_says(germ):
    """w_t = curl of (-(u d) u + nu Lap u + lambda u + f), from the velocity alone."""
    h, problem = 1e-4, KolmogorovFlow(outputs=EVERYTHING, duration=1e-9, viscosity=0.05)
    y = runs(problem, germ[:1])
    u, v, w = (y[name][0] for name in EVERYTHING)
    _, Y = np.broadcast_arrays(*grid(32))
    (u_x, u_y), (v_x, v_y) = gradient(u), gradient(v)
    laplacian = [sum(gradient(part)[i] for i, part in enumerate(gradient(f))) for f in (u, v)]
    rate_u = -u * u_x - v * u_y + 0.05 * laplacian[0] - 0.1 * u + np.sin(4 * Y)
    rate_v = -u * v_x - v * v_y + 0.05 * laplacian[1] - 0.1 * v
    expected = gradient(rate_v)[0] - gradient(rate_u)[1]
    np.testing.assert_allclose(v_x - u_y, w, atol=1e-12 * np.abs(w).max())
    short = KolmogorovFlow(viscosity=0.05, duration=h)
    one, two = evolve(short, w, 1), evolve(short, evolve(short, w, 1), 1)
    np.testing.assert_allclose((-3 * w + 4 * one - two) / (2 * h), expected, atol=1e-6 * np.abs(expected).max())


def test_taylor_and_greens_vortices_decay_in_place():
    problem = KolmogorovFlow(forcing=0.0, viscosity=0.05, duration=3.0)
    X, Y = grid(32)
    vortices = -2 * np.cos(X) * np.cos(Y)
    np.testing.assert_allclose(evolve(problem, vortices, 30), vortices * np.exp((-0.1 - 0.1) * 3), atol=1e-13)


@pytest.mark.parametrize("settings", [{}, {"level": 1}, {"points": 64, "duration": 0.5}])
def test_the_flow_is_free_of_divergence_and_of_means(germ, settings):
    problem = KolmogorovFlow(outputs=EVERYTHING, **settings)
    fields = runs(problem, germ)
    residuals = jax.vmap(problem.constraints)(fields)
    assert set(residuals) == {"u.mean", "v.mean", "vorticity.mean", "u.compression", "v.compression"}
    assert all(np.abs(residual).max() < 1e-13 for residual in residuals.values())
    u, v = fields["u"], fields["v"]
    assert max(np.abs(gradient(u[i])[0] + gradient(v[i])[1]).max() for i in range(len(u))) < 1e-12


def test_a_flow_with_divergence_is_noticed():
    X, _ = np.broadcast_arrays(*grid(32))
    residuals = KolmogorovFlow().constraints({"u": jnp.asarray(np.sin(X)), "v": jnp.asarray(np.sin(X) + 1)})
    np.testing.assert_allclose(residuals["u.compression"], np.sin(X), atol=1e-14)
    np.testing.assert_allclose(residuals["v.compression"], 0, atol=1e-14)
    assert float(residuals["v.mean"]) == pytest.approx(1)


def test_the_time_step_has_order_four(germ):
    problem, w = KolmogorovFlow(duration=1.0), np.asarray(initial_vorticity(jnp.asarray(germ[0]), 32))
    steps = np.array([24, 48, 96])
    limit = evolve(problem, w, 384)
    errors = [np.sqrt(np.mean((evolve(problem, w, int(n)) - limit) ** 2)) for n in steps]
    assert -np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(4, abs=0.15)


def test_a_smooth_flow_converges_faster_than_any_power_of_the_mesh_width(germ):
    problem = KolmogorovFlow(viscosity=0.05, duration=1.0)
    flows = {n: evolve(problem, initial_vorticity(jnp.asarray(germ[0]), n), 64) for n in (16, 32, 64, 128)}
    errors = [np.sqrt(np.mean((flows[n] - flows[128][:: 128 // n, :: 128 // n]) ** 2)) for n in (16, 32, 64)]
    first, second = (np.log2(errors[i] / errors[i + 1]) for i in (0, 1))
    assert second > first + 1 > 4
    assert errors[1] < 1e-2 * flows[128].std()


def test_the_default_steps_are_within_a_thousandth_of_their_limit(germ):
    problem = KolmogorovFlow(outputs=EVERYTHING)
    w = runs(problem, germ)["vorticity"]
    limit = np.stack([evolve(problem, initial_vorticity(jnp.asarray(xi), 32), 192) for xi in germ])
    assert np.sqrt(np.mean((w - limit) ** 2)) < 1e-3 * w.std()


def test_a_start_shifted_along_the_force_gives_a_shifted_end(germ):
    angle = WAVES[:, 0] * BOX * 5 / 32
    a, b = germ[:, ::2], germ[:, 1::2]
    turned = np.stack([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], axis=2)
    problem = KolmogorovFlow()
    shifted, still = runs(problem, turned.reshape(germ.shape)), runs(problem, germ)
    for name in ("u", "v"):
        np.testing.assert_allclose(shifted[name], np.roll(still[name], 5, axis=1), atol=1e-11)


def test_the_initial_flow_has_unit_mean_square_and_falls_with_the_wavenumber():
    k = np.linalg.norm(WAVES, axis=1)
    assert len(WAVES) == 24
    assert np.sum(SD**2 / np.repeat(k, 2) ** 2) == pytest.approx(1)
    assert (np.diff(k) >= 0).all()
    assert len({tuple(wave) for wave in WAVES} | {tuple(-wave) for wave in WAVES}) == 48
    w = np.asarray(jax.vmap(lambda xi: initial_vorticity(xi, 16))(jnp.eye(48)))
    np.testing.assert_allclose(np.mean(w**2, axis=(1, 2)), SD**2, rtol=1e-12)


def test_single_precision_agrees(germ):
    exact = runs(KolmogorovFlow(), germ)["u"]
    with jax.enable_x64(False):
        simulate = jax.jit(jax.vmap(KolmogorovFlow().simulate, in_axes=(None, 0)))
        u = simulate(jnp.zeros(0, "float32"), jnp.asarray(germ, "float32"))["u"]
    assert u.dtype == jnp.float32
    assert np.abs(u - exact).max() < 1e-4 * exact.std()


def test_a_field_named_twice_is_refused():
    with pytest.raises(ValueError, match="outputs: a field is named twice; name each once"):
        KolmogorovFlow(outputs=("u", "u"))

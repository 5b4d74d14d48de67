import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.numerics.fourier_series import spectrum

POINTS = 16


def field(c, points=POINTS):
    return np.fft.irfft(np.asarray(spectrum(jnp.asarray(c), points)), n=points)


@pytest.mark.parametrize("m", [1, 4, 7, POINTS - 1])
def test_the_spectrum_is_that_of_the_series(m):
    c, x = np.random.default_rng(0).standard_normal(m), np.arange(POINTS) / POINTS
    waves = [np.ones(POINTS)]
    for k in range(1, POINTS // 2):
        waves += [np.sqrt(2) * np.cos(2 * np.pi * k * x), np.sqrt(2) * np.sin(2 * np.pi * k * x)]
    np.testing.assert_allclose(field(c), c @ np.array(waves[:m]), atol=1e-14)


def test_the_functions_of_a_full_series_are_orthonormal_on_the_grid():
    waves = field(np.eye(POINTS))
    np.testing.assert_allclose(waves @ waves.T / POINTS, np.eye(POINTS), atol=1e-14)


def test_a_finer_grid_shows_the_same_field():
    c = np.random.default_rng(1).standard_normal((3, 9))
    np.testing.assert_allclose(field(c, 64)[:, ::4], field(c), atol=1e-14)

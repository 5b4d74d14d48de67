"""The spectral convolution is a multiplier of Fourier modes."""

import jax
import numpy as np
from flax import nnx

from sgmbench.learning.networks.spectral_convolution import SpectralConvolution, lowest


def test_multiplies_each_low_mode_and_removes_the_others(compiled):
    key = jax.random.key(0, impl="rbg")
    layer = compiled(lambda: SpectralConvolution(2, nnx.Rngs(key), modes=3, dimensions=1))()
    K = compiled(layer)
    R = np.asarray(layer.real[...]) + 1j * np.asarray(layer.imaginary[...])
    x = np.arange(11) / 11
    for k in range(6):
        wave = np.exp(2j * np.pi * k * x)
        h = np.stack([wave.real, wave.imag], axis=-1)
        a = np.array([1, -1j])  # h = Re(a wave), channel by channel
        R_k = R[k] if 0 < k < 3 else R[0].real if k == 0 else np.zeros((2, 2))
        expected = (wave[:, None] * (a @ R_k)).real
        np.testing.assert_allclose(K(h[None].astype(np.float32))[0], expected, atol=1e-6)


def test_modes_of_both_signs_are_kept_along_the_first_axis_of_a_plane():
    k_1, k_2 = np.fft.fftfreq(8, 1 / 8), np.arange(5)
    rows, columns = lowest(3, 2)
    assert set(k_1[rows].ravel()) == {-2, -1, 0, 1, 2}
    assert set(k_2[columns].ravel()) == {0, 1, 2}

"""Grids of times: exact ends, strictly falling, and equally spaced in what each is named after."""

import numpy as np
import pytest

from sgmbench.diffusion.grids import times
from sgmbench.registry import builtin, load

SPACING = {
    "karras": lambda noise, t: np.exp(-noise.lambdas(t) / 7),
    "log_snr": lambda noise, t: noise.lambdas(t),
    "uniform": lambda noise, t: t,
    "quadratic": lambda noise, t: np.sqrt(t),
}


@pytest.fixture(params=builtin("noises"))
def noise(request):
    return load("noises", request.param)()


@pytest.mark.parametrize("grid", SPACING)
def test_every_grid_is_equally_spaced_between_exact_ends(noise, grid):
    for steps in (1, 200):
        t = times(noise, grid, steps)
        assert (t.shape, t.dtype, t[0], t[-1]) == ((steps + 1,), np.float64, noise.t_max, noise.t_min)
        spacing = np.diff(SPACING[grid](noise, t))
        np.testing.assert_allclose(spacing, spacing.mean(), rtol=1e-9)
        assert (np.diff(t) < 0).all()
        assert (np.diff(np.asarray(t, np.float32)) < 0).all()


def test_under_edm_karras_is_the_published_grid():
    """T. Karras et al. (2022), eq. 5."""
    noise, i = load("noises", "edm")(sigma_max=80.0, sigma_min=0.002), np.arange(18)
    published = (80 ** (1 / 7) + i / 17 * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
    np.testing.assert_allclose(times(noise, "karras", 17), published, rtol=1e-12)

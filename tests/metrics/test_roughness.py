"""Roughness: noise on smooth fields is seen, scale and direction come out right."""

import numpy as np
import pytest

from sgmbench.metrics.roughness import Roughness


def test_scaled_noise_has_its_scale(reference, samples):
    """A straight line has no second difference, so noise alone is measured."""
    rng = np.random.default_rng(0)
    line, noise = np.linspace(0, 100, 50), rng.standard_normal((2_000, 50))
    truth = reference(line + noise)
    assert Roughness().score(samples(3.2 * noise - line, truth), truth)["u"] == pytest.approx(3.2)


def test_white_noise_adds_in_quadrature(reference, samples):
    """The second difference of white noise of variance s^2 has variance 6 s^2."""
    rng = np.random.default_rng(1)
    x = (np.arange(64) + 0.5) / 64
    smooth = rng.standard_normal((4_000, 1)) * np.sin(2 * np.pi * x)
    truth = reference(smooth)
    rough = np.mean(np.diff(smooth, n=2, axis=1) ** 2)
    s = np.sqrt(rough / 6)
    score = Roughness().score(samples(smooth + s * rng.standard_normal(smooth.shape), truth), truth)
    assert score["u"] == pytest.approx(np.sqrt(2), rel=0.01)


def test_each_axis_for_itself(reference, samples):
    rng = np.random.default_rng(2)
    along_x, along_y = rng.standard_normal((500, 8, 1)), rng.standard_normal((500, 1, 9))
    rows = (along_x + along_y).reshape(500, -1)
    truth = reference(rows, u=(8, 9))
    doubled = (along_x + 2 * along_y).reshape(500, -1)
    assert Roughness().score(samples(doubled, truth), truth) == pytest.approx({"u/x": 1.0, "u/y": 2.0})


def test_scalars_have_no_roughness(reference, samples):
    truth = reference(np.random.default_rng(3).standard_normal((50, 1)), q=())
    assert Roughness().score(samples(truth.values, truth), truth) == {}

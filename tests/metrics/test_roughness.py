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


def test_a_field_that_is_linear_has_no_roughness_but_rounding(reference, samples):
    """Beside 1e-16 any samples would be a billion times as rough; a wave of a billionth is one, and is seen."""
    rng = np.random.default_rng(4)
    x = (np.arange(50) + 0.5) / 50
    a, b = rng.standard_normal((2, 500, 1))
    line, wave = 3 + a + b * x, 1e-9 * a * np.sin(2 * np.pi * x)
    straight = reference(line)
    assert Roughness().score(samples(line + 1e-3 * rng.standard_normal(line.shape), straight), straight) == {}
    bent = reference(line + wave)
    assert Roughness().score(samples(line + 2 * wave, bent), bent)["u"] == pytest.approx(2, rel=1e-3)


def test_a_plane_that_bends_along_one_axis_has_the_roughness_of_that_axis(reference, samples):
    rng = np.random.default_rng(5)
    x, y = np.linspace(0, 1, 8)[:, None], np.linspace(0, 1, 9)
    rows = (rng.standard_normal((300, 1, 1)) * (1 + x + np.cos(3 * y))).reshape(300, -1)
    truth = reference(rows, u=(8, 9))
    assert Roughness().score(samples(3 * rows, truth), truth) == pytest.approx({"u/y": 3.0})

"""Representation: coordinates of zero mean and unit variance at any condition, and back."""

from dataclasses import replace

import numpy as np
import pytest

from sgmbench.learning.conditional_moments import ConditionalMoments
from sgmbench.learning.representation import (
    Representation,
    condition_features,
    decode,
    encode,
    field_scale,
    mode_scale,
    quadrature_by_field,
    same_field,
)

DEFAULT = Representation()
PLAIN = Representation(ConditionalMoments(mean_degree=1, variance_degree=0), lost_variance=0.0, mode_degree=0)
SWITCHES = {
    "default": DEFAULT,
    "grid values": replace(DEFAULT, karhunen_loeve=False),
    "no mean": replace(DEFAULT, moments=ConditionalMoments(mean_degree=0)),
    "no scale": replace(DEFAULT, moments=ConditionalMoments(variance_degree=0)),
    "no mode scale": replace(DEFAULT, mode_degree=0),
    "all off": Representation(ConditionalMoments(0, 0), karhunen_loeve=False, mode_degree=0),
}


@pytest.fixture(scope="module")
def fitted(toy):
    """The toy's four modes: later ones would be errors of the regressions, no random coordinates at fixed u."""
    arrays = replace(DEFAULT, lost_variance=0.01).fit(*toy.pairs(4_000), toy.layout)
    assert arrays["basis"].shape == (12, 4)
    return arrays


@pytest.mark.parametrize("name", SWITCHES)
def test_decoding_inverts_encoding(toy, name):
    """The toy has four germs in each of two fields: no mode of more than 1e-5 of the variance is left out."""
    u, y = toy.pairs(400)
    arrays = SWITCHES[name].fit(u, y, toy.layout)
    again = np.vstack([decode(arrays, u[i], encode(arrays, u[i : i + 1], y[i : i + 1])) for i in range(400)])
    lost = np.sum(((again - y) / field_scale(arrays, u)) ** 2)
    residual = y - decode(arrays, u[0], np.zeros((1, arrays["basis"].shape[1])))
    assert lost < 1.01e-5 * np.sum((residual / field_scale(arrays, u)) ** 2)
    np.testing.assert_allclose(again[:, 11], toy.constant, rtol=1e-9)
    if not SWITCHES[name].karhunen_loeve:
        np.testing.assert_allclose(again, y, atol=1e-9)


@pytest.fixture(scope="module")
def every(toy):
    return PLAIN.fit(*toy.pairs(400), toy.layout)


@pytest.mark.parametrize("lost_variance", [0.5, 0.1, 1e-2, 1e-5, 0.0])
def test_modes_are_the_fewest_that_honor_the_lost_variance(toy, every, lost_variance):
    u, y = toy.pairs(400)
    arrays = replace(PLAIN, lost_variance=lost_variance).fit(u, y, toy.layout)
    energy = np.mean((encode(every, u, y) * mode_scale(every, u)) ** 2, axis=0)
    basis, count = arrays["basis"], arrays["basis"].shape[1]
    np.testing.assert_allclose(basis.T @ basis, np.eye(count), atol=1e-12)
    assert energy[count:].sum() <= (lost_variance + 1e-12) * energy.sum()
    assert count == 1 or energy[count - 1 :].sum() > lost_variance * energy.sum()


def test_no_more_modes_than_wanted(toy):
    u, y = toy.pairs(400)
    arrays = replace(DEFAULT, modes=3).fit(u, y, toy.layout)
    assert arrays["basis"].shape == (12, 3)


@pytest.mark.parametrize("at", [(0.0, 0.0), (-0.9, 0.5), (0.8, -0.8), (0.9, 0.9)])
def test_coordinates_have_zero_mean_and_unit_variance_at_every_condition(toy, fitted, at):
    """Between these conditions the spread varies by a factor of three (first field) and seven (second)."""
    rng = np.random.default_rng(3)
    u = np.tile(at, (20_000, 1))
    a = encode(fitted, u, toy.outputs(u, rng))
    assert np.sqrt(np.mean(a.mean(axis=0) ** 2)) < 0.1
    assert abs(np.log(a.std(axis=0))).max() < 0.15


def test_the_field_scale_is_the_rms_standard_deviation_of_each_field(toy, fitted):
    u = np.random.default_rng(4).uniform(-1, 1, (50, 2))
    scale, weights = field_scale(fitted, u), toy.layout.fields[0].quadrature
    for part in (slice(0, 6), slice(6, 12)):
        np.testing.assert_allclose(scale[:, part], np.tile(scale[:, part][:, :1], 6), rtol=1e-12)
        np.testing.assert_allclose(scale[:, part.start], np.sqrt(toy.sd(u)[:, part] ** 2 @ weights), rtol=0.1)


def test_quadrature_and_blocks_of_fields(toy):
    rows = quadrature_by_field(toy.layout)
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(same_field(rows), np.kron(np.eye(2), np.ones((6, 6))))


def test_condition_features_are_centered_and_uncorrelated():
    nodes, weights = np.polynomial.legendre.leggauss(5)
    features = condition_features(nodes[:, None])
    np.testing.assert_allclose(weights @ features, 0, atol=1e-12)
    np.testing.assert_allclose((features.T * weights / 2) @ features, np.eye(3) / 4, atol=1e-12)
    assert condition_features(np.zeros((4, 0))).shape == (4, 0)

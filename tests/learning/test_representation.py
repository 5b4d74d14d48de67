"""Representation: any composition is inverted, its determinant known; the default one whitens at any condition."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.learning.calibration import calibrate
from sgmbench.learning.conditional_moments import ConditionalMoments, mean_at
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.representation import (
    DEFAULT,
    check_calibration,
    condition_features,
    coordinate_geometry,
    decode,
    decode_calibrated,
    encode,
    fit_representation,
    is_centered,
    log_det,
)
from sgmbench.learning.representations.conditional_scale import ConditionalScale
from sgmbench.learning.representations.identity import Identity
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.representations.residual import Residual, field_scale
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.store.cache import pack, unpack

LINE = (Axis("x", "m", (0.0, 0.5, 2.0, 3.0)),)
LAYOUT = Layout((Field("a", "m", LINE), Field("b", "V", LINE)))
VARIES = np.arange(8) < 7
MOMENTS = ConditionalMoments(mean_degree=1, variance_degree=1)
KL = KarhunenLoeve(lost_variance=0.0)
TRANSFORMS = {
    "identity": Identity(),
    "standardize": Standardize(),
    "standardize by field": Standardize("field"),
    "standardize by all": Standardize("all"),
    "residual": Residual(MOMENTS),
    "residual without scale": Residual(MOMENTS, scale=False),
    "karhunen_loeve": KL,
    "conditional_scale": ConditionalScale(degree=1),
}
FOLLOWING = np.array([0, 1, 7, 2, 6, 3, 5, 4])  # a Williams design: in its eight cyclic shifts each follows each once
COMPOSITIONS = [tuple(np.array(sorted(TRANSFORMS))[(FOLLOWING + i) % 8].tolist()) for i in range(8)]
in_any_composition = pytest.mark.parametrize("names", COMPOSITIONS, ids=lambda names: f"{names[0]} first")


def pairs(n=80):
    """A law of full rank in two fields of unlike units; the last coordinate is constant."""
    rng = np.random.default_rng(0)
    u = rng.uniform(-1, 1, (n, 2))
    mix = rng.standard_normal((8, 8)) + 2 * np.eye(8)
    y = np.repeat([10.0, 0.01], 4) * (3 + u[:, :1] + (1.5 + u[:, 1:]) * (rng.standard_normal((n, 8)) @ mix))
    return u, np.where(VARIES, y, 100.1)


@cache
def fitted(names):
    transforms = tuple(TRANSFORMS[name] for name in names)
    return transforms, *fit_representation(transforms, *pairs(), LAYOUT)


def test_every_transform_follows_every_other_one():
    pairs_of_two = {pair for names in COMPOSITIONS for pair in pairwise(names)}
    assert len(pairs_of_two) == 8 * 7


@in_any_composition
def test_decoding_inverts_encoding_in_any_composition(names):
    transforms, arrays, a = fitted(names)
    u, y = pairs()
    np.testing.assert_allclose(encode(transforms, arrays, u, y), a, rtol=1e-12, atol=1e-12 * abs(a).max())
    again, scale = decode(transforms, arrays, u, a), y.std(axis=0) + abs(y.mean(axis=0))
    np.testing.assert_allclose(again / scale, y / scale, rtol=1e-10, atol=1e-10)
    assert coordinate_geometry(arrays).size == a.shape[1]


@in_any_composition
def test_one_row_of_conditions_does_for_all_samples(names):
    transforms, arrays, a = fitted(names)
    u, y = pairs()
    at, every = u[:1], np.tile(u[:1], (80, 1))
    for function, values in ((encode, y), (decode, a)):
        one, rows = (function(transforms, arrays, c, values) for c in (at, every))
        np.testing.assert_allclose(one, rows, rtol=1e-12, atol=1e-13 * abs(rows).max())


@in_any_composition
def test_the_determinant_is_that_of_the_jacobian(names):
    """Encoding is affine at given u, so that steps give its Jacobian, here that of the seven values that vary."""
    transforms, arrays, _ = fitted(names)
    u, y = pairs()
    at, base = u[:1], y[:1]
    steps = np.diag(np.abs(y).max(axis=0))[VARIES]
    moved = encode(transforms, arrays, at, base + steps) - encode(transforms, arrays, at, base)
    exact = np.linalg.slogdet(moved[:, moved.any(axis=0)]).logabsdet - np.log(steps.max(axis=1)).sum()
    np.testing.assert_allclose(log_det(transforms, arrays, at, y), np.full(80, exact), rtol=1e-9, atol=1e-9)


def test_files_keep_all_that_was_learned():
    """Also of a transform that learns nothing."""
    for names in (("identity",), ("residual", "karhunen_loeve", "conditional_scale")):
        transforms, arrays, a = fitted(names)
        kept = unpack(pack(arrays))
        np.testing.assert_array_equal(encode(transforms, kept, *pairs()), a)
        assert coordinate_geometry(kept) == coordinate_geometry(arrays)
        assert is_centered(kept) == (names != ("identity",))


def test_there_is_no_determinant_where_modes_are_left_out():
    transforms = (Residual(MOMENTS), replace(KL, modes=3))
    arrays, _ = fit_representation(transforms, *pairs(), LAYOUT)
    assert log_det(transforms, arrays, *pairs()) is None


def test_modes_have_no_place_and_everything_else_keeps_the_grid():
    for names, geometry in ((("standardize", "residual"), Geometry(2, (4,))), (("karhunen_loeve",), Geometry(7))):
        _, arrays, _ = fitted(names)
        assert coordinate_geometry(arrays) == geometry


@pytest.fixture(scope="module")
def toy_fit(toy):
    """The toy's four modes: later ones would be errors of the regressions, no random coordinates at fixed u."""
    transforms = (Residual(), KarhunenLoeve(lost_variance=0.01), ConditionalScale())
    arrays, a = fit_representation(transforms, *toy.pairs(4_000), toy.layout)
    assert a.shape[1] == 4
    return transforms, arrays


@pytest.mark.parametrize("at", [(0.0, 0.0), (-0.9, 0.5), (0.8, -0.8), (0.9, 0.9)])
def test_coordinates_have_zero_mean_and_unit_variance_at_every_condition(toy, toy_fit, at):
    """Between these conditions the spread varies by a factor of three (first field) and seven (second)."""
    rng = np.random.default_rng(3)
    u = np.tile(at, (20_000, 1))
    a = encode(*toy_fit, u, toy.outputs(u, rng))
    assert np.sqrt(np.mean(a.mean(axis=0) ** 2)) < 0.1
    assert abs(np.log(a.std(axis=0))).max() < 0.15


def test_the_default_loses_no_more_than_it_promises(toy):
    u, y = toy.pairs(400)
    arrays, a = fit_representation(DEFAULT, u, y, toy.layout)
    residual = arrays["0"]
    decoded, mean = decode(DEFAULT, arrays, u, a), mean_at(residual["moments"], u)
    lost, total = (np.sum(((x - y) / field_scale(residual, u))[:, :11] ** 2) for x in (decoded, mean))
    assert lost < 1.000001e-3 * total


def test_calibrated_samples_have_the_regressed_moments():
    """In the default order, and in y whatever comes after the residual."""
    names = ("residual", "karhunen_loeve", "conditional_scale")
    transforms, arrays, a = fitted(names)
    u, moments = pairs()[0][:1], arrays["0"]["moments"]
    values = decode(transforms, arrays, u, a)
    y = decode_calibrated(transforms, arrays, u, a, a)
    np.testing.assert_allclose(y, calibrate(moments, arrays["0"]["kernel"], u[0], values, values), rtol=1e-12)
    np.testing.assert_allclose(y.mean(axis=0), mean_at(moments, u)[0], rtol=1e-9)


def test_calibration_takes_place_where_the_residual_is():
    """Standardized first, the moments are those of standardized coordinates: the same samples of y."""
    rng = np.random.default_rng(1)
    shapes = rng.gamma(2.0, size=(60, 8)), rng.gamma(2.0, size=(70, 8))
    made = []
    for names in (("residual",), ("standardize", "residual")):
        transforms, arrays, _ = fitted(names)
        made.append(decode_calibrated(transforms, arrays, pairs()[0][:1], *shapes))
    np.testing.assert_allclose(*made, rtol=1e-7)


@pytest.mark.parametrize(
    ("draws", "transforms", "message"),
    [
        (1_000, DEFAULT, r"^calibration: 1000 is not a power of two; write 2048, say, or 0$"),
        (
            2_048,
            (Standardize(), KL),
            r"^calibration: needs a representation with residual; write calibration: 0, or add residual$",
        ),
    ],
)
def test_refuses_calibration_that_cannot_work(draws, transforms, message):
    with pytest.raises(ValueError, match=message):
        check_calibration(draws, transforms)
    check_calibration(0, transforms)


def test_condition_features_are_centered_and_uncorrelated():
    nodes, weights = np.polynomial.legendre.leggauss(5)
    features = condition_features(nodes[:, None])
    np.testing.assert_allclose(weights @ features, 0, atol=1e-12)
    np.testing.assert_allclose((features.T * weights / 2) @ features, np.eye(3) / 4, atol=1e-12)
    assert condition_features(np.zeros((4, 0))).shape == (4, 0)


def test_condition_features_stay_few_however_many_conditions_there_are():
    """All up to degree 3 as long as they are no more than 400; then powers of each condition stay."""
    columns = {q: condition_features(np.zeros((1, q))).shape[1] for q in (2, 11, 12, 25, 26, 100)}
    assert columns == {2: 9, 11: 363, 12: 102, 25: 375, 26: 52, 100: 200}
    u = np.random.default_rng(0).uniform(-1, 1, (2_000, 30))
    seen = condition_features(u)
    for i in (0, 17, 29):
        wanted = np.stack([np.sqrt(3) * u[:, i], np.sqrt(5) * (3 * u[:, i] ** 2 - 1) / 2], axis=1) / 2
        assert all(np.abs(seen - each[:, None]).max(axis=0).min() < 1e-12 for each in wanted.T)

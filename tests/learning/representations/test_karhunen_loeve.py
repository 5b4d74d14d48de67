"""Karhunen-Loeve: orthonormal, uncorrelated, the fewest modes that honor the lost variance."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import hadamard

from sgmbench.learning.geometry import Geometry
from sgmbench.learning.representations.karhunen_loeve import KarhunenLoeve
from sgmbench.learning.space import space_of, without_place

ALL = KarhunenLoeve(lost_variance=0.0)


@pytest.fixture(scope="module")
def x(toy):
    """Of full rank but for the constant, which is large beside all that varies."""
    rng = np.random.default_rng(0)
    return toy.pairs(400)[1] + 0.1 * rng.standard_normal((400, 12)) * (np.arange(12) < 11)


def fit(transform, toy, x, *, is_centered=False):
    return transform.fit(toy.pairs(400)[0], x, replace(space_of(toy.layout), is_centered=is_centered))


@pytest.mark.parametrize("lost_variance", [0.5, 0.1, 1e-2, 1e-3, 0.0])
def test_the_fewest_modes_that_lose_no_more_variance_than_promised(toy, x, lost_variance):
    """What decoding does not bring back is the variance of the modes left out."""
    transform, (u, _) = KarhunenLoeve(lost_variance), toy.pairs(400)
    arrays, every = fit(transform, toy, x), fit(ALL, toy, x)
    share = np.var(ALL.encode(every, u, x), axis=0) / np.var(x, axis=0).sum()
    count = arrays["basis"].shape[1]
    again = transform.decode(arrays, u, transform.encode(arrays, u, x))
    lost = np.mean(np.sum((again - x) ** 2, axis=1)) / np.var(x, axis=0).sum()
    assert lost == pytest.approx(share[count:].sum(), abs=1e-12)
    assert lost <= lost_variance + 1e-12
    assert count == 1 or share[count - 1 :].sum() > lost_variance


@pytest.mark.parametrize(("runs", "lost"), [(48, 1e-3), (400, 1e-3), (2_000, 5e-4), (8_000, 1.25e-4)])
def test_more_runs_lose_less(runs, lost):
    """Variances 1, 1/2, 1/4, ... of a scaled Hadamard design, exact at any number of runs that is a multiple of 16."""
    rows = np.tile(hadamard(16)[:, 1:], (runs // 16, 1)) * 2.0 ** (-np.arange(15) / 2)
    arrays = KarhunenLoeve().fit(np.zeros((runs, 0)), rows, without_place(15, is_centered=True))
    shares = 0.5 ** np.arange(15) / np.sum(0.5 ** np.arange(15))
    count = arrays["basis"].shape[1]
    assert shares[count:].sum() <= lost < shares[count - 1 :].sum()


def test_modes_are_orthonormal_and_uncorrelated_in_descending_order(toy, x):
    arrays, (u, _) = fit(ALL, toy, x), toy.pairs(400)
    np.testing.assert_allclose(arrays["basis"].T @ arrays["basis"], np.eye(11), atol=1e-12)
    covariance = np.cov(ALL.encode(arrays, u, x).T, bias=True)
    assert (np.diff(np.diag(covariance)) <= 0).all()
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-11 * covariance[0, 0])


def test_no_more_modes_than_wanted_and_no_place_on_a_grid(toy, x):
    transform, space = KarhunenLoeve(lost_variance=0.0, modes=3), space_of(toy.layout)
    arrays = fit(transform, toy, x)
    assert transform.space(arrays, space).geometry == Geometry(3)
    assert transform.log_det(arrays, np.zeros((1, 2)), x) is None


def test_the_mean_is_taken_out_unless_another_transform_has_done_it(toy, x):
    np.testing.assert_allclose(fit(ALL, toy, x)["center"], x.mean(axis=0), rtol=1e-12)
    np.testing.assert_array_equal(fit(ALL, toy, x, is_centered=True)["center"], np.zeros(12))


def test_what_never_varies_has_one_mode_at_rest(toy):
    x = np.full((400, 12), 3.0)
    arrays, (u, _) = fit(ALL, toy, x), toy.pairs(400)
    np.testing.assert_array_equal(ALL.encode(arrays, u, x), np.zeros((400, 1)))

"""Covariance: no bias for any laws, the two forms of the product, weights of both signs."""

import numpy as np
import pytest
from chance import mean_and_error

from sgmbench.metrics import covariance_product
from sgmbench.metrics.covariance_product import CovarianceProduct, Scatter


def score(x, truth, samples, **options):
    return CovarianceProduct().score(samples(x, truth, **options), truth)["all"]


def halves_of_covariance(truth):
    return [np.cov(half, rowvar=False) for half in np.split(truth.values, 2)]


@pytest.mark.parametrize(("n", "m", "k"), [(90, 40, 7), (40, 90, 7), (20, 33, 50), (150, 30, 100)])
def test_both_forms_are_the_product_of_covariances(monkeypatch, n, m, k):
    rng = np.random.default_rng(k)
    monkeypatch.setattr(covariance_product, "BLOCK", 16)
    x, y = 3 + rng.standard_normal((n, k)), rng.exponential(size=(m, k)) @ rng.standard_normal((k, k))
    expected = np.sum(np.cov(x, rowvar=False) * np.cov(y, rowvar=False))
    for largest in (0, 10**6):
        monkeypatch.setattr(covariance_product, "LARGEST", largest)
        a, b = (Scatter(rows, np.full(len(rows), 1 / len(rows)), 1 - 1 / len(rows)) for rows in (x, y))
        assert a.product(b) == pytest.approx(expected, rel=1e-10)


def test_both_forms_take_weights_of_both_signs(monkeypatch):
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal((30, 4)), rng.uniform(-0.3, 1, 30)
    v /= v.sum()
    center = v @ x
    C = (x - center).T @ np.diag(v) @ (x - center) / 0.7
    for largest in (0, 100):
        monkeypatch.setattr(covariance_product, "LARGEST", largest)
        assert Scatter(x, v, 0.7).product(Scatter(x, v, 0.7)) == pytest.approx(np.sum(C**2), rel=1e-10)


def test_different_laws_score_their_distance_on_average(reference, samples):
    """Given the reference, the mean over samples of covariance C is <C - C_Y, C - C_Y'> / <C_Y, C_Y'>."""
    rng = np.random.default_rng(2)
    truth = reference(rng.standard_normal((400, 3)))
    root = np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.3]])
    y, y_ = halves_of_covariance(truth)
    expected = np.sum((root @ root.T - y) * (root @ root.T - y_)) / np.sum(y * y_)
    scores = [score(rng.standard_normal((24, 3)) @ root.T, truth, samples) for _ in range(500)]
    mean, error = mean_and_error(scores)
    assert abs(mean - expected) < 4 * error
    assert mean > 20 * error


def test_n_normal_runs_as_a_set_score_d_plus_1_over_n_minus_1(reference, samples):
    """E |C_X|^2 = d + d (d + 1) / (N - 1) for N(0, I); the reference's errors enter as they are."""
    rng = np.random.default_rng(3)
    N, d = 30, 5
    truth = reference(rng.standard_normal((20_000, d)))
    y, y_ = halves_of_covariance(truth)
    own = np.sum(y * y_)
    expected = (d + d * (d + 1) / (N - 1) - np.trace(y + y_) + own) / own
    assert expected == pytest.approx((d + 1) / (N - 1), rel=0.05)
    scores = [score(rng.standard_normal((N, d)), truth, samples, is_law=False) for _ in range(500)]
    mean, error = mean_and_error(scores)
    assert abs(mean - expected) < 4 * error


def test_a_shift_of_all_rows_is_no_error_of_the_covariance(reference, samples):
    rng = np.random.default_rng(6)
    truth, x = reference(rng.standard_normal((60, 3))), rng.standard_normal((50, 3))
    assert score(x + 1e4, truth, samples) == pytest.approx(score(x, truth, samples), rel=1e-6)


def test_field_l2_does_not_depend_on_the_resolution(reference, samples):
    """Each value twice on a grid twice as fine is the same function; the product changes its form on the way."""
    rng = np.random.default_rng(8)
    x, y = rng.standard_normal((20, 6)), 1.5 * rng.standard_normal((20, 6))
    coarse = score(x, reference(y), samples)
    fine = score(np.repeat(x, 2, axis=1), reference(np.repeat(y, 2, axis=1)), samples)
    assert fine == pytest.approx(coarse, rel=1e-9)


def test_too_few_rows_say_nothing_and_constants_have_no_score(reference, samples):
    y = np.random.default_rng(9).standard_normal((10, 2))
    truth = reference(y)
    for rows in (1, 3):  # three rows leave one in a half
        assert np.isnan(score(y[:rows], truth, samples))
    still = reference(np.full((10, 2), 3.0))
    assert CovarianceProduct().score(samples(still.values, still), still) == {}

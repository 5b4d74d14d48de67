"""Energy score: half an energy distance above the least score that there is, of pairs and at one condition."""

import numpy as np
import pytest
from chance import mean_and_error
from scipy.integrate import quad
from scipy.spatial.distance import cdist

from sgmbench.core.samples import Samples
from sgmbench.metrics.crps import CRPS, crps
from sgmbench.metrics.energy import scaled_rows
from sgmbench.metrics.energy_score import EnergyScore, energy_score


def test_in_one_dimension_it_is_the_crps():
    rng = np.random.default_rng(0)
    for M in (2, 5, 64):
        x, y = rng.standard_normal((M, 1)), rng.standard_normal(1)
        assert energy_score(x, y[None]) == pytest.approx(crps(x, y[None], np.ones(M), is_law=True)[0], rel=1e-12)


SIGNED = np.array([3.0, -1.0, 2.0, 2.0, -1.5, 4.0, 1.0])
FORMS = [(None, True), (None, False), (SIGNED, False)]


@pytest.mark.parametrize(("weights", "is_law"), FORMS)
def test_at_one_condition_it_is_a_sum_over_pairs_of_rows(reference, samples, weights, is_law):
    """In float32, as all distances of large sets."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((7, 5)), rng.standard_normal((9, 5))
    truth = reference(y)
    w = np.full(7, 1 / 7) if weights is None else weights / weights.sum()
    rows, runs = (scaled_rows(values, truth, norm="field_l2") for values in (x, y))
    own = w @ cdist(rows, rows) @ w / (1 - w @ w if is_law else 1)
    found = EnergyScore().score(samples(x, truth, is_law=is_law, weights=weights), truth)
    assert found["all"] == pytest.approx(np.mean(w @ cdist(rows, runs)) - own / 2, rel=1e-5)


@pytest.mark.parametrize(("weights", "is_law"), FORMS)
def test_at_one_condition_it_is_the_crps_in_one_dimension(reference, samples, weights, is_law):
    rng = np.random.default_rng(2)
    truth = reference(rng.standard_normal((50, 1)))
    drawn = samples(rng.standard_normal((7, 1)), truth, is_law=is_law, weights=weights)
    assert EnergyScore().score(drawn, truth)["all"] == pytest.approx(CRPS().score(drawn, truth)["u"], rel=1e-5)


@pytest.mark.parametrize("M", [2, 3, 30])
def test_it_is_unbiased_in_the_number_of_samples(M):
    """E|X - y| and E|X - X'| of a uniform law on the corners of a cube, by enumeration."""
    rng = np.random.default_rng(M)
    corners = np.array(np.meshgrid(*[[0.0, 1.0]] * 3)).reshape(3, -1).T
    y = np.array([0.3, 0.9, 2.0])
    distances = np.linalg.norm(corners[:, None] - corners, axis=2)
    exact = np.linalg.norm(corners - y, axis=1).mean() - distances.mean() / 2
    mean, error = mean_and_error([energy_score(corners[rng.integers(8, size=M)], y[None]) for _ in range(4_000)])
    assert abs(mean - exact) < 4 * error


def score(x, y, pair, reference, **shapes):
    truth = reference(y, **shapes)
    return EnergyScore().each(Samples.equally_weighted(x, truth.layout, is_law=True, pair=pair), truth)["all"]


def draw(rng, *, shift=0.0, scale=1.0, correlation=0.0, K=2_000, M=8):
    """y ~ N(z, I) in three dimensions; samples of N(z + shift, scale^2 C), C with one correlation."""
    C = np.full((3, 3), correlation) + (1 - correlation) * np.eye(3)
    z = rng.uniform(-2, 2, (K, 1))
    y = z + rng.standard_normal((K, 3))
    x = z + shift + scale * rng.standard_normal((M, K, 3)) @ np.linalg.cholesky(C).T
    return x.reshape(-1, 3), y, np.tile(np.arange(K), M)


def mean_norm(mean, variances):
    """E|Z| of independent normal Z_i = pi^-1/2 int (1 - E exp(-s^2 |Z|^2)) / s^2 ds over s > 0."""

    def integrand(s):
        spread = 1 + 2 * s**2 * variances
        return (1 - np.exp(-np.sum(s**2 * mean**2 / spread)) / np.sqrt(np.prod(spread))) / s**2

    return sum(quad(integrand, *ends)[0] for ends in ((0, 1), (1, np.inf))) / np.sqrt(np.pi)


@pytest.mark.parametrize("wrong", [{"shift": 0.3}, {"scale": 0.8}, {"scale": 1.25}, {"correlation": 0.7}])
def test_the_true_law_scores_least_and_a_wrong_one_half_its_energy_distance_more(reference, wrong):
    """The distance by quadrature: of Q = N(shift, scale^2 C) and P = N(0, I) in the axes of C, their variances."""
    right, off = (score(*draw(np.random.default_rng(7), **each), reference) for each in ({}, wrong))
    mean, error = mean_and_error(off - right)
    assert mean > 2 * error
    r = wrong.get("correlation", 0.0)
    Q, P = wrong.get("scale", 1.0) ** 2 * np.array([1 + 2 * r, 1 - r, 1 - r]), np.ones(3)
    shift, none = wrong.get("shift", 0.0) * np.array([3**0.5, 0, 0]), np.zeros(3)
    distance = 2 * mean_norm(shift, Q + P) - mean_norm(none, 2 * Q) - mean_norm(none, 2 * P)
    _, y, _ = draw(np.random.default_rng(7))
    assert abs(mean - distance / 2 / np.sqrt(np.sum(y.var(axis=0, ddof=1)))) < 4 * error


def test_what_the_crps_does_not_see_the_energy_score_does(reference):
    """The right marginals of every coordinate, with a wrong dependence between them."""
    _, y, _ = draw(np.random.default_rng(9), K=4_000)
    truth = reference(y)
    scores = []
    for correlation in (0.0, 0.9):
        x, _, pair = draw(np.random.default_rng(9), correlation=correlation, K=4_000)
        samples = Samples.equally_weighted(x, truth.layout, is_law=True, pair=pair)
        scores.append([metric.each(samples, truth)[part] for metric, part in ((EnergyScore(), "all"), (CRPS(), "u"))])
    (energy, energy_error), (crps_, crps_error) = (mean_and_error(scores[1][i] - scores[0][i]) for i in (0, 1))
    assert energy > 4 * energy_error
    assert abs(crps_) < 4 * crps_error


def test_a_normal_law_has_its_closed_form(reference):
    """In one dimension at z = 0: E|X - Y| - E|X - X'| / 2 = (sqrt(2 (1 + s^2)) - s) / sqrt(pi)."""
    rng = np.random.default_rng(3)
    K, M, s = 20_000, 4, 0.7
    y, x = rng.standard_normal((K, 1)), s * rng.standard_normal((K * M, 1))
    found = score(x, y, np.tile(np.arange(K), M), reference) * y.std(ddof=1)
    mean, error = mean_and_error(found)
    assert abs(mean - (np.sqrt(2 * (1 + s**2)) - s) / np.sqrt(np.pi)) < 4 * error


def test_units_order_and_constant_fields_do_not_matter(reference):
    rng = np.random.default_rng(2)
    x, y, pair = rng.standard_normal((60, 5)), rng.standard_normal((6, 5)), np.repeat(np.arange(6), 10)
    before = score(x, y, pair, reference, u=(2,), v=(3,))
    scale, shift = np.array([1e-4, 1e-4, 7e3, 7e3, 7e3]), np.array([1.0, 1.0, -5e4, -5e4, -5e4])
    order = rng.permutation(60)
    wide_x, wide_y = (np.hstack([shift + scale * rows, np.full((len(rows), 1), 4.0)]) for rows in (x, y))
    after = score(wide_x[order], wide_y, pair[order], reference, u=(2,), v=(3,), k=(1,))
    np.testing.assert_allclose(after, before, rtol=1e-7)

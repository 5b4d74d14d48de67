"""CRPS over held-out pairs: the closed form of a normal law, proper, free of units."""

import numpy as np
import pytest
from chance import mean_and_error
from scipy.stats import norm

from sgmbench.core.samples import Samples
from sgmbench.metrics.crps import CRPS, crps


def exact(mean, sd, y):
    """CRPS of N(mean, sd^2) at y: Gneiting and Raftery (2007), eq. 5."""
    w = (y - mean) / sd
    return sd * (w * (2 * norm.cdf(w) - 1) + 2 * norm.pdf(w) - 1 / np.sqrt(np.pi))


@pytest.mark.parametrize("M", [2, 3, 16, 100])
def test_any_number_of_samples_gives_the_closed_form_of_a_normal_law_on_average(M):
    rng = np.random.default_rng(M)
    mean, sd, y = np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.1, 3.0]), np.array([0.3, 1.4, -2.0])
    found, error = mean_and_error([crps(mean + sd * rng.standard_normal((M, 3)), y) for _ in range(2_000)])
    assert (np.abs(found - exact(mean, sd, y)) < 4 * error).all()


def test_it_is_the_integral_of_the_squared_difference_of_distribution_functions():
    """That of the empirical law, less what a finite number of samples takes from the spread of the law."""
    rng = np.random.default_rng(0)
    x, y, M = rng.standard_normal(12), 0.4, 12
    grid = np.linspace(-6, 6, 240_001)
    F = np.searchsorted(np.sort(x), grid, side="right") / M
    integral = np.sum((F - (grid >= y)) ** 2) * (grid[1] - grid[0])
    spread = np.abs(x[:, None] - x).sum()
    assert crps(x[:, None], np.array([y]))[0] == pytest.approx(integral - spread / (2 * M**2 * (M - 1)), abs=1e-4)


def pairs(rng, *, shift=0.0, scale=1.0, K=3_000, M=8):
    """y ~ N(z, 1) on one coordinate, and samples of N(z + shift, scale^2)."""
    z = rng.uniform(-2, 2, K)
    y = z + rng.standard_normal(K)
    x = z + shift + scale * rng.standard_normal((M, K))
    return x.ravel()[:, None], y[:, None], np.tile(np.arange(K), M)


@pytest.mark.parametrize(("shift", "scale"), [(0.2, 1.0), (-0.5, 1.0), (0.0, 0.8), (0.0, 1.3), (0.3, 0.7)])
def test_the_true_law_scores_least_by_what_theory_says(reference, shift, scale):
    """E CRPS of N(m, s^2) against N(0, 1) is E|X - Y| - E|X - X'| / 2."""

    def expected(m, s):
        total = np.hypot(1, s)
        distance = total * np.sqrt(2 / np.pi) * np.exp(-((m / total) ** 2) / 2) + m * (1 - 2 * norm.cdf(-m / total))
        return distance - s / np.sqrt(np.pi)

    scores = []
    for law in ((0.0, 1.0), (shift, scale)):
        x, y, pair = pairs(np.random.default_rng(5), shift=law[0], scale=law[1])
        truth = reference(y)
        samples = Samples.equally_weighted(x, truth.layout, is_law=True, pair=pair)
        scores.append(CRPS().each(samples, truth)["u"] * truth.field_sd[0])
    mean, error = mean_and_error(scores[1] - scores[0])
    assert abs(mean - (expected(shift, scale) - expected(0.0, 1.0))) < 4 * error
    assert mean > 2 * error


def test_units_orders_of_rows_and_constant_fields_do_not_matter(reference):
    rng = np.random.default_rng(2)
    x, y, pair = rng.standard_normal((60, 5)), rng.standard_normal((6, 5)), np.repeat(np.arange(6), 10)

    def score(x, y, pair, **shapes):
        truth = reference(y, **shapes)
        return CRPS().each(Samples.equally_weighted(x, truth.layout, is_law=True, pair=pair), truth)

    before = score(x, y, pair, u=(2,), v=(3,))
    scale, shift = np.array([1e-4, 1e-4, 7e3, 7e3, 7e3]), np.array([1.0, 1.0, -5e4, -5e4, -5e4])
    order = rng.permutation(60)
    constant = [np.full((len(rows), 1), 4.0) for rows in (x, y)]
    after = score(
        np.hstack([shift + scale * x, constant[0]])[order],
        np.hstack([shift + scale * y, constant[1]]),
        pair[order],
        u=(2,),
        v=(3,),
        k=(1,),
    )
    assert after.keys() == before.keys() == {"u", "v"}
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, rtol=1e-7)


def test_a_field_is_weighed_by_the_width_of_its_cells(reference):
    """Each value twice on a grid twice as fine is the same function."""
    rng = np.random.default_rng(3)
    x, y, pair = rng.standard_normal((40, 6)), rng.standard_normal((4, 6)), np.tile(np.arange(4), 10)
    found = []
    for factor in (1, 2):
        truth = reference(np.repeat(y, factor, axis=1))
        rows = np.repeat(x, factor, axis=1)
        found.append(CRPS().each(Samples.equally_weighted(rows, truth.layout, is_law=True, pair=pair), truth)["u"])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)


def test_one_sample_says_nothing_and_a_law_has_no_pairs(reference, samples):
    y = np.random.default_rng(4).standard_normal((3, 2))
    truth = reference(y)
    single = Samples.equally_weighted(y + 1, truth.layout, is_law=True, pair=np.arange(3))
    assert np.isnan(CRPS().each(single, truth)["u"]).all()
    assert CRPS().score(samples(y, truth), truth) == {}

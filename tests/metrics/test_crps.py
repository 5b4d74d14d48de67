"""CRPS: the closed form of a normal law, proper, free of units; of pairs, and of all runs at one condition."""

import numpy as np
import pytest
from chance import mean_and_error
from scipy.stats import norm

from sgmbench.core.samples import Samples
from sgmbench.metrics.crps import CRPS, crps


def of_pair(x, y):
    """CRPS of a law at one run."""
    return crps(x, y[None], np.full(len(x), 1.0), is_law=True)


def exact(mean, sd, y):
    """CRPS of N(mean, sd^2) at y: Gneiting and Raftery (2007), eq. 5."""
    w = (y - mean) / sd
    return sd * (w * (2 * norm.cdf(w) - 1) + 2 * norm.pdf(w) - 1 / np.sqrt(np.pi))


@pytest.mark.parametrize("M", [2, 3, 16, 100])
def test_any_number_of_samples_gives_the_closed_form_of_a_normal_law_on_average(M):
    rng = np.random.default_rng(M)
    mean, sd, y = np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.1, 3.0]), np.array([0.3, 1.4, -2.0])
    found, error = mean_and_error([of_pair(mean + sd * rng.standard_normal((M, 3)), y) for _ in range(2_000)])
    assert (np.abs(found - exact(mean, sd, y)) < 4 * error).all()


def test_it_is_the_integral_of_the_squared_difference_of_distribution_functions():
    """That of the empirical law, less what a finite number of samples takes from the spread of the law."""
    rng = np.random.default_rng(0)
    x, y, M = rng.standard_normal(12), 0.4, 12
    grid = np.linspace(-6, 6, 240_001)
    F = np.searchsorted(np.sort(x), grid, side="right") / M
    integral = np.sum((F - (grid >= y)) ** 2) * (grid[1] - grid[0])
    spread = np.abs(x[:, None] - x).sum()
    assert of_pair(x[:, None], np.array([y]))[0] == pytest.approx(integral - spread / (2 * M**2 * (M - 1)), abs=1e-4)


def expected(m, s):
    """E CRPS of N(m, s^2) against N(0, 1): E|X - Y| - E|X - X'| / 2."""
    total = np.hypot(1, s)
    distance = total * np.sqrt(2 / np.pi) * np.exp(-((m / total) ** 2) / 2) + m * (1 - 2 * norm.cdf(-m / total))
    return distance - s / np.sqrt(np.pi)


WRONG = [(0.2, 1.0), (-0.5, 1.0), (0.0, 0.8), (0.0, 1.3), (0.3, 0.7)]


@pytest.mark.parametrize(("shift", "scale"), WRONG)
@pytest.mark.parametrize("is_law", [True, False])
def test_at_one_condition_the_true_law_scores_least_and_a_set_what_its_size_adds(shift, scale, is_law):
    """6,000 coordinates are as many repeats; a set of M has E|X - X'| less by 1/M of it."""
    rng, M = np.random.default_rng(6), 6
    y, x = rng.standard_normal((20, 6_000)), rng.standard_normal((M, 6_000))
    laws = (0.0, 1.0), (shift, scale)
    right, off = (crps(m + s * x, y, np.ones(M), is_law=is_law) for m, s in laws)
    for found, (m, s) in zip((right, off), laws, strict=True):
        mean, error = mean_and_error(found)
        assert abs(mean - expected(m, s) - (0 if is_law else s / np.sqrt(np.pi) / M)) < 4 * error
    mean, error = mean_and_error(off - right)
    assert expected(shift, scale) > expected(0.0, 1.0)
    assert mean > 2 * error if is_law else True


SIGNED = np.array([3.0, -1.0, 2.0, 2.0, -1.5, 4.0, 1.0])


@pytest.mark.parametrize(("weights", "is_law"), [(np.ones(7), True), (np.ones(7), False), (SIGNED, False)])
def test_it_is_a_sum_over_pairs_of_rows(weights, is_law, monkeypatch):
    """However many coordinates are sorted at once; weights need not sum to one."""
    rng = np.random.default_rng(7)
    x, y = np.round(rng.standard_normal((7, 5)), 1), np.round(2 * rng.standard_normal((9, 5)), 1)
    w = weights / weights.sum()
    cross = np.einsum("i,ijk->k", w, np.abs(x[:, None] - y)) / 9
    own = np.einsum("i,j,ijk->k", w, w, np.abs(x[:, None] - x)) / (1 - w @ w if is_law else 1)
    for at_once in (1, 2 * 16, 1_000):
        monkeypatch.setattr("sgmbench.metrics.crps.SORTED", at_once)
        np.testing.assert_allclose(crps(x, y, weights, is_law=is_law), cross - own / 2, rtol=1e-12)


def pairs(rng, *, shift=0.0, scale=1.0, K=3_000, M=8):
    """y ~ N(z, 1) on one coordinate, and samples of N(z + shift, scale^2)."""
    z = rng.uniform(-2, 2, K)
    y = z + rng.standard_normal(K)
    x = z + shift + scale * rng.standard_normal((M, K))
    return x.ravel()[:, None], y[:, None], np.tile(np.arange(K), M)


@pytest.mark.parametrize(("shift", "scale"), WRONG)
def test_the_true_law_scores_least_by_what_theory_says(reference, shift, scale):
    """Held-out runs, each at a condition of its own."""
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

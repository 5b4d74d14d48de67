"""Coverage: exact for any number of samples, free of units, blind to what conditions tell."""

import numpy as np
import pytest
from chance import mean_and_error
from scipy.stats import norm

from sgmbench.core.samples import Samples
from sgmbench.metrics.coverage import Coverage, covered


def each(x, y, pair, reference, *, levels=(0.5, 0.9), **shapes):
    truth = reference(y, **shapes)
    return Coverage(levels).each(Samples.equally_weighted(x, truth.layout, is_law=True, pair=pair), truth)


@pytest.mark.parametrize("level", [0.34, 0.5, 0.8, 0.9, 0.99])
@pytest.mark.parametrize("M", [2, 3, 10, 99])
def test_over_all_ranks_the_mean_is_the_level(M, level):
    """The rank of y among M samples is uniform on 0, ..., M where all have one continuous law."""
    x = np.arange(float(M))[:, None]
    between = np.arange(M + 1.0)[:, None] - 0.5
    assert covered(x, between, level)[0] == pytest.approx(level, rel=1e-12)


@pytest.mark.parametrize("level", [0.34, 0.5, 0.8, 0.9, 0.99])
@pytest.mark.parametrize("M", [2, 3, 10, 99])
def test_it_counts_the_samples_on_either_side(M, level):
    """r of the definition, with ties of samples and runs."""
    rng = np.random.default_rng(M)
    x, y = (np.round(rng.standard_normal((rows, 6)), 1) for rows in (M, 40))
    r = np.minimum(np.sum(x[:, None] <= y, axis=0), np.sum(x[:, None] >= y, axis=0))
    inside = np.clip(r - (M + 1) * (1 - level) / 2 + 1, 0, 1)
    np.testing.assert_allclose(covered(np.sort(x, axis=0), y, level), inside.mean(axis=0), atol=1e-12)


def test_at_one_condition_it_scatters_by_its_runs_and_by_the_ends_of_its_interval():
    """Each of 5,000 coordinates a repeat; what lies between ends that are samples has the law Beta(18, 2)."""
    rng, n = np.random.default_rng(8), 30
    x, y = np.sort(rng.exponential(size=(19, 5_000)), axis=0), rng.exponential(size=(n, 5_000))
    squares = (covered(x, y, 0.9) - 0.9) ** 2
    of_ends = 0.9 * 0.1 / 21
    mean, error = mean_and_error(squares)
    assert abs(mean - (0.9 * 0.1 / n + (1 - 1 / n) * of_ends)) < 4 * error
    assert mean - 4 * error > 0.9 * 0.1 / n


def test_where_the_interval_ends_at_samples_it_is_the_plain_one():
    """19 samples and the level 0.9: from the first to the last."""
    x = np.sort(np.random.default_rng(0).standard_normal((19, 1_000)), axis=0)
    y = 2 * np.random.default_rng(1).standard_normal(1_000)
    np.testing.assert_allclose(covered(x, y[None], 0.9), (x[0] <= y) & (y <= x[-1]), atol=1e-12)


def test_the_true_law_covers_by_the_level_whatever_the_number_of_samples(reference):
    rng = np.random.default_rng(2)
    K = 1_000
    for M in (2, 20):
        z = rng.uniform(-2, 2, (K, 1))
        y, x = z + np.exp(z) * rng.exponential(size=(K, 2)), z + np.exp(z) * rng.exponential(size=(M, K, 2))
        for scores in each(x.reshape(-1, 2), y, np.tile(np.arange(K), M), reference).values():
            mean, error = mean_and_error(scores)
            assert abs(mean) < 4 * error


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 0.8), (0.0, 1.25), (1.0, 1.0)])
def test_wrong_intervals_cover_what_the_normal_law_says(shift, scale):
    """Of N(0, 1), the central interval of N(a, s^2) holds Phi(a + s q) - Phi(a - s q)."""
    rng = np.random.default_rng(3)
    x, y = shift + scale * rng.standard_normal((1_000, 4_000)), rng.standard_normal((1, 4_000))
    for level in (0.5, 0.9):
        q = scale * norm.ppf((1 + level) / 2)
        mean, error = mean_and_error(covered(np.sort(x, axis=0), y, level))
        assert abs(mean - (norm.cdf(shift + q) - norm.cdf(shift - q))) < 4 * error
        assert abs(mean - level) > 4 * error


def test_samples_that_ignore_the_condition_cover_as_well(reference):
    """Right coverage is necessary and no more."""
    rng = np.random.default_rng(4)
    K, M = 2_000, 20
    y, x = (rng.uniform(-2, 2, (n, 1)) + 0.1 * rng.standard_normal((n, 1)) for n in (K, K * M))
    for scores in each(x, y, np.tile(np.arange(K), M), reference).values():
        mean, error = mean_and_error(scores)
        assert abs(mean) < 4 * error


def test_units_orders_of_rows_and_constants_do_not_matter(reference):
    rng = np.random.default_rng(5)
    x, y, pair = rng.standard_normal((60, 5)), rng.standard_normal((6, 5)), np.repeat(np.arange(6), 10)
    before = each(x, y, pair, reference, u=(2,), v=(3,))
    assert before.keys() == {"u/0.5", "u/0.9", "v/0.5", "v/0.9"}
    scale, shift = np.array([1e-4, 1e-4, 7e3, 7e3, 7e3]), np.array([1.0, 1.0, -5e4, -5e4, -5e4])
    order = rng.permutation(60)
    wide_x, wide_y = (np.hstack([shift + scale * rows, np.full((len(rows), 2), 4.0)]) for rows in (x, y))
    after = each(wide_x[order], wide_y, pair[order], reference, u=(2,), v=(4,), k=(1,))
    assert after.keys() == before.keys()
    for name, scores in before.items():
        np.testing.assert_allclose(after[name], scores, atol=1e-12)

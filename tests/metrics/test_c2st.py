"""C2ST: one half for the reference itself, the best classifier's accuracy for other laws."""

import numpy as np
from scipy.stats import norm

from sgmbench.metrics.c2st import C2ST


def score(x, truth, samples, *, steps=300, **settings):
    return C2ST(steps=steps, **settings).score(samples(x, truth), truth)["all"]


def test_the_reference_is_told_from_itself_half_of_the_time(reference, samples):
    """Each row and its twin are held out together and get one answer, which is right for one of them."""
    truth = reference(np.random.default_rng(0).standard_normal((100, 2)))
    assert score(truth.values, truth, samples) == 0.5


def test_laws_without_overlap_are_told_apart_always(reference, samples):
    y = np.random.default_rng(2).standard_normal((100, 2))
    assert score(y + 50, reference(y), samples) == 1.0


def test_shifted_normal_laws_are_told_apart_as_well_as_can_be(reference, samples):
    """(1 + TV) / 2 = Phi(a / 2) for N(a, 1) and N(0, 1), within four standard errors of 1,000 answers."""
    x, y = np.random.default_rng(3).standard_normal((2, 500, 2))
    found = score(x + np.array([2, 0]), reference(y), samples)
    assert abs(found - norm.cdf(1)) < 4 * 0.5 / np.sqrt(1_000)


def test_dependence_is_seen_where_every_marginal_is_right(reference, samples):
    """The best classifier compares densities: right in 0.74 of all cases for a correlation of 0.9."""
    rng = np.random.default_rng(4)
    r = 0.9
    x, y = rng.standard_normal((2, 500, 2))
    x = np.column_stack([x[:, 0], r * x[:, 0] + np.sqrt(1 - r**2) * x[:, 1]])

    def log_ratio(u):
        square = (u[:, 0] ** 2 - 2 * r * u[:, 0] * u[:, 1] + u[:, 1] ** 2) / (1 - r**2)
        return -square / 2 + np.sum(u**2, axis=1) / 2 - np.log(1 - r**2) / 2

    best = (np.mean(log_ratio(x) > 0) + np.mean(log_ratio(y) <= 0)) / 2
    assert best > 0.7
    assert best - 0.04 < score(x, reference(y), samples) < best + 0.03


def test_constant_coordinates_and_rows_beyond_the_cap_have_no_say(reference, samples):
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((130, 2)), 1 + rng.standard_normal((130, 2))
    before = score(x, reference(y), samples, rows=100)
    wide_x, wide_y = (np.hstack([rows, np.full((130, 1), 7.0)]) for rows in (x, y))
    assert score(wide_x, reference(wide_y), samples, rows=100) == before
    assert score(np.concatenate([x[:100], x[100:] + 9]), reference(y), samples, rows=104) == before


def test_too_few_rows_say_nothing_and_constants_have_no_score(reference, samples):
    truth = reference(np.random.default_rng(6).standard_normal((20, 2)))
    assert np.isnan(score(truth.values[:4], truth, samples))
    still = reference(np.full((10, 2), 3.0))
    assert C2ST().score(samples(still.values, still), still) == {}

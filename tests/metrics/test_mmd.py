"""MMD: closed forms, weights, and blocks."""

import numpy as np
import pytest
from chance import mean_and_error
from scipy.spatial.distance import cdist, pdist
from scipy.stats import norm

from sgmbench.metrics import mmd
from sgmbench.metrics.mmd import MMD2, kernel_sum, own_kernel_sum, same_run_kernel_sum
from sgmbench.metrics.pairwise import Rows


def score(x, truth, samples, **options):
    return MMD2().score(samples(x, truth, **options), truth)["all"]


def exact(x, y):
    return float(x.weights @ np.exp(-cdist(x.values, y.values, "sqeuclidean") / 2) @ y.weights)


def test_blocks_add_up(monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.setattr(mmd, "BLOCK", 64)
    x = Rows(rng.standard_normal((150, 3)), rng.uniform(-0.5, 1, 150))
    y = Rows(1 + rng.standard_normal((70, 3)), rng.uniform(-0.5, 1, 70))
    assert kernel_sum(x, y) == pytest.approx(exact(x, y), rel=1e-12)
    assert own_kernel_sum(x) == pytest.approx(exact(x, x), rel=1e-12)
    run = rng.integers(120, size=150)
    together = x.weights @ (np.exp(-cdist(x.values, x.values, "sqeuclidean") / 2) * (run[:, None] == run)) @ x.weights
    assert same_run_kernel_sum(x, run) == pytest.approx(float(together), rel=1e-12)


@pytest.mark.parametrize(("mean", "sd"), [(1.0, 1.0), (0.0, 2.0), (0.5, 0.5)])
def test_normal_laws_have_their_closed_form(reference, samples, mean, sd):
    """E k(X, Y) = h / c exp(-m^2 / (2 c^2)), c^2 = h^2 + s^2 + t^2; quantiles at midpoints stand for the laws."""
    n = 1_000
    points = norm.ppf((np.arange(n) + 0.5) / n)[:, None]
    truth = reference(points)
    h = np.median(pdist(points))

    def expected(m, variance):
        c2 = h**2 + variance
        return h / np.sqrt(c2) * np.exp(-(m**2) / (2 * c2))

    squared = expected(0, 2 * sd**2) + expected(0, 2) - 2 * expected(mean, 1 + sd**2)
    assert score(mean + sd * points, truth, samples, is_law=False) == pytest.approx(squared, abs=2e-3)


def test_two_levels_with_weights_of_both_signs_have_the_law_of_the_finer_one(reference, samples):
    """Coarse runs, and differences of fine and coarse ones of the same run: unbiased only without pairs of one run."""
    rng = np.random.default_rng(4)
    by_run, naive = [], []
    for _ in range(300):
        truth = reference(rng.standard_normal((60, 2)))
        coarse, fine = 1.3 * rng.standard_normal((40, 2)), rng.standard_normal((12, 2))
        x = np.concatenate([coarse, fine, 1.3 * fine])
        weights = np.repeat([1 / 40, 1 / 12, -1 / 12], [40, 12, 12])
        run = np.concatenate([np.arange(40), 40 + np.arange(12), 40 + np.arange(12)])
        by_run.append(score(x, truth, samples, weights=weights, run=run))
        naive.append(score(x, truth, samples, weights=weights))
    mean, error = mean_and_error(by_run)
    assert abs(mean) < 4 * error
    mean, error = mean_and_error(naive)
    assert mean < -20 * error

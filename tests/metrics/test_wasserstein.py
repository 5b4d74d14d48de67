"""W1 of coordinates: exact cases, the floor, and sizes that differ."""

import numpy as np
import pytest
from scipy.stats import norm, wasserstein_distance

from sgmbench.metrics.wasserstein import Wasserstein, wasserstein_1


def test_a_shift_is_its_own_distance(reference, samples):
    truth = reference(np.random.default_rng(0).standard_normal((500, 4)) * [1, 2, 3, 4])
    shifted = samples(truth.values - 0.25 * truth.sd, truth)
    assert Wasserstein().score(shifted, truth)["u"] == pytest.approx(0.25)


@pytest.mark.parametrize(("n", "m"), [(7, 7), (6, 9), (100, 37), (1, 50), (250, 1_000)])
def test_agrees_with_scipy(n, m):
    rng = np.random.default_rng(n)
    x, y = np.sort(rng.standard_normal((n, 3)), axis=0), np.sort(rng.exponential(size=(m, 3)), axis=0)
    assert wasserstein_1(x, y) == pytest.approx([wasserstein_distance(x[:, i], y[:, i]) for i in range(3)])


def test_every_row_repeated_is_the_same_law():
    rng = np.random.default_rng(1)
    x, y = np.sort(rng.standard_normal((60, 2)), axis=0), np.sort(rng.standard_normal((40, 2)), axis=0)
    assert wasserstein_1(np.repeat(x, 3, axis=0), y) == pytest.approx(wasserstein_1(x, y))


def test_the_floor_of_equal_normal_laws(reference, samples):
    """E W1 = 2 / sqrt(pi n) int sqrt(F (1 - F)) = 1.82 / sqrt(n)."""
    rng = np.random.default_rng(2)
    n, d = 1_000, 400
    truth = reference(rng.standard_normal((n, d)))
    distances = wasserstein_1(np.sort(rng.standard_normal((n, d)), axis=0), truth.sorted) * np.sqrt(n)
    x = np.linspace(-9, 9, 20_001)
    expected = 2 / np.sqrt(np.pi) * np.trapezoid(np.sqrt(norm.cdf(x) * norm.sf(x)), x)
    assert expected == pytest.approx(1.82, abs=0.01)
    assert abs(distances.mean() - expected) < 4 * distances.std() / np.sqrt(d)

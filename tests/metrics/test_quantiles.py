"""Quantile errors: agreement with NumPy, the unit, and the rate."""

import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.metrics.quantiles import Quantiles, quantile_of_sorted


@pytest.mark.parametrize("p", [0.001, 0.025, 0.5, 0.975, 0.999])
@pytest.mark.parametrize("n", [1, 2, 10, 1_001])
def test_agrees_with_numpy(n, p):
    x = np.sort(np.random.default_rng(n).standard_normal((n, 3)), axis=0)
    assert quantile_of_sorted(x, p) == pytest.approx(np.quantile(x, p, axis=0))


def test_shift_moves_every_quantile_and_stretch_the_outer_ones(reference, samples):
    truth = reference(np.random.default_rng(0).standard_normal((4_000, 3)) * [1, 2, 3])
    shifted = Quantiles().score(samples(truth.values + 0.1 * truth.sd, truth), truth)
    assert shifted == pytest.approx(dict.fromkeys(["u/0.025", "u/0.5", "u/0.975", "u/0.995"], 0.1))
    stretched = Quantiles(levels=(0.5, 0.975)).score(samples(1.1 * truth.values, truth), truth)
    assert stretched["u/0.975"] == pytest.approx(0.1 * norm.ppf(0.975), rel=0.1)
    assert stretched["u/0.5"] < 0.01


def test_exact_samples_have_the_asymptotic_error(reference, samples):
    """Mean square p (1 - p) / (n f(q)^2) each, from samples and reference together."""
    rng = np.random.default_rng(1)
    for n in (500, 2_000):
        truth = reference(rng.standard_normal((n, 300)))
        scores = Quantiles().score(samples(rng.standard_normal((n, 300)), truth), truth)
        for p in Quantiles().levels:
            expected = np.sqrt(2 * p * (1 - p) / n) / norm.pdf(norm.ppf(p))
            assert scores[f"u/{p}"] == pytest.approx(expected, rel=0.2)

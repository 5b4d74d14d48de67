"""Sliced W2: that of one dimension, exact cases, what a finite set scores."""

import numpy as np
import pytest

from sgmbench.metrics.sliced_wasserstein import SlicedWasserstein
from sgmbench.metrics.wasserstein_2 import Wasserstein2


def score(x, truth, samples, *, directions=32, **options):
    return SlicedWasserstein(directions).score(samples(x, truth, **options), truth)["all"]


@pytest.mark.parametrize("is_law", [True, False])
def test_in_one_dimension_it_is_centered_w2(reference, samples, is_law):
    """The product of differences is the combination of four distances."""
    rng = np.random.default_rng(0)
    truth = reference(rng.exponential(size=(90, 1)))
    x = rng.standard_normal((40, 1))
    expected = Wasserstein2().score(samples(x, truth, is_law=is_law), truth)["all"]
    assert score(x, truth, samples, is_law=is_law) == pytest.approx(expected, rel=1e-9)


def test_a_shift_is_its_square_and_a_stretch_that_of_its_excess(reference, samples):
    truth = reference(np.random.default_rng(2).standard_normal((8_000, 1)))
    assert score(truth.values + 0.3 * truth.sd, truth, samples) == pytest.approx(0.09, rel=1e-9)
    assert score(truth.mean + 1.2 * (truth.values - truth.mean), truth, samples) == pytest.approx(0.04, rel=0.03)


def test_a_shift_in_many_dimensions_is_relative_to_the_variance(reference, samples):
    """By a in all of d coordinates: over directions (a sum theta)^2 has the mean a^2, and variances have their mean."""
    truth = reference(np.random.default_rng(3).standard_normal((60, 12)))
    found = score(truth.values + 0.5, truth, samples, directions=8_000)
    assert found == pytest.approx(0.25 / np.mean(truth.sd**2), rel=0.05)


def test_n_uniform_runs_as_a_set_score_2_over_n_plus_1(reference, samples):
    """The variances i (N + 1 - i) / ((N + 1)^2 (N + 2)) of sorted uniform values have the mean 1 / (6 (N + 1))."""
    rng = np.random.default_rng(4)
    N = 20
    scores = [
        score(rng.random((N, 1)), reference(rng.random((400, 1))), samples, directions=1, is_law=False)
        for _ in range(500)
    ]
    assert abs(np.mean(scores) - 2 / (N + 1)) < 4 * np.std(scores, ddof=1) / np.sqrt(len(scores))


def test_the_reference_is_at_no_distance_of_itself(reference, samples):
    truth = reference(np.random.default_rng(5).standard_normal((60, 7)))
    for is_law in (True, False):
        assert score(truth.values, truth, samples, is_law=is_law) == pytest.approx(0, abs=1e-12)

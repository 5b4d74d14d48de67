"""Bootstrap: the empirical measure, of all runs or of the nearest."""

import jax
import numpy as np
import pytest
from scipy.stats import chisquare

from sgmbench.surrogates.bootstrap import Bootstrap


def counts(samples, runs):
    """How often each run was drawn; every sample must be one."""
    same = (samples[:, None] == runs).all(axis=-1)
    np.testing.assert_array_equal(same.sum(axis=1), np.ones(len(samples)))
    return same.sum(axis=0)


def test_a_marginal_is_the_empirical_measure(fitted):
    it = fitted(Bootstrap(), n=50, q=0)
    drawn = counts(it.sample(np.zeros(0), 20_000, jax.random.key(1)), it.pairs.learned)
    assert chisquare(drawn).pvalue > 6e-5  # four sigma


@pytest.mark.parametrize("neighbors", [None, 5])
@pytest.mark.parametrize("at", [(0.0, 0.0), (0.9, -0.7)])
def test_a_condition_is_the_empirical_measure_of_its_nearest_runs(fitted, neighbors, at):
    it = fitted(Bootstrap(neighbors=neighbors), n=64, q=2)
    near = np.argsort(np.linalg.norm(it.pairs.given - at, axis=1))[: neighbors or 16]
    drawn = counts(it.sample(np.array(at), 5_000, jax.random.key(2)), it.pairs.learned)
    assert set(np.flatnonzero(drawn)) == set(near)
    assert chisquare(drawn[near]).pvalue > 6e-5


def test_same_key_gives_the_same_samples(fitted):
    sample = fitted(Bootstrap(), n=64, q=2).sample
    one, same, other = (sample(np.zeros(2), 30, jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()

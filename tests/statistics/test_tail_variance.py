"""The variance of tail probabilities and of CVaR against closed forms, and against sets that are drawn again."""

import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.statistics.tail_variance import cvar_variance, probability_variance

N = 40_000


@pytest.mark.parametrize("k", [1, 40, 250, 1_000])
def test_of_an_event_it_is_1_minus_p_over_p(k):
    shares = np.repeat([1.0, 0.0], [k, 1_000 - k])
    P = k / 1_000
    assert probability_variance(shares) == pytest.approx((1 - P) / P, rel=1e-12, abs=1e-15)


def test_coordinates_that_go_together_count_once_and_those_by_themselves_each():
    """Two coordinates in all four combinations, P = 1/2 each: 1 together, 1/2 by themselves, 0 against each other."""
    one, other = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    for second, v in ((one, 1.0), (other, 0.5), (1 - one, 0.0)):
        assert probability_variance((one + second) / 2) == pytest.approx(v, abs=1e-15)


def test_an_event_that_never_happens_has_none():
    assert np.isnan(probability_variance(np.zeros(100)))


def test_it_is_n_times_the_mean_square_of_relative_errors():
    """Correlated normal coordinates above 1: 2,000 sets of 500 rows, within four standard errors of both."""
    rng, k = np.random.default_rng(0), 3

    def rows(n):
        return 0.6 * rng.standard_normal((n, 1)) + 0.8 * rng.standard_normal((n, k))

    P = norm.sf(1)
    squares = np.array([500 * (np.mean(rows(500) > 1) / P - 1) ** 2 for _ in range(2_000)])
    found = probability_variance(np.mean(rows(N) > 1, axis=1))
    error = squares.std() / 2_000**0.5
    print(found, squares.mean(), error)  # noqa: T201
    assert abs(found - squares.mean()) < 4 * error
    assert found < 0.7 * (1 - P) / P  # more than one coordinate alone tells


def v_of(values, p):
    values = np.sort(values, axis=0)
    sd = values.std(axis=0)
    return cvar_variance(values, sd > 0, sd, p=p)


@pytest.mark.parametrize("p", [0.5, 0.95])
def test_of_a_normal_law_it_is_known_in_closed_form(p):
    """E (y - q)+ = f - t q and E (y - q)+^2 = (1 + q^2) t - q f, t = 1 - p, f = phi(q): 6.1 at p = 0.95."""
    q, t = norm.ppf(p), 1 - p
    first = norm.pdf(q) - q * t
    exact = ((1 + q**2) * t - q * norm.pdf(q) - first**2) / t**2
    found = v_of(np.random.default_rng(1).normal(size=(N, 50)) * np.geomspace(1e-3, 1e3, 50), p)
    print(p, found, exact)  # noqa: T201
    assert found == pytest.approx(exact, rel=0.02)
    assert p != 0.95 or exact == pytest.approx(6.1, abs=0.05)


def test_of_cvar_it_is_n_times_the_mean_square_error():
    """400 sets of 2,000 exponential runs at p = 0.9, whose CVaR is 1 + log 10 and sd 1."""
    rng, p = np.random.default_rng(2), 0.9
    sets = np.sort(rng.exponential(size=(2_000, 400)), axis=0)
    squares = 2_000 * (sets[1_800:].mean(axis=0) - 1 - np.log(10)) ** 2
    found, error = v_of(rng.exponential(size=(N, 20)), p), squares.std() / 400**0.5
    print(found, squares.mean(), error)  # noqa: T201
    assert abs(found - squares.mean()) < 4 * error + 0.02 * found


def test_coordinates_that_do_not_vary_are_left_out_of_cvar():
    values = np.random.default_rng(3).normal(size=(N, 2)) * np.array([1.0, 0.0])
    assert v_of(values, 0.9) == pytest.approx(v_of(values[:, :1], 0.9), rel=1e-9)
    assert v_of(values[:, 1:], 0.9) == 0

"""Against chains whose autocorrelation is known, and laws of invariance."""

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import multivariate_normal, norm

from sgmbench.statistics.chains import ess_bulk, ess_tail, r_hat

N = 20_000


def ar1(rho, *, n=N, seed=0):
    """Four stationary chains x_t = rho x_{t-1} + (1 - rho^2)^(1/2) n_t."""
    noise = np.random.default_rng(seed).standard_normal((4, n))
    noise[:, 0] /= np.sqrt(1 - rho**2)
    return np.sqrt(1 - rho**2) * lfilter([1.0], [1.0, -rho], noise, axis=1)


@pytest.mark.parametrize(("rho", "error"), [(0.0, 0.03), (0.5, 0.06), (0.9, 0.2), (-0.5, 0.06)])
def test_an_autoregression_is_worth_the_known_share_of_its_draws(rho, error):
    """(1 - rho)/(1 + rho), more than its draws where they alternate."""
    assert ess_bulk(ar1(rho)) / (4 * N) == pytest.approx((1 - rho) / (1 + rho), rel=error)


def test_tails_are_worth_what_the_autocorrelation_of_their_indicator_says():
    rho, p = 0.7, 0.05
    q = norm.ppf(p)
    joint = [multivariate_normal([0, 0], [[1, rho**t], [rho**t, 1]]).cdf([q, q]) for t in range(1, 25)]
    tau = 1 + 2 * np.sum((np.array(joint) - p**2) / (p * (1 - p)))
    assert ess_tail(ar1(rho)) / (4 * N) == pytest.approx(1 / tau, rel=0.15)
    assert ess_tail(ar1(rho)) > 1.5 * ess_bulk(ar1(rho))


def test_chains_of_one_law_pass():
    for rho in (0.0, 0.9):
        assert r_hat(ar1(rho)) < 1.01


def test_a_chain_elsewhere_is_seen():
    """With one of four shifted by d, B/N of the eight halves is d^2 (3/16)(8/7)."""
    x = ar1(0.0)
    for d in (0.5, 1.0):
        apart = x + np.array([0, 0, 0, d])[:, None]
        assert r_hat(apart) == pytest.approx(np.sqrt(1 + d**2 * 3 / 14), abs=0.01)
    assert r_hat(x + np.array([0, 0, 0, 1.0])[:, None]) > 1.05
    assert ess_bulk(x + np.array([0, 0, 0, 1.0])[:, None]) < 100


def test_a_chain_of_another_spread_is_seen_though_the_means_agree():
    x = ar1(0.0) * np.array([1, 1, 1, 3.0])[:, None]
    means = x.mean(axis=1)
    assert np.sqrt(1 + means.var(ddof=1) / x.var(axis=1).mean()) < 1.01
    assert r_hat(x) > 1.05


def test_a_common_drift_is_seen_though_the_chains_agree():
    x = ar1(0.0) + np.linspace(0, 2, N)
    means = x.mean(axis=1)
    assert np.sqrt(1 + means.var(ddof=1) / x.var(axis=1).mean()) < 1.01
    assert r_hat(x) > 1.05


def test_scales_and_increasing_maps_do_not_matter():
    x = ar1(0.6, n=1_000)
    assert r_hat(1e6 * x - 3) == pytest.approx(r_hat(x), rel=1e-12)
    for measure in (ess_bulk, ess_tail):
        assert measure(np.exp(2 * x)) == pytest.approx(measure(x), rel=1e-12)


def test_laws_without_moments_have_finite_answers():
    x = np.random.default_rng(1).standard_cauchy((4, 2_000))
    assert r_hat(x) < 1.01
    assert ess_bulk(x) == pytest.approx(8_000, rel=0.1)


def test_nothing_is_told_of_chains_that_stand_still_or_are_too_short():
    for measure in (r_hat, ess_bulk, ess_tail):
        assert np.isnan(measure(np.zeros((4, 100))))
        assert np.isnan(measure(ar1(0.0, n=3)))


def test_they_are_those_of_another_library():
    """BlackJAX 1.7.1 gives these numbers by `rhat`, `ess_bulk` and `ess_tail`."""
    x = ar1(0.6, n=1_000) + np.array([0, 0, 0, 0.3])[:, None]
    found = r_hat(x), ess_bulk(x), ess_tail(x)
    np.testing.assert_allclose(found, (1.0236994847026721, 600.483694004082, 1877.7903836269513), rtol=1e-10)

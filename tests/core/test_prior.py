import math

import numpy as np
import pytest
from scipy.stats import kstest, norm

from sgmbench.core.prior import Empirical, LogNormal, LogUniform, Normal, Uniform

PRIORS = [Uniform(-0.2, 0.2), Uniform(0.0, 50.0), LogUniform(1 / 50, 1 / 5), Normal(-3.0, 0.5), LogNormal(1.0, 2.0)]


@pytest.mark.parametrize("prior", PRIORS, ids=str)
def test_the_distribution_function_inverts_the_transport(prior):
    zeta = np.linspace(-5, 5, 101)
    np.testing.assert_allclose(prior.cdf(prior.from_normal(zeta)), norm.cdf(zeta), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("prior", PRIORS, ids=str)
def test_the_transport_increases_and_stays_in_the_support(prior):
    z = np.asarray(prior.from_normal(np.linspace(-8, 8, 1001)))
    low, high = prior.support
    assert (np.diff(z) >= 0).all()
    assert low - 1e-12 <= z[0] < z[-1] <= high + 1e-12


@pytest.mark.parametrize("prior", PRIORS[:3], ids=str)
def test_outside_of_a_bounded_support_the_distribution_function_is_constant(prior):
    low, high = prior.support
    assert (float(prior.cdf(low - 0.01)), float(prior.cdf(high + 0.01))) == (0.0, 1.0)


def test_the_laws_are_those_of_scipy():
    zeta = np.random.default_rng(1).standard_normal(4_000)
    laws = {
        Uniform(2.0, 5.0): ("uniform", (2.0, 3.0)),
        LogUniform(0.1, 10.0): ("loguniform", (0.1, 10.0)),
        Normal(1.0, 2.0): ("norm", (1.0, 2.0)),
        LogNormal(0.5, 0.3): ("lognorm", (0.3, 0, math.exp(0.5))),
    }
    p = {prior: kstest(np.asarray(prior.from_normal(zeta)), law, args).pvalue for prior, (law, args) in laws.items()}
    assert min(p.values()) > 1e-4, p


def test_the_median_of_a_log_uniform_is_the_geometric_mean():
    assert float(LogUniform(1 / 50, 1 / 5).from_normal(0.0)) == pytest.approx(math.sqrt(1 / 250), rel=1e-14)


def empirical(*, repeated):
    values = np.random.default_rng(2).standard_exponential(200)
    return Empirical(np.round(values, 1) if repeated else values)


@pytest.mark.parametrize("repeated", [False, True])
def test_an_empirical_law_is_a_transport_like_any_other_also_where_values_repeat(repeated):
    prior = empirical(repeated=repeated)
    zeta = np.linspace(-5, 5, 101)
    z = np.asarray(prior.from_normal(zeta))
    np.testing.assert_allclose(prior.cdf(z), norm.cdf(zeta), rtol=1e-9, atol=1e-12)
    assert (np.diff(z) > 0).all()
    low, high = prior.support
    assert (float(prior.cdf(low - 1)), float(prior.cdf(low)), float(prior.cdf(high)), float(prior.cdf(high + 1))) == (
        0.0,
        0.0,
        1.0,
        1.0,
    )


def test_an_empirical_law_of_different_values_has_their_quantiles():
    prior = empirical(repeated=False)
    p = np.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(prior.from_normal(norm.ppf(p)), np.quantile(prior.values, p), rtol=1e-12)


def test_what_follows_an_empirical_law_is_nearly_uniform_in_it():
    values = np.random.default_rng(3).standard_normal(20_000) ** 3
    u = np.asarray(Empirical(values[:10_000]).cdf(values[10_000:]))
    assert kstest(u, "uniform").statistic < 1.63 * np.sqrt(2 / 10_000)  # of two samples, at 1 %


def test_an_empirical_law_is_halfway_where_half_of_the_repeats_are():
    prior = Empirical(np.array([0.0, 1.0, 1.0, 2.0]))
    assert [float(prior.cdf(z)) for z in (0.0, 1.0, 2.0)] == [0.0, 0.5, 1.0]

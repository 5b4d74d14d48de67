"""Scores of nested sets: exact where all is known, unbiased over replicates, and asked of nothing else.

y = z + a e with z and e standard normal: V = 1, A = a^2, and P(y > t given z) = Phi((z - t) / a).
"""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from sgmbench.core.layout import Field, Layout
from sgmbench.core.problem import Traceable
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.metrics.energy import Energy
from sgmbench.metrics.epistemic_share import EpistemicShare
from sgmbench.metrics.exceedance_law import ExceedanceLaw
from sgmbench.metrics.tail_probability import Threshold
from sgmbench.metrics.variance_shares import VarianceShares
from sgmbench.runner.scoring import score
from sgmbench.statistics.variance_components import components, grouped

T = 1.0
EVENT = ExceedanceLaw(thresholds=(Threshold("y", above=T),))


class Number(Traceable):
    """One number; nothing is simulated."""

    parameters = ()
    germ_dimension = 1
    layout = Layout((Field("y", "m"),))

    def simulate(self, z, xi):
        raise NotImplementedError


def rows(rng, z, n, *, a):
    """n of each z in turns."""
    return (np.tile(z, n) + a * rng.standard_normal(n * len(z)))[:, None], np.tile(np.arange(len(z)), n)


def reference_at(rng, z, n, *, a=1.0):
    values, outer = rows(rng, z, n, a=a)
    return Reference(values, Number(), None, outer)


def samples_at(rng, z, n, *, a=1.0, is_law=True):
    values, outer = rows(rng, z, n, a=a)
    return Samples.equally_weighted(values, Number.layout, is_law=is_law, outer=outer)


def is_mean(values, exact):
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return abs(np.mean(values) - exact) < 4 * error


def test_the_errors_of_a_law_with_too_much_beside_z_are_those_known():
    """a = 1.5 in the place of 1, at the reference's z: V is right, A is off by 1.25 of V + A = 2, S is 1/3.25."""
    rng, found = np.random.default_rng(0), []
    for _ in range(300):
        z = rng.standard_normal(100)
        found.append(VarianceShares().score(samples_at(rng, z, 10, a=1.5), reference_at(rng, z, 10)))
    assert found[0].keys() == {"y/epistemic", "y/aleatoric", "y/share"}
    # Errors are over the reference's own V + A, and S is a ratio: both are off by some 2/K of themselves.
    for name, exact in (("epistemic", 0.0), ("aleatoric", 1.25 / 2), ("share", 1 / 3.25 - 1 / 2)):
        values = np.array([each[f"y/{name}"] for each in found])
        assert abs(values.mean() - exact) < 4 * values.std() / np.sqrt(300) + 2 * abs(exact) / 100, name


@pytest.mark.parametrize("a", [1.0, 1.3])
def test_the_squared_bias_of_a_law_is_unbiased(a):
    """0 for the true law, and (1 / (1 + a^2) - 1/2)^2 for another, up to some 2/K of it."""
    rng, exact, found = np.random.default_rng(1), (1 / (1 + a**2) - 1 / 2) ** 2, []
    for _ in range(200):
        z = rng.standard_normal(200)
        found.append(EpistemicShare().score(samples_at(rng, z, 10, a=a), reference_at(rng, z, 10))["y"])
    error = np.std(found, ddof=1) / np.sqrt(200)
    assert abs(np.mean(found) - exact) < 4 * error + 4 * exact / 200


def test_a_finite_set_is_held_to_its_mean_square_error():
    """40 z of 4 rows against 200 z of 10: what the score takes off is the reference's part."""
    rng, excess, own = np.random.default_rng(2), [], []
    for _ in range(400):
        reference = reference_at(rng, rng.standard_normal(200), 10)
        samples = samples_at(rng, rng.standard_normal(40), 4, is_law=False)
        groups = grouped(samples.values, samples.outer, quadrature=np.ones(1), center=np.zeros(1))
        own.append((float(components(groups).share) - 1 / 2) ** 2)
        excess.append(EpistemicShare().score(samples, reference)["y"] - own[-1])
    assert is_mean(excess, 0.0)
    assert np.std(excess) / np.sqrt(400) < np.mean(own) / 10


def test_at_the_reference_s_own_z_the_noise_is_that_of_the_rows_alone():
    """Of the true law with 10 rows at each z the share is off by little more than half of what other z make of it."""
    rng, same, other = np.random.default_rng(3), [], []
    for _ in range(300):
        z = rng.standard_normal(100)
        reference = reference_at(rng, z, 10)
        same.append(VarianceShares().score(samples_at(rng, z, 10), reference)["y/share"])
        other.append(VarianceShares().score(samples_at(rng, rng.standard_normal(100), 10), reference)["y/share"])
    assert np.std(same) < 0.6 * np.std(other)


def exact_exceedance(a):
    """P(y > T) and the standard deviation of P(y > T given z): two rows of one z have the correlation 1/(1 + a^2)."""
    s = np.sqrt(1 + a**2)
    P = norm.sf(T / s)
    both = multivariate_normal([0, 0], [[s**2, 1], [1, s**2]]).cdf([-T, -T])
    return P, np.sqrt(both - P**2)


def test_the_probability_over_z_and_its_standard_deviation_are_those_known():
    """From 4 rows a z, whose shares scatter by E p (1 - p) / 4 more than p does."""
    rng, P_and_sd = np.random.default_rng(4), exact_exceedance(1.0)
    found = [EVENT.truth(reference_at(rng, rng.standard_normal(1_000), 4))["y/above 1"] for _ in range(100)]
    assert is_mean([each.probability for each in found], P_and_sd[0])
    assert is_mean([each.sd**2 for each in found], P_and_sd[1] ** 2)
    P, variance = P_and_sd[0], P_and_sd[1] ** 2
    blurred = variance + (P - P**2 - variance) / 4
    assert is_mean([np.var(each.shares, ddof=1) for each in found], blurred)


def test_the_distance_of_two_laws_over_z_is_that_known():
    """Both p grow with z, so W1 is the mean of |Phi((z - T)/2) - Phi(z - T)|; 200 rows a z blur it by O(1/200)."""
    rng = np.random.default_rng(5)
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    exact = weights @ np.abs(norm.cdf((nodes - T) / 2) - norm.cdf(nodes - T)) / np.sqrt(2 * np.pi)
    z = rng.standard_normal(4_000)
    found = EVENT.score(samples_at(rng, z, 200, a=2.0), reference_at(rng, z, 200))
    assert found["y/above 1"] == pytest.approx(exact, abs=0.005)
    assert found["y/above 1/sd"] == pytest.approx(exact_exceedance(2.0)[1] - exact_exceedance(1.0)[1], abs=0.01)


def test_a_set_is_at_no_distance_from_itself_and_units_do_not_matter():
    rng = np.random.default_rng(6)
    values, outer = rows(rng, rng.standard_normal(50), 5, a=1.0)
    for scale, shift in ((1.0, 0.0), (1e-6, 3.0)):
        y = scale * values + shift
        reference = Reference(y, Number(), None, outer)
        other = scale * rows(np.random.default_rng(7), rng.standard_normal(50), 5, a=2.0)[0] + shift
        itself = Samples.equally_weighted(y, Number.layout, is_law=True, outer=outer)
        for metric in (VarianceShares(), ExceedanceLaw(), EpistemicShare()):
            assert set(metric.score(itself, reference).values()) == {0.0}
        far = Samples.equally_weighted(other, Number.layout, is_law=True, outer=outer)
        assert VarianceShares().score(far, reference)["y/aleatoric"] > 0.3


def test_by_default_a_field_exceeds_its_quantile_which_the_score_names():
    """Also where it spreads by a thousandth of its mean."""
    rng = np.random.default_rng(8)
    values, outer = rows(rng, rng.standard_normal(500), 10, a=1.0)
    for shift, digits in ((0.0, 2), (1000.0, 2)):
        reference = Reference(values + shift, Number(), None, outer)
        (event,) = ExceedanceLaw(level=0.8).truth(reference).items()
        assert event[0] == f"y/above {round(float(np.quantile(reference.values, 0.8)), digits):g}"
        assert event[1].probability == pytest.approx(0.2, abs=0.003)


def test_a_threshold_of_no_field_is_refused():
    rng = np.random.default_rng(9)
    reference, metric = reference_at(rng, rng.standard_normal(5), 2), ExceedanceLaw((Threshold("c", above=1.0),))
    said = "there is no field 'c'; write one of y"
    assert metric.refusals(Number.layout) == {("thresholds", 0, "field"): said}
    with pytest.raises(CellError, match=f"^exceedance_law: {said}$"):
        metric.truth(reference)


def test_nested_sets_are_scored_by_nested_scores_alone():
    rng = np.random.default_rng(10)
    reference, metrics = reference_at(rng, rng.standard_normal(20), 4), {"energy": Energy(), "shares": VarianceShares()}
    of_many = samples_at(rng, rng.standard_normal(20), 4)
    of_one = Samples.equally_weighted(of_many.values, of_many.layout, is_law=True)
    assert score(metrics, of_many, reference).keys() == {"shares"}
    assert score(metrics, of_one, reference).keys() == {"energy"}
    assert VarianceShares().score(of_one, reference) == {}

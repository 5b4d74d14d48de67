"""Giles's algorithm keeps to its tolerance, with as many levels as the discretization needs."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.problem import Leveled, Traceable
from sgmbench.core.rng import stream
from sgmbench.errors import CellError, UsageError
from sgmbench.montecarlo.giles import Refined, bias_left, level_statistics, multilevel_to_tolerance
from sgmbench.problems.geometric_brownian_motion import GeometricBrownianMotion

CALL = 10.4505835721856
"""Of Black and Scholes."""


@dataclass(frozen=True)
class Series(Traceable, Leveled):
    """y_l = xi_0 + sum_(1 <= k <= l) 2^-k (1 + xi_k): the bias of level l is 2^-l, V_l is 4^-l, and V_0 is 1."""

    finest: int
    level: int = 0
    fails: float = float("inf")

    parameters = ()
    layout = Layout((Field("q", "V"), Field("u", "V", (Axis("x", "m", (0.0, 1.0)),))))

    @property
    def germ_dimension(self):
        return self.finest + 1

    @property
    def relative_cost(self):
        return 0.5**self.level

    def coarser(self):
        return None if self.level == self.finest else replace(self, level=self.level + 1)

    def simulate(self, z, xi):
        l = self.finest - self.level  # noqa: E741
        y = xi[0] + sum(0.5**k * (1 + xi[k]) for k in range(1, l + 1))
        return {"q": jnp.where(xi[0] > self.fails, jnp.nan, y), "u": jnp.stack([y, y])}


def to_tolerance(refinement, tolerance, *, label, field="q", **options):
    key = stream(0, "test_giles", label)
    return multilevel_to_tolerance(Refined(refinement, field, clock=Clock()), tolerance=tolerance, key=key, **options)


def test_levels_are_added_until_the_bias_is_small_and_runs_until_the_variance_is():
    """2^-L is below .1 / sqrt(2) from L = 4 on; costs of l = 0, 1, ... are 1, 2, 4, ..., of pairs 1, 3, 6, ..."""
    found = to_tolerance(Series, 0.1, label="series")
    assert len(found.runs) == 5
    np.testing.assert_array_equal(found.fine_cost, 2.0 ** np.arange(5))
    np.testing.assert_array_equal(found.pair_cost, [1, 3, 6, 12, 24])
    assert found.weak_error == pytest.approx(2**-4, rel=0.2)
    assert found.standard_error <= 0.1 / np.sqrt(2)
    assert abs(found.mean - (1 - 2**-4)) < 4 * found.standard_error
    assert (found.alpha, found.beta, found.gamma) == pytest.approx((1, 2, 1), abs=0.1)
    least = np.sum(np.sqrt(0.25 ** np.arange(5) * found.pair_cost)) ** 2 / (0.1**2 / 2)
    assert found.cost < 1.2 * least + 1_000 * found.pair_cost.sum()
    assert found.monte_carlo_cost == pytest.approx(2 / 0.1**2 * 16 * (4 - 0.25**4) / 3, rel=0.2)


def test_the_error_of_a_call_option_is_within_the_tolerance():
    """Root mean square over 3 repetitions at .3 USD, against Black and Scholes."""
    refined = Refined(of_steps, "call", clock=Clock())
    keys = [stream(0, "test_giles", f"call {i}") for i in range(3)]
    found = [multilevel_to_tolerance(refined, tolerance=0.3, key=key) for key in keys]
    error = np.sqrt(np.mean([(each.mean - CALL) ** 2 for each in found]))
    assert error < 0.3
    assert all(each.standard_error <= 0.3 / np.sqrt(2) for each in found)


@dataclass(frozen=True)
class Jumps(Series):
    """A level moves y by 2 in those runs of which a normal is above 3.3: one in 2,068, V = 4 p (1 - p) = 0.00193."""

    def simulate(self, z, xi):
        l = self.finest - self.level  # noqa: E741
        y = sum((2.0 * (xi[k] > 3.3) for k in range(1, l + 1)), 0.1 * xi[0])
        return {"q": y, "u": jnp.stack([y, y])}


def test_a_level_begins_with_as_many_pairs_as_tell_its_variance():
    """Of 1,000 pairs 60 % of pilots meet none that jumps; doubled, they have met 5: ((N / 5 - 1) / N)^1/2 < .5."""
    refined = Refined(Jumps, "q", clock=Clock())
    for i in range(5):
        found = multilevel_to_tolerance(refined, tolerance=0.05, key=stream(0, "test_giles", f"jumps {i}"))
        assert np.all(found.runs[1:] >= 4_000)
        assert found.variances[1] == pytest.approx(0.00193, rel=1.5)
        assert np.all(found.kurtosis[1:] < 0.5**2 * found.runs[1:] + 1.1)


DIGITAL = -np.array([0.0285, -0.0354, -0.0339, -0.0215, -0.0119, -0.0063, -0.0032])
"""Differences of the means of a digital call by Milstein's scheme in 1, 2, 4, ... steps, by Fourier inversion."""


def test_the_bias_of_a_geometric_series_is_what_is_left_of_it():
    """sum_(l > L) c 2^(-a l) = c 2^(-a L) / (2^a - 1); slower ones than a half are taken to fall as a half."""
    for a in (0.5, 1.0, 1.7):
        alpha, bias = bias_left(-3 * 2.0 ** (-a * np.arange(1, 6)), np.zeros(5))
        assert (alpha, bias) == pytest.approx((a, 3 * 2.0 ** (-5 * a) / (2**a - 1)), rel=1e-12)
    alpha, bias = bias_left(np.full(4, 0.1), np.zeros(4))
    assert (alpha, bias) == pytest.approx((0.5, 0.1 / (2**0.5 - 1)), rel=1e-12)


def test_a_rate_is_told_by_the_last_levels_that_stand_out():
    """The first means do not fall yet; the fifth, within two standard errors, and the first count for no rate."""
    means = np.array([0.1, 5.0, 0.8, 0.4, 0.33, 0.1])
    alpha, _ = bias_left(means, np.array([0.0, 0.0, 0.0, 0.0, 0.2, 0.0]))
    assert alpha == pytest.approx(-np.polyfit([1, 2, 3, 5], np.log2(means[[1, 2, 3, 5]]), 1)[0], rel=1e-12)
    assert bias_left(means, np.full(6, 3.0))[0] == 0.5


def test_what_is_small_by_chance_does_not_end_a_search():
    """Digital call, two differences known to .011, eps = .05: their bias is .080, and .035 would be small enough."""
    noise = 0.011 * np.random.default_rng(0).standard_normal((2_000, 2))
    without, told = (
        np.mean([bias_left(DIGITAL[:2] + each, np.full(2, error))[1] <= 0.05 / np.sqrt(2) for each in noise])
        for error in (0.0, 0.011)
    )
    assert without > 0.05
    assert told < 0.02


def smoothed(level):
    return GeometricBrownianMotion(steps=2**level, smoothed=True)


def test_the_levels_of_a_smoothed_digital_call_are_the_published_ones():
    """Manual page of mcqmc06_l, R package mlmc 2.1.1: 200,000 pairs, kurtosis 11.2 to 43.6."""
    published = np.array([[-2.7023, -0.72392, -0.19816, -0.060912], [0.20133, 1.9232, 1.2802, 0.55631]])
    kurtosis, n = np.array([11.2, 18.6, 22.6, 29.9]), 40_000
    key = stream(0, "test_giles", "published")
    found = level_statistics(Refined(smoothed, "digital", clock=Clock(), chunk=4096), levels=5, runs=n, key=key)
    assert found.means[0] == pytest.approx(56.951, abs=5e-4)
    assert found.variances[0] == pytest.approx(0, abs=1e-20)
    more = 1 / n + 1 / 200_000
    assert np.all(np.abs(found.means[1:] - published[0]) < 4 * np.sqrt(published[1] * more))
    assert np.all(np.abs(found.variances[1:] / published[1] - 1) < 4 * np.sqrt(kurtosis * more))


def of_steps(level):
    return GeometricBrownianMotion(steps=2**level)


def test_the_rates_of_milstein_are_those_of_theory():
    """A call option: alpha = 1, beta = 2, gamma = 1; sd of y_L that of Black and Scholes."""
    key = stream(0, "test_giles", "rates")
    found = level_statistics(Refined(of_steps, "call", clock=Clock()), levels=5, runs=20_000, key=key)
    sd = float(of_steps(0).moments(None)["call"].sd)
    assert found.alpha == pytest.approx(1, abs=0.25)
    assert found.beta == pytest.approx(2, abs=0.25)
    assert found.gamma == pytest.approx(1, abs=1e-12)
    assert found.own_variance == pytest.approx(sd**2, rel=0.05)
    assert found.runs.tolist() == [20_000] * 5


def test_moments_are_those_of_all_runs_of_a_level():
    """Sums of powers in three parts against exact moments: Y_1 = (1 + xi_1) / 2, normal."""
    key = stream(0, "test_giles", "moments")
    refined = Refined(Series, "q", clock=Clock(), chunk=4096)
    found = level_statistics(refined, levels=2, runs=2**17 + 30_000, key=key)
    n = found.runs[1]
    np.testing.assert_allclose(found.means, [0, 0.5], atol=4 / np.sqrt(n))
    np.testing.assert_allclose(found.variances, [1, 0.25], rtol=4 * np.sqrt(2 / n))
    np.testing.assert_allclose(found.kurtosis, 3, atol=4 * np.sqrt(24 / n))


def test_what_cannot_be_reached_is_refused():
    with pytest.raises(CellError, match=r"^q: 3 levels leave a bias of about 0\.2\d?, above 0\.1 / sqrt\(2\); allow "):
        to_tolerance(Series, 0.1, label="few levels", most_levels=3)
    with pytest.raises(UsageError, match=r"^field: 'u' is no scalar field of Series; write 'q'$"):
        to_tolerance(Series, 0.1, label="field", field="u")
    with pytest.raises(CellError, match=r"^1\d\d of 1,000 runs gave NaN or infinity$"):
        to_tolerance(lambda level: Series(level, fails=1.0), 0.1, label="failed")

"""Each metric's null: 2,000 scores of exact samples have the mean that theory gives, within four standard errors.

So a bias of a tenth of what a single score scatters by is seen. Rows are N of the samples and n of the reference, fresh
in each repeat and all of one normal law (or uniform where it is said). Where a score is divided by a scale of the
reference and the quotient has no closed form, that scale is multiplied back; what is left has an exact mean for any N
and n. Those of standard deviations, quantiles and tail means are in `statistics.normal_samples`. What has no scatter,
the residuals of a solver's own runs, is zero in each of 2,000 runs. Held-out pairs are 2,000 of one draw. `c2st` trains
a classifier for each score and has 400; finite sets, scored by squares, are 500 beside 2,000 laws, and so are energy
scores at one condition, which are sums of energies: of these 2,000 are made among the slow tests.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from chance import mean_and_error
from scipy.special import digamma, gammaln, polygamma
from scipy.stats import binom, norm
from worlds import World, nested, pairs, rows, solved

from sgmbench import registry
from sgmbench.core.metric import Metric, PairScore
from sgmbench.core.reference import Reference
from sgmbench.metrics.c2st import C2ST
from sgmbench.metrics.constraints import Constraints
from sgmbench.metrics.covariance_product import CovarianceProduct
from sgmbench.metrics.coverage import Coverage
from sgmbench.metrics.crps import CRPS
from sgmbench.metrics.cvar import CVaR
from sgmbench.metrics.energy import Energy
from sgmbench.metrics.energy_score import EnergyScore
from sgmbench.metrics.epistemic_share import EpistemicShare
from sgmbench.metrics.exceedance_law import ExceedanceLaw
from sgmbench.metrics.faithfulness import Faithfulness
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.mean import Mean
from sgmbench.metrics.mmd import MMD2
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.metrics.roughness import Roughness
from sgmbench.metrics.sliced_wasserstein import SlicedWasserstein
from sgmbench.metrics.spectrum import Spectrum
from sgmbench.metrics.standard_deviation import StandardDeviation
from sgmbench.metrics.tail_probability import TailProbability, Threshold
from sgmbench.metrics.variance_shares import VarianceShares, groups_of_reference
from sgmbench.metrics.wasserstein import Wasserstein
from sgmbench.metrics.wasserstein_2 import Wasserstein2
from sgmbench.statistics.normal_samples import (
    Moments,
    cvar_moments,
    quantile_moments,
    sd_power,
    squared_difference,
    standardized_difference,
)
from sgmbench.statistics.variance_components import components

REPEATS = 2_000
FEW, FEWER = 500, 400
ROUNDING = 1e-12
N, n = 64, 96


Found = Callable[[dict[str, Any], Reference], Any]


class Null(NamedTuple):
    """What exact samples score on average.

    Attributes:
        metric: with its hyperparameters.
        world: what is scored.
        means: by what is found from the scores and the reference its mean.
        repeats: of the world.
    """

    metric: Metric
    world: World
    means: dict[Found, float]
    repeats: int = REPEATS


def part(name: str) -> Found:
    """One part of a score as it is."""
    return lambda scores, truth: scores[name]


def square(name: str) -> Found:
    """A root mean square, squared."""
    return lambda scores, truth: scores[name] ** 2


def in_unit(name: str, power: int = 1) -> Found:
    """A part in the unit of the field, to a power."""
    return lambda scores, truth: (scores[name] * truth.field_sd[0]) ** power


def of_variance(name: str) -> Found:
    """A variance component in the unit of the field, squared."""

    def found(scores: dict[str, Any], truth: Reference) -> float:
        (scaled,) = varying_fields(truth)
        total = components(groups_of_reference(truth, scaled))
        return scores[name] * float(total.epistemic + total.aleatoric)

    return found


def of_share(name: str) -> Found:
    """The square of an error of a probability that is no longer relative to the reference's."""
    return lambda scores, truth: (scores[name] * np.mean(truth.values > 0.5)) ** 2


def mean_distance_of_shares(N: int, n: int, p: np.ndarray) -> np.ndarray:
    """E|B/N - B'/n| of binomial numbers for each probability."""
    a, b = np.arange(N + 1)[:, None], np.arange(n + 1)[:, None]
    distance = np.abs(a / N - b.T / n)
    return np.einsum("ap,ab,bp->p", binom.pmf(a, N, p), distance, binom.pmf(b, n, p))


def log_power(N: int, n: int) -> float:
    """E (log P_k - log P*_k)^2 of white noise.

    P*_k is chi-square with n - 1 degrees of freedom; P_k, about the reference's mean, has N - 1 of its own and one of
    the distance of the means, all of them together much like nu.
    """
    mean, variance = N + N / n, 2 * (N - 1) + 2 * (1 + N / n) ** 2
    nu = 2 * mean**2 / variance
    bias = digamma(nu / 2) - np.log(nu / 2) + np.log(mean / N) - digamma((n - 1) / 2) - np.log(2 / n)
    return float(polygamma(1, nu / 2) + polygamma(1, (n - 1) / 2) + bias**2)


def root_of_f(N: int, n: int) -> float:
    """E of the root of a ratio of mean squares, of N and of n normal values."""
    return float(sd_power(N + 1, 1) * sd_power(n + 1, -1))


P = float(norm.sf(0.5))
ON_HALVES = quantile_moments(80, 0.5), quantile_moments(121, 0.5)
IN_TAILS = quantile_moments(80, 0.975), quantile_moments(121, 0.975)
OF_SDS = Moments(sd_power(N, 1), 1.0), Moments(sd_power(n, 1), 1.0)
OF_LARGEST = cvar_moments(60, 0.9), cvar_moments(100, 0.9)
OF_HALF_NORMS = float(np.exp(gammaln(4.5) - gammaln(4))) / 8**0.5  # E|Y - Y'| / 2 in eight dimensions, field L2

NULLS = {
    "c2st": Null(C2ST(steps=5, width=8), rows(25, 25, 2), {part("all"): 0.5}, FEWER),
    "constraints": Null(Constraints(), solved(20), {part("u.first"): 0.0}, 100),
    "covariance_product": Null(CovarianceProduct(), rows(N, n, 4), {part("all"): 0.0}),
    "coverage/pairs": Null(Coverage(), pairs(REPEATS, 7, 4), {part("u/0.5"): 0.0, part("u/0.9"): 0.0}, 1),
    "coverage/rows": Null(Coverage(), rows(7, n, 4), {part("u/0.5"): 0.0, part("u/0.9"): 0.0}),
    "crps/pairs": Null(CRPS(), pairs(REPEATS, 8, 8), {in_unit("u"): np.pi**-0.5}, 1),
    "crps/law": Null(CRPS(), rows(8, n, 8), {in_unit("u"): np.pi**-0.5}),
    "crps/set": Null(CRPS(), rows(8, n, 8, is_law=False), {in_unit("u"): np.pi**-0.5 * (1 + 1 / 8)}),
    "cvar": Null(CVaR((0.9,)), rows(60, 100, 8), {square("u/0.9"): standardized_difference(*OF_LARGEST, n=100)}),
    "energy/law": Null(Energy(), rows(N, n, 4), {in_unit("d2"): 0.0}),
    "energy/set": Null(
        Energy(),
        rows(N, n, 4, is_law=False),
        {lambda scores, truth: (scores["d2"] - scores["mu"] / N) * truth.field_sd[0]: 0.0},
        FEW,
    ),
    "energy_score/pairs": Null(EnergyScore(), pairs(REPEATS, 8, 8), {in_unit("all"): OF_HALF_NORMS}, 1),
    "energy_score/law": Null(EnergyScore(), rows(8, n, 8), {in_unit("all"): OF_HALF_NORMS}, FEW),
    "energy_score/set": Null(
        EnergyScore(), rows(8, n, 8, is_law=False), {in_unit("all"): OF_HALF_NORMS * (1 + 1 / 8)}, FEW
    ),
    "epistemic_share": Null(EpistemicShare(), nested(40, 5), {part("u"): 0.0}),
    "exceedance_law": Null(
        ExceedanceLaw((Threshold("u", above=0.0),)),
        nested(2, 12, at=(-99.0, 0.0)),  # where it happens never, and in half of all cases
        {
            part("u/above 0"): float(mean_distance_of_shares(12, 12, np.array([0.5]))[0]) / 2,
            part("u/above 0/sd"): 0.0,
        },
    ),
    "faithfulness": Null(Faithfulness(), solved(20), {part("u"): 0.0}, 100),
    "mean": Null(Mean(), rows(N, n, 8), {in_unit("u", 2): 1 / N + 1 / n}),
    "mmd/law": Null(MMD2(), rows(32, 48, 4), {part("all"): 0.0}),
    "mmd/set": Null(
        MMD2(),
        rows(32, 48, 4, is_law=False),
        {lambda scores, truth: scores["all"] - (1 - truth.prepared("mmd/field_l2/own", float)) / 32: 0.0},
        FEW,
    ),
    "quantiles": Null(
        Quantiles((0.5, 0.975)),
        rows(80, 121, 8),
        {
            square("u/0.5"): standardized_difference(*ON_HALVES, n=121),
            square("u/0.975"): standardized_difference(*IN_TAILS, n=121),
        },
    ),
    "roughness": Null(Roughness(), rows(N, n, 3), {part("u"): root_of_f(N, n)}),
    "sliced_wasserstein": Null(SlicedWasserstein(8), rows(N, n, 4), {part("all"): 0.0}),
    "spectrum": Null(Spectrum(), rows(N, n, 16), {square("u"): log_power(N, n)}),
    "standard_deviation": Null(StandardDeviation(), rows(N, n, 8), {in_unit("u", 2): squared_difference(*OF_SDS)}),
    "tail_probability/quantile": Null(TailProbability(level=0.9), rows(40, 50, 4), {part("u/0.9"): -1 / 51}),
    "tail_probability/largest": Null(TailProbability(level=0.99), rows(40, 20, 4), {part("u/0.99"): -1 / 21}),
    "tail_probability/threshold": Null(
        TailProbability((Threshold("u", above=0.5),)),
        rows(100, 400, 1),
        {part("u/above 0.5"): (1 - P) / (400 * P), of_share("u/above 0.5"): P * (1 - P) * (1 / 100 + 1 / 400)},
    ),
    "variance_shares": Null(
        VarianceShares(),
        nested(20, 4),
        {of_variance("u/epistemic"): 0.0, of_variance("u/aleatoric"): 0.0, part("u/share"): 0.0},
    ),
    "wasserstein": Null(
        Wasserstein(),
        rows(N, n, 1, germ="uniform"),
        {in_unit("u"): float(mean_distance_of_shares(N, n, (np.arange(400) + 0.5) / 400).mean())},
    ),
    "wasserstein_2": Null(Wasserstein2(), rows(40, 48, 4), {part("all"): 0.0}),
}


def found_in(null: Null) -> np.ndarray:
    """What is found in every repeat, one row each; held-out pairs are repeats of one draw."""
    rng, found = np.random.default_rng(0), []
    score = null.metric.each if isinstance(null.metric, PairScore) else null.metric.score
    for _ in range(null.repeats):
        truth, drawn = null.world(rng, ("right",))
        scores = score(drawn["right"], truth)
        found.append([each(scores, truth) for each in null.means])
    repeats = np.array(found)
    return np.concatenate(repeats.swapaxes(1, 2)) if isinstance(null.metric, PairScore) else repeats


def check(null: Null) -> None:
    mean, error = mean_and_error(found_in(null))
    expected = np.array(list(null.means.values()))
    assert (np.abs(mean - expected) <= 4 * error + ROUNDING).all(), f"{mean} +- {error}, {expected} by theory"


@pytest.mark.parametrize("name", NULLS)
def test_the_null_is_centered(name):
    check(NULLS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, null in NULLS.items() if null.repeats in (FEW, FEWER)])
def test_the_null_of_what_takes_long_is_centered_over_as_many_repeats(name):
    check(NULLS[name]._replace(repeats=REPEATS))


def test_every_metric_has_a_null():
    assert {name.partition("/")[0] for name in NULLS} == set(registry.builtin("metrics"))

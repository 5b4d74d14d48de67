"""Mean and variance of the points of one field as sparse expansions in the conditions, in turns.

The mean is regressed with the inverse variance as weight, then the variance from the squared residuals r^2, whose own
variance is 2 Var^2 for Gaussian data. Each turn may extend either support next to what it holds. A feature of degree
|k| needs a squared t-value above 1 + |k|: it is one of many, and largest at the ends of the conditions, where it errs
most. Of the variance a feature needs less: it is to stay positive, which takes features of no great size together.

An expansion that vanishes along a surface, as it should, passes below zero somewhere if it errs. Nowhere is a variance
taken for less than half of what the residuals of the 20 runs say where it is smallest. Their mean square is twice the
variance or more by chance in one of 200 cases (chi-square), and small itself where the variance vanishes indeed.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Num

from sgmbench.learning.control_variates import Controls
from sgmbench.learning.expansion import Expansion
from sgmbench.learning.polynomials import largest_degree, legendre_products, with_margin
from sgmbench.learning.sparse_regression import sparse_regression

RUNS_A_FEATURE = 20
SMALLEST = 1e-10  # of a variance, in units of the coordinate's global variance
_WHOLE_MEAN, _WHOLE_VARIANCE = 2, 3  # degrees that are always tried: a square has twice the degree of a root
_THRESHOLD = 1.5  # of the squared t-values of a variance's features
_MANY, _GROWTH = 10_000, 0.5  # from so many runs on the variance stays positive with a threshold of 1 + |k| / 2 too
_FEWEST = 20  # runs that have one weight where the variance is smallest: a mean that passes through the last few makes
# their residuals, and with them the variance there, fall without end
_POWER = 8  # of correlations: how far along a field points share their evidence
_LARGEST_FALL = 0.1  # of a variance in one turn, so that a negative prediction does not give a run all the weight


@dataclass(frozen=True)
class Degrees:
    """Largest total degrees of mean and variance."""

    mean: int
    variance: int

    def affordable(self, n: int, q: int) -> "Degrees":
        """Those whose whole bases have no more than one feature for each 20 of n runs."""
        most = max(1, n // RUNS_A_FEATURE)
        return Degrees(*(largest_degree(q, most_features=most, at_most=each) for each in (self.mean, self.variance)))


@dataclass(frozen=True)
class FieldMoments:
    """What was regressed.

    Attributes:
        mean: of each point.
        variance: of each point; may be negative where it should be small.
        at_runs: the variance at the runs, positive.
        least: what it is taken for where the expansion says less.
    """

    mean: Expansion
    variance: Expansion
    at_runs: Float[np.ndarray, "n d"]
    least: Float[np.ndarray, " d"]


def begin(y: Float[np.ndarray, "n d"], q: int) -> FieldMoments:
    """Mean zero and the global variance, whatever the conditions."""
    constant, variance = np.zeros((1, q), int), y.var(axis=0, keepdims=True)
    return FieldMoments(
        Expansion(constant, 0 * variance),
        Expansion(constant, variance),
        np.tile(variance, (len(y), 1)),
        np.full(y.shape[1], SMALLEST),
    )


class Evidence(NamedTuple):
    """What one turn goes by.

    Attributes:
        u: conditions of the runs.
        y: the field.
        degrees: the largest.
        controls: what explains part of y, if anything does.
        sharing: with which weights points share evidence for a feature.
    """

    u: Float[np.ndarray, "n q"]
    y: Float[np.ndarray, "n d"]
    degrees: Degrees
    controls: Controls | None
    sharing: Float[np.ndarray, "d d"]


def take_turns(
    u: Float[np.ndarray, "n q"],
    y: Float[np.ndarray, "n d"],
    moments: FieldMoments,
    degrees: Degrees,
    *,
    turns: int,
    controls: Controls | None = None,
) -> FieldMoments:
    """Better moments after some turns; what controls explain is taken out of what is regressed."""
    for _ in range(turns):
        evidence = Evidence(u, y, degrees, controls, _sharing((y - moments.mean(u)) / np.sqrt(moments.at_runs)))
        moments = replace(moments, mean=_next_mean(evidence, moments))
        moments = replace(moments, variance=_next_variance(evidence, moments))
        at_runs = np.maximum(moments.variance(u), np.maximum(_LARGEST_FALL * moments.at_runs, SMALLEST))
        at_runs = np.maximum(at_runs, np.quantile(at_runs, min(1.0, _FEWEST / len(u)), axis=0))
        moments = replace(moments, at_runs=at_runs)
    return replace(moments, least=_least_variance(u, y, moments))


def _least_variance(
    u: Float[np.ndarray, "n q"], y: Float[np.ndarray, "n d"], moments: FieldMoments
) -> Float[np.ndarray, " d"]:
    """Half of the mean square of the residuals where the expansion is smallest, point by point."""
    squares = (y - moments.mean(u)) ** 2
    smallest = np.argsort(moments.variance(u), axis=0, kind="stable")[:_FEWEST]
    return np.maximum(np.take_along_axis(squares, smallest, axis=0).mean(axis=0) / 2, SMALLEST)


def _next_mean(evidence: Evidence, moments: FieldMoments) -> Expansion:
    u, y, degrees, controls, sharing = evidence
    residual = y - moments.mean(u)
    explained = controls.explain(residual, moments.at_runs) if controls else 0.0
    noise = moments.at_runs * _share_left(residual, explained, moments.at_runs)
    indices = with_margin(moments.mean.support, whole=min(_WHOLE_MEAN, degrees.mean), degree=degrees.mean, reach=2)
    return _regress(u, y - explained, noise, indices, threshold=1 + indices.sum(axis=1), sharing=sharing)


def _next_variance(evidence: Evidence, moments: FieldMoments) -> Expansion:
    u, y, degrees, controls, sharing = evidence
    residual = y - moments.mean(u)
    level = np.maximum(np.mean(residual**2, axis=0), SMALLEST)
    squares, at_runs = residual**2 / level, moments.at_runs / level
    explained = controls.explain_squares(residual, moments.at_runs) / level if controls else 0.0
    noise = 2 * at_runs**2 * _share_left(squares - at_runs, explained, at_runs**2)
    whole = min(_WHOLE_VARIANCE, degrees.variance)
    indices = with_margin(moments.variance.support, whole=whole, degree=degrees.variance)
    threshold = 1 + _GROWTH * indices.sum(axis=1) if len(u) >= _MANY else np.full(len(indices), _THRESHOLD)
    relative = _regress(u, squares - explained, noise, indices, threshold=threshold, sharing=sharing)
    return Expansion(indices, level * relative.coefficients)


def _share_left(
    noise: Float[np.ndarray, "n d"], explained: Float[np.ndarray, "n d"] | float, variance: Float[np.ndarray, "n d"]
) -> Float[np.ndarray, " d"]:
    """Share of the noise's mean square, weighted by the inverse of its variance, that is not explained."""
    before, after = (np.mean(each**2 / variance, axis=0) for each in (noise, noise - explained))
    return np.maximum(np.where(before > 0, after / np.where(before > 0, before, 1.0), 1.0), SMALLEST)


def relative_error(u: Float[np.ndarray, "n q"], moments: FieldMoments) -> float:
    """Expected square of the mean's error over the variance, both averaged over the runs, by least squares.

    p/n for p features where the variance is the same everywhere, and less where it vanishes somewhere.
    """
    features = legendre_products(u, moments.mean.support)
    variance = np.mean(moments.at_runs / moments.at_runs.mean(axis=0), axis=1, keepdims=True)
    covariance = np.linalg.pinv(features.T @ (features / variance))
    return float(np.mean(np.sum(features @ covariance * features, axis=1)) / variance.mean())


def _regress(
    u: Float[np.ndarray, "n q"],
    y: Float[np.ndarray, "n d"],
    variance: Float[np.ndarray, "n d"],
    indices: Int[np.ndarray, "p q"],
    *,
    threshold: Num[np.ndarray, " p"],
    sharing: Float[np.ndarray, "d d"],
) -> Expansion:
    features = legendre_products(u, indices)
    return Expansion(indices, sparse_regression(features, y, variance, threshold=threshold, sharing=sharing))


def _sharing(residual: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d d"]:
    """Weights, of sum 1 in each row, with which points share evidence for a feature: powers of their correlation."""
    weights = np.abs(np.corrcoef(residual, rowvar=False).reshape(residual.shape[1], -1)) ** _POWER
    return weights / weights.sum(axis=1, keepdims=True)

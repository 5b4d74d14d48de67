"""Mean and variance of the points of one field as sparse expansions in the conditions, in turns.

The mean is regressed with the inverse variance as weight, then the variance from the squared residuals r^2, whose own
variance is 2 Var^2 for Gaussian data. Each turn may extend either support next to what it holds. For
the mean a feature of degree |k| needs a squared t-value above 1 + |k|: it is one of many, and largest at the ends of
the conditions, where it errs most. The variance is to stay positive, which takes features of no great size together.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Num

from sgmbench.learning.control_variates import Controls
from sgmbench.learning.expansion import Expansion
from sgmbench.learning.polynomials import largest_degree, legendre_products, with_margin
from sgmbench.learning.sparse_regression import sparse_regression

RUNS_A_FEATURE = 20
SMALLEST = 1e-10  # of a variance, in units of the coordinate's global variance
_WHOLE_MEAN, _WHOLE_VARIANCE = 2, 3  # degrees that are always tried: a square has twice the degree of a root
_VARIANCE_THRESHOLD = 1.5  # of squared t-values
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
    """

    mean: Expansion
    variance: Expansion
    at_runs: Float[np.ndarray, "n d"]


def begin(y: Float[np.ndarray, "n d"], q: int) -> FieldMoments:
    """Mean zero and the global variance, whatever the conditions."""
    constant, variance = np.zeros((1, q), int), y.var(axis=0, keepdims=True)
    return FieldMoments(
        Expansion(constant, 0 * variance), Expansion(constant, variance), np.tile(variance, (len(y), 1))
    )


def take_turns(
    u: Float[np.ndarray, "n q"],
    y: Float[np.ndarray, "n d"],
    moments: FieldMoments,
    degrees: Degrees,
    *,
    turns: int,
    controls: Controls | None = None,
) -> FieldMoments:
    """Better moments after some turns; where there are controls, what they explain of y is taken out for the mean."""
    mean, variance, at_runs = moments.mean, moments.variance, moments.at_runs
    for _ in range(turns):
        sharing = _sharing((y - mean(u)) / np.sqrt(at_runs))
        explained, share = controls.explain(y - mean(u), at_runs) if controls else (0.0, 1.0)
        indices = with_margin(mean.support, whole=min(_WHOLE_MEAN, degrees.mean), degree=degrees.mean, reach=2)
        mean = _regress(u, y - explained, at_runs * share, indices, threshold=1 + indices.sum(axis=1), sharing=sharing)
        squares = (y - mean(u)) ** 2
        level = np.maximum(squares.mean(axis=0), SMALLEST)
        indices = with_margin(variance.support, whole=min(_WHOLE_VARIANCE, degrees.variance), degree=degrees.variance)
        threshold = np.full(len(indices), _VARIANCE_THRESHOLD)
        relative = _regress(
            u, squares / level, 2 * (at_runs / level) ** 2, indices, threshold=threshold, sharing=sharing
        )
        variance = Expansion(indices, level * relative.coefficients)
        at_runs = np.maximum(variance(u), np.maximum(_LARGEST_FALL * at_runs, SMALLEST))
        at_runs = np.maximum(at_runs, np.quantile(at_runs, min(1.0, _FEWEST / len(u)), axis=0))
    return FieldMoments(mean, variance, at_runs)


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

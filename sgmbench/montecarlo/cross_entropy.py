"""Cross-entropy importance sampling: runs from a density fitted to the event, level by level.

The best density for P(s < 0) is phi(u) 1{s(u) < 0} / P. A mixture q of shifted normals (`shifted_normals`) is fitted to
it, least in Kullback-Leibler divergence, by way of smooth ones,

    h_sigma(u) = phi(u) Phi(-s(u) / sigma),      sigma from infinity to 0.

Level 0 is drawn from a widened phi (`widened_normal`), which sees regions that the most probable ones would hide, and
each further level from the mixture fitted last. All points so far represent h_sigma with the weights h_sigma / q_bar,
q_bar the mean of the densities that they were drawn from; sigma is the smallest for which these weights are worth
n/(1 + delta^2) equal ones, n the points of a level, delta = 1.5. Where that holds for sigma = 0, q is fitted to the
event itself, and all that is left of the budget is drawn from

    f = a phi + (1 - a) q        (a share a of the points from phi, the others from q):

    P = mean of 1{s < 0} phi / f,      or 1 - mean of 1{s >= 0} phi / f

for an event so frequent that by all points so far the first might exceed 1: **unbiased**, since f and the choice are
fixed before. phi/f <= 1/a everywhere. The set delivered has the last points in the event, or in its complement in the
second case, with weights phi / (n f), and outside of it those of level 0 and the last ones with weights as
phi / (n_0 q_0 + n f), scaled to a sum of all of 1. No weight is negative: a mean that exceeds 1 after all, which hardly
happens, counts as 1, and that is all the bias there is. A frequent event is estimated with up to twice the error of as
many plain runs, which suit it better.

Cost: the budget, of which two fifths at least are left for the last points. The share a keeps the weights bounded,
gives the set rows outside of the event, and finds what q has not seen of the event, if with a large variance.

Source: I. Papaioannou, S. Geyer, D. Straub, Reliab. Eng. Syst. Saf. 191 (2019) 106564; E. Veach, L. Guibas, SIGGRAPH
1995, 419-428, for weights by the mean of several densities.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from sgmbench.errors import CellError
from sgmbench.montecarlo.limit_state import LimitState, Population, Weighted
from sgmbench.montecarlo.shifted_normals import ShiftedNormals, fit_shifted_normals
from sgmbench.montecarlo.widened_normal import WidenedNormal

DELTA = 1.5
LEVEL = 1 / 15  # of the budget
RUNS_A_DIMENSION = 5  # of a level, and no more than an eighth of the budget
ENOUGH = 200  # runs of a level, likewise
FEWEST = 50
MOST_LEVELS = 0.6  # of the budget
SMOOTHINGS = np.append(np.geomspace(10, 1e-3, 80), 0.0)  # in standard deviations of s


def cross_entropy(limit: LimitState, *, nominal: float, rng: np.random.Generator) -> Weighted:
    """Runs near the event, weighted.

    Args:
        limit: the event; its budget is spent.
        nominal: a.
        rng: randomness.

    Raises:
        CellError: the event is not reached, or the budget is too small for one level.
    """
    n = level_size(limit.budget, limit.dimension)
    wide = WidenedNormal(limit.dimension, DELTA)
    first = limit(wide.sample(n, rng))
    return estimate(limit, first, wide, fit_levels(limit, first, wide, rng), nominal=nominal, rng=rng)


def level_size(budget: int, dimension: int) -> int:
    """Points of a level: enough for as many shifts as there are dimensions, where the budget allows."""
    n = max(int(LEVEL * budget), min(max(RUNS_A_DIMENSION * dimension, ENOUGH), budget // 8))
    if n < FEWEST:
        raise CellError(f"importance: {budget:,} runs are too few for cross_entropy; give at least {8 * FEWEST:,}")
    return n


class Fitted(NamedTuple):
    """The mixture fitted to the event itself, and what it was fitted to.

    Attributes:
        mixture: q.
        smoothings: the sigma of this mixture and of all before.
        points: of all levels.
        weights: phi / q_bar of these.
    """

    mixture: ShiftedNormals
    smoothings: list[float]
    points: Population
    weights: Float[np.ndarray, " n"]


def fit_levels(limit: LimitState, first: Population, wide: WidenedNormal, rng: np.random.Generator) -> Fitted:
    """Level after level, until sigma is 0."""
    points, n, unsmoothed = first, len(first.s), np.ones(0)
    finite = first.s[np.isfinite(first.s)]
    scale = float(finite.std()) if len(finite) else 0.0
    if scale == 0:
        raise CellError("importance: the field has the same value in all runs, which says nothing of an event")
    mixtures: list[ShiftedNormals] = []
    smoothings: list[float] = []
    while not smoothings or smoothings[-1] > 0:
        if mixtures:
            if limit.spent + n > MOST_LEVELS * limit.budget:
                raise CellError(
                    f"importance: the event was not reached by {limit.spent:,} of {limit.budget:,} runs; give more, "
                    "take subset, or check the threshold"
                )
            more = limit(mixtures[-1].sample(n, rng))
            points = Population.joined([points, more])
        unsmoothed = 1 / np.mean([density.ratio(points.u) for density in (wide, *mixtures)], axis=0)
        sigma, weights = smallest_smoothing(points.s, unsmoothed, scale=scale, worth=n / (1 + DELTA**2))
        mixtures.append(fit_shifted_normals(points.u, weights, rng))
        smoothings.append(sigma)
    return Fitted(mixtures[-1], smoothings, points, unsmoothed)


def smallest_smoothing(
    s: Float[np.ndarray, " n"], weights: Float[np.ndarray, " n"], *, scale: float, worth: float
) -> tuple[float, Float[np.ndarray, " n"]]:
    """The smallest sigma before the weights of h_sigma are worth less than so many equal ones, and these weights.

    Args:
        s: limit states.
        weights: phi / q_bar.
        scale: of s.
        worth: (sum w)^2 / sum w^2 to keep.
    """
    found = float(SMOOTHINGS[0] * scale), weights * ndtr(-s / (SMOOTHINGS[0] * scale))
    for sigma in SMOOTHINGS[1:] * scale:
        smooth = weights * (ndtr(-s / sigma) if sigma > 0 else s < 0)
        if smooth.sum() ** 2 <= worth * np.sum(smooth**2):
            break
        found = float(sigma), smooth
    return found


def estimate(
    limit: LimitState,
    first: Population,
    wide: WidenedNormal,
    fitted: Fitted,
    *,
    nominal: float,
    rng: np.random.Generator,
) -> Weighted:
    """The weighted set from the points of level 0 and from what is left of the budget, drawn from f."""
    n, n_0, mixture = limit.left, len(first.s), fitted.mixture
    n_nominal = max(1, round(nominal * n))
    u = [rng.standard_normal((n_nominal, limit.dimension)), mixture.sample(n - n_nominal, rng)]
    last = limit(np.concatenate(u))
    a = n_nominal / n
    f_first, f_last = (a + (1 - a) * mixture.ratio(points.u) for points in (first, last))
    is_direct = stays_below_one(fitted, a, n=n)
    counted, counted_first = ((points.s < 0) == is_direct for points in (last, first))
    terms = np.where(counted, 1 / f_last, 0.0)
    share = min(1.0, float(terms.mean()))
    probability = share if is_direct else 1 - share
    first_weights, last_weights = (
        1 / (n_0 * wide.ratio(points.u) + n * f) for points, f in ((first, f_first), (last, f_last))
    )
    own = terms[counted] * (share / max(terms.sum(), np.finfo(float).tiny))
    rest = np.concatenate([first_weights[~counted_first], last_weights[~counted]])
    rest *= (1 - share) / max(rest.sum(), np.finfo(float).tiny)
    weights = np.concatenate([own, rest])
    run = np.concatenate([last.run[counted], first.run[~counted_first], last.run[~counted]])
    spread = float(terms.std(ddof=1)) / np.sqrt(n)
    return Weighted(
        run,
        weights / weights.sum(),
        {
            "probability": probability,
            "coefficient_of_variation": spread / probability if probability else None,
            "levels": fitted.smoothings,
            "components": len(mixture.shares),
            "last_runs": n,
            "runs_in_event": int(np.sum(last.s < 0)),
        },
    )


def stays_below_one(fitted: Fitted, a: float, *, n: int) -> bool:
    """Whether the mean of 1{s < 0} phi / f over n points of f will hardly exceed 1.

    It is to stay below by two standard errors of P as all points so far have it, and four of the mean to be.
    """
    w, inside = fitted.weights / fitted.weights.sum(), fitted.points.s < 0
    P = float(w @ inside)
    error_now = float(np.sqrt(np.sum((w * (inside - P)) ** 2)))
    second_moment = float(w @ (inside / (a + (1 - a) * fitted.mixture.ratio(fitted.points.u))))
    error_then = float(np.sqrt(max(0.0, second_moment - P**2) / n))
    return P + 2 * error_now + 4 * error_then < 1

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

    P = mean of 1{s < 0} phi / f,

**unbiased**, since f is fixed before. phi/f <= 1/a everywhere. The set delivered has the last points in the event with
weights phi / (n f), of sum P, and outside of it those of level 0 and the last ones with weights as
phi / (n_0 q_0 + n f), scaled to the sum 1 - P.

Cost: the budget, of which two fifths at least are left for the last points. The share a keeps the weights bounded,
gives the set rows outside of the event, and finds what q has not seen of the event, if with a large variance.

Source: I. Papaioannou, S. Geyer, D. Straub, Reliab. Eng. Syst. Saf. 191 (2019) 106564; E. Veach, L. Guibas, SIGGRAPH
1995, 419-428, for weights by the mean of several densities.
"""

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
    mixture, smoothings = fit_levels(limit, first, wide, rng)
    told = {"levels": smoothings}
    return estimate(limit, first, wide, mixture, nominal=nominal, rng=rng, told=told)


def level_size(budget: int, dimension: int) -> int:
    """Points of a level: enough for as many shifts as there are dimensions, where the budget allows."""
    n = max(int(LEVEL * budget), min(max(RUNS_A_DIMENSION * dimension, ENOUGH), budget // 8))
    if n < FEWEST:
        raise CellError(f"importance: {budget:,} runs are too few for cross_entropy; give at least {8 * FEWEST:,}")
    return n


def fit_levels(
    limit: LimitState, first: Population, wide: WidenedNormal, rng: np.random.Generator
) -> tuple[ShiftedNormals, list[float]]:
    """The mixture fitted to the event itself, and the sigma of this and of all before."""
    points, n = first, len(first.s)
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
        drawn_from = np.mean([density.ratio(points.u) for density in (wide, *mixtures)], axis=0)
        sigma, weights = smallest_smoothing(points.s, 1 / drawn_from, scale=scale, worth=n / (1 + DELTA**2))
        mixtures.append(fit_shifted_normals(points.u, weights, rng))
        smoothings.append(sigma)
    return mixtures[-1], smoothings


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
    mixture: ShiftedNormals,
    *,
    nominal: float,
    rng: np.random.Generator,
    told: dict[str, list[float]],
) -> Weighted:
    """The weighted set from the points of level 0 and from what is left of the budget, drawn from f."""
    n, n_0 = limit.left, len(first.s)
    n_nominal = max(1, round(nominal * n))
    u = [rng.standard_normal((n_nominal, limit.dimension)), mixture.sample(n - n_nominal, rng)]
    last = limit(np.concatenate(u))
    a = n_nominal / n
    f_first, f_last = (a + (1 - a) * mixture.ratio(points.u) for points in (first, last))
    inside, outside, outside_first = last.s < 0, last.s >= 0, first.s >= 0
    terms = np.where(inside, 1 / f_last, 0.0)
    probability = float(terms.mean())
    first_weights, last_weights = (
        1 / (n_0 * wide.ratio(points.u) + n * f) for points, f in ((first, f_first), (last, f_last))
    )
    rest = np.concatenate([first_weights[outside_first], last_weights[outside]])
    rest *= (1 - probability) / max(rest.sum(), np.finfo(float).tiny)
    weights = np.concatenate([terms[inside] / n, rest])
    run = np.concatenate([last.run[inside], first.run[outside_first], last.run[outside]])
    spread = float(terms.std(ddof=1)) / np.sqrt(n)
    return Weighted(
        run,
        weights / weights.sum(),
        {
            "probability": probability,
            "coefficient_of_variation": spread / probability if probability else None,
            **told,
            "components": len(mixture.shares),
            "last_runs": n,
            "runs_in_event": int(inside.sum()),
        },
    )

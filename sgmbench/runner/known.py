"""Plain Monte Carlo without runs: its errors are known, so that where a run is dear none is spent on measuring them.

N independent runs, scored as the set that they are against a reference of n runs, have with mu and the v of
`runner.variances`

    E D2 = mu / N                                          exactly, in every dimension
    E CRPS = (1 + 1/N) E|Y - Y'| / 2                       exactly, and so the energy score, in its own norm
    E (error of the mean)^2 = v (1/N + 1/n)                exactly for the mean; for large N for the standard deviation,
                                                           quantiles, tail probabilities and CVaR
    E coverage^2 = v (1/(N + 2) + 1/n)                     to first order

The first two lines stand as scores, of the others the roots. Coverage has the mean zero, and a sign only where it is
measured. Its v is the variance over runs y of C(y), the share of a field's coordinates in which y is inside the true
interval: the misfit at the interval's ends is, by Bahadur, the same sum over the N runs as it is over the n. Of one
coordinate v = l (1 - l), as in `metrics.coverage`; of intervals that leave out less than one of N runs on either side
it is too much. Other metrics have no such law, and no score then. The cost is that of N runs at each condition, as the
reference's runs took it; none of them was made.

Sources: Szekely and Rizzo, J. Stat. Plan. Inference 143 (2013), for the first line; R. Bahadur, "A note on quantiles in
large samples", Ann. Math. Stat. 37 (1966) 577-580, for the last.
"""

import math

import numpy as np

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.coverage import Coverage
from sgmbench.metrics.crps import CRPS
from sgmbench.metrics.energy import Energy
from sgmbench.metrics.energy_score import EnergyScore
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.mmd import MMD2
from sgmbench.metrics.quantiles import quantile_of_sorted
from sgmbench.runner.variances import Variances, known_by


def expected_scores(
    metrics: dict[str, Metric], reference: Reference, variances: Variances, *, runs: int
) -> dict[str, dict[str, float]]:
    """The scores of so many independent runs: means, or root mean squares, over all such sets and references."""
    found = {label: _expected(metric, reference, variances, N=runs) for label, metric in metrics.items()}
    return {label: scores for label, scores in found.items() if scores}


def _expected(metric: Metric, reference: Reference, variances: Variances, *, N: int) -> dict[str, float]:
    """Those of one metric, none where nothing is known."""
    n = len(reference.values)
    match metric:
        case Energy():
            mu = _mu(metric, reference)
            return {"d2": mu / N, "mu": mu, "mu_samples": mu}
        case MMD2():
            return {"all": metric.of_one_run(reference) / N}
        case EnergyScore():
            return {"all": (1 + 1 / N) * _mu(Energy("field_l2"), reference) / 2}
        case CRPS():
            itself = metric.score(_set(reference, n), reference)  # int G (1 - G) of the runs' own G
            return {field: (1 + 1 / N) * score * n / (n - 1) for field, score in itself.items()}
        case Coverage():
            noise = 1 / (N + 2) + 1 / n
            return {name: math.sqrt(v * noise) for name, v in _variances_of_coverage(metric, reference).items()}
        case _:
            noise, names = 1 / N + 1 / n, known_by(metric, reference)
            return {part: math.sqrt(variances[field][key] * noise) for part, (field, key) in names.items()}


def _mu(energy: Energy, reference: Reference) -> float:
    """E|Y - Y'|, which any samples are scored beside."""
    return energy.score(_set(reference, 2), reference)["mu"]


def _set(reference: Reference, rows: int) -> Samples:
    return Samples.equally_weighted(reference.values[:rows], reference.layout, is_law=False)


def _variances_of_coverage(metric: Coverage, reference: Reference) -> dict[str, float]:
    """By score the variance of C over the runs of the reference."""
    y, found = reference.values, {}
    for level in metric.levels:
        low, high = (quantile_of_sorted(reference.sorted, (1 + side * level) / 2) for side in (-1, 1))
        inside = (low <= y) & (y <= high)
        for scaled in varying_fields(reference):
            varies = reference.varies[scaled.where]
            C = inside[:, scaled.where][:, varies].mean(axis=1)
            found[f"{scaled.field.name}/{level}"] = float(np.var(C))
    return found

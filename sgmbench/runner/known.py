"""Plain Monte Carlo without runs: its errors are known, so that where a run is dear none is spent on measuring them.

N independent runs, scored against a reference of n runs, have with mu and the v of `statistics.monte_carlo_variance`
and `statistics.quantile_variance`

    E D2 = mu / N                                          exactly, in every dimension
    E (error of the mean)^2 = v (1/N + 1/n)                exactly for the mean, for large N for sd and quantiles

of which the roots stand in the place of scores. Other metrics have no such law, and no score then. The cost is that of
N runs at each condition, as the reference's runs took it; none of them was made.

Source: Szekely and Rizzo, J. Stat. Plan. Inference 143 (2013), for the first line.
"""

import math

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.energy import Energy
from sgmbench.metrics.fields import varying_fields
from sgmbench.metrics.mean import Mean
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.metrics.standard_deviation import StandardDeviation
from sgmbench.runner.variances import Variances


def expected_scores(
    metrics: dict[str, Metric], reference: Reference, variances: Variances, *, runs: int
) -> dict[str, dict[str, float]]:
    """The scores of so many independent runs, root mean squares over all such sets and references."""
    found = {}
    for label, metric in metrics.items():
        if isinstance(metric, Energy):
            mu = metric.score(_itself(reference), reference)["mu"]
            found[label] = {"d2": mu / runs, "mu": mu, "mu_samples": mu}
        elif names := _quantities(metric):
            noise = 1 / runs + 1 / len(reference.values)
            found[label] = {
                f"{scaled.field.name}{suffix}": math.sqrt(variances[scaled.field.name][quantity] * noise)
                for scaled in varying_fields(reference)
                for suffix, quantity in names.items()
            }
    return found


def _quantities(metric: Metric) -> dict[str, str]:
    """By the end of a score's name the quantity whose error it is."""
    if isinstance(metric, Mean):
        return {"": "mean"}
    if isinstance(metric, StandardDeviation):
        return {"": "sd"}
    return {f"/{p}": f"q{p}" for p in metric.levels} if isinstance(metric, Quantiles) else {}


def _itself(reference: Reference) -> Samples:
    return Samples.equally_weighted(reference.values[:2], reference.layout, is_law=True)

"""Plain Monte Carlo without runs: its errors are known, so that where a run is dear none is spent on measuring them.

N independent runs, scored against a reference of n runs, have with mu and the v of `runner.variances`

    E D2 = mu / N                                          exactly, in every dimension
    E (error of the mean)^2 = v (1/N + 1/n)                exactly for the mean; for large N for the standard deviation,
                                                           quantiles, tail probabilities and CVaR

of which the roots stand in the place of scores. Other metrics have no such law, and no score then. The cost is that of
N runs at each condition, as the reference's runs took it; none of them was made.

Source: Szekely and Rizzo, J. Stat. Plan. Inference 143 (2013), for the first line.
"""

import math

from sgmbench.core.metric import Metric
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.energy import Energy
from sgmbench.runner.variances import Variances, known_by


def expected_scores(
    metrics: dict[str, Metric], reference: Reference, variances: Variances, *, runs: int
) -> dict[str, dict[str, float]]:
    """The scores of so many independent runs, root mean squares over all such sets and references."""
    found = {}
    for label, metric in metrics.items():
        if isinstance(metric, Energy):
            mu = metric.score(_itself(reference), reference)["mu"]
            found[label] = {"d2": mu / runs, "mu": mu, "mu_samples": mu}
        elif names := known_by(metric, reference):
            noise = 1 / runs + 1 / len(reference.values)
            found[label] = {part: math.sqrt(variances[field][key] * noise) for part, (field, key) in names.items()}
    return found


def _itself(reference: Reference) -> Samples:
    return Samples.equally_weighted(reference.values[:2], reference.layout, is_law=True)

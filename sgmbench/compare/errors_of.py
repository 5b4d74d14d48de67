"""The errors of a result that a comparison judges: positive, and zero for exact samples of infinite number.

Scores of held-out pairs are among them, although a part of these is not zero for any samples: a ratio of two is nearer
to 1 than that of the errors in them.
"""

from sgmbench.core.result import Result
from sgmbench.statistics.equivalent_runs import inverse_equivalent_runs

PLAIN = ("mean", "standard_deviation", "wasserstein", "quantiles", "faithfulness", "energy_score", "crps")


def errors_of(result: Result) -> dict[str, dict[str, float]]:
    """Error name -> condition -> value."""
    errors: dict[str, dict[str, float]] = {}
    for condition, metrics in result.scores.items():
        for metric, parts in metrics.items():
            for name, value in _errors(metric, parts, result, condition).items():
                if value is not None:
                    errors.setdefault(name, {})[condition] = value
    return errors


def _errors(metric: str, parts: dict[str, float], result: Result, condition: str) -> dict[str, float]:
    if "d2" in parts:
        if result.kind == "sampler":
            return {metric: parts["d2"] / parts["mu"]}
        samples = result.samples_each[condition]
        return {
            metric: inverse_equivalent_runs(parts["d2"], parts["mu"], mu_samples=parts["mu_samples"], samples=samples)
        }
    return {f"{metric}/{part}": value for part, value in parts.items()} if metric in PLAIN else {}

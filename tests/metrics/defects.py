"""Laws that are wrong in one way each, and how plainly a metric tells them from the right one.

All are made of the same standard normal rows, so that what a defect adds is not hidden by the noise of the rows:

    right            N(0, I)
    narrow           standard deviation 0.9
    shifted          mean 0.1
    correlated       AR(1) along the coordinates, correlation 0.3, variance 1
    heavy            t5 marginals, independent, scaled to variance 1

z is the mean over repeats of the score under the defect less that under the right law, in standard deviations of the
latter: how far a defect moves a score beyond its own chance.
"""

from collections.abc import Callable, Iterable

import numpy as np

N, D = 1_000, 16


def _heavy(normal, rng):
    return normal * np.sqrt(3 / rng.chisquare(5, normal.shape))


def _correlated(normal, rng):
    lag = np.abs(np.subtract.outer(np.arange(D), np.arange(D)))
    return normal @ np.linalg.cholesky(0.3**lag).T


LAWS: dict[str, Callable[..., np.ndarray]] = {
    "right": lambda normal, rng: normal,
    "narrow": lambda normal, rng: 0.9 * normal,
    "shifted": lambda normal, rng: normal + 0.1,
    "correlated": _correlated,
    "heavy": _heavy,
}


def z_values(metric, reference, samples, *, defects: Iterable[str], repeats: int) -> dict[str, dict[str, float]]:
    """z of each defect by part of the score; both sets have N rows, fresh in each repeat.

    Args:
        reference: makes a Reference of rows.
        samples: makes Samples of rows and a Reference.
    """
    rng = np.random.default_rng(0)
    scores: dict[str, list[dict[str, float]]] = {law: [] for law in ("right", *defects)}
    for _ in range(repeats):
        truth, normal = reference(rng.standard_normal((N, D))), rng.standard_normal((N, D))
        for law, each in scores.items():
            each.append(metric.score(samples(LAWS[law](normal, rng), truth), truth))
    by_part = {
        part: {law: np.array([score[part] for score in each]) for law, each in scores.items()}
        for part in scores["right"][0]
    }
    return {
        law: {
            part: float((values[law] - values["right"]).mean() / values["right"].std(ddof=1))
            for part, values in by_part.items()
        }
        for law in defects
    }

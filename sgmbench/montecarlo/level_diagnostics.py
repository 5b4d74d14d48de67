"""What a multilevel estimator tells of itself.

    standard error of a field's mean, rms over its grid    (sum over both sums and their terms of V / (4 N))^1/2

with the variances of all runs made; the variances of the terms in the norm that fields share, that is over the field's
variance on the finest level; their kurtosis, the largest of the fields; and rates (see `level_moments`), alpha from the
levels whose difference of means stands out of its noise.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from sgmbench.core.layout import Layout
from sgmbench.montecarlo.allocation import pair_costs
from sgmbench.montecarlo.hierarchy import finite_rows
from sgmbench.montecarlo.level_moments import Moments, moments, rate
from sgmbench.montecarlo.telescope import Term

LARGEST_KURTOSIS = 100.0
Kind = tuple[int, bool]


def diagnose(terms: list[Term], cost: Float[np.ndarray, " levels"], layout: Layout) -> dict[str, Any]:
    """Statistics by kind of term, the coarsest first; None for what too few runs or levels tell."""
    rows: dict[Kind, list[np.ndarray]] = {}
    for term in terms:
        rows.setdefault((term.level, term.is_first), []).append(term.rows)
    found = {kind: _moments(parts, layout) for kind, parts in sorted(rows.items(), key=lambda item: item[0][0])}
    finest = _moments([term.pairs.fine for term in terms if term.level == len(cost) - 1], layout)
    scale = np.where(finest.variance > 0, finest.variance, np.inf)
    costs = pair_costs(cost)
    apart = [(level, each) for (level, is_first), each in found.items() if not is_first]
    squares, variances = (np.array([np.sum(each[i] / scale) for _, each in apart]) for i in (0, 1))
    noise = variances / [
        sum(_successes(term) for term in terms if term.level == level and not term.is_first) for level, _ in apart
    ]
    return {
        "levels": [
            {
                "level": level,
                "is_first": is_first,
                "runs": sum(len(part) for part in rows[level, is_first]),
                "cost": float((cost if is_first else costs)[level]),
                "variance": _number(np.sum(each.variance / scale)),
                "kurtosis": _largest(each.kurtosis),
            }
            for (level, is_first), each in found.items()
        ],
        "alpha": _halved(rate(np.where(squares > 2 * noise, squares, 0.0))),
        "beta": _negative(rate(variances)),
        "gamma": rate(np.array([costs[level] for level, _ in apart])),
        "standard_error": _standard_errors(terms, found, layout),
        "warnings": [text for level, each in apart for text in _warnings(level, each, finest, layout)],
    }


def _moments(parts: list[np.ndarray], layout: Layout) -> Moments:
    """Of the finite rows; NaN where there are fewer than two."""
    together = np.concatenate(parts)
    together = together[finite_rows(together)]
    if len(together) < 2:
        return Moments(*np.full((3, len(layout.fields)), np.nan))
    return moments(together, layout)


def _standard_errors(terms: list[Term], found: dict[Kind, Moments], layout: Layout) -> dict[str, float | None]:
    variance = sum(found[term.level, term.is_first].variance / _successes(term) for term in terms)
    return {field.name: _number(error) for field, error in zip(layout.fields, np.sqrt(variance) / 2, strict=True)}


def _warnings(level: int, each: Moments, finest: Moments, layout: Layout) -> list[str]:
    said = []
    for i, field in enumerate(layout.fields):
        if each.kurtosis[i] > LARGEST_KURTOSIS:
            why = f"kurtosis {each.kurtosis[i]:,.0f}"
        elif each.variance[i] == 0 < finest.variance[i]:
            why = "no run differs"
        else:
            continue
        said.append(
            f"{field.name}: few runs of level {level} differ from those of level {level - 1} ({why}), so that the "
            "variance of their difference is hardly known; do not trust the standard error"
        )
    return said


def _successes(term: Term) -> int:
    return int(np.count_nonzero(term.weights))


def _largest(kurtosis: Float[np.ndarray, " fields"]) -> float | None:
    known = kurtosis[np.isfinite(kurtosis)]
    return float(known.max()) if known.size else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def _halved(value: float | None) -> float | None:
    """alpha from the rate of squares."""
    return None if value is None else -value / 2

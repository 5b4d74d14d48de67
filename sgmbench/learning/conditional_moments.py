"""Mean and standard deviation of every output coordinate as functions of the conditions u.

    E[y_j given u] = f(u)' b_j,      Var[y_j given u] = g(u)' a_j

with f and g Legendre polynomials, by sparse regression on one support for each field (see `field_moments`). Where the
spread is small the same absolute error counts for more: the potential of the porous electrode varies by 0.04 % of its
global spread as the flux vanishes, and only weighted runs near there can say so. A variance that is linear in its
coefficients can fall to zero along a surface in u, as that of a model linear in random coefficients does (then g of
twice the model's degree is exact); a log-linear one cannot. Below what the runs tell it does not fall
(`field_moments`): from 64 runs it would be negative at one, whose residual would then be of 10,000 standard deviations.

With runs enough, residuals of fields whose means are known better serve the others as control variates.

Source: M. Davidian, R. Carroll, "Variance function estimation", J. Am. Stat. Assoc. 82 (1987) 1079-1091.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from jaxtyping import Float, Int

from sgmbench.learning.control_variates import controls_of
from sgmbench.learning.expansion import expansion_of, side_by_side
from sgmbench.learning.field_moments import Degrees, FieldMoments, begin, relative_error, take_turns

Moments = dict[str, Any]
_TURNS, _CONTROLLED_TURNS = 8, 2
_FEWEST_CONTROLLED = 1_000  # runs; with fewer, what explains the residuals errs too much


@dataclass(frozen=True)
class ConditionalMoments:
    """Regression of mean and standard deviation on the conditions.

    Attributes:
        mean_degree: largest total degree of the mean; less with few runs; 0 switches it off.
        variance_degree: likewise of the variance.
    """

    mean_degree: Annotated[int, Ge(0)] = 6
    variance_degree: Annotated[int, Ge(0)] = 6

    def fit(
        self, u: Float[np.ndarray, "n q"], y: Float[np.ndarray, "n d"], fields: Int[np.ndarray, " d"] | None = None
    ) -> Moments:
        """The fitted moments; coordinates are standardized globally first, constant ones are left alone.

        Args:
            u: conditions.
            y: outputs.
            fields: which coordinates belong together; all of them by default.
        """
        center, unit, varies = _standardization(y)
        fields = np.zeros(y.shape[1], int) if fields is None else fields
        columns = [np.flatnonzero((fields == each) & varies) for each in np.unique(fields[varies])]
        degrees = Degrees(self.mean_degree, self.variance_degree).affordable(*u.shape)
        fitted = _fit_fields(u, [((y - center) / unit)[:, at] for at in columns], degrees)
        least = np.zeros(y.shape[1])
        for each, at in zip(fitted, columns, strict=True):
            least[at] = each.least
        arrays = {"center": center, "unit": unit, "varies": varies, "least": least}
        if not fitted:
            return arrays
        mean, variance = (
            side_by_side([getattr(each, name) for each in fitted], columns, y.shape[1]) for name in ("mean", "variance")
        )
        return arrays | {"mean": mean.as_arrays(), "variance": variance.as_arrays()}


def mean_at(moments: Moments, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n d"]:
    """E[y given u]."""
    return moments["center"] + moments["unit"] * np.where(moments["varies"], _values(moments, "mean", u), 0.0)


def sd_at(moments: Moments, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n d"]:
    """Standard deviation of y given u, coordinate by coordinate; 0 for constant ones."""
    variance = np.maximum(_values(moments, "variance", u), moments["least"])
    return moments["unit"] * np.where(moments["varies"], np.sqrt(variance), 0.0)


def _values(moments: Moments, name: str, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n d"]:
    return expansion_of(moments[name])(u) if name in moments else np.zeros((len(u), len(moments["unit"])))


def _standardization(
    y: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"], np.ndarray]:
    """Global mean and standard deviation, 1 for coordinates that are constant, and which are not."""
    center, sd = y.mean(axis=0), y.std(axis=0)
    varies = sd > 1e-12 * (np.abs(center) + sd.max())
    return center, np.where(varies, sd, 1.0), varies


def _fit_fields(u: Float[np.ndarray, "n q"], y: list[np.ndarray], degrees: Degrees) -> list[FieldMoments]:
    """Each field alone, then those whose means are known less well with the residuals of the others as controls."""
    fitted = [begin(each, u.shape[1]) for each in y]
    if degrees == Degrees(0, 0):
        return fitted
    fitted = [take_turns(u, *each, degrees, turns=_TURNS) for each in zip(y, fitted, strict=True)]
    if len(y) == 1 or len(u) < _FEWEST_CONTROLLED:
        return fitted
    known = []
    for i in sorted(range(len(y)), key=lambda i: relative_error(u, fitted[i])):
        if known:
            controls = controls_of(u, np.hstack(known))
            fitted[i] = take_turns(u, y[i], fitted[i], degrees, turns=_CONTROLLED_TURNS, controls=controls)
        known.append((y[i] - fitted[i].mean(u)) / np.sqrt(fitted[i].at_runs.mean(axis=1, keepdims=True)))
    return fitted

"""Calibration weights: a control variate for every function of a run at once.

N runs have outputs f and something cheap x beside them, and x alone can be had of as many more, E, as one likes. The N
runs are cut into parts. For part A the others, B, choose functions g_B of x, the controls, and estimate coefficients:

    T_A = mean_A f - beta' (mean_A g_B - mean_(A + E) g_B),      beta = S_B^-1 cov_B(g_B, f),  S_B = cov_B(g_B) + ridge.

Given B, mean_A and mean_(A + E) of any g_B have the same expectation: **T_A is unbiased, for every f, every number of
runs, any choice of g_B and any ridge.** (With one set for both, beta and the mean that it multiplies depend on each
other, and the bias is of order 1/N.) T, the mean of T_A over the parts, is linear in f: a mean with weights

    w_i = 1/N + sum_(A without i) |A|/N (g_B(x_i) - mean_B g_B)' S_B^-1 (mean_(A + E) g_B - mean_A g_B) / |B|.

They do not depend on f; they sum to 1, and some may be negative. With K equal parts, and k controls that explain the
share rho^2 of the variance of f, to first order in k/N,

    Var T = (1 - rho^2) (1 + K/(K - 1) k/N) sigma^2/N + rho^2 sigma^2 (N/K^2 + M) / (N/K + M)^2,      M runs in E.

The last factor is 1/M at most, of halves nearly 1/(N + M). Where nothing is explained the price is K/(K - 1) k/N.
Cost: O(K N k^2) beside the runs.

Source: J. C. Deville, C. E. Saerndal, "Calibration estimators in survey sampling", J. Am. Stat. Assoc. 87 (1992)
376-382; A. N. Avramidis, J. R. Wilson, "A splitting scheme for control variates", Oper. Res. Lett. 14 (1993) 187-198.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

Controls = Callable[[Float[np.ndarray, "n c"]], Float[np.ndarray, "n k"]]
Choice = Callable[[Float[np.ndarray, "n c"]], Controls]
RIDGE = 1e-3  # of a control's own variance


@dataclass(frozen=True)
class Regression:
    """Coefficients of controls by what some runs have of them, standardized there.

    Attributes:
        center: their means.
        scale: their standard deviations.
        gram: their correlations, and the ridge.
        design: the standardized controls.
    """

    center: Float[np.ndarray, " k"]
    scale: Float[np.ndarray, " k"]
    gram: Float[np.ndarray, "k k"]
    design: Float[np.ndarray, "n k"]

    @classmethod
    def on(cls, g: Float[np.ndarray, "n k"]) -> "Regression":
        """By these runs."""
        center, sd = g.mean(axis=0), g.std(axis=0)
        scale = np.where(sd > 0, sd, 1.0)
        design = (g - center) / scale
        return cls(center, scale, design.T @ design / len(g) + RIDGE * np.eye(g.shape[1]), design)

    def weights(self, shift: Float[np.ndarray, " k"]) -> Float[np.ndarray, " n"]:
        """v with v' f = beta' shift for every f, of sum zero."""
        return self.design @ np.linalg.solve(self.gram, shift / self.scale) / len(self.design)

    def predict(self, f: Float[np.ndarray, "n d"], g: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "m d"]:
        """What the controls make of f at other runs, from f - mean f at its own."""
        moments = self.design.T @ (f - f.mean(axis=0)) / len(f)
        return f.mean(axis=0) + (g - self.center) / self.scale @ np.linalg.solve(self.gram, moments)


class Part(NamedTuple):
    """The controls that the runs outside of a part have chosen.

    Attributes:
        others: g_B at these runs.
        own: g_B at the part's.
        further: mean_E g_B.
        number: M, of the runs in E.
    """

    others: Float[np.ndarray, "n k"]
    own: Float[np.ndarray, "p k"]
    further: Float[np.ndarray, " k"]
    number: int

    @property
    def shift(self) -> Float[np.ndarray, " k"]:
        """mean_(A + E) g_B - mean_A g_B."""
        return self.number / (len(self.own) + self.number) * (self.further - self.own.mean(axis=0))


def weights_of(part: Int[np.ndarray, " n"], parts: Sequence[Part]) -> Float[np.ndarray, " n"]:
    """w of the n runs, of sum 1.

    Args:
        part: the number of the part that each run is in.
        parts: their controls.
    """
    weights = np.full(len(part), 1 / len(part))
    for number, each in enumerate(parts):
        weights[part != number] += len(each.own) / len(part) * Regression.on(each.others).weights(each.shift)
    return weights


def left_over(
    f: Float[np.ndarray, "n d"], part: Int[np.ndarray, " n"], parts: Sequence[Part]
) -> Float[np.ndarray, " d"]:
    """Mean square of what the controls leave of f, each part predicted by the others, where f is finite."""
    finite, squares = np.all(np.isfinite(f), axis=1), []
    for number, each in enumerate(parts):
        own, others = part == number, part != number
        regression = Regression.on(each.others[finite[others]])
        predicted = regression.predict(f[others & finite], each.own[finite[own]])
        squares.append((f[own & finite] - predicted) ** 2)
    return np.concatenate(squares).mean(axis=0)


def halves(
    x: Float[np.ndarray, "n c"], further: Float[np.ndarray, "m c"], choose: Choice
) -> tuple[Int[np.ndarray, " n"], list[Part]]:
    """Two parts, each with the controls that the other one's x make.

    Args:
        x: what is cheap about the n runs, an even number.
        further: the same of runs of which nothing else is known.
        choose: makes controls from the rows of one half.
    """
    first, second = np.split(x, 2)
    parts = []
    for own, other in ((first, second), (second, first)):
        g = choose(other)
        parts.append(Part(g(other), g(own), g(further).mean(axis=0), len(further)))
    return np.repeat([0, 1], len(first)), parts


def calibration_weights(
    x: Float[np.ndarray, "n c"], further: Float[np.ndarray, "m c"], choose: Choice
) -> Float[np.ndarray, " n"]:
    """w of the n runs by `halves`."""
    return weights_of(*halves(x, further, choose))

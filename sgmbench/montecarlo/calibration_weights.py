"""Calibration weights: a control variate for every function of a run at once.

N runs have outputs f and something cheap x beside them, and many more runs, E, have x alone. The N runs are cut into
halves A and B. One chooses functions g_B of x, the controls, and estimates their coefficients; the other is corrected:

    T_A = mean_A f - beta' (mean_A g_B - mean_(A + E) g_B),      beta = S_B^-1 cov_B(g_B, f),  S_B = cov_B(g_B) + ridge.

Given B, mean_A and mean_(A + E) of any g_B have the same expectation: **T_A is unbiased, for every f, every number of
runs, any choice of g_B and any ridge.** (With one set for both, beta and the mean that it multiplies depend on each
other, and the bias is of order 1/N.) T = (T_A + T_B) / 2 is linear in f, that is, a mean with weights

    w_i = ( 1 + (g_B(x_i) - mean_B g_B)' S_B^-1 (mean_(A + E) g_B - mean_A g_B) ) / N,      i in B,

and likewise in A. They do not depend on f; they sum to 1, and some may be negative. Where k controls explain the share
rho^2 of the variance of f, to first order in k/N,

    Var T = (1 - rho^2) (1 + 2 k/N) sigma^2/N + rho^2 sigma^2 (N/4 + M) / (N/2 + M)^2,      M runs in E.

The last factor is nearly 1/(N + M). Where nothing is explained the price is 2 k/N. Cost: O(N k^2) beside the runs.

Source: J. C. Deville, C. E. Saerndal, "Calibration estimators in survey sampling", J. Am. Stat. Assoc. 87 (1992)
376-382; A. N. Avramidis, J. R. Wilson, "A splitting scheme for control variates", Oper. Res. Lett. 14 (1993) 187-198.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Controls = Callable[[Float[np.ndarray, "n c"]], Float[np.ndarray, "n k"]]
Choice = Callable[[Float[np.ndarray, "n c"]], Controls]
RIDGE = 1e-3  # of a control's own variance


@dataclass(frozen=True)
class Regression:
    """Controls that one half of the runs has chosen, standardized there.

    Attributes:
        controls: the functions g.
        center: their means over the half.
        scale: their standard deviations.
        gram: their correlations, and the ridge.
        design: standardized controls of the half's own runs.
    """

    controls: Controls
    center: Float[np.ndarray, " k"]
    scale: Float[np.ndarray, " k"]
    gram: Float[np.ndarray, "k k"]
    design: Float[np.ndarray, "n k"]

    @classmethod
    def on(cls, x: Float[np.ndarray, "n c"], choose: Choice) -> "Regression":
        """The controls that these rows choose."""
        controls = choose(x)
        g = controls(x)
        center, sd = g.mean(axis=0), g.std(axis=0)
        scale = np.where(sd > 0, sd, 1.0)
        design = (g - center) / scale
        return cls(controls, center, scale, design.T @ design / len(g) + RIDGE * np.eye(g.shape[1]), design)

    def standardized(self, x: Float[np.ndarray, "m c"]) -> Float[np.ndarray, "m k"]:
        """The controls of other runs."""
        return (self.controls(x) - self.center) / self.scale

    def predict(self, f: Float[np.ndarray, "n d"], x: Float[np.ndarray, "m c"]) -> Float[np.ndarray, "m d"]:
        """What the controls make of f at other runs, from f - mean f at the half's own."""
        moments = self.design.T @ (f - f.mean(axis=0)) / len(f)
        return f.mean(axis=0) + self.standardized(x) @ np.linalg.solve(self.gram, moments)


def calibration_weights(
    x: Float[np.ndarray, "n c"], further: Float[np.ndarray, "m c"], choose: Choice
) -> Float[np.ndarray, " n"]:
    """w of the n runs, of sum 1.

    Args:
        x: what is cheap about the n runs, an even number.
        further: the same of runs of which nothing else is known.
        choose: makes controls from the rows of one half.
    """
    first, second = np.split(x, 2)
    parts = [_half(own, other, further, choose) for own, other in ((first, second), (second, first))]
    return np.concatenate(parts) / len(x)


def _half(
    own: Float[np.ndarray, "n c"], other: Float[np.ndarray, "n c"], further: Float[np.ndarray, "m c"], choose: Choice
) -> Float[np.ndarray, " n"]:
    """N w of the half that chooses."""
    regression = Regression.on(own, choose)
    others = regression.standardized(other)
    shift = np.concatenate([others, regression.standardized(further)]).mean(axis=0) - others.mean(axis=0)
    return 1 + regression.design @ np.linalg.solve(regression.gram, shift)


def unexplained(x: Float[np.ndarray, "n c"], f: Float[np.ndarray, "n d"], choose: Choice) -> Float[np.ndarray, " d"]:
    """Mean square of what each half's controls leave of f at the other half, where f is finite."""
    squares = []
    for own, other in ((0, 1), (1, 0)):
        (x_own, f_own), (x_other, f_other) = ((np.split(x, 2)[i], np.split(f, 2)[i]) for i in (own, other))
        used, seen = (np.all(np.isfinite(each), axis=1) for each in (f_own, f_other))
        left = f_other[seen] - Regression.on(x_own[used], choose).predict(f_own[used], x_other[seen])
        squares.append(left**2)
    return np.concatenate(squares).mean(axis=0)

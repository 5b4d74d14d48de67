"""Randomized quasi-Monte Carlo: points that fill the cube evenly, put through the normal quantile.

    (zeta, xi)_i = Phi^-1(u_i),      u_1, ..., u_n in (0, 1)^k,      randomized R times independently

Each u_i alone is uniform on the cube, so the mean of any f over the R n runs is unbiased. The means m_r of the R
randomizations are independent, and tell the standard error: (sum_r (m_r - m)^2 / (R (R - 1)))^1/2. Of outputs that
take few values, such as a payoff that is paid or not, few points count alike in all randomizations by chance; that they
agree then tells nothing, and there is no standard error.

    sobol              a digital net in base 2, scrambled by random triangular matrices and a digital shift; n is a
                       power of two. The standard deviation of m_r is O(n^(-3/2 + delta)) for f smooth on the closed
                       cube, o(n^-1/2) for every f of finite variance.
    latin_hypercube    every coordinate stratified on its own. n Var m_r tends to the variance of what is left of f
                       without its best sum of functions of one coordinate; n is any number.

A net is best in its first coordinates, so a germ's order counts: Brownian bridges and Karhunen-Loeve expansions put
what matters first. SciPy's Sobol sequence ends at 21,201 coordinates; those beyond are pseudorandom. Its points are
multiples of 2^-30 and are moved to the middle of their cells: none is at 0, where the quantile is infinite.

Cost: R n runs, at most the budget.

Source: A. B. Owen, Ann. Stat. 25 (1997) 1541-1562; J. Matousek, J. Complexity 14 (1998) 527-556 (the scrambling);
M. Stein, Technometrics 29 (1987) 143-151 (Latin hypercubes).
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import jax
import numpy as np
from annotated_types import Ge
from jaxtyping import Array, Float, Key
from scipy.special import ndtri
from scipy.stats import qmc

from sgmbench.core.inputs import dimension
from sgmbench.core.layout import Layout
from sgmbench.core.method import Delivery, Sampler
from sgmbench.core.prepare import prepare
from sgmbench.core.runs import Runs
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError

Sequence = Literal["sobol", "latin_hypercube"]
BITS = 30
BELOW_1 = 1 - 2.0**-53
ROUNDING = 1e-12


@dataclass(frozen=True)
class QuasiMonteCarlo(Sampler):
    """Solver runs at scrambled Sobol points or on Latin hypercubes, randomized several times.

    Attributes:
        sequence: how the points of one randomization are chosen.
        scrambles: R, independent randomizations; they tell the standard error.
    """

    sees_germ = True

    sequence: Sequence = "sobol"
    scrambles: Annotated[int, Ge(8)] = 8

    def prepare(self, problem, *, at_condition, clock):
        simulation = prepare(problem, clock, at_condition=at_condition)
        k = dimension(problem, at_condition=at_condition)

        def sample(z, runs, key):
            n = self.points(runs)
            with clock("sample"):
                sets = [normal_points(self.sequence, n, k, rng=rng) for rng in generators(key, self.scrambles)]
            made = simulation.at(np.concatenate(sets), z=z)
            diagnostics = {
                "standard_error": standard_errors(made, problem.layout, scrambles=self.scrambles),
                "scrambles": self.scrambles,
                "points_a_scramble": n,
                "pseudorandom_coordinates": k - even_coordinates(self.sequence, k),
            }
            samples = Samples.equally_weighted(made.y, problem.layout, is_law=False)
            return Delivery(samples, len(made.y), made.executed, diagnostics=diagnostics)

        return sample

    def points(self, budget: int) -> int:
        """n, the points of one randomization.

        Raises:
            CellError: there are fewer runs than randomizations.
        """
        if budget < self.scrambles:
            raise CellError(
                f"{budget:,} runs are less than one for each of {self.scrambles} scrambles; give at least "
                f"{self.scrambles} runs"
            )
        each = budget // self.scrambles
        return 2 ** (each.bit_length() - 1) if self.sequence == "sobol" else each


def generators(key: Key[Array, ""], count: int) -> list[np.random.Generator]:
    """Independent generators of a stream."""
    seed = np.random.SeedSequence(np.asarray(jax.random.key_data(key)).ravel().tolist())
    return [np.random.default_rng(each) for each in seed.spawn(count)]


def even_coordinates(sequence: Sequence, k: int) -> int:
    """How many of k coordinates the sequence has."""
    return min(k, qmc.Sobol.MAXDIM) if sequence == "sobol" else k


def normal_points(sequence: Sequence, n: int, k: int, *, rng: np.random.Generator) -> Float[np.ndarray, "n k"]:
    """One randomization of n points, standard normal each, even in their first coordinates.

    Args:
        sequence: how they are chosen.
        n: a power of two for "sobol".
        k: coordinates.
        rng: randomness.
    """
    even = even_coordinates(sequence, k)
    rest = rng.standard_normal((n, k - even))
    return np.concatenate([ndtri(_uniform_points(sequence, n, even, rng)), rest], axis=1)


def _uniform_points(sequence: Sequence, n: int, k: int, rng: np.random.Generator) -> Float[np.ndarray, "n k"]:
    """Points of the open cube."""
    if k == 0:
        return np.zeros((n, 0))
    if sequence == "sobol":
        return qmc.Sobol(k, bits=BITS, rng=rng).random(n) + 2.0 ** -(BITS + 1)
    return np.minimum(qmc.LatinHypercube(k, rng=rng).random(n), BELOW_1)


def standard_errors(made: Runs, layout: Layout, *, scrambles: int) -> dict[str, float | None]:
    """Standard error of each field's mean, rms over its grid, in its unit.

    It is that of the runs that succeeded, and None where all of one randomization failed, or where all randomizations
    of a point of the grid have one mean though its runs differ.

    Args:
        made: the runs of one randomization after the other.
        layout: of their fields.
        scrambles: R.
    """
    ok = made.ok.reshape(scrambles, -1)
    if not ok.any(axis=1).all():
        return {field.name: None for field in layout.fields}
    y = np.where(made.ok[:, None], made.y, 0.0).reshape(scrambles, ok.shape[1], -1)
    means = y.sum(axis=1) / ok.sum(axis=1)[:, None]
    variance, spread = means.var(axis=0, ddof=1) / scrambles, np.ptp(made.y[made.ok], axis=0)
    agree = (np.ptp(means, axis=0) <= ROUNDING * spread) & (spread > 0)
    return {
        field.name: None if agree[where].any() else float(np.sqrt(field.quadrature @ variance[where]))
        for field, where in ((field, layout.slices[field.name]) for field in layout.fields)
    }

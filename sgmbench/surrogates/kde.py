"""Kernel density estimate of the coordinates, with shrinkage: a smoothed bootstrap that keeps mean and covariance.

    a = c + (1 - h^2)^(1/2) (a_i - c) + h L n,    i uniform among the nearest runs, n ~ N(0, I), L L' = C

c and C are mean and covariance of the runs' coordinates. Plain kernels inflate C by 1 + h^2; shrinking the runs towards
c takes that back. h = 0 is the bootstrap and h = 1 the Gaussian; leave-one-out likelihood chooses between them.

Source: B. Silverman, "Density Estimation for Statistics and Data Analysis" (1986), sections 3.4.4 and 6.4.1.
"""

from dataclasses import asdict, dataclass
from typing import Annotated, ClassVar

import jax
import numpy as np
from annotated_types import Ge, Gt, Le
from jaxtyping import Array, Float, Key
from scipy.special import logsumexp

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.method import Generator
from sgmbench.learning.membership import membership
from sgmbench.learning.memorization import memorization
from sgmbench.learning.representation import (
    DEFAULT,
    Representation,
    check_calibration,
    decode,
    decode_calibrated,
    fit_representation,
)
from sgmbench.learning.training import split_held_out
from sgmbench.surrogates.neighbors import nearest, neighbor_count

BANDWIDTHS = np.geomspace(0.01, 1, 25)
MOST_ROWS = 1_000
"""How many runs the choice of h is made by, at most: its cost is quadratic in them."""
HELD_OUT = 0.2
QUERIES = 1_000


@dataclass(frozen=True)
class KDE(Generator):
    """Kernel density estimate of the training runs' coordinates, shrunk to keep their covariance.

    Attributes:
        representation: how outputs become coordinates, one transform after another.
        bandwidth: h, in standard deviations of the runs; chosen by leave-one-out likelihood by default.
        neighbors: how many runs lend their coordinates to a condition; n^(4/(4+q)) by default.
        calibration: draws at each condition that moments are calibrated with, a power of two; 0 switches it off.
    """

    resamples: ClassVar[bool] = True

    representation: Representation = DEFAULT
    bandwidth: Annotated[float, Gt(0), Le(1)] | None = None
    neighbors: Annotated[int, Ge(1)] | None = None
    calibration: Annotated[int, Ge(0)] = 2048

    def __post_init__(self) -> None:
        check_calibration(self.calibration, self.representation)

    def extra_samples(self):
        return self.calibration

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        representation, a = fit_representation(self.representation, pairs.given, pairs.learned, layout)
        variance, vectors = np.linalg.eigh(np.atleast_2d(np.cov(a, rowvar=False, ddof=0)))
        varies = variance > 1e-12 * variance[-1]
        root = vectors[:, varies] * np.sqrt(variance[varies])
        white = (a - a.mean(axis=0)) @ (vectors[:, varies] / np.sqrt(variance[varies]))
        h = self.bandwidth or best_bandwidth(white[:MOST_ROWS])
        return {
            "representation": representation,
            "given": pairs.given,
            "a": a,
            "root": root,
            "bandwidth": np.array(h),
        }

    def prepare(self, fit, *, clock):
        a, root, h, given = fit["a"], fit["root"], float(fit["bandwidth"]), fit["given"]
        count = neighbor_count(len(given), given.shape[1], self.neighbors)

        def sample(at, n, key):
            sample_key, calibration_key = jax.random.split(key)
            near, u = a[nearest(given, at, count)], at[None]
            values = draw(near, root, h=h, n=n, key=sample_key)
            if not self.calibration:
                return decode(self.representation, fit["representation"], u, values)
            draws = draw(near, root, h=h, n=self.calibration, key=calibration_key)
            return decode_calibrated(self.representation, fit["representation"], u, values, draws)

        return sample

    def diagnose(self, fit, pairs, *, key):
        """Memorization by kernels as wide on four fifths of the runs, beside the fifth that is left out.

        Nothing at conditions: there a kernel lies on what other conditions left, which copies no output of theirs.
        """
        split_key, draw_key = jax.random.split(key)
        kept, held_out = (np.asarray(rows) for rows in split_held_out(len(fit["a"]), HELD_OUT, split_key))
        if pairs.given.shape[1] or len(kept) < 2:
            return {}
        training, others = fit["a"][kept], fit["a"][held_out]
        generated = draw(training, fit["root"], h=float(fit["bandwidth"]), n=QUERIES, key=draw_key)
        p = membership(generated, training[:QUERIES], others)
        return {"memorization": asdict(memorization(generated, others, training, membership=p))}


def draw(
    a: Float[np.ndarray, "n k"], root: Float[np.ndarray, "k r"], *, h: float, n: int, key: Key[Array, ""]
) -> Float[np.ndarray, "m k"]:
    """n rows from shrunk kernels on the rows a, with L = root."""
    row_key, noise_key = jax.random.split(key)
    chosen = a[np.asarray(jax.random.randint(row_key, (n,), 0, len(a)))]
    center = a.mean(axis=0)
    noise = np.asarray(jax.random.normal(noise_key, (n, root.shape[1]), "float64"))
    return center + np.sqrt(1 - h**2) * (chosen - center) + h * noise @ root.T


def best_bandwidth(white: Float[np.ndarray, "n k"]) -> float:
    """The h of the largest leave-one-out log likelihood of rows of unit covariance."""
    squares = np.sum(white**2, axis=1)
    products = white @ white.T
    return max(BANDWIDTHS, key=lambda h: leave_one_out(squares, products, k=white.shape[1], h=float(h)))


def leave_one_out(squares: Float[np.ndarray, " n"], products: Float[np.ndarray, "n n"], *, k: int, h: float) -> float:
    """sum_i log (1/(n-1)) sum_{j != i} N(a_i; (1 - h^2)^(1/2) a_j, h^2 I), from |a_i|^2 and a_i' a_j."""
    shrink = np.sqrt(1 - h**2)
    exponent = -(squares[:, None] - 2 * shrink * products + shrink**2 * squares) / (2 * h**2)
    np.fill_diagonal(exponent, -np.inf)
    n = len(squares)
    return float(np.sum(logsumexp(exponent, axis=1)) - n * (np.log(n - 1) + k * np.log(h) + k / 2 * np.log(2 * np.pi)))

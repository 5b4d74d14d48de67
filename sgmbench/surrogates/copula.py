"""Gaussian copula: marginals of the nearest runs as they are, joined by the correlation of their normal scores.

    a_j = Q_j(z_j),    z ~ N(0, R),    R = (1 - w) S + w I

Q_j takes a normal score to coordinate j. It is linear between the points (z_(i), a_(i)), where a_(i) is the i-th
smallest of n runs and z_(i) = Phi^-1((i - 3/8) / (n + 1/4)) is Blom's score. Beyond both ends, where 5/(4n) of the
samples lie, it goes on with the mean slope over the outermost n^(1/2) gaps between runs: tails are those of a normal
law. S is the correlation of the runs' scores, equal values having equal ones, and

    w = sum_{i != j} Var S_ij / sum_{i != j} S_ij^2,    1 at most,

estimates the weight of least E |R - rho|^2, rho the true correlation. Increasing maps of coordinates change neither
S nor w. A Gaussian law has linear Q_j and comes back as itself. What no number of runs mends is dependence beyond R:
clusters, extremes that come together. Cost: k^2 n + k^3 a condition for k coordinates, and k^2 a sample.

Sources: O. Ledoit, M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", J. Multivariate
Anal. 88 (2004) 365-411; w of a correlation: J. Schäfer, K. Strimmer, "A shrinkage approach to large-scale covariance
matrix estimation", Stat. Appl. Genet. Mol. Biol. 4 (2005) 32; G. Blom, "Statistical Estimates and Transformed
Beta-Variables" (1958).
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import jax
import numpy as np
from annotated_types import Ge
from jaxtyping import Float
from scipy.special import ndtri
from scipy.stats import rankdata

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.core.method import Generator
from sgmbench.errors import CellError
from sgmbench.learning.calibration import sobol_normal
from sgmbench.learning.representation import (
    DEFAULT,
    Representation,
    check_calibration,
    decode,
    decode_calibrated,
    fit_representation,
)
from sgmbench.learning.space import varying
from sgmbench.surrogates.neighbors import nearest, neighbor_count

FEWEST_RUNS = 2
FARTHEST = 10.0
"""No float64 normal draw is as far out."""


@dataclass(frozen=True)
class Copula(Generator):
    """Gaussian copula of the training runs' coordinates: their own marginals, shrunk normal dependence.

    Attributes:
        representation: how outputs become coordinates, one transform after another.
        neighbors: how many runs lend their coordinates to a condition; n^(4/(4+q)) by default.
        calibration: draws at each condition that moments are calibrated with, a power of two; 0 switches it off.
    """

    representation: Representation = DEFAULT
    neighbors: Annotated[int, Ge(FEWEST_RUNS)] | None = None
    calibration: Annotated[int, Ge(0)] = 2048

    def __post_init__(self) -> None:
        check_calibration(self.calibration, self.representation)

    def extra_samples(self):
        return self.calibration

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        if len(pairs.learned) < FEWEST_RUNS:
            raise CellError(f"copula learns from {FEWEST_RUNS} runs at least; it was given {len(pairs.learned)}")
        representation, a = fit_representation(self.representation, pairs.given, pairs.learned, layout)
        noise = sobol_normal(self.calibration, a.shape[1], key)
        return {"representation": representation, "given": pairs.given, "a": a, "noise": noise}

    def prepare(self, fit, *, clock):
        a, given = fit["a"], fit["given"]
        count = max(FEWEST_RUNS, neighbor_count(len(given), given.shape[1], self.neighbors))

        def sample(at, n, key):
            law, u = copula_of(a[nearest(given, at, count)]), at[None]
            values = law.at(np.asarray(jax.random.normal(key, (n, a.shape[1]), "float64")))
            if not self.calibration:
                return decode(self.representation, fit["representation"], u, values)
            return decode_calibrated(self.representation, fit["representation"], u, values, law.at(fit["noise"]))

        return sample


class CopulaLaw(NamedTuple):
    """The law of k coordinates.

    Attributes:
        root: root root' = R.
        scores: where the quantile functions Q have their knots.
        quantiles: what they are there.
    """

    root: Float[np.ndarray, "k k"]
    scores: Float[np.ndarray, " knots"]
    quantiles: Float[np.ndarray, "knots k"]

    def at(self, normal: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "m k"]:
        """a of independent normal rows."""
        z = normal @ self.root.T
        each = zip(z.T, self.quantiles.T, strict=True)
        return np.stack([np.interp(score, self.scores, values) for score, values in each], axis=1)


def copula_of(a: Float[np.ndarray, "n k"]) -> CopulaLaw:
    """The law that n >= 2 rows determine."""
    variance, vectors = np.linalg.eigh(shrunk_correlation(normal_scores(a)))
    return CopulaLaw(vectors * np.sqrt(np.maximum(variance, 0)), *quantile_functions(a))


def quantile_functions(a: Float[np.ndarray, "n k"]) -> tuple[Float[np.ndarray, " knots"], Float[np.ndarray, "knots k"]]:
    """Knots of Q and values there, with one knot far out at either end."""
    n, rows = len(a), np.sort(a, axis=0)
    z, gaps = blom(np.arange(1, n + 1), n), min(n - 1, round(n**0.5))
    low, high = (
        (rows[outer] - rows[inner]) / (z[outer] - z[inner]) for outer, inner in ((0, gaps), (n - 1, n - 1 - gaps))
    )
    first, last = rows[0] - low * (FARTHEST + z[0]), rows[-1] + high * (FARTHEST - z[-1])
    return np.r_[-FARTHEST, z, FARTHEST], np.vstack([first, rows, last])


def normal_scores(a: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    """Scores of each column, zero mean and unit variance; 0 in constant columns."""
    z = blom(rankdata(a, axis=0), len(a))
    z = z - z.mean(axis=0)
    return z / np.where(varying(a), np.sqrt(np.mean(z**2, axis=0)), np.inf)


def blom(rank: np.ndarray, n: int) -> np.ndarray:
    """Normal scores of ranks from 1 to n: nearly the expected order statistics of n normal draws."""
    return ndtri((rank - 3 / 8) / (n + 1 / 4))


def shrunk_correlation(z: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "k k"]:
    """R of standardized scores, with ones on the diagonal."""
    n, k = z.shape
    S = z.T @ z / n
    variance = ((z**2).T @ z**2 / n - S**2) / (n - 1)
    off = ~np.eye(k, dtype=bool)
    noise, signal = variance[off].sum(), (S[off] ** 2).sum()
    w = noise / signal if noise < signal else 1.0
    R = (1 - w) * S
    np.fill_diagonal(R, 1.0)
    return R

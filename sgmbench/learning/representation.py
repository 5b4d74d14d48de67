"""Representation: outputs as coordinates of zero mean, unit variance and little number, at any condition u.

    y = m(u) + s_f(u) V (t(u) * a)

m(u) is the conditional mean; s_f(u), one scalar for each field f, its conditional rms standard deviation (one for each
coordinate would roughen smooth fields: regressions of neighbors do not err alike); V the Karhunen-Loeve basis of the
scaled residual, kept up to a share of lost variance; t(u) the conditional standard deviation of each mode. What a
network is left to learn is the shape of a's law, and how that depends on u.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Lt
from jaxtyping import Float

from sgmbench.core.layout import Layout
from sgmbench.learning.calibration import correlation_average
from sgmbench.learning.conditional_moments import ConditionalMoments, mean_at, sd_at
from sgmbench.learning.log_variance import fit_log_variance
from sgmbench.learning.polynomials import largest_degree, legendre_features, total_degree_indices

Arrays = dict[str, Any]
_RUNS_A_FEATURE = 20


@dataclass(frozen=True)
class Representation:
    """Conditional mean and scale, Karhunen-Loeve modes, conditional scale of each mode.

    Attributes:
        moments: regression of mean and standard deviation on the conditions; degree 0 switches either off.
        karhunen_loeve: whether modes replace grid values.
        lost_variance: share of the residual's variance that truncation may lose.
        modes: most modes kept.
        mode_degree: degree of the log variance of each mode in u; 0 switches it off.
    """

    moments: ConditionalMoments = field(default_factory=ConditionalMoments)
    karhunen_loeve: bool = True
    lost_variance: Annotated[float, Ge(0), Lt(1)] = 1e-5
    modes: Annotated[int, Ge(1)] = 60
    mode_degree: Annotated[int, Ge(0)] = 4

    def fit(self, u: Float[np.ndarray, "n q"], y: Float[np.ndarray, "n d"], layout: Layout) -> Arrays:
        """Learns all parts from pairs."""
        moments = self.moments.fit(u, y)
        arrays = {"moments": moments, "quadrature": quadrature_by_field(layout)}
        residual = (y - mean_at(moments, u)) / field_scale(arrays, u)
        basis = self._basis(residual)
        coordinates = residual @ basis
        degree = largest_degree(u.shape[1], most_features=max(1, len(u) // _RUNS_A_FEATURE), at_most=self.mode_degree)
        features = legendre_features(u, degree)
        degrees = total_degree_indices(u.shape[1], degree).sum(axis=1)
        smallest = 1e-12 * np.mean(coordinates**2)
        b = fit_log_variance(features, coordinates**2 + smallest, degrees)
        kernel = correlation_average(residual, same_field(arrays["quadrature"]))
        modes = {"mode_log_variance": b, "mode_degree": np.array(degree)}
        return arrays | {"basis": basis, "kernel": kernel, **modes}

    def _basis(self, residual: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d k"]:
        """Leading eigenvectors of the residual's covariance, or the coordinates that vary."""
        if not self.karhunen_loeve:
            return np.eye(residual.shape[1])[:, residual.std(axis=0) > 1e-12]
        variance, vectors = np.linalg.eigh(residual.T @ residual / len(residual))
        variance, vectors = variance[::-1], vectors[:, ::-1]
        lost = 1 - np.cumsum(variance) / np.sum(variance)
        count = int(np.sum(lost > self.lost_variance)) + 1
        return vectors[:, : min(count, self.modes, int(np.sum(variance > 1e-14 * variance[0])))]


def quadrature_by_field(layout: Layout) -> Float[np.ndarray, "f d"]:
    """One row of quadrature weights for each field, zero outside of it."""
    rows = np.zeros((len(layout.fields), layout.size))
    for row, each in zip(rows, layout.fields, strict=True):
        row[layout.slices[each.name]] = each.quadrature
    return rows


def same_field(quadrature: Float[np.ndarray, "f d"]) -> Float[np.ndarray, "d d"]:
    """1 where two coordinates belong to one field."""
    inside = (quadrature > 0).astype(float)
    return inside.T @ inside


def field_scale(arrays: Arrays, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n d"]:
    """s_f(u) for each coordinate: the rms over its field of the conditional standard deviation."""
    quadrature = arrays["quadrature"]
    rms = np.sqrt(sd_at(arrays["moments"], u) ** 2 @ quadrature.T)
    return rms @ (quadrature > 0)


def mode_scale(arrays: Arrays, u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n k"]:
    """t(u)."""
    return np.exp(legendre_features(u, int(arrays["mode_degree"])) @ arrays["mode_log_variance"] / 2)


def encode(arrays: Arrays, u: Float[np.ndarray, "n q"], y: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
    """a of pairs (u, y)."""
    residual = (y - mean_at(arrays["moments"], u)) / field_scale(arrays, u)
    return residual @ arrays["basis"] / mode_scale(arrays, u)


def decode(arrays: Arrays, u: Float[np.ndarray, " q"], a: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n d"]:
    """y of coordinates at one condition; the inverse of `encode` up to the truncation."""
    at = u[None]
    return mean_at(arrays["moments"], at) + field_scale(arrays, at) * ((a * mode_scale(arrays, at)) @ arrays["basis"].T)


def condition_features(u: Float[np.ndarray, "n q"]) -> Float[np.ndarray, "n p"]:
    """What a network sees of u: Legendre polynomials of total degree 1 to 3 of order one, without the constant."""
    return legendre_features(u, 3)[:, 1:] / 2

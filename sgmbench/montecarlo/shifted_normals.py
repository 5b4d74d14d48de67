"""Mixtures of shifted normal laws: densities to draw from in the place of N(0, I), one component a region.

    q = sum_j pi_j N(mu_j, I - (1 - v_j) e_j e_j'),      e_j = mu_j / |mu_j|,      1/2 <= v_j <= 1

A component is shifted by mu_j and narrower in that direction alone, which is what is left of a normal law beyond a
distant plane; d + 2 numbers a component can be learned in a hundred dimensions. With t = e_j'u and m = |mu_j|

    log q_j(u) / phi(u) = m t - m^2/2 - (1/v_j - 1) (t - m)^2/2 - (log v_j)/2.

The second moment of the weights phi/q over a half space beyond mu is finite for v >= 1/2 and for no smaller v. So
v = 1/2 is the narrowest, though what is left of phi beyond a plane is narrower.

Fitted by expectation and maximization to weighted points; the number of components is that of the least Bayesian
information criterion, with (sum w)^2 / sum w^2 as the number of points.

Source: S. Geyer, I. Papaioannou, D. Straub, Struct. Saf. 76 (2019) 15-27, for mixtures by weighted expectation and
maximization; M. El Masri, J. Morio, F. Simatos, Reliab. Eng. Syst. Saf. 216 (2021) 107991, for the covariance.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

NARROWEST = 0.5
MOST_COMPONENTS = 8
STARTS = 3
PATIENCE = 2  # numbers of components that are tried after the best
ITERATIONS = 100
CONVERGED = 1e-4  # nats a point
NEGLIGIBLE = 1e-4  # of the largest weight


@dataclass(frozen=True)
class ShiftedNormals:
    """A mixture.

    Attributes:
        shares: pi.
        shifts: mu.
        variances: v.
    """

    shares: Float[np.ndarray, " c"]
    shifts: Float[np.ndarray, "c k"]
    variances: Float[np.ndarray, " c"]

    @property
    def distances(self) -> Float[np.ndarray, " c"]:
        """m, never quite zero."""
        return np.maximum(np.linalg.norm(self.shifts, axis=1), 1e-12)

    @property
    def directions(self) -> Float[np.ndarray, "c k"]:
        """e."""
        return self.shifts / self.distances[:, None]

    def sample(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n k"]:
        """Independent points."""
        which = rng.choice(len(self.shares), size=n, p=self.shares)
        noise = rng.standard_normal((n, self.shifts.shape[1]))
        e = self.directions[which]
        along = np.sum(noise * e, axis=1, keepdims=True)
        return self.shifts[which] + noise + (np.sqrt(self.variances[which, None]) - 1) * along * e

    def log_ratios(self, u: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n c"]:
        """log pi_j q_j / phi."""
        m, v = self.distances, self.variances
        t = u @ self.directions.T
        return np.log(self.shares) + m * t - m**2 / 2 - (1 / v - 1) * (t - m) ** 2 / 2 - np.log(v) / 2

    def ratio(self, u: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " n"]:
        """q / phi."""
        return np.exp(np.logaddexp.reduce(self.log_ratios(u), axis=1))


def fit_shifted_normals(
    u: Float[np.ndarray, "n k"], weights: Float[np.ndarray, " n"], rng: np.random.Generator
) -> ShiftedNormals:
    """The mixture nearest to weighted points, weights of any sum."""
    used = weights > NEGLIGIBLE * weights.max()
    u, w = u[used], weights[used] / weights[used].sum()
    n = 1 / float(np.sum(w**2))
    best: list[tuple[float, ShiftedNormals]] = []
    for components in _components(n, u.shape[1]):
        fits = [_maximized(_start(u, w, components, rng), u, w) for _ in range(STARTS)]
        mixture, log_likelihood = max(fits, key=lambda fit: fit[1])
        numbers = mixture.shifts.size + 2 * components - 1
        best.append((numbers * float(np.log(n)) - 2 * n * log_likelihood, mixture))
        if len(best) - 1 - _least(best) == PATIENCE:
            break
    return best[_least(best)][1]


def _least(found: list[tuple[float, ShiftedNormals]]) -> int:
    """Where the criterion is least."""
    return min(range(len(found)), key=lambda i: found[i][0])


def _components(n: float, k: int) -> range:
    """Numbers of components worth a try: no more than have a point for each of their numbers."""
    return range(1, 1 + max(1, min(MOST_COMPONENTS, int(n / (k + 2)))))


def _start(
    u: Float[np.ndarray, "n k"], w: Float[np.ndarray, " n"], components: int, rng: np.random.Generator
) -> ShiftedNormals:
    """Shifts that are points far from each other (the rule of k-means++)."""
    rows = [int(rng.choice(len(u), p=w))]
    nearest = np.full(len(u), np.inf)
    for _ in range(components - 1):
        nearest = np.minimum(nearest, np.sum((u - u[rows[-1]]) ** 2, axis=1))
        odds = w * nearest
        rows.append(int(rng.choice(len(u), p=odds / odds.sum())) if odds.sum() > 0 else rows[0])
    return ShiftedNormals(np.full(components, 1 / components), u[rows], np.ones(components))


def _maximized(
    mixture: ShiftedNormals, u: Float[np.ndarray, "n k"], w: Float[np.ndarray, " n"]
) -> tuple[ShiftedNormals, float]:
    """(mixture, mean of log q / phi) where the latter grows no more."""
    log_likelihood = before = -np.inf
    for _ in range(ITERATIONS):
        logs = mixture.log_ratios(u)
        total = np.logaddexp.reduce(logs, axis=1)
        log_likelihood = float(w @ total)
        if log_likelihood < before + CONVERGED:
            break
        before = log_likelihood
        mixture = _refitted(w[:, None] * np.exp(logs - total[:, None]), u)
    return mixture, log_likelihood


def _refitted(belongs: Float[np.ndarray, "n c"], u: Float[np.ndarray, "n k"]) -> ShiftedNormals:
    """Shares, shifts and variances of points that belong to components by these weights."""
    shares = np.maximum(belongs.sum(axis=0), 1e-12)
    shifts = belongs.T @ u / shares[:, None]
    unit = ShiftedNormals(shares, shifts, np.ones(len(shares)))
    squares = (u @ unit.directions.T - unit.distances) ** 2
    variances = np.sum(belongs * squares, axis=0) / shares
    return ShiftedNormals(shares / shares.sum(), shifts, np.clip(variances, NARROWEST, 1.0))

"""Equivalent runs: an error in the unit that the user pays in.

N independent runs have E D2 = mu / N (see `metrics.energy`), so samples with mean energy distance D2bar over R
replicates (fresh training runs and seed each) are worth

    N_eq = mu / D2bar,      log N_eq +- t s / (D2bar sqrt(R)),

s the sd of D2 over replicates. D2 is averaged before it is inverted, for single values scatter around zero. Where
D2bar - t s / sqrt(R) <= 0 the error cannot be told from none, and where N_eq exceeds `cap`, a third of the reference's
size, it cannot be told from the reference's own: N_eq is then "at least" mu / (D2bar + t s / sqrt(R)), at most the cap.

A Generator of which M samples are drawn has, with mu_Q = E|X - X'| of its own law,

    1 / N_eq(M) = D2 / mu + (mu_Q / mu) / M;      R runs' worth takes M = 1 / (1/R - 1/N_eq) samples (where mu_Q = mu).

For a mean, a standard deviation and the like, of which N independent runs have the mean square error v / N, the same
holds with v in the place of mu and, of errors e against a reference of n runs, e^2 - v / n in the place of D2; of a law
that M samples stand for, e^2 - v / n - v / M.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sgmbench.statistics.intervals import LEVEL, t_half_width

INFINITE = float("inf")


@dataclass(frozen=True)
class EquivalentRuns:
    """N_eq with its interval.

    Attributes:
        value: the estimate, or the lower bound where `at_least`; NaN where D2 is.
        low: lower end of the interval; None for one replicate, and where `at_least`.
        high: upper end, likewise.
        at_least: whether only a lower bound is resolved.
        cap: the largest N_eq that the reference may claim.
    """

    value: float
    low: float | None
    high: float | None
    at_least: bool
    cap: float


def equivalent_runs(
    d2: Float[np.ndarray, " r"], *, mu: float, cap: float = INFINITE, level: float = LEVEL
) -> EquivalentRuns:
    """N_eq from the energy distances of independent replicates.

    One replicate has no interval, and is "at least" the cap where its value is above it or D2 is not positive.
    """
    mean = float(np.mean(d2))
    half = t_half_width(d2, level=level) if len(d2) > 1 and np.isfinite(mean) else 0.0
    value = _inverse(mean, mu)
    if mean - half <= 0 or value > cap:
        return EquivalentRuns(min(_inverse(mean + half, mu), cap), None, None, at_least=True, cap=cap)
    if len(d2) < 2 or not np.isfinite(mean):
        return EquivalentRuns(value, None, None, at_least=False, cap=cap)
    factor = float(np.exp(half / mean))
    return EquivalentRuns(value, value / factor, value * factor, at_least=False, cap=cap)


def equivalent_runs_of_errors(
    errors: Float[np.ndarray, " r"],
    *,
    variance: float,
    reference: int,
    samples: float = INFINITE,
    cap: float = INFINITE,
) -> EquivalentRuns:
    """N_eq from the errors that independent replicates have in one quantity.

    Args:
        errors: against the reference.
        variance: v, of one run.
        reference: its n runs.
        samples: M, where they stand for a law; infinite where they are what is scored.
        cap: the largest N_eq that the reference may claim.
    """
    return equivalent_runs(np.square(errors) - variance / reference - variance / samples, mu=variance, cap=cap)


def inverse_equivalent_runs(d2: float, mu: float, *, mu_samples: float, samples: int | float) -> float:
    """1 / N_eq(M) of M samples drawn from a law at energy distance D2; not positive where D2 is below its noise."""
    return d2 / mu + mu_samples / mu / samples


def generator_equivalent(*, d2: float, mu: float, mu_samples: float, samples: int | float) -> float:
    """N_eq(M); infinite where the estimate of its inverse is not positive."""
    return _inverse(inverse_equivalent_runs(d2, mu, mu_samples=mu_samples, samples=samples), 1.0)


def samples_needed(*, runs: float, n_eq: float) -> float:
    """Samples of a law worth `n_eq` runs that together are worth `runs`; infinite where no number is."""
    return INFINITE if runs >= n_eq else 1 / (1 / runs - 1 / n_eq)


def _inverse(d2: float, mu: float) -> float:
    """mu / D2, infinite for D2 <= 0; NaN stays NaN."""
    return INFINITE if d2 <= 0 else mu / d2

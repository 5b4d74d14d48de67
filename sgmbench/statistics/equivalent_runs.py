"""Equivalent runs: an error in the unit that the user pays in.

N independent runs have E D2 = mu / N (see `metrics.energy`), so samples with mean energy distance D2bar over R
replicates (fresh training runs and seed each) are worth

    N_eq = mu / D2bar,      log N_eq +- h / D2bar,      h^2 = t^2 s^2 / R + z^2 (a D2 + b),      z = 1.96,

s the sd of D2 over replicates and a D2 + b the variance of what they share: one reference, whose noise no number of
replicates takes away (see `metrics.energy`). It grows with the true D2, so that the root of D2 is what scatters evenly,
and D2 itself may be as large as D2bar + h + z^2 a / 4: N_eq is no less than that allows. D2 is averaged before it is
inverted, for single values scatter around zero. Where D2bar - h <= 0 the error cannot be told from none, and where N_eq
exceeds `cap`, a third of the reference's size, it cannot be told from the reference's own: N_eq is then "at least"
mu / (D2bar + h + z^2 a / 4), at most the cap.

A Generator of which M samples are drawn has, with mu_Q = E|X - X'| of its own law,

    1 / N_eq(M) = D2 / mu + (mu_Q / mu) / M;      R runs' worth takes M = 1 / (1/R - 1/N_eq) samples (where mu_Q = mu).

For a mean, a standard deviation and the like, of which N independent runs have the mean square error v / N, the same
holds with v in the place of mu and, of errors e against a reference of n runs, e^2 - v / n in the place of D2; of a law
that M samples stand for, e^2 - v / n - v / M. The reference's own normal error makes a = 4 v / n and b = 2 (v / n)^2
of them, D2 being the square of their mean, where what replicates do not share averages out.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sgmbench.statistics.intervals import TWO_SIDED, t_half_width

INFINITE = float("inf")


class SharedNoise(NamedTuple):
    """The variance of what the D2 of all replicates have in common.

    Attributes:
        variance: a D2 + b.
        slope: a.
    """

    variance: float
    slope: float

    @property
    def half_width(self) -> float:
        """z (a D2 + b)^1/2."""
        return TWO_SIDED * math.sqrt(self.variance)

    @property
    def beyond(self) -> float:
        """z^2 a / 4."""
        return TWO_SIDED**2 * self.slope / 4


NOT_SHARED = SharedNoise(0.0, 0.0)


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
    d2: Float[np.ndarray, " r"], *, mu: float, cap: float = INFINITE, shared: SharedNoise = NOT_SHARED
) -> EquivalentRuns:
    """N_eq from the energy distances of independent replicates.

    One replicate has no interval, and is "at least" the cap where its value is above it or D2 is not positive.

    Args:
        d2: of each replicate.
        mu: of one run.
        cap: the largest N_eq that the reference may claim.
        shared: of their reference; none where each has its own.
    """
    mean = float(np.mean(d2))
    has_interval = len(d2) > 1 and bool(np.isfinite(mean))
    half = math.hypot(t_half_width(d2), shared.half_width) if has_interval else 0.0
    value, least = _inverse(mean, mu), _inverse(mean + half + shared.beyond * has_interval, mu)
    if mean - half <= 0 or value > cap:
        return EquivalentRuns(min(least, cap), None, None, at_least=True, cap=cap)
    if not has_interval:
        return EquivalentRuns(value, None, None, at_least=False, cap=cap)
    factor = float(np.exp(half / mean))
    return EquivalentRuns(value, min(value / factor, least), value * factor, at_least=False, cap=cap)


def equivalent_runs_of_errors(
    errors: Float[np.ndarray, " r"],
    *,
    variance: float,
    reference: int,
    samples: float = INFINITE,
    cap: float = INFINITE,
    is_reference_shared: bool = True,
) -> EquivalentRuns:
    """N_eq from the errors that independent replicates have in one quantity.

    Args:
        errors: against the reference.
        variance: v, of one run.
        reference: its n runs.
        samples: M, where they stand for a law; infinite where they are what is scored.
        cap: the largest N_eq that the reference may claim.
        is_reference_shared: whether all replicates have the same one, or each its own.
    """
    r = variance / reference
    shared = SharedNoise(4 * r * float(np.mean(errors)) ** 2 + 2 * r**2, 4 * r) if is_reference_shared else NOT_SHARED
    return equivalent_runs(np.square(errors) - r - variance / samples, mu=variance, cap=cap, shared=shared)


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

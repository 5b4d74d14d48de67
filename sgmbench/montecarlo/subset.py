"""Subset simulation: a rare event as the last of a nested sequence of events, none of them rare in the one before.

    P(s < 0) = P(F_1) P(F_2 | F_1) ... P(s < 0 | F_L),      F_l = {s < b_l},  b_1 > ... > b_L > 0

N points are drawn from N(0, I). Of those in F_l, C are chosen, and each begins a Markov chain that leaves the law of u
given F_l invariant: N = C/p_0 points in all, 1/p_0 a chain. A move is that of conditional sampling (the preconditioned
Crank-Nicolson proposal),

    u' = (1 - h^2)^(1/2) u + h n,  n ~ N(0, I),      accepted where s(u') < b_l.

A pilot of few chains chooses L, the b_l as quantiles of level p_0 and the h_l for an acceptance of 0.44; it serves for
nothing else. The estimate itself is then an algorithm without choices, with systematic resampling of the C: sequential
Monte Carlo with fixed levels. **Its weighted set is unbiased for the mean of every function**: with P_l the product of
the observed fractions, points of level l outside F_(l+1) weigh P_l / N each, those of the last level P_L / N, together
1. A run that stands several times in a chain is one row of several times the weight.

The squared coefficient of variation of the probability is about sum_l (1 - p_l) (1 + gamma_l) / (p_l N), gamma_l >= 0
of the chains' correlation; it is estimated from the spread between chains, as if those of different levels were
independent. Cost: N (1 + L (1 - p_0)) runs and the pilot's, at most half of the budget; rejected moves are paid for.

Source: S. K. Au, J. L. Beck, Prob. Eng. Mech. 16 (2001) 263-277; I. Papaioannou, W. Betz, K. Zwirglmaier, D. Straub,
Prob. Eng. Mech. 41 (2015) 89-103, for the moves and their acceptance; P. Del Moral, "Feynman-Kac Formulae" (2004),
section 7.4, for the unbiasedness.
"""

from math import ceil
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from sgmbench.errors import CellError
from sgmbench.montecarlo.limit_state import LimitState, Population, Weighted

ACCEPTANCE = 0.44
FIRST_STEP = 0.6
FEWEST_CHAINS = 10
PILOT = 0.04  # of the budget, for each of its levels
MOST_PILOT = 0.5  # of the budget


class Level(NamedTuple):
    """b_l and h_l."""

    threshold: float
    step: float


class Climb(NamedTuple):
    """The points of one level, chain by chain in columns, how many moves were accepted, and the step that came out."""

    points: Population
    acceptance: float
    step: float


def subset_simulation(limit: LimitState, *, fraction: float, rng: np.random.Generator) -> Weighted:
    """Runs ever nearer to the event, weighted.

    Args:
        limit: the event; its budget is spent but for a remainder smaller than one run a chain and level.
        fraction: p_0, about; chains have round(1/p_0) points.
        rng: randomness.

    Raises:
        CellError: the budget is too small for a pilot, which does not reach the event, or too little is left for the
            estimate.
    """
    length = round(1 / fraction)
    chains = max(FEWEST_CHAINS, int(PILOT * limit.budget) // length)
    if chains * length > MOST_PILOT * limit.budget:
        fewest = ceil(chains * length / MOST_PILOT)
        raise CellError(f"importance: {limit.budget:,} runs are too few for subset; give at least {fewest:,}")
    levels = explore(limit, chains=chains, length=length, rng=rng)
    chains = limit.left // (length + len(levels) * (length - 1))
    if chains < FEWEST_CHAINS:
        raise CellError(
            f"importance: {limit.budget:,} runs are too few for {FEWEST_CHAINS} chains on {len(levels)} levels after a "
            "pilot; give more"
        )
    return estimate(limit, levels, chains=chains, length=length, rng=rng)


def explore(limit: LimitState, *, chains: int, length: int, rng: np.random.Generator) -> list[Level]:
    """Levels chosen one after the other, until a fraction of 1/length of the points is in the event."""
    points, step = limit(rng.standard_normal((chains * length, limit.dimension))), FIRST_STEP
    levels: list[Level] = []
    while (threshold := float(np.partition(points.s, chains)[chains])) > 0:
        inside = points.s < threshold
        if not inside.any():
            raise CellError(
                "importance: the field has the same value in most runs, which gives no levels; take monte_carlo"
            )
        if limit.spent + chains * (length - 1) > MOST_PILOT * limit.budget:
            raise CellError(
                f"importance: the event was not reached by {limit.spent:,} of {limit.budget:,} runs; give more, or "
                "check the threshold"
            )
        seeds = points.take(resample(inside, chains, rng))
        points, _, step = climb(limit, seeds, Level(threshold, step), length=length, rng=rng, adapts=True)
        levels.append(Level(threshold, step))
    return levels


def estimate(limit: LimitState, levels: list[Level], *, chains: int, length: int, rng: np.random.Generator) -> Weighted:
    """The weighted set with fixed levels."""
    points = limit(rng.standard_normal((chains * length, limit.dimension)))
    n, mass, variance = len(points.s), 1.0, 0.0
    rows, weights, acceptance = [], [], []
    for i, level in enumerate(levels):
        inside = points.s < level.threshold
        rows.append(points.run[~inside])
        weights.append(np.full(len(rows[-1]), mass / n))
        variance += relative_variance(inside, chains=n if i == 0 else chains)
        mass *= float(np.mean(inside))
        if not inside.any():
            break
        seeds = points.take(resample(inside, chains, rng))
        points, accepted, _ = climb(limit, seeds, level, length=length, rng=rng)
        acceptance.append(accepted)
    else:
        rows.append(points.run)
        weights.append(np.full(n, mass / n))
        inside = points.s < 0
        variance += relative_variance(inside, chains=chains if levels else n)
        mass *= float(np.mean(inside))
    run, where = np.unique(np.concatenate(rows), return_inverse=True)
    told = {
        "probability": mass,
        "coefficient_of_variation": float(np.sqrt(variance)) if mass else None,
        "levels": [level.threshold for level in levels],
        "steps": [level.step for level in levels],
        "acceptance": acceptance,
        "chains": chains,
    }
    return Weighted(run, np.bincount(where, np.concatenate(weights)), told)


def climb(
    limit: LimitState,
    seeds: Population,
    level: Level,
    *,
    length: int,
    rng: np.random.Generator,
    adapts: bool = False,
) -> Climb:
    """Chains of so many points, the first of each its seed; where it adapts, the step follows the acceptance."""
    state, step = seeds, level.step
    states, rates = [seeds], []
    for t in range(1, length):
        proposed = limit(np.sqrt(1 - step**2) * state.u + step * rng.standard_normal(state.u.shape))
        accepted = proposed.s < level.threshold
        state = proposed.where(accepted, otherwise=state)
        states.append(state)
        rates.append(float(np.mean(accepted)))
        if adapts:
            step = min(1.0, step * float(np.exp((rates[-1] - ACCEPTANCE) / np.sqrt(t))))
    return Climb(Population.joined(states), float(np.mean(rates)), step)


def resample(inside: Bool[np.ndarray, " n"], count: int, rng: np.random.Generator) -> Int[np.ndarray, " count"]:
    """So many of the rows inside, each as often as any other in expectation (systematically, in random order)."""
    rows = rng.permutation(np.flatnonzero(inside))
    return rows[((np.arange(count) + rng.random()) * len(rows) / count).astype(int)]


def relative_variance(inside: Bool[np.ndarray, " n"], *, chains: int) -> float:
    """Squared coefficient of variation of a fraction, from the spread between chains that lie in columns."""
    each = inside.reshape(-1, chains).mean(axis=0)
    mean = float(each.mean())
    return float(each.var(ddof=1)) / (chains * mean**2) if mean else np.inf

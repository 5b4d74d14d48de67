"""Seconds of a run's parts, from the pace of their rehearsal.

With s samples a condition, b runs learned from and an exponent e of scoring in the rehearsal (`runner.rehearsal`), K
conditions of n_c runs each, N runs to learn from, x samples drawn beside those delivered, r seconds a solver run:

    truth       sum_c S g(n_c, s)^e, and where runs are to be made  cold + r x (these, and x more of each set)
    Generator   fixed + fit + rows N / b + step x steps + sum_c (each (n_c + x) / (s + x) + scoring g(n_c, s)^e)
    Sampler     fixed + sum_c (each N / b + scoring g(n_c, s)^max(e - 1, 0) g(N, b))

where g(n, s) = max(n, B) / max(s, B), since pairs of rows are scored in blocks of B that are filled up.

Bias: steps are all that are planned, so that a training that stops early takes less; a fit whose work grows faster than
its runs takes more, and chains, whose warm-up does not grow, take less.
"""

from sgmbench.metrics.pairwise import BLOCK
from sgmbench.runner.pace import CellPace, TruthPace


def growth(n: int, s: int) -> float:
    """g: in how many times as many blocks n rows are as s rows, no fewer than one."""
    return max(n, BLOCK) / max(s, BLOCK)


def truth_seconds(pace: TruthPace, sizes: list[int], missing: list[int]) -> float:
    """Of a target's truth.

    Args:
        pace: rehearsed.
        sizes: runs of the reference at each condition, as far as they are kept.
        missing: runs of each set that is to be made, of a reference or a floor.
    """
    scoring = sum(pace.scoring * growth(n, pace.size) ** pace.exponent for n in sizes)
    return scoring + (pace.cold + pace.run * sum(n + pace.extra for n in missing) if missing else 0.0)


def generator_seconds(
    pace: CellPace, sizes: list[int], *, runs: int, training: float, is_fitted: bool, exponent: float
) -> float:
    """Of one cell of a Generator.

    Args:
        pace: rehearsed.
        sizes: samples at each condition.
        runs: learned from.
        training: seconds of steps.
        is_fitted: whether the fit is in the cache.
        exponent: of scoring.
    """
    fit = 0.0 if is_fitted else pace.fit + pace.rows * runs / pace.budget + training
    drawn = sum(pace.each * (n + pace.extra) / (pace.size + pace.extra) for n in sizes)
    return pace.fixed + fit + drawn + sum(pace.scoring * growth(n, pace.size) ** exponent for n in sizes)


def sampler_seconds(pace: CellPace, sizes: list[int], *, runs: int, exponent: float) -> float:
    """Of one cell of a Sampler; `runs` are those of a condition."""
    scoring = sum(pace.scoring * growth(n, pace.size) ** max(exponent - 1, 0.0) for n in sizes)
    return pace.fixed + pace.each * len(sizes) * runs / pace.budget + scoring * growth(runs, pace.budget)

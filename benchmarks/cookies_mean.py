"""The mean of q in `cookies` over its prior, free of mesh and sampling error: writes `results/benchmarks/cookies.md`.

    E[q] = E[q_1] + sum_l E[q_l - q_(l-1)] + (what the finest mesh still misses)

make bench-cookies-mean                           about 5 minutes on two cores

Each term is integrated over the eight uniform y by randomized quasi-Monte Carlo (scrambled Sobol points; the standard
error is that of independent scrambles) and, independently, by Smolyak's rule on nested Clenshaw-Curtis nodes. The last
term is Richardson's, with the order p that the increments D_l = E[q_l - q_(l-1)] show:

    D_l / (2^p - 1),        p = log2 D_(l-1) / D_l.

Its uncertainty is the difference of the two finest extrapolations.
"""

import math
import sys
import time
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.stats import qmc

from sgmbench.problems.cookies import DISCS, Cookies, condensed
from sgmbench.runner.environment import environment

OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "cookies.md"
LOW, HIGH = Cookies().parameters[0].prior.support
SCRAMBLES = 16
POINTS = {1: 4096, 2: 1024, 3: 256, 4: 64}  # a scramble, for the increment of that level
ORDERS = {1: 5, 2: 4, 3: 3, 4: 3}  # of Smolyak's rule, for the increment of that level
LEVELS = tuple(POINTS)
PUBLISHED = 0.064196096847169  # UM-Bridge, cookies-problem-propagation


class Term(NamedTuple):
    """One increment: by quasi-Monte Carlo with its standard error, by Smolyak's rule and by the one of lower order."""

    mean: float
    error: float
    smolyak: float
    smolyak_lower: float


def main() -> None:
    """Integrates every increment, extrapolates and writes the page."""
    start = time.perf_counter()
    terms = {}
    for level in LEVELS:
        terms[level] = integrate(level)
        sys.stderr.write(f"level {level}: {terms[level]} after {time.perf_counter() - start:.0f} s\n")
    page = "\n".join(lines(terms, seconds=time.perf_counter() - start)) + "\n"
    OUTPUT.write_text(page)
    sys.stdout.write(page)


def integrate(level: int) -> Term:
    """The mean of q_l - q_(l-1), of q_l on the coarsest level."""
    scrambles = [qmc.Sobol(DISCS, seed=seed).random(POINTS[level]) for seed in range(SCRAMBLES)]  # pyright: ignore[reportCallIssue]
    means = increment(level, np.concatenate(scrambles)).reshape(SCRAMBLES, -1).mean(axis=1)
    rules = [smolyak(DISCS, order) for order in (ORDERS[level], ORDERS[level] - 1)]
    values = [float(weights @ increment(level, points)) for points, weights in rules]
    return Term(float(means.mean()), float(means.std(ddof=1) / math.sqrt(SCRAMBLES)), *values)


def increment(level: int, points: Float[np.ndarray, "n 8"]) -> Float[np.ndarray, " n"]:
    """q_l - q_(l-1) at points of the unit cube."""
    a = 1 + LOW + (HIGH - LOW) * jnp.asarray(points)
    coarse = 0.0 if level == LEVELS[0] else q(level - 1, a)
    return np.asarray(q(level, a) - coarse)


def q(level: int, a: Float[Array, "n 8"]) -> Float[Array, " n"]:
    """q of one level, a few runs at a time for the sake of memory."""
    system = condensed(level)
    return jax.jit(lambda a: jax.lax.map(lambda each: system(each)[0], a, batch_size=16))(a)


def smolyak(dimension: int, order: int) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " n"]]:
    """Nodes in the unit cube and weights, by the combination of tensor rules (Wasilkowski and Wozniakowski, 1995)."""
    nodes, weights = [], []
    for degree in range(max(0, order - dimension + 1), order + 1):
        sign = (-1) ** (order - degree) * math.comb(dimension - 1, order - degree)
        for orders in compositions(degree, dimension):
            rules = [clenshaw_curtis(each) for each in orders]
            nodes += product(
                *(np.array(rule[0]) * 2 ** (order - each) for each, rule in zip(orders, rules, strict=True))
            )
            weights += [sign * math.prod(w) for w in product(*(rule[1] for rule in rules))]
    indices, where = np.unique(np.array(nodes, int), axis=0, return_inverse=True)
    return (1 - np.cos(np.pi * indices / 2**order)) / 2, np.bincount(where.ravel(), weights)


def compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    """Nonnegative integers that add up to a total."""
    if parts == 1:
        return [(total,)]
    return [(first, *rest) for first in range(total + 1) for rest in compositions(total - first, parts - 1)]


def clenshaw_curtis(order: int) -> tuple[list[float], list[float]]:
    """Indices i of the nodes (1 - cos(pi i / 2^order)) / 2, and weights of sum 1; the midpoint alone at order 0."""
    if order == 0:
        return [0.5], [1.0]
    n = 2**order
    vandermonde = np.polynomial.legendre.legvander(-np.cos(np.pi * np.arange(n + 1) / n), n)
    return list(range(n + 1)), np.linalg.solve(vandermonde.T, np.eye(n + 1)[0]).tolist()


def lines(terms: dict[int, Term], *, seconds: float) -> list[str]:
    """The page."""
    means, errors, rules, _ = (np.array(each) for each in zip(*terms.values(), strict=True))
    by_qmc, by_smolyak = (extrapolations(each) for each in (means, rules))
    mesh = abs(by_qmc[-1][1] - by_qmc[-2][1])
    sampling = float(np.sqrt(np.sum(errors**2)))
    total, other = by_qmc[-1][1], by_smolyak[-1][1]
    return [
        "# Cookies: the mean of q",
        "",
        f"Made by `python benchmarks/cookies_mean.py` (`make bench-cookies-mean`) on {datetime.now(UTC):%Y-%m-%d}: "
        f"{environment()['device']}, jax {jax.__version__}, {seconds / 60:.0f} minutes.",
        "",
        f"**E[q] = {total:.9f}**, standard error {sampling:.1e} over {SCRAMBLES} scrambles of Sobol points, "
        f"mesh-extrapolated with an uncertainty of {mesh:.1e}. Smolyak's rule gives {other:.9f}, a difference of "
        f"{abs(total - other):.1e}.",
        "",
        "q is the integral of u over [0.4, 0.6]^2; y_n ~ U(-0.99, -0.2) independent.",
        "",
        f"The value in the documentation of UM-Bridge, {PUBLISHED:.9f}, differs by {PUBLISHED - total:+.1e}. It is "
        "that of one mesh, 200 x 200 squares with splines of degree 4, which does not conform to the discs and is not "
        "extrapolated.",
        "",
        "| level | unknowns a run | Sobol points | E[q_l - q_(l-1)] | standard error | by Smolyak, order | its last "
        "change | E[q_l] |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {level} | {64 * 2**level:,} | {SCRAMBLES} x {POINTS[level]:,} | {term.mean:.10f} | {term.error:.1e} | "
            f"{term.smolyak:.10f}, {ORDERS[level]} | {abs(term.smolyak - term.smolyak_lower):.1e} | {mean:.9f} |"
            for (level, term), mean in zip(terms.items(), np.cumsum(means), strict=True)
        ),
        "",
        "On the coarsest level the increment is E[q_l] itself.",
        "",
        "| finest level | observed order | extrapolated E[q] |",
        "|---|---|---|",
        *(f"| {level} | {p:.2f} | {value:.10f} |" for level, (p, value) in zip(LEVELS[2:], by_qmc, strict=True)),
    ]


def extrapolations(increments: Float[np.ndarray, " levels"]) -> list[tuple[float, float]]:
    """(observed order, Richardson's value) with each level from the third on as the finest."""
    found = []
    for i in range(2, len(increments)):
        ratio = increments[i - 1] / increments[i]
        found.append((math.log2(ratio), float(increments[: i + 1].sum() + increments[i] / (ratio - 1))))
    return found


if __name__ == "__main__":
    main()

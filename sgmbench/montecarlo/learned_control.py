"""Learned controls: what surrogates predict of a run from its germ, each fitted on runs that it does not control.

N runs are dealt into K parts, and for each two of them, A and B, one surrogate s_AB = s_BA of the map from the germ to
the output is fitted on the runs of neither. For part A

    g_A(x) = avg_B g(s_AB(x)),      and at run i of another part B      g(s_AB(x_i)) stands for g_A(x_i),

with g the `output_controls` that the outputs of the other parts choose, make a control variate as in
`calibration_weights`: given the runs of the other parts g_A is a fixed function, so that the estimate is unbiased for
every function of the output. And no surrogate predicts a run that it was fitted on: coefficients are what its
predictions deserve, next to nothing where it has learned noise.

A germ costs no run, so the means of the controls are those of M = 50 N fresh ones, and all of the budget is
fine runs. The variance of a mean is (1 - rho^2) sigma^2/N, about, with rho of surrogates of (1 - 2/K) N runs. Of a
distribution function the share 1 - rho^2 falls with the surrogate's mean error alone, not its square, and with one over
the number of steps. Cost: K (K - 1)/2 fits, all to as many runs, so that what they compile they can share, and as many
predictions of N + M runs.

Source: V. Chernozhukov et al., "Double/debiased machine learning for treatment and structural parameters", Econom. J.
21 (2018) C1-C68, for fits on other parts; A. Owen, "Monte Carlo theory, methods and examples" (2013), section 8.9.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key

from sgmbench.core.clock import Clock
from sgmbench.core.germs import Germs
from sgmbench.core.method import Surrogate
from sgmbench.core.problem import Problem
from sgmbench.core.progress import silent
from sgmbench.core.runs import Pairs, Runs
from sgmbench.errors import CellError
from sgmbench.montecarlo.calibration_weights import Controls, Part
from sgmbench.montecarlo.output_controls import output_controls

FURTHER = 50.0
RUNS_A_CONTROL = 20
FEWEST = 2 * RUNS_A_CONTROL
BLOCK = 8_192

Predict = Callable[[Float[np.ndarray, "n k"]], Float[np.ndarray, "n d"]]
"""Germs -> outputs."""


class LearnedControl:
    """A surrogate made ready to control the runs of a problem.

    Args:
        surrogate: what learns the map.
        problem: whose.
        at_condition: whether z is given.
        clock: books "train" and "sample".
    """

    def __init__(self, surrogate: Surrogate, problem: Problem, *, at_condition: bool, clock: Clock) -> None:
        self.surrogate, self.layout, self.clock = surrogate, problem.layout, clock
        self.germs = Germs(
            problem, conditional=at_condition, features=surrogate.takes_features, clock=clock, phase="sample"
        )

    def parts(
        self, made: Runs, *, folds: int, further: int, stream: Key[Array, ""], z: tuple[float, ...], key: Key[Array, ""]
    ) -> tuple[Int[np.ndarray, " n"], list[Part]]:
        """The part of each run, and the controls of each part.

        Args:
            made: the first runs of a stream.
            folds: K.
            further: M.
            stream: theirs.
            z: the condition, if there is one.
            key: of the surrogates and of the fresh germs.
        """
        at = z or None
        x, part = self.germs.of_runs(len(made.y), key=stream, z=at), np.arange(len(made.y)) % folds
        fit_key, fresh_key = jax.random.split(key)
        fresh = self.germs.of_runs(further, key=fresh_key, z=at)
        unseen = {pair: np.flatnonzero(~np.isin(part, pair)) for pair in combinations(range(folds), 2)}
        fewest = min(map(len, unseen.values()))
        fits = {
            pair: self._fitted(made, x, rows[:fewest], key=jax.random.fold_in(fit_key, i))
            for i, (pair, rows) in enumerate(unseen.items())
        }
        with self.clock("sample"):
            choose = output_controls(self.layout, allowed=len(x) // RUNS_A_CONTROL)
            return part, crossed(x, fresh, part, fits, [choose(made.y[part != each]) for each in range(folds)])

    def _fitted(
        self, made: Runs, x: Float[np.ndarray, "n k"], rows: Int[np.ndarray, " m"], *, key: Key[Array, ""]
    ) -> Predict:
        used = rows[made.ok[rows]]
        pairs = Pairs(np.zeros((len(used), 0)), made.y[used], x[used])
        with self.clock("train"):
            fit = self.surrogate.fit(pairs, self.layout, key=key, clock=self.clock, progress=silent)
        predict = self.surrogate.prepare_map(fit, clock=self.clock)
        return lambda germ: np.asarray(predict(np.zeros((len(germ), 0)), germ), "float64")


def crossed(
    x: Float[np.ndarray, "n k"],
    fresh: Float[np.ndarray, "m k"],
    part: Int[np.ndarray, " n"],
    fits: dict[tuple[int, int], Predict],
    functions: Sequence[Controls],
) -> list[Part]:
    """The controls of each part.

    Args:
        x: germs of the runs.
        fresh: germs of none.
        part: in which each run is.
        fits: surrogates, by the two parts that they have not seen.
        functions: g of each part, chosen by the others.
    """
    numbers = range(len(functions))
    seen, own, means = ({number: [] for number in numbers} for _ in range(3))
    for pair, predict in fits.items():
        further = _means(predict, fresh, [functions[number] for number in pair])
        at = {number: predict(x[part == number]) for number in pair}
        for (number, other), mean in zip((pair, pair[::-1]), further, strict=True):
            seen[number].append((other, functions[number](at[other])))
            own[number].append(functions[number](at[number]))
            means[number].append(mean)
    return [
        Part(_as_dealt(seen[each], part), np.mean(own[each], axis=0), np.mean(means[each], axis=0), len(fresh))
        for each in numbers
    ]


def _means(
    predict: Predict, x: Float[np.ndarray, "m k"], functions: Sequence[Controls]
) -> list[Float[np.ndarray, " c"]]:
    """The mean of each of some functions of what a surrogate predicts."""
    sums: list[Any] = [0.0] * len(functions)
    for start in range(0, len(x), BLOCK):
        predicted = predict(x[start : start + BLOCK])
        sums = [total + g(predicted).sum(axis=0) for total, g in zip(sums, functions, strict=True)]
    return [total / len(x) for total in sums]


def _as_dealt(values: list[tuple[int, np.ndarray]], part: Int[np.ndarray, " n"]) -> Float[np.ndarray, "p c"]:
    """Rows of several parts, given with their numbers, in the order of the runs."""
    rows = np.concatenate([np.flatnonzero(part == number) for number, _ in values])
    return np.concatenate([each for _, each in values])[np.argsort(rows)]


def check_learning(runs: int) -> None:
    """Refuses, by a CellError, a budget that affords no controls."""
    if runs < FEWEST:
        raise CellError(
            f"control_variate: {runs:,} runs are too few to learn a control from; give at least {FEWEST} runs, or "
            "take monte_carlo"
        )

"""Multilevel Monte Carlo for a budget: few runs of the finest level, corrected upon many of the coarser ones.

    E y_L = E y_s + sum_(l > s) E[y_l - y_(l-1)],      each term the mean of N_l runs of its own,

fine and coarse runs of a pair having the same germ. The estimator is one weighted set, 1/N_l on fine and -1/N_l on
coarse rows, of sum 1, so that other statistics than the mean may use it too. Rows of a pair name the same run.

V_l is the variance of a difference in a norm that all fields share, the sum over fields of sum_i q_i Var Y_l,i / s^2
with s^2 = sum_i q_i Var y_L,i (the `field_l2` of `metrics/energy.py`). A pilot on every level estimates it, and gives
the start s and the N_l of least predicted variance sum V_l / N_l (see `allocation`); s = L is plain Monte Carlo.

Bias: none for the mean of y_L. Were the rows that decide N_l also averaged with the weight 1/N_l, the weight would
depend on their values. So there are two estimators, each with half of the budget and half of the pilot: the pilot of
one decides s and N_l of the other, and is averaged in its own. The mean of the two is delivered: no row's weight
depends on its value, nor is any pilot run lost on levels from s on.

Cost: a pair costs C_l + C_(l-1) in runs of the finest level. The pilot takes at most a quarter of the budget, and what
is spent is at most the budget.

Source: M. B. Giles, Oper. Res. 56 (2008) 607-617; Acta Numerica 24 (2015) 259-328.
"""

from dataclasses import dataclass
from math import ceil
from typing import Annotated, ClassVar

import jax
import numpy as np
from annotated_types import Ge
from jaxtyping import Array, Float, Key

from sgmbench.core.layout import Layout
from sgmbench.core.method import Delivery, Sampler
from sgmbench.core.problem import Leveled
from sgmbench.errors import CellError
from sgmbench.montecarlo.allocation import Plan, best_start, pair_costs
from sgmbench.montecarlo.hierarchy import Hierarchy, Pairs, finite_rows
from sgmbench.montecarlo.level_diagnostics import diagnose
from sgmbench.montecarlo.level_moments import floored, moments
from sgmbench.montecarlo.telescope import Term, weighted_set

PILOT_SHARE = 0.25
LEAST_PILOT = 8
CONSTANT = 1e-18
"""Variance over squared mean at which a field is the rounding of a constant."""


@dataclass(frozen=True)
class Multilevel(Sampler):
    """Solver runs spread over levels by variance: many coarse ones, corrected by finer ones of one germ.

    Attributes:
        pilot: runs on every level that decide how many more there are; fewer where a quarter of the budget does not pay
            for them.
    """

    requires: ClassVar[tuple[type, ...]] = (Leveled,)
    sees_germ: ClassVar[bool] = True

    pilot: Annotated[int, Ge(LEAST_PILOT)] = 64

    def prepare(self, problem, *, at_condition, clock):
        hierarchy = Hierarchy(problem, clock, at_condition=at_condition)
        if len(hierarchy) == 1:
            assert isinstance(problem, Leveled)
            raise CellError(f"{problem.why_single()}, or monte_carlo")

        def sample(z, runs, key):
            half = self.pilot_runs(hierarchy.cost, runs) // 2
            pilot_key, *keys = jax.random.split(key, 3)
            pilot = [
                hierarchy.run(level, 2 * half, pairs=2 * half, key=jax.random.fold_in(pilot_key, level), z=z)
                for level in range(len(hierarchy))
            ]
            halves = [[pairs.part(start, half) for pairs in pilot] for start in (0, half)]
            left = runs / 2 - half * float(pair_costs(hierarchy.cost).sum())
            plans = [make_plan(other, problem.layout, hierarchy.cost, budget=left) for other in reversed(halves)]
            terms = [
                term
                for own, plan, stream in zip(halves, plans, keys, strict=True)
                for term in make_terms(hierarchy, own, plan, key=stream, z=z)
            ]
            spent = [*pilot, *(term.pairs for term in terms)]
            return Delivery(
                weighted_set(terms, problem.layout),
                solver_runs=sum(each.solver_runs for each in spent),
                executed_runs=sum(each.executed_runs for each in spent),
                diagnostics=diagnose(terms, hierarchy.cost, problem.layout),
            )

        return sample

    def pilot_runs(self, cost: Float[np.ndarray, " levels"], budget: int) -> int:
        """Pilot runs of every level, an even number.

        Raises:
            CellError: the budget does not pay for the least pilot.
        """
        each = float(pair_costs(cost).sum())
        affordable = int(PILOT_SHARE * budget / each)
        if affordable < LEAST_PILOT:
            raise CellError(
                f"a pilot of {LEAST_PILOT} runs on each of {len(cost)} levels costs {LEAST_PILOT * each:.1f} runs, "
                f"more than a quarter of {budget:,}; give at least {ceil(LEAST_PILOT * each / PILOT_SHARE):,} runs"
            )
        return min(self.pilot, affordable) // 2 * 2


def make_terms(
    hierarchy: Hierarchy, pilot: list[Pairs], plan: Plan, *, key: Key[Array, ""], z: tuple[float, ...]
) -> list[Term]:
    """One telescoping sum: the pilot's pairs from the start on, and those that the plan asks for beyond them."""
    terms = []
    for level, n in enumerate(plan.runs.tolist(), start=plan.start):
        pairs, is_first = pilot[level], level == plan.start
        if more := n - len(pairs.fine):
            stream = jax.random.fold_in(key, level)
            pairs = pairs.joined(hierarchy.run(level, more, pairs=0 if is_first else more, key=stream, z=z))
        terms.append(Term(level, pairs, is_first))
    return terms


def make_plan(pilot: list[Pairs], layout: Layout, cost: Float[np.ndarray, " levels"], *, budget: float) -> Plan:
    """The plan that a pilot suggests for as many pilot runs, and a budget on top of them."""
    own = [moments(succeeded(pairs.fine, level), layout) for level, pairs in enumerate(pilot)]
    apart = [moments(succeeded(pairs.difference, level), layout).variance for level, pairs in enumerate(pilot) if level]
    scale = own[-1].variance
    varies = scale > CONSTANT * np.abs(own[-1].mean_square)
    variance = np.array([each.variance for each in own])
    of_difference = np.stack([np.zeros_like(scale), *np.apply_along_axis(floored, 0, np.array(apart))])
    own_variance, apart_variance = (
        np.sum(each[:, varies] / scale[varies], axis=1) for each in (variance, of_difference)
    )
    return best_start(own_variance, apart_variance, cost, made=len(pilot[0].fine), budget=budget)


def succeeded(rows: Float[np.ndarray, "n d"], level: int) -> Float[np.ndarray, "ok d"]:
    """Finite rows.

    Raises:
        CellError: there are fewer than two.
    """
    ok = finite_rows(rows)
    if ok.sum() < 2:
        raise CellError(
            f"level {level}: {ok.sum()} of {len(ok)} pilot runs gave finite values, which tells no variance; check the "
            "problem's solver on its coarser levels"
        )
    return rows[ok]

"""Control variates: runs weighted so that what is cheap to know about them has the mean that it is known to have.

Delivered are N runs of the problem, with the weights of `calibration_weights` for functions g of something cheap: every
mean, distribution function and distance that is computed with these weights profits as far as the controls explain it,
and is unbiased. Every row is a run of the problem, and weights differ little from 1/N.

    control            what is cheap about a run                                     its means
    a surrogate        the output that a surrogate predicts from the germ            of fresh germs, at no run's cost
    coarse             the output of a coarser level with the same germ              of further coarse runs

A surrogate is fitted on the same runs, crosswise, so that it controls none that it has seen (see `learned_control`). It
is the strongest rival wherever the germ is known and the map can be learned, since all of the budget is N.

Coarse runs need no smooth map of few inputs. The rival that also delivers everything at once is two-level Monte Carlo:
fine runs less their coarse runs, and many coarse runs, each a row of the set. Its coefficient is 1 where this one's is
fitted. And most of its positive rows are coarse: its tail is that of the coarse model, corrected by a few rows of
opposite sign. With c the cost of a coarse run in fine runs, and controls that explain the share rho^2,

    budget = P (1 + c) + N (1 + c) + M c,      Var = (1 - rho^2) sigma^2/N + rho^2 sigma^2/(N + M), about

which is least at M/N = (rho^2 (1 + c) / ((1 - rho^2) c))^1/2, less one. P pairs are a pilot: they choose N and M and
serve for nothing else, since numbers of runs that depend on the runs make a bias. rho^2 is the pilot's squared
correlation of fine and coarse coordinates, less the share of modes that N runs cannot afford. What is best for means is
not for the whole law, of which k controls explain rho^2 k/(k + 1) (see `output_controls`): at least half of the budget
goes to pairs, which costs a mean a factor of 2 at most. And where N is not predicted to be better than plain runs for
both, plain runs are made: with c = 1/2 that is the rule, and a larger `coarsening` the remedy.

Source: R. Y. Rubinstein, R. Marcus, Oper. Res. 33 (1985) 661-677; A. A. Gorodetsky et al., "A generalized approximate
control variate framework for multifidelity uncertainty quantification", J. Comput. Phys. 408 (2020) 109257.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import jax
import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Float

from sgmbench.core.clock import Clock
from sgmbench.core.experiment import Kind
from sgmbench.core.layout import Layout
from sgmbench.core.method import Delivery, Sampler, Surrogate
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import Leveled, Problem
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.montecarlo.calibration_weights import halves, left_over, weights_of
from sgmbench.montecarlo.learned_control import FURTHER, LearnedControl, check_learning
from sgmbench.montecarlo.output_controls import coordinate_scales, modes_needed, numbers, output_controls, spectrum

RUNS_A_CONTROL = 20
FEWEST = 2 * RUNS_A_CONTROL
PILOT = 0.05  # of the budget
PILOT_LIMITS = 10, 100
PAIRS = 0.5  # of the budget, at least


@dataclass(frozen=True)
class ControlVariate(Sampler):
    """Runs weighted by what a coarser level, or a surrogate fitted on them, knows of their germs.

    Attributes:
        control: "coarse", or a surrogate such as `polynomial_chaos` or `network`.
        coarsening: by how many levels coarse runs are coarser.
        further: M/N, further coarse runs or germs for each run; by default what a pilot finds best, or 50 germs.
        folds: K, the parts that runs are dealt into for a surrogate; it is fitted K (K - 1)/2 times.
    """

    sees_germ = True

    control: Literal["coarse"] | Annotated[Surrogate, Kind("methods")] = "coarse"
    coarsening: Annotated[int, Ge(1)] = 1
    further: Annotated[float, Gt(0)] | None = None
    folds: Annotated[int, Ge(3)] = 4

    def __post_init__(self) -> None:
        if self.coarsening > 1 and self.control != "coarse":
            raise ValueError(
                f"coarsening: {self.coarsening} is of coarse runs, and this control needs none; leave it out"
            )

    @property
    def requires(self) -> tuple[type, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Levels, where they are the control."""
        return (Leveled,) if self.control == "coarse" else ()

    def unsuited(self, problem):
        if self.control != "coarse" or (below := _coarser(problem, self.coarsening)[1]) >= self.coarsening:
            return ""
        name = type(problem).__name__
        return f"ControlVariate needs a problem with coarser levels, {self.coarsening} or more; this {name} has {below}"

    def prepare(self, problem, *, at_condition, clock):
        if isinstance(self.control, Surrogate):
            return self._learned(self.control, problem, at_condition=at_condition, clock=clock)
        return self._coarse(problem, at_condition=at_condition, clock=clock)

    def _learned(self, surrogate: Surrogate, problem: Problem, *, at_condition: bool, clock: Clock):
        fine = prepare(problem, clock, at_condition=at_condition)
        control = LearnedControl(surrogate, problem, at_condition=at_condition, clock=clock)

        def sample(z, runs, key):
            check_learning(runs)
            main_key, control_key = jax.random.split(key)
            made, more = fine(runs, key=main_key, z=z), max(1, round((self.further or FURTHER) * runs))
            part, parts = control.parts(made, folds=self.folds, further=more, stream=main_key, z=z, key=control_key)
            with clock("sample"):
                explained = explained_by_field(made.y, left_over(made.y, part, parts), problem.layout)
                weights = weights_of(part, parts)
            told = {"fine_runs": runs, "further_germs": more, "folds": self.folds, "explained": explained}
            samples = Samples(made.y, problem.layout, is_law=False, weights=weights, run=np.arange(runs))
            return Delivery(samples, runs, made.executed, diagnostics=told)

        return sample

    def _coarse(self, problem: Problem, *, at_condition: bool, clock: Clock):
        coarse_problem, c = coarser_by(problem, self.coarsening)
        fine, coarse = (prepare(each, clock, at_condition=at_condition) for each in (problem, coarse_problem))
        layout = problem.layout

        def pair(n, further, key, z):
            """Fine runs and coarse ones of the same germs, then further coarse ones; and the lanes executed."""
            of_fine, of_coarse = fine(n, key=key, z=z), coarse(n + further, key=key, z=z)
            return of_fine.y, of_coarse.y, of_fine.executed + c * of_coarse.executed

        def sample(z, runs, key):
            pilot_key, main_key = jax.random.split(key)
            plan, executed = self._fixed(runs, c), 0.0
            if plan is None:
                pilot = pilot_runs(runs)
                check_budget(runs, pilot, c)
                y, x, executed = pair(pilot, 0, pilot_key, z)
                plan = allocate(runs, pilot, c, Forecast.of(y, x, layout))
            if plan.further == 0:
                made = fine(plan.fine, key=main_key, z=z)
                samples = Samples.equally_weighted(made.y, layout, is_law=False)
                return Delivery(samples, plan.cost(c), executed + made.executed, diagnostics=plan.told(c))
            y, x, more = pair(plan.fine, plan.further, main_key, z)
            choose = output_controls(layout, allowed=plan.fine // RUNS_A_CONTROL)
            with clock("sample"):
                part, parts = halves(x[: plan.fine], x[plan.fine :], choose)
                told = plan.told(c) | {"explained": explained_by_field(y, left_over(y, part, parts), layout)}
                weights = weights_of(part, parts)
            samples = Samples(y, layout, is_law=False, weights=weights, run=np.arange(plan.fine))
            return Delivery(samples, plan.cost(c), executed + more, diagnostics=told)

        return sample

    def _fixed(self, runs: int, c: float) -> "Plan | None":
        """The plan that a given M/N makes, of one further run at least; what halves cannot use goes to further runs."""
        if self.further is None:
            return None
        fine = int(min(runs / (1 + c + self.further * c), (runs - c) / (1 + c))) // 2 * 2
        if fine < FEWEST:
            raise CellError(_too_small(runs, FEWEST * (1 + c) + max(c, FEWEST * self.further * c)))
        return Plan(0, fine, affordable(runs - fine * (1 + c), c))


class Plan(NamedTuple):
    """Numbers of runs: P pairs of the pilot, N of the estimate, and M further coarse runs."""

    pilot: int
    fine: int
    further: int

    def cost(self, c: float) -> float:
        """In fine runs."""
        paired = self.pilot + (self.fine if self.further else 0)
        return self.pilot + self.fine + c * (paired + self.further)

    def told(self, c: float) -> dict[str, Any]:
        """For the diagnostics."""
        return {
            "fine_runs": self.fine,
            "further_coarse_runs": self.further,
            "pilot_runs": self.pilot,
            "coarse_cost": c,
        }


class Forecast(NamedTuple):
    """What a pilot says of the estimate.

    Attributes:
        correlated: rho^2 between fine and coarse coordinates, averaged over fields.
        variances: of the coarse outputs' modes, the largest first.
    """

    correlated: float
    variances: Float[np.ndarray, " r"]

    @classmethod
    def of(cls, fine: Float[np.ndarray, "n d"], coarse: Float[np.ndarray, "n d"], layout: Layout) -> "Forecast":
        """From pairs of runs; nothing is correlated where fewer than three pairs are finite."""
        ok = np.all(np.isfinite(fine) & np.isfinite(coarse), axis=1)
        if ok.sum() < 3:
            return cls(0.0, np.zeros(0))
        y, x = (each[ok] - each[ok].mean(axis=0) for each in (fine, coarse))
        squares = np.sum(x**2, axis=0)
        explained = np.sum(x * y, axis=0) ** 2 / np.where(squares > 0, squares, 1.0) / len(y)
        scales = coordinate_scales(fine[ok], layout)
        varying = sum(bool(scales[layout.slices[field.name]].any()) for field in layout.fields)
        correlated = min(1.0, float(scales**2 @ explained) / max(varying, 1))
        return cls(correlated, spectrum(coarse[ok], layout)[0])

    def explained(self, fine: int) -> tuple[float, int]:
        """(rho^2, number of controls) with so many fine runs."""
        if not len(self.variances):
            return 0.0, 0
        split = numbers(fine // RUNS_A_CONTROL, modes_needed(self.variances, fine // 2))
        share = float(self.variances[: split.modes].sum() / self.variances.sum())
        return self.correlated * share, split.total


def allocate(runs: int, pilot: int, c: float, forecast: Forecast) -> Plan:
    """The N and M of least predicted variance after a pilot, half paid for pairs; plain runs where these may be better.

    Args:
        runs: the budget in fine runs.
        pilot: pairs spent.
        c: cost of a coarse run in fine runs.
        forecast: what they said.
    """
    left = runs - pilot * (1 + c)
    fewest = max(FEWEST, PAIRS * left / (1 + c))
    candidates = np.unique(np.geomspace(fewest, left / (1 + 2 * c), 200).astype(int) // 2 * 2)
    plans = [Plan(pilot, fine, affordable(left - fine * (1 + c), c)) for fine in map(int, candidates)]
    best = min(plans, key=lambda plan: _variance(plan, *forecast.explained(plan.fine)))
    explained, controls = forecast.explained(best.fine)
    is_better = all(
        _variance(best, share, controls) < 1 / left for share in (explained, explained * controls / (controls + 1))
    )
    return best if is_better else Plan(pilot, int(left), 0)


def affordable(budget: float, c: float) -> int:
    """How many coarse runs a budget pays for, up to rounding."""
    return int(budget / c + 1e-9)


def _variance(plan: Plan, explained: float, controls: int) -> float:
    """Of a mean, in units of the variance of a run."""
    own = (1 - explained) * (1 + 2 * controls / plan.fine) / plan.fine
    return own + explained * (plan.fine / 4 + plan.further) / (plan.fine / 2 + plan.further) ** 2


def pilot_runs(runs: int) -> int:
    """P for a budget."""
    low, high = PILOT_LIMITS
    return min(max(low, int(PILOT * runs)), high)


def check_budget(runs: int, pilot: int, c: float) -> None:
    """Refuses, by a CellError, a budget that does not pay for a pilot and the fewest fine runs with as many further."""
    if (needed := pilot * (1 + c) + FEWEST * (1 + 2 * c)) > runs:
        raise CellError(_too_small(runs, needed))


def _too_small(runs: int, needed: float) -> str:
    return (
        f"control_variate: {runs:,} runs are too few for {FEWEST} fine runs and their coarse ones; give at least "
        f"{int(np.ceil(needed)):,} runs, or take monte_carlo"
    )


def coarser_by(problem: Problem, levels: int) -> tuple[Any, float]:
    """The problem so many levels coarser, and the cost of its run in runs of the problem.

    Raises:
        CellError: there are fewer.
    """
    found, below = _coarser(problem, levels)
    if below < levels:
        remedy = f"write {below} at most" if below > 0 else "refine the problem, or take monte_carlo"
        name = type(problem).__name__
        raise CellError(f"control_variate: coarsening {levels} is beyond the coarsest level of {name}; {remedy}")
    return found[-1], found[-1].relative_cost / found[0].relative_cost


def _coarser(problem: Problem, levels: int) -> tuple[list[Any], int]:
    """The problem and what is coarser than it, up to so many levels; and how many of these there are."""
    found: list[Any] = [problem]
    while len(found) <= levels and isinstance(found[-1], Leveled):
        found.append(found[-1].coarser())
    return found, sum(isinstance(each, Leveled) for each in found) - 1


def explained_by_field(y: Float[np.ndarray, "n d"], left: Float[np.ndarray, " d"], layout: Layout) -> dict[str, float]:
    """rho^2 of each field that varies, over its grid, from what controls leave of the mean squares."""
    scales = coordinate_scales(y[np.all(np.isfinite(y), axis=1)], layout) ** 2
    slices = {name: where for name, where in layout.slices.items() if scales[where].any()}
    return {name: 1 - float(scales[where] @ left[where]) for name, where in slices.items()}

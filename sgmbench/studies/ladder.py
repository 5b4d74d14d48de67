"""The error ladder: where does a diffusion model's error come from, and what would mend it?

The same noise is carried to samples by better and worse denoisers on finer and coarser grids, and each rung is scored:

    exact samples                       the floor: an independent Monte Carlo set
    exact score, fine grid              + initialization and truncation of the noise
    exact score, grid as used           + discretization
    kernel score of the training set    what a network would be that learned its runs by heart, on a grid of its own
    learned score, fine grid            initialization, truncation and learning
    learned score, grid as used         + discretization
    as delivered                        + calibration, where the method has it

The fine grid has ten times the steps, or a hundredth of the tolerance. The rungs with an exact score exist where the
problem knows its density.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from sgmbench.config.dump import dump
from sgmbench.core.experiment import Experiment
from sgmbench.core.progress import Progress, silent
from sgmbench.core.rng import stream
from sgmbench.diffusion.samplers.dpmpp_2m import DPMpp2M
from sgmbench.learning.representation import decode_calibrated
from sgmbench.metrics.standard_deviation import StandardDeviation
from sgmbench.metrics.wasserstein import Wasserstein
from sgmbench.runner.runnable import check_runnable
from sgmbench.store.cache import Cache
from sgmbench.studies.closeness import Closeness, as_law, closeness
from sgmbench.studies.resolution import finer
from sgmbench.studies.score_models import ScoreModel, carry, exact, kernel, learned
from sgmbench.studies.subject import Case, Subject, choose, load_case, load_subject, studied
from sgmbench.studies.verdict import (
    DELIVERED,
    EXACT,
    EXACT_FINE,
    EXACT_USED,
    KERNEL,
    LEARNED_FINE,
    LEARNED_USED,
    verdict,
)

PURPOSE = "the ladder takes a diffusion model apart"
BY_HEART = DPMpp2M(64)  # an evaluation of the kernel score costs as much as the training set is large

Made = tuple[str, Float[np.ndarray, "n d"], int]
"""Name of a rung, its samples, and evaluations of the denoiser for each."""


@dataclass(frozen=True)
class Rung:
    """One rung at one condition.

    Attributes:
        name: which one.
        evaluations: of the denoiser for one sample.
        closeness: by energy distance.
        wasserstein: W1 in standard deviations, by field.
        standard_deviation: its relative error, by field.
    """

    name: str
    evaluations: int
    closeness: Closeness
    wasserstein: dict[str, float]
    standard_deviation: dict[str, float]


@dataclass(frozen=True)
class Rungs:
    """All rungs at one condition; `cap` is the most equivalent runs that can be told there, of so many samples."""

    condition: str
    z: tuple[float, ...] | None
    samples: int
    cap: float
    rungs: tuple[Rung, ...]


@dataclass(frozen=True)
class Ladder:
    """One diffusion model taken apart.

    Attributes:
        experiment: its name.
        problem: kind of its problem.
        target: which law was learned.
        method: label of the method.
        budget: runs that it learned from.
        sampler: the method's, as configured.
        diagnostics: what the fit tells about itself: steps of training, losses by level of noise, memorization.
        conditions: the rungs at each condition.
        verdict: the largest part of the error where it is largest, and what would mend it.
    """

    experiment: str
    problem: str
    target: str
    method: str
    budget: int
    sampler: dict[str, Any]
    diagnostics: dict[str, Any]
    conditions: tuple[Rungs, ...]
    verdict: str


def ladder(
    experiment: Experiment, *, method: str | None, config: str, cache: Cache, progress: Progress = silent
) -> Ladder:
    """Runs the study.

    Args:
        experiment: what to take the model from.
        method: label of the diffusion method; the first by default.
        config: file that the experiment is from, for messages.
        cache: where runs, truth and fits are shared.
        progress: listener.

    Raises:
        UsageError: nothing to take apart, or nothing to set it against.
        CellError: the model cannot be trained.
    """
    cell = choose(experiment, method, config=config, purpose=PURPOSE)
    check_runnable(experiment.problem)
    subject = load_subject(cell, cache, progress)
    conditions = []
    for i, condition in enumerate(studied(cell)):
        progress("conditions", i, len(studied(cell)), condition["name"])
        case = load_case(subject, condition, cache, progress)
        rungs = tuple(_rung(made, case) for made in _made(subject, case, progress))
        conditions.append(Rungs(case.name, case.z, len(case.noise), case.cap, rungs))
    return Ladder(
        experiment=experiment.name,
        problem=dump(experiment.problem)["kind"],
        target=cell.target,
        method=cell.method,
        budget=cell.budget,
        sampler=dump(subject.method)["sampler"],
        diagnostics=subject.diagnostics,
        conditions=tuple(conditions),
        verdict=_verdict(conditions, subject),
    )


def _made(subject: Subject, case: Case, progress: Progress) -> Iterator[Made]:
    """The samples of each rung."""
    yield EXACT, case.independent, 0
    used, fine = subject.method.sampler, finer(subject.method.sampler)
    plan = [(KERNEL, kernel(subject, case), BY_HEART), (LEARNED_FINE, learned(subject, case), fine)]
    if (known := exact(subject.problem, subject.method, case)) is not None:
        plan = [(EXACT_FINE, known, fine), (EXACT_USED, known, used), *plan]
    key = stream(0, "ladder", case.name)
    for i, (name, score, sampler) in enumerate(plan):
        progress("rungs", i, len(plan) + 1, name)
        carried = carry(score, sampler, case.noise, key)
        yield name, score.decode(carried.coordinates), carried.evaluations
    progress("rungs", len(plan), len(plan) + 1, LEARNED_USED)
    yield from _as_used(subject, case, learned(subject, case), key)


def _as_used(subject: Subject, case: Case, score: ScoreModel, key: jax.Array) -> Iterator[Made]:
    """The learned score with the method's own sampler, and the same coordinates calibrated."""
    method = subject.method
    a, evaluations = carry(score, method.sampler, case.noise, key)
    yield LEARNED_USED, score.decode(a), evaluations
    if method.calibration:
        draws, _ = carry(score, method.sampler, subject.fit["noise"], jax.random.fold_in(key, 1))
        arrays = subject.fit["representation"]
        yield DELIVERED, decode_calibrated(method.representation, arrays, case.given, a, draws), evaluations


def _rung(made: Made, case: Case) -> Rung:
    name, y, evaluations = made
    metrics = (Wasserstein(), StandardDeviation()) if np.isfinite(y).all() else ()
    scores = [metric.score(as_law(y, case), case.reference) for metric in metrics] or [{}, {}]
    return Rung(name, evaluations, closeness(y, case), *scores)


def _verdict(conditions: list[Rungs], subject: Subject) -> str:
    """About the condition where the error of what is delivered is largest."""
    worst = max(conditions, key=lambda each: np.nan_to_num(each.rungs[-1].closeness.error, nan=np.inf))
    where = f"at {worst.condition}, where it errs most, " if len(conditions) > 1 else ""
    return where + verdict({rung.name: rung.closeness for rung in worst.rungs}, subject.method, subject.diagnostics)

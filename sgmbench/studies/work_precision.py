"""Work-precision: the error of samplers against how often they evaluate the denoiser.

For the exact score, where the problem knows its density, and for the learned one, every sampler starts from the same
noise. Two errors:

    path      rms distance of samples from those of a fine solve of the probability flow, in standard deviations of
              their fields: what discretization does, sample by sample; of deterministic samplers only
    energy    (D2 / mu)^1/2 to the reference: what is left of it in the law, beside what the score itself errs

The fine solve is `tsit5` with a tolerance of 1e-6; exact scores are sampled in float64.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from sgmbench.config.dump import dump
from sgmbench.config.load import build
from sgmbench.core.experiment import Experiment
from sgmbench.core.progress import Progress, silent
from sgmbench.core.reference import Reference
from sgmbench.core.rng import stream
from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.sampler import ReverseSampler
from sgmbench.diffusion.samplers.tsit5 import Tsit5
from sgmbench.errors import UsageError
from sgmbench.metrics.energy import scaled_rows
from sgmbench.metrics.fields import varying_fields
from sgmbench.registry import kind_of, names
from sgmbench.runner.runnable import check_runnable
from sgmbench.store.cache import Cache
from sgmbench.studies.closeness import Closeness, closeness
from sgmbench.studies.resolution import FINEST, at_evaluations, is_adaptive, setting
from sgmbench.studies.score_models import ScoreModel, carry, exact, learned
from sgmbench.studies.subject import Case, choose, load_case, load_subject, studied

PURPOSE = "work-precision samples one"
EVALUATIONS = (8, 16, 32, 64, 128)
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4)
NEAR = 1.1  # times the floor, or the least error


@dataclass(frozen=True)
class Point:
    """One sampler at one fineness.

    Attributes:
        sampler: its kind.
        setting: its steps or its tolerance, in words.
        evaluations: of the denoiser for one sample.
        path_error: None for a sampler that adds noise on the way.
        closeness: by energy distance.
    """

    sampler: str
    setting: str
    evaluations: int
    path_error: float | None
    closeness: Closeness


@dataclass(frozen=True)
class Work:
    """All samplers with one score, "exact" or "learned", and the cheapest that is good enough."""

    score: str
    points: tuple[Point, ...]
    verdict: str


@dataclass(frozen=True)
class WorkPrecision:
    """Samplers of one diffusion model at one condition.

    Attributes:
        experiment: its name.
        problem: kind of its problem.
        target: which law was learned.
        method: label of the method.
        budget: runs that it learned from.
        condition: where it was sampled.
        z: the condition itself, None for the marginal law.
        samples: how many.
        cap: the most equivalent runs that can be told of them; the floor of the error is cap^-1/2.
        works: for each score.
    """

    experiment: str
    problem: str
    target: str
    method: str
    budget: int
    condition: str
    z: tuple[float, ...] | None
    samples: int
    cap: float
    works: tuple[Work, ...]


def work_precision(
    experiment: Experiment,
    *,
    method: str | None,
    samplers: Sequence[str],
    evaluations: Sequence[int],
    config: str,
    cache: Cache,
    progress: Progress = silent,
) -> WorkPrecision:
    """Runs the study.

    Args:
        experiment: what to take the model from.
        method: label of the diffusion method; the first by default.
        samplers: kinds; all that the noise admits where empty.
        evaluations: of the denoiser for one sample, at most.
        config: file that the experiment is from, for messages.
        cache: where runs, truth and fits are shared.
        progress: listener.

    Raises:
        UsageError: nothing to sample, nothing to set samples against, or a sampler that there is not or cannot be.
        CellError: the model cannot be trained.
    """
    cell = choose(experiment, method, config=config, purpose=PURPOSE)
    model = next(entry.method for entry in experiment.methods if entry.label == cell.method)
    assert isinstance(model, Diffusion)
    chosen = _samplers(samplers, model)
    check_runnable(experiment.problem)
    subject = load_subject(cell, cache, progress)
    case = load_case(subject, studied(cell)[0], cache, progress)
    scores = {"exact": exact(subject.problem, model, case), "learned": learned(subject, case)}
    works = []
    for name, score in scores.items():
        if score is not None:
            points = tuple(measure(score, case, chosen, evaluations, label=name, progress=progress))
            works.append(Work(name, points, verdict(points, case.cap**-0.5)))
    return WorkPrecision(
        experiment=experiment.name,
        problem=dump(experiment.problem)["kind"],
        target=cell.target,
        method=cell.method,
        budget=cell.budget,
        condition=case.name,
        z=case.z,
        samples=len(case.noise),
        cap=case.cap,
        works=tuple(works),
    )


def _samplers(kinds: Sequence[str], method: Diffusion) -> dict[str, Any]:
    """Samplers by kind, the method's own with its settings."""
    own = kind_of("samplers", type(method.sampler))
    built = {kind: method.sampler if kind == own else build("samplers", kind) for kind in kinds or names("samplers")}
    refusals = {kind: sampler.refusal(method.noise) for kind, sampler in built.items()}
    if kinds and any(refusals.values()):
        raise UsageError("\n".join(f"--samplers: {reason}" for reason in refusals.values() if reason))
    return {kind: sampler for kind, sampler in built.items() if not refusals[kind]}


def measure(
    score: ScoreModel,
    case: Case,
    samplers: dict[str, Any],
    evaluations: Sequence[int],
    *,
    label: str = "",
    progress: Progress = silent,
) -> Iterator[Point]:
    """The points of every sampler, from the same noise."""
    plan = [(kind, each) for kind, sampler in samplers.items() for each in _finenesses(sampler, evaluations)]
    key = stream(0, "work-precision", case.name)
    fine = score.decode(carry(score, Tsit5(FINEST), case.noise, key).coordinates)
    for i, (kind, sampler) in enumerate(plan):
        progress("samplers", i, len(plan), f"{label} score, {kind}")
        carried = carry(score, sampler, case.noise, key)
        y = score.decode(carried.coordinates)
        path_error = None if sampler.is_stochastic else distance(y, fine, case.reference)
        yield Point(kind, setting(sampler), carried.evaluations, path_error, closeness(y, case))


def _finenesses(sampler: Any, evaluations: Sequence[int]) -> list[ReverseSampler]:
    """One sampler, coarse to fine."""
    if is_adaptive(sampler):
        return [replace(sampler, tolerance=tolerance) for tolerance in TOLERANCES]
    found = [at_evaluations(sampler, count) for count in sorted(evaluations)]
    return [each for each in found if each is not None]


def distance(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n d"], reference: Reference) -> float:
    """Rms over rows, fields and their grids, in standard deviations of each field."""
    apart = scaled_rows(x, reference, norm="field_l2") - scaled_rows(y, reference, norm="field_l2")
    return float(np.sqrt(np.mean(np.sum(apart**2, axis=1)) / len(list(varying_fields(reference)))))


def verdict(points: Sequence[Point], floor: float) -> str:
    """The cheapest point within a tenth of the floor, or of the least error where no point comes down to it."""
    good = [point for point in points if np.isfinite(point.closeness.error)]
    if not good:
        return "no sampler gave numbers"
    least = min(point.closeness.error for point in good)
    near = [point for point in good if point.closeness.error <= NEAR * least]
    cheapest = min(near, key=lambda point: (point.evaluations, point.closeness.error))
    what = "the floor" if least <= NEAR * floor else "the least error of all"
    return (
        f"{cheapest.sampler} with {cheapest.setting} is the cheapest within a tenth of {what}, {least:.2g}: "
        f"{cheapest.evaluations:,} evaluations a sample"
    )

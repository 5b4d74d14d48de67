"""The subject of a study: one trained diffusion model of an experiment, and cases, the conditions it is studied at.

Of an experiment it is the first diffusion method, or the one named, for the first target, at its largest budget, in the
first replicate. Runs, truth and fit come from the cache that runs share: after a run a study trains nothing.
"""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from sgmbench.cells import Cell, Description, cells_of, given_at
from sgmbench.config.load import build
from sgmbench.core.experiment import Experiment
from sgmbench.core.method import Fit
from sgmbench.core.problem import Problem
from sgmbench.core.progress import Progress
from sgmbench.core.reference import Reference
from sgmbench.core.rng import stream
from sgmbench.core.target import Decomposition, Posterior
from sgmbench.diffusion.method import Diffusion
from sgmbench.errors import UsageError
from sgmbench.learning.representation import encode
from sgmbench.registry import suggestion
from sgmbench.runner.artifacts import (
    lesson_of,
    load_fit,
    load_floor,
    load_reference,
    load_training_runs,
    question_of,
    without_digest,
)
from sgmbench.runner.question import Lesson
from sgmbench.store.cache import Cache

MOST_SAMPLES = 4_096


@dataclass(frozen=True)
class Subject:
    """A trained diffusion model.

    Attributes:
        cell: the cell that it is the fit of.
        method: its settings.
        problem: whose law it learned.
        fit: what it learned.
        diagnostics: what the fit tells about itself.
        training: coordinates of the runs that it was trained on.
        lesson: the pairs that these are of.
    """

    cell: Cell
    method: Diffusion
    problem: Problem
    fit: Fit
    diagnostics: dict[str, Any]
    training: Float[np.ndarray, "m k"]
    lesson: Lesson


@dataclass(frozen=True)
class Case:
    """One condition: the truth, and the noise that all samples there are made from.

    Attributes:
        name: of the condition.
        z: the condition itself, None for the marginal law.
        given: in uniform coordinates.
        reference: the truth.
        independent: as many other runs of it as there are samples.
        noise: unit noise, a row for each sample.
    """

    name: str
    z: tuple[float, ...] | None
    given: Float[np.ndarray, "1 q"]
    reference: Reference
    independent: Float[np.ndarray, "n d"]
    noise: Float[np.ndarray, "n columns"]

    @property
    def cap(self) -> float:
        """The most equivalent runs that can be told: a third of the harmonic mean of runs and samples."""
        return 2 / (1 / len(self.reference.values) + 1 / len(self.noise)) / 3


def choose(experiment: Experiment, label: str | None, *, config: str, purpose: str) -> Cell:
    """The cell to study.

    Raises:
        UsageError: no diffusion method, none of this label, a target without one law, or no truth at any condition;
            names `config`.
    """
    labels = [entry.label for entry in experiment.methods if isinstance(entry.method, Diffusion)]
    if not labels:
        raise UsageError(f"{config}: no diffusion method; {purpose}")
    if label is not None and label not in labels:
        near = suggestion(label, labels)
        raise UsageError(f"--method {label}: no such diffusion method in {config}{near}; write {' or '.join(labels)}")
    if isinstance(experiment.targets[0], Posterior):
        raise UsageError(
            f"{config}: the first target is a posterior, whose score is not known; write another target before it"
        )
    if isinstance(experiment.targets[0], Decomposition):
        raise UsageError(
            f"{config}: the first target is a decomposition, which is of many laws; write another target before it"
        )
    wanted = (experiment.targets[0].name, label or labels[0], 0)
    cells = [cell for cell in cells_of(experiment) if (cell.target, cell.method, cell.replicate) == wanted]
    if cells[0].description["conditions"][0]["pairs"]:
        raise UsageError(
            f"{config}: the runs of this problem are recorded, and no condition repeats among them: "
            "there is no truth at one to set samples against; write targets: [marginal]"
        )
    return max(cells, key=lambda cell: cell.budget)


def studied(cell: Cell) -> list[Description]:
    """The listed conditions of a cell's target, the first drawn one where none is; a marginal has one."""
    conditions = cell.description["conditions"]
    return [condition for condition in conditions if condition["is_listed"]] or conditions[:1]


def load_subject(cell: Cell, cache: Cache, progress: Progress) -> Subject:
    """The fit of a cell with what belongs to it, from the cache or made for it."""
    description = cell.description
    method, problem = build("methods", without_digest(description["method"])), question_of(description).problem
    runs = load_training_runs(description, cache, progress)
    lesson = lesson_of(description, runs)
    fit, notes = load_fit(description, method, runs, lesson, cache, progress)
    pairs = lesson.pairs
    coordinates = encode(method.representation, fit["representation"], pairs.given, pairs.learned)
    training = np.delete(coordinates, fit["held_out"], axis=0)
    return Subject(cell, method, problem, fit, notes["diagnostics"], training, lesson)


def load_case(subject: Subject, condition: Description, cache: Cache, progress: Progress) -> Case:
    """The truth at one condition, from the cache or made for it, and fresh noise."""
    description, z = subject.cell.description, condition["z"]
    reference, _ = load_reference(description, condition, cache, progress)
    floor = load_floor(description, condition, cache, progress)
    independent = floor.y[floor.ok][: min(len(reference.values), MOST_SAMPLES)]
    shape = len(independent), max(independent.shape[1], subject.training.shape[1])
    key = stream(description["seed"], "initial noise", subject.cell.target, condition["name"])
    noise = np.asarray(jax.random.normal(key, shape, "float64"))
    given = subject.lesson.coordinates(np.array([given_at(condition)], float))
    return Case(condition["name"], z, given, reference, independent, noise)

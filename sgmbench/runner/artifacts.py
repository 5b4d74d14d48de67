"""Shared inputs of cells, each a function of its description and the cache alone."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from sgmbench.cells import (
    Description,
    all_runs_description,
    fit_description,
    floor_description,
    reference_description,
    runs_description,
)
from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.hosted_simulation import HostedSimulation
from sgmbench.core.hosts import meet
from sgmbench.core.method import Fit, Generator, Surrogate
from sgmbench.core.part import part_of
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import Leveled, Problem, Recorded
from sgmbench.core.progress import Progress
from sgmbench.core.reference import Reference
from sgmbench.core.rng import stream
from sgmbench.core.running_law import RunningLaw
from sgmbench.core.runs import Runs
from sgmbench.errors import CellError, HostError, StoreError, UsageError
from sgmbench.runner.delivered import check_plain
from sgmbench.runner.question import QUESTIONS, Lesson, MakesTruth, Question
from sgmbench.runner.streaming import streamed_runs
from sgmbench.store.cache import Cache, content_of
from sgmbench.store.checkpoints import FolderCheckpoints


def problem_of(description: Description) -> Problem:
    """The problem of a description; of a recorded one the part that it names.

    Raises:
        UsageError: the recorded data are no longer those of the description.
    """
    problem = build("problems", without_digest(description["problem"]))
    if not isinstance(problem, Recorded):
        return problem
    if problem.content not in description["problem"]["digest"]:
        raise UsageError("the recorded runs have changed since this run began; begin a new one")
    return part_of(problem, *description["part"])


def without_digest(plain: Description) -> Description:
    """A component's configuration without the digest of its source."""
    return {key: value for key, value in plain.items() if key != "digest"}


def question_of(cell: Description) -> Question:
    """What a cell asks of its problem, or of the part of it that it may use."""
    return _question(cell, cell["target"])


def _question(description: Description, target: str) -> Question:
    """A target asked of the problem of a description, by the target's own settings there."""
    settings = {"inner": description["nested"]["inner"]} if "nested" in description else {}
    return QUESTIONS[target](problem_of(description), **settings)


def _load_runs(
    description: Description, kind: str, cache: Cache, progress: Progress, make_ready: Callable[[], MakesTruth]
) -> Runs:
    """Runs of one stream: training runs, a reference or a floor; `make_ready` is called where none are there.

    Raises:
        CellError: every run failed.
    """
    checkpoints = FolderCheckpoints(cache.root / "checkpoints" / content_of(description))

    def make() -> tuple[dict[str, Any], dict[str, Any]]:
        simulate, key = make_ready(), stream(description["seed"], *description["stream"])
        if isinstance(simulate, HostedSimulation):
            simulate = partial(simulate, checkpoints=checkpoints)
        runs = simulate(description["size"], key=key, z=tuple(description["given"]), progress=progress)
        notes = {"executed": runs.executed, "seconds": runs.seconds, "chunk": runs.chunk}
        return {"z": runs.z, "y": runs.y, "ok": runs.ok}, notes

    arrays, notes = cache.get(kind, description, make)
    checkpoints.discard()
    runs = Runs(**arrays, **notes)
    if not runs.ok.any():
        which = "training runs" if kind == "runs" else f"solver runs of the {kind}"
        raise CellError(f"all {len(runs.ok)} {which} gave NaN or infinity; check the problem's solver")
    return runs


@lru_cache(maxsize=8)
def _shared_truth(question: Question, *, is_given: bool) -> MakesTruth:
    """References and floors share what is compiled for them; training runs pay for their own."""
    return question.truth(is_given=is_given)


def _load_truth(description: Description, target: str, kind: str, cache: Cache, progress: Progress) -> Runs:
    def make_ready() -> MakesTruth:
        return _shared_truth(_question(description, target), is_given=bool(description["given"]))

    return _load_runs(description, kind, cache, progress, make_ready)


def load_reference(
    cell: Description, condition: Description, cache: Cache, progress: Progress
) -> tuple[Reference, Runs]:
    """The truth at one condition of a cell's target, and the runs behind it."""
    description = reference_description(cell, condition)
    if "kept" in description:
        return _load_streamed(description, cell, condition, cache, progress)
    runs = _load_truth(description, cell["target"], "reference", cache, progress)
    question = _question(description, cell["target"])
    outer = question.outer(len(runs.ok))
    if outer is not None:
        outer = np.unique(outer[runs.ok], return_inverse=True)[1]
    return Reference(runs.y[runs.ok], question.answer, _z(condition), outer), runs


def _load_streamed(
    description: Description, cell: Description, condition: Description, cache: Cache, progress: Progress
) -> tuple[Reference, Runs]:
    """A reference of which some runs are kept, and what is known of all."""
    answer = question_of(cell).answer

    def make() -> tuple[dict[str, Any], dict[str, Any]]:
        shared = {"key": stream(description["seed"], *description["stream"]), "progress": progress}
        z, kept = tuple(description["given"]), description["kept"]
        runs, law = streamed_runs(answer, description["size"], kept=kept, z=z, **shared)
        notes = {"executed": runs.executed, "seconds": runs.seconds, "chunk": runs.chunk}
        return {"runs": {"z": runs.z, "y": runs.y, "ok": runs.ok}, "law": vars(law)}, notes

    arrays, notes = cache.get("reference", description, make)
    runs, law = Runs(**arrays["runs"], **notes), arrays["law"]
    law = RunningLaw(**{**law, "count": int(law["count"])})
    return Reference(runs.y[runs.ok], answer, _z(condition), law=law), runs


def _z(condition: Description) -> tuple[float, ...] | None:
    """Where the condition is, which is a list in a description that has been JSON."""
    return None if condition["z"] is None else tuple(condition["z"])


def load_floor(cell: Description, condition: Description, cache: Cache, progress: Progress) -> Runs:
    """The independent Monte Carlo set of the floor.

    Raises:
        CellError: runs are held out, so that none are made for a floor; or every run failed.
    """
    if "held_out" in cell["reference"]:
        raise CellError("no independent runs are made beside held-out ones; leave reference.held_out out")
    return _load_truth(floor_description(cell, condition), cell["target"], "floor", cache, progress)


def load_coarser(
    cell: Description, condition: Description, cache: Cache, progress: Progress, *, level: int, size: int
) -> Runs | None:
    """The first runs of a reference again, so many levels coarser; None where there is no such level or none succeeds.

    They have the z and the germs of the reference's own.
    """
    description = reference_description(cell, condition)
    problem: Any = problem_of(description)
    for _ in range(level):
        problem = problem.coarser() if isinstance(problem, Leveled) else None
    if problem is None:
        return None

    def make_ready() -> MakesTruth:
        return _shared_truth(QUESTIONS[cell["target"]](problem), is_given=bool(description["given"]))

    try:
        return _load_runs({**description, "size": size, "coarser": level}, "reference", cache, progress, make_ready)
    except CellError:
        return None


def load_training_runs(cell: Description, cache: Cache, progress: Progress) -> Runs:
    """The runs that a Generator cell learns from: all of its own, or the first of those that all budgets share.

    Raises:
        CellError: every run failed.
    """
    description, n = all_runs_description(cell), cell["budget"]

    def make_ready() -> MakesTruth:
        return prepare(problem_of(description), Clock(), at_condition=False)

    runs = _load_runs(description, "runs", cache, progress, make_ready)
    return runs if n == description["size"] else _first(n, runs)


def _first(n: int, runs: Runs) -> Runs:
    """The first n of some runs, and their part of the time."""
    if not runs.ok[:n].any():
        raise CellError(f"the first {n} training runs gave NaN or infinity; check the problem's solver")
    seconds = runs.seconds | {"simulate": runs.seconds["simulate"] * n / len(runs.ok)}
    return Runs(runs.z[:n], runs.y[:n], runs.ok[:n], executed=n, seconds=seconds, chunk=runs.chunk)


def lesson_of(cell: Description, runs: Runs) -> Lesson:
    """What these training runs teach about the question of a cell."""
    noise = stream(cell["seed"], "observation noise", *runs_description(cell)["stream"])
    return question_of(cell).lesson(runs, noise=noise)


def load_fit(
    cell: Description, method: Generator, runs: Runs, lesson: Lesson, cache: Cache, progress: Progress
) -> tuple[Fit, dict[str, Any]]:
    """What the Generator learned; the seconds that it took when it was made, and its diagnostics, which cost none.

    A training that was interrupted goes on from its checkpoints, which are removed once the fit is in the cache or
    has failed: begun again it would fail again.
    """
    question, description = question_of(cell), fit_description(cell)
    checkpoints = FolderCheckpoints(cache.root / "checkpoints" / content_of(description))

    def make() -> tuple[Fit, dict[str, Any]]:
        clock = Clock()
        key = stream(cell["seed"], *description["stream"])
        pairs = lesson.pairs
        if isinstance(method, Surrogate):
            runs_stream = runs_description(cell)["stream"]
            germ = question.germs(method, clock=clock, phase="train").of_runs(
                len(runs.ok), key=stream(cell["seed"], *runs_stream)
            )
            pairs = replace(pairs, germ=germ[runs.ok])
        try:
            with clock("train"):
                layout = question.answer.layout
                fit = method.fit(pairs, layout, key=key, clock=clock, progress=progress, checkpoints=checkpoints)
        except (StoreError, HostError):  # no fault of the fit: it goes on when there is room, or all are there
            raise
        except Exception as error:
            meet(error)
            checkpoints.discard()
            raise
        diagnostics = method.diagnose(fit, pairs, key=stream(cell["seed"], "diagnose", *description["stream"]))
        check_plain(diagnostics, method)
        spent = {"seconds": clock.seconds, "cpu_seconds": clock.cpu_seconds, "operations": clock.operations}
        return fit, spent | {"diagnostics": diagnostics}

    fit, notes = cache.get("fit", description, make)
    checkpoints.discard()
    return fit, notes

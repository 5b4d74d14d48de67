"""Shared inputs of cells, each a function of its description and the cache alone."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax.numpy as jnp
import numpy as np

from sgmbench.cells import Description, fit_description, floor_description, reference_description, runs_description
from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.method import Fit, Generator
from sgmbench.core.part import part_of
from sgmbench.core.prepare import MakesRuns, prepare
from sgmbench.core.problem import Problem, Recorded, uniform_coordinates
from sgmbench.core.progress import Progress
from sgmbench.core.reference import Reference
from sgmbench.core.rng import stream
from sgmbench.core.runs import Pairs, Runs
from sgmbench.errors import CellError, StoreError, UsageError
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


def prepare_anew(problem: Problem, *, at_condition: bool) -> MakesRuns:
    """A simulation that pays for its own compilation."""
    return prepare(problem, Clock(), at_condition=at_condition)


def load_runs(
    description: Description,
    kind: str,
    cache: Cache,
    progress: Progress,
    make_ready: Callable[..., MakesRuns] = prepare_anew,
) -> Runs:
    """Runs of one stream: training runs, a reference or a floor.

    References and floors share compiled simulations, which is what `make_ready` is for; training runs pay for theirs.

    Raises:
        CellError: every run failed.
    """

    def make() -> tuple[dict[str, Any], dict[str, Any]]:
        z = description["z"]
        simulation = make_ready(problem_of(description), at_condition=z is not None)
        key = stream(description["seed"], *description["stream"])
        runs = simulation(description["size"], key=key, z=tuple(z or ()), progress=progress)
        notes = {"executed": runs.executed, "seconds": runs.seconds}
        return {"z": runs.z, "y": runs.y, "ok": runs.ok}, notes

    arrays, notes = cache.get(kind, description, make)
    runs = Runs(**arrays, **notes)
    if not runs.ok.any():
        raise CellError(
            f"all {len(runs.ok)} solver runs of the {kind} gave NaN or infinity; check the problem's solver"
        )
    return runs


@lru_cache(maxsize=4)
def _prepare_shared(problem: Problem, *, at_condition: bool) -> MakesRuns:
    return prepare_anew(problem, at_condition=at_condition)


def load_reference(
    cell: Description, condition: Description, cache: Cache, progress: Progress
) -> tuple[Reference, Runs]:
    """The truth at one condition of a cell's target, and the runs behind it."""
    description = reference_description(cell, condition)
    runs = load_runs(description, "reference", cache, progress, _prepare_shared)
    return Reference(runs.y[runs.ok], problem_of(description), condition["z"]), runs


def load_floor(cell: Description, condition: Description, cache: Cache, progress: Progress) -> Runs:
    """The independent Monte Carlo set of the floor."""
    return load_runs(floor_description(cell, condition), "floor", cache, progress, _prepare_shared)


def load_training_runs(cell: Description, cache: Cache, progress: Progress) -> Runs:
    """The runs that a Generator cell learns from."""
    return load_runs(runs_description(cell), "runs", cache, progress)


def load_fit(
    cell: Description, method: Generator, runs: Runs, cache: Cache, progress: Progress
) -> tuple[Fit, dict[str, Any]]:
    """What the Generator learned; the seconds that it took when it was made, and its diagnostics, which cost none.

    A training that was interrupted goes on from its checkpoints, which are removed once the fit is in the cache or
    has failed: begun again it would fail again.
    """
    problem = problem_of(cell)
    description = fit_description(cell)
    checkpoints = FolderCheckpoints(cache.root / "checkpoints" / content_of(description))

    def make() -> tuple[Fit, dict[str, Any]]:
        clock = Clock()
        key = stream(cell["seed"], *description["stream"])
        pairs = pairs_of(runs, problem, conditional=cell["target"] == "conditional")
        try:
            with clock("train"):
                fit = method.fit(
                    pairs, problem.layout, key=key, clock=clock, progress=progress, checkpoints=checkpoints
                )
        except StoreError:  # no fault of the fit: it goes on when there is room
            raise
        except Exception:
            checkpoints.discard()
            raise
        diagnostics = method.diagnose(fit, pairs, key=stream(cell["seed"], "diagnose", *description["stream"]))
        return fit, {"seconds": clock.seconds, "diagnostics": diagnostics}

    fit, notes = cache.get("fit", description, make)
    checkpoints.discard()
    return fit, notes


def pairs_of(runs: Runs, problem: Problem, *, conditional: bool) -> Pairs:
    """(given, learned): z in uniform coordinates, or nothing, and y; failed runs left out."""
    z, y = runs.z[runs.ok], runs.y[runs.ok]
    given = np.asarray(uniform_coordinates(problem, jnp.asarray(z))) if conditional else np.zeros((len(y), 0))
    return Pairs(given, y)

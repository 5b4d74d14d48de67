"""One cell from its description and the cache: inputs, samples, scores, cost."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from sgmbench.cells import Cell, Description
from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.cost import Cost
from sgmbench.core.memory import peak_memory
from sgmbench.core.method import Generator, Sampler
from sgmbench.core.problem import uniform_coordinates
from sgmbench.core.progress import Progress
from sgmbench.core.result import Result
from sgmbench.core.rng import stream
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.runner.artifacts import load_fit, load_training_runs, problem_of, without_digest
from sgmbench.runner.scoring import metrics_of, score
from sgmbench.runner.truth import Truth
from sgmbench.store.cache import Cache, content_of


@dataclass
class _Tally:
    """What accumulates over the conditions of a cell."""

    clock: Clock = field(default_factory=Clock)
    solver_runs: float = 0.0
    executed_runs: float = 0.0
    failed_runs: int = 0
    evaluations: int = 0
    extra_samples: int = 0
    scores: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    samples_each: dict[str, int] = field(default_factory=dict)
    kept: dict[str, np.ndarray] = field(default_factory=dict)


def execute(cell: Cell, truth: Truth, cache: Cache, progress: Progress) -> tuple[Result, dict[str, np.ndarray]]:
    """The result of a cell, and the samples to keep of each condition."""
    tally = _Tally()
    description = cell.description
    method = build("methods", without_digest(description["method"]))
    with peak_memory() as peak:
        try:
            if isinstance(method, Generator):
                _run_generator(description, method, tally, truth, cache, progress)
            else:
                _run_sampler(description, method, tally, truth, progress)
        except (CellError, jax.errors.JaxRuntimeError) as error:
            return _result(cell, tally, peak(), reason=str(error)), {}
        return _result(cell, tally, peak()), tally.kept


def _run_sampler(cell: Description, method: Sampler, tally: _Tally, truth: Truth, progress: Progress) -> None:
    sample = method.sampler(problem_of(cell), at_condition=cell["target"] == "conditional", clock=tally.clock)
    for i, condition in enumerate(cell["conditions"]):
        delivery = sample(tuple(condition["z"] or ()), cell["budget"], _sample_key(cell, condition))
        tally.solver_runs += delivery.solver_runs
        tally.executed_runs += delivery.executed_runs
        _score(cell, condition, delivery.samples, tally, truth)
        progress("conditions", i + 1, len(cell["conditions"]))


def _run_generator(
    cell: Description, method: Generator, tally: _Tally, truth: Truth, cache: Cache, progress: Progress
) -> None:
    problem, clock = problem_of(cell), tally.clock
    runs = load_training_runs(cell, cache, progress)
    tally.solver_runs, tally.executed_runs, tally.failed_runs = len(runs.ok), runs.executed, runs.failed
    tally.evaluations, tally.extra_samples = method.evaluations(), method.extra_samples()
    fit, seconds = load_fit(cell, method, runs, cache, progress)
    for phase in clock.seconds:
        clock.seconds[phase] += runs.seconds[phase] + seconds[phase]
    sample = method.sampler(fit, clock=clock)
    for i, condition in enumerate(cell["conditions"]):
        z = condition["z"]
        given = np.zeros(0) if z is None else np.asarray(uniform_coordinates(problem, jnp.asarray(z, float)))
        with clock("sample"):
            values = sample(given, truth.size(cell, condition), _sample_key(cell, condition))
        samples = Samples.equally_weighted(np.asarray(values, "float64"), problem.layout, is_law=True)
        _score(cell, condition, samples, tally, truth)
        progress("conditions", i + 1, len(cell["conditions"]))


def _sample_key(cell: Description, condition: Description):
    labels = [cell[key] for key in ("target", "label", "budget", "replicate")]
    return stream(cell["seed"], "sample", *labels, condition["name"])


def _score(cell: Description, condition: Description, samples: Samples, tally: _Tally, truth: Truth) -> None:
    """Scores the finite rows; rows of NaN count as failed, and no finite row at all fails the cell."""
    name, ok = condition["name"], samples.ok
    tally.samples_each[name] = len(ok)
    if not samples.is_law:
        tally.failed_runs += int(np.sum(~ok))
    if not ok.any():
        raise CellError(f"condition {name}: all {len(ok)} samples are NaN or infinite")
    finite = samples.keep(ok)
    tally.scores[name] = score(metrics_of(cell), finite, truth.reference(cell, condition))
    if cell["samples_kept"]:
        tally.kept[name] = finite.values[: cell["samples_kept"]]


def _result(cell: Cell, tally: _Tally, peak: int, reason: str = "") -> Result:
    return Result(
        name=cell.name,
        content=content_of(cell.description),
        target=cell.target,
        method=cell.method,
        kind="generator" if cell.description["is_generator"] else "sampler",
        budget=cell.budget,
        replicate=cell.replicate,
        status="failed" if reason else "ok",
        reason=reason,
        failed_runs=tally.failed_runs,
        samples_each=tally.samples_each,
        cost=Cost(
            solver_runs=tally.solver_runs,
            executed_runs=tally.executed_runs,
            network_evaluations=tally.evaluations,
            samples=sum(tally.samples_each.values()) + tally.extra_samples * len(tally.samples_each),
            extra_samples=tally.extra_samples,
            peak_bytes=peak,
            seconds=tally.clock.seconds,
        ),
        scores=tally.scores,
    )

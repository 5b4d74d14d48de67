"""One cell from its description and the cache: inputs, samples, scores, cost."""

from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from sgmbench.cells import Cell, Description, given_at
from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.cost import Cost
from sgmbench.core.findings import NOT_RUN, Findings
from sgmbench.core.hosts import meet
from sgmbench.core.memory import outage_of_memory, peak_memory
from sgmbench.core.method import Generator, Method, Sampler, Surrogate
from sgmbench.core.progress import Progress
from sgmbench.core.result import PairScores, Result
from sgmbench.core.rng import stream
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError, OutageError, SgmbenchError
from sgmbench.montecarlo.monte_carlo import MonteCarlo
from sgmbench.raised import is_ours, is_users, told
from sgmbench.runner.artifacts import lesson_of, load_fit, load_training_runs, question_of, without_digest
from sgmbench.runner.delivered import check_delivery, drawing
from sgmbench.runner.known import expected_scores
from sgmbench.runner.nested import samples_at_each_z, values_of_z
from sgmbench.runner.pairs import samples_at_pairs
from sgmbench.runner.scoring import means, metrics_of, score, score_pairs
from sgmbench.runner.truth import Truth
from sgmbench.runner.validity import of_cell, of_runs, of_truth
from sgmbench.runner.variances import variances_of
from sgmbench.store.cache import Cache, content_of


@dataclass
class _Tally:
    """What accumulates over the conditions of a cell."""

    clock: Clock = field(default_factory=Clock)
    solver_runs: float = 0.0
    executed_runs: float = 0.0
    gradients: float = 0.0
    runs_a_gradient: float | None = None
    failed_runs: int = 0
    evaluations: int = 0
    extra_samples: int = 0
    conditions: int = 0
    scores: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    pair_scores: PairScores = field(default_factory=dict)
    samples_each: dict[str, int] = field(default_factory=dict)
    kept: dict[str, Samples] = field(default_factory=dict)
    diagnostics: dict[str, Any] = field(default_factory=dict)
    lost: int = 0
    said: dict[str, tuple[str, ...]] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)


def execute(cell: Cell, truth: Truth, cache: Cache, progress: Progress) -> tuple[Result, dict[str, Samples]]:
    """The result of a cell, and the samples to keep of each condition.

    What fails it is a result, too: a `CellError`, the device, or whatever a user's own code raises.
    """
    tally = _Tally()
    description = cell.description
    method = build("methods", without_digest(description["method"]))
    with peak_memory() as peak:
        try:
            with outage_of_memory():
                _run(description, method, tally, truth, cache, progress)
        except Exception as error:
            if not _is_of_cell(error, method):
                raise
            meet(error)
            return _result(cell, tally, peak(), error), {}
        return _result(cell, tally, peak()), tally.kept


def without(cell: Cell, error: CellError) -> Result:
    """The result of a cell that was not begun, or whose process is gone."""
    return _result(cell, _Tally(), 0, error)


def _run(cell: Description, method: Method, tally: _Tally, truth: Truth, cache: Cache, progress: Progress) -> None:
    if isinstance(method, Generator):
        _run_generator(cell, method, tally, truth, cache, progress)
    elif "held_out" in cell["reference"]:
        _know_monte_carlo(cell, method, tally, truth)
    else:
        _run_sampler(cell, method, tally, truth, progress)
    tally.findings += _findings(cell, method, tally, truth)


def _is_of_cell(error: Exception, method: Method) -> bool:
    """Whether an error fails a cell, and not the run."""
    if isinstance(error, SgmbenchError):
        return isinstance(error, CellError)
    return isinstance(error, jax.errors.JaxRuntimeError) or is_users(error) or not is_ours(type(method))


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, CellError | jax.errors.JaxRuntimeError) else told(error)


def _run_sampler(cell: Description, method: Sampler, tally: _Tally, truth: Truth, progress: Progress) -> None:
    question = question_of(cell)
    sample = method.prepare(question.asked, at_condition=question.is_conditional, clock=tally.clock)
    for i, condition in enumerate(cell["conditions"]):
        delivery = sample(tuple(given_at(condition)), cell["budget"], _sample_key(cell, condition))
        check_delivery(delivery, method, question.answer.layout.size)
        tally.solver_runs += delivery.solver_runs
        tally.executed_runs += delivery.executed_runs
        tally.gradients += delivery.gradients
        if delivery.time_gradient and tally.runs_a_gradient is None:
            tally.runs_a_gradient = delivery.time_gradient()
        tally.said[condition["name"]] = delivery.invalid
        if delivery.diagnostics:
            tally.diagnostics[condition["name"]] = delivery.diagnostics
        _score(cell, condition, delivery.samples, tally, truth)
        progress("conditions", i + 1, len(cell["conditions"]))


def _know_monte_carlo(cell: Description, method: Sampler, tally: _Tally, truth: Truth) -> None:
    """Beside held-out runs no Sampler runs, and the errors of plain Monte Carlo are known."""
    if not isinstance(method, MonteCarlo):
        raise CellError(f"{type(method).__name__} makes runs at each condition beside those held out; remove one")
    n, metrics = cell["budget"], metrics_of(cell)
    for condition in cell["conditions"]:
        reference, runs = truth.reference(cell, condition), truth.runs(cell, condition)
        variances = variances_of(reference, metrics)
        tally.scores[condition["name"]] = expected_scores(metrics, reference, variances, runs=n)
        tally.samples_each[condition["name"]] = n
        tally.solver_runs += n
        tally.clock.pay("simulate", n * runs.seconds["simulate"] / len(runs.ok))
    tally.findings = Findings(marks=(NOT_RUN,))


def _findings(cell: Description, method: Method, tally: _Tally, truth: Truth) -> Findings:
    """All that is held against the cell."""
    samples = sum(tally.samples_each.values())
    rows = round(tally.solver_runs) if isinstance(method, Generator) else samples
    found = of_runs(failed=tally.failed_runs, runs=rows, lost=tally.lost, samples=samples)
    return found + of_cell(method, tally.diagnostics, tally.said) + of_truth(cell, truth)


def _run_generator(
    cell: Description, method: Generator, tally: _Tally, truth: Truth, cache: Cache, progress: Progress
) -> None:
    question, clock = question_of(cell), tally.clock
    runs = load_training_runs(cell, cache, progress)
    lesson = lesson_of(cell, runs)
    tally.solver_runs, tally.executed_runs, tally.failed_runs = len(runs.ok), runs.executed, runs.failed
    tally.evaluations, tally.extra_samples = method.evaluations(), method.extra_samples()
    clock.note_chunk(runs.chunk)
    fit, notes = load_fit(cell, method, runs, lesson, cache, progress)
    tally.diagnostics = notes["diagnostics"]
    for phase in clock.seconds:
        clock.seconds[phase] += runs.seconds[phase] + notes["seconds"][phase]
        clock.cpu_seconds[phase] += notes.get("cpu_seconds", {}).get(phase, 0.0)  # of the fit: its runs are others' too
    clock.count(notes.get("operations"))
    if isinstance(method, Surrogate):
        sample = method.prepare(fit, clock=clock, germs=question.germs(method, clock=clock, phase="sample"))
    else:
        sample = method.prepare(fit, clock=clock)
    sample = drawing(sample, method, lesson.pairs.learned.shape[1])
    for i, condition in enumerate(cell["conditions"]):
        given, key = lesson.coordinates(_given(cell, condition, truth)), _sample_key(cell, condition)
        with clock("sample"):
            if condition["pairs"]:
                samples = samples_at_pairs(sample, given, question.answer, key=key, progress=progress)
            elif "nested" in cell:
                samples = samples_at_each_z(sample, given, truth.reference(cell, condition), key=key, progress=progress)
            else:
                learned = sample(given[0], truth.size(cell, condition), key)
                samples = Samples.equally_weighted(lesson.values(learned), question.answer.layout, is_law=True)
        tally.conditions += len(given)
        tally.evaluations = max(tally.evaluations, clock.evaluations)
        _score(cell, condition, samples, tally, truth)
        progress("conditions", i + 1, len(cell["conditions"]))


def _given(cell: Description, condition: Description, truth: Truth) -> Float[np.ndarray, "conditions a"]:
    """What is given to a Generator: at one condition, at those of all held-out pairs, or at each z of the truth."""
    if condition["pairs"]:
        runs = truth.runs(cell, condition)
        return runs.z[runs.ok][: condition["pairs"]]
    if "nested" in cell:
        return values_of_z(truth.reference(cell, condition), truth.runs(cell, condition))
    return np.array([given_at(condition)], float)


def _sample_key(cell: Description, condition: Description):
    labels = [cell[key] for key in ("target", "label", "budget", "replicate")]
    return stream(cell["seed"], "sample", *labels, condition["name"])


def _score(cell: Description, condition: Description, samples: Samples, tally: _Tally, truth: Truth) -> None:
    """Scores the finite rows; rows of NaN count as failed, and no finite row at all fails the cell."""
    name, ok = condition["name"], samples.ok
    tally.samples_each[name] = len(ok)
    if samples.is_law:
        tally.lost += int(np.sum(~ok))
    else:
        tally.failed_runs += int(np.sum(~ok))
    if not ok.any():
        raise CellError(f"condition {name}: all {len(ok)} samples are NaN or infinite")
    if samples.pair is not None and (lost := np.setdiff1d(samples.pair, samples.pair[ok])).size:
        raise CellError(f"condition {name}: all samples at {len(lost)} held-out runs are NaN or infinite")
    if samples.is_law and samples.outer is not None and (lost := np.setdiff1d(samples.outer, samples.outer[ok])).size:
        raise CellError(f"condition {name}: all samples at {len(lost)} values of z are NaN or infinite")
    finite, metrics, reference = samples.keep(ok), metrics_of(cell), truth.reference(cell, condition)
    if samples.pair is None:
        tally.scores[name] = score(metrics, finite, reference)
    else:
        each = score_pairs(metrics, finite, reference)
        tally.scores[name] = means(each)
        tally.pair_scores = {m: {part: v.tolist() for part, v in parts.items()} for m, parts in each.items()}
    if cell["samples_kept"]:
        tally.kept[name] = finite.head(cell["samples_kept"])


def _result(cell: Cell, tally: _Tally, peak: int, error: Exception | None = None) -> Result:
    return Result(
        name=cell.name,
        content=content_of(cell.description),
        target=cell.target,
        method=cell.method,
        kind="generator" if cell.description["is_generator"] else "sampler",
        budget=cell.budget,
        replicate=cell.replicate,
        status="ok" if error is None else "failed",
        reason="" if error is None else _reason(error),
        is_outage=isinstance(error, OutageError),
        failed_runs=tally.failed_runs,
        samples_each=tally.samples_each,
        cost=Cost(
            solver_runs=tally.solver_runs,
            executed_runs=tally.executed_runs,
            gradients=tally.gradients,
            runs_a_gradient=tally.runs_a_gradient,
            network_evaluations=tally.evaluations,
            operations=tally.clock.operations,
            samples=sum(tally.samples_each.values()) + tally.extra_samples * tally.conditions,
            extra_samples=tally.extra_samples,
            peak_bytes=peak,
            chunk=tally.clock.chunk,
            seconds=tally.clock.seconds,
            cpu_seconds=tally.clock.cpu_seconds,
        ),
        scores=tally.scores,
        pair_scores=tally.pair_scores,
        diagnostics=tally.diagnostics,
        reasons=tally.findings.reasons,
        marks=tally.findings.marks,
    )

"""Rows of a plan: each part of a run, what is cached of it, and what the rest takes.

With s samples a condition and b runs learned from in the rehearsal, conditions of n_c runs each and N runs to learn
from, of d numbers and p parameters each, seconds are those of `runner.plan_seconds`, and

    memory      peak + 8 d (sum_c n_c - 2 s + 3 (max n_c - s))       bytes of a truth
                       and 8 d 3 (N - b) more                        of a cell that learns
                peak + 8 (d + p) 3 (N - b)                           of training runs
    disk        8 (d + p) a run that is cached, 8 d a sample that is kept, and fits as large as rehearsed

since references are held while a target is scored, and samples and training runs are there some three times.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sgmbench.cells import (
    Cell,
    Description,
    all_runs_description,
    fit_description,
    floor_description,
    reference_description,
    scored_size,
)
from sgmbench.core.problem import Recorded
from sgmbench.runner.artifacts import problem_of, question_of
from sgmbench.runner.pace import CellPace, RunsPace, TruthPace
from sgmbench.runner.plan_seconds import generator_seconds, sampler_seconds, truth_seconds
from sgmbench.runner.shortened import training_of
from sgmbench.store.cache import Cache, content_of

NUMBER = 8  # bytes


@dataclass(frozen=True)
class Row:
    """One part of a run: a target's truth, training runs, or the cells of a method at a budget.

    Attributes:
        target: whose; empty for training runs, which all targets share.
        part: "truth", "training runs" or the method's label.
        budget: runs learned from or spent at a condition; of the truth at its largest condition.
        cells: how many there are; of the truth its conditions.
        cached: how many of their artifacts are in the cache: fits, sets of runs, references with their floors.
        solver_runs: to be made; draws of a posterior are none.
        disk: bytes that are written.
        seconds: of what is not cached; None where it is not estimated.
        is_most: whether a training may stop before.
        memory: bytes at the most; None where it is not estimated.
        note: why it, or of a truth what is scored against it, is not estimated; else empty.
    """

    target: str
    part: str
    budget: int
    cells: int
    cached: int
    solver_runs: int
    disk: int
    seconds: float | None = None
    is_most: bool = False
    memory: int | None = None
    note: str = ""


def truth_row(cell: Cell, cache: Cache, pace: TruthPace | None, note: str) -> Row:
    """References and floors of a target, of which `cell` is any cell."""
    description, conditions = cell.description, cell.description["conditions"]
    references = [reference_description(description, condition) for condition in conditions]
    floors = [] if "held_out" in description["reference"] else [floor_description(description, c) for c in conditions]
    missing = [each for each in references if not cache.has("reference", each)]
    missing += [each for each in floors if not cache.has("floor", each)]
    runs, sizes, problem = [each["size"] for each in missing], list(map(_rows, references)), problem_of(references[0])
    d, are_draws = question_of(description).answer.layout.size, conditions[0]["data"] is not None
    kept = min(description["samples_kept"], max(sizes)) * len(sizes)
    p = 0 if are_draws else len(problem.parameters)
    return Row(
        target=cell.target,
        part="truth",
        budget=max(each["size"] for each in references),
        cells=len(conditions),
        cached=len(references) + len(floors) - len(missing),
        solver_runs=0 if are_draws or isinstance(problem, Recorded) else sum(runs),
        disk=NUMBER * (d * kept + (d + p) * sum(map(_rows, missing))),
        seconds=None if pace is None else truth_seconds(pace, sizes, runs),
        memory=pace.peak + NUMBER * d * _held(sizes, pace.size) if pace is not None and pace.peak else None,
        note=note,
    )


def _rows(truth: Description) -> int:
    """Runs of a reference or a floor that are kept."""
    return truth.get("kept", truth["size"])


def runs_rows(cells: list[Cell], cache: Cache, pace: RunsPace | None) -> Iterator[Row]:
    """A row for each number of training runs."""
    learned = [all_runs_description(cell.description) for cell in cells if cell.description["is_generator"]]
    distinct = {content_of(each): each for each in learned}
    for size in sorted({each["size"] for each in distinct.values()}):
        same = [each for each in distinct.values() if each["size"] == size]
        missing = sum(not cache.has("runs", each) for each in same)
        problem = problem_of(same[0])
        width = problem.layout.size + len(problem.parameters)
        yield Row(
            target="",
            part="training runs",
            budget=size,
            cells=len(same),
            cached=len(same) - missing,
            solver_runs=0 if isinstance(problem, Recorded) else missing * size,
            disk=NUMBER * width * size * missing,
            seconds=None if pace is None else missing * (pace.cold + size * pace.run),
            memory=pace.peak + NUMBER * width * _learned(size, pace.size) if pace and pace.size and missing else None,
        )


def method_rows(cells: list[Cell], cache: Cache, truth: TruthPace | None, paces: dict[str, CellPace]) -> Iterator[Row]:
    """A row for each method and budget of one target; `paces` are by label."""
    found: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.method, cell.budget), []).append(cell)
    for (method, _), replicates in found.items():
        yield _method_row(replicates, cache, truth, paces.get(method))


def _method_row(cells: list[Cell], cache: Cache, truth: TruthPace | None, pace: CellPace | None) -> Row:
    """The replicates of one method and budget."""
    first, description = cells[0], cells[0].description
    sizes = [scored_size(description, condition) for condition in description["conditions"]]
    is_generator, question = description["is_generator"], question_of(description)
    d = question.answer.layout.size
    fitted = [is_generator and cache.has("fit", fit_description(cell.description)) for cell in cells]
    is_there = "held_out" in description["reference"] or isinstance(question.problem, Recorded)
    row = Row(
        target=first.target,
        part=first.method,
        budget=first.budget,
        cells=len(cells),
        cached=sum(fitted),
        solver_runs=0 if is_generator or is_there else len(cells) * len(sizes) * first.budget,
        disk=NUMBER * d * sum(_kept(cell, sizes) for cell in cells),
    )
    if truth is None or pace is None:
        return row
    if pace.failed:
        return replace(row, note=f"its rehearsal failed: {pace.failed}")
    training = training_of(description["method"])
    numbers = _held(sizes, pace.size) + (_learned(first.budget, pace.budget) if is_generator else 0)
    return replace(
        row,
        seconds=sum(cell_seconds(cell, cache, truth, pace) for cell in cells),
        is_most=pace.step > 0 and training.train_seconds is None and not all(fitted),
        memory=pace.peak + NUMBER * d * numbers,
        disk=row.disk + pace.fit_bytes * (len(cells) - sum(fitted)) * is_generator,
    )


def _held(sizes: list[int], rehearsed: int) -> int:
    """Rows in memory beyond those of the rehearsal: references of all conditions, and one more some three times."""
    return max(sum(sizes) - 2 * rehearsed, 0) + 3 * max(max(sizes) - rehearsed, 0)


def _learned(runs: int, rehearsed: int) -> int:
    """Training runs in memory beyond those of the rehearsal."""
    return 3 * max(runs - rehearsed, 0)


def _kept(cell: Cell, sizes: list[int]) -> int:
    """Samples that stay on disk."""
    delivered = sizes if cell.description["is_generator"] else [cell.budget] * len(sizes)
    return sum(min(cell.description["samples_kept"], n) for n in delivered)


def cell_seconds(cell: Cell, cache: Cache, truth: TruthPace, pace: CellPace) -> float:
    """Of one cell, without a fit that is cached."""
    sizes = [scored_size(cell.description, condition) for condition in cell.description["conditions"]]
    if not cell.description["is_generator"]:
        return sampler_seconds(pace, sizes, runs=cell.budget, exponent=truth.exponent)
    training = training_of(cell.description["method"])
    steps = training.train_seconds if training.train_seconds is not None else pace.step * training.steps
    return generator_seconds(
        pace,
        sizes,
        runs=cell.budget,
        training=steps if pace.step else 0.0,
        is_fitted=cache.has("fit", fit_description(cell.description)),
        exponent=truth.exponent,
    )

"""Plan: what a run would make, what of it is cached, and what the rest takes.

With s samples a condition and b runs learned from in the rehearsal, K conditions of n_c runs each and N runs to learn
from, of d numbers and p parameters each, seconds are those of `runner.plan_seconds`, and

    memory      peak + 8 d (sum_c n_c - 2 s + 3 (max n_c - s) + 3 (N - b))           bytes
    disk        8 (d + p) a run that is cached, 8 d a sample that is kept, and fits as large as rehearsed

since references are held while a target is scored, and samples and training runs are there some three times. What is
in the cache takes no time. Figures and tables at the end, and the start of the program, are not counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sgmbench.cells import (
    Cell,
    Description,
    all_runs_description,
    cells_of,
    fit_description,
    floor_description,
    reference_description,
    scored_size,
)
from sgmbench.core.experiment import Experiment
from sgmbench.core.problem import Hosted, Recorded
from sgmbench.core.progress import Progress, silent
from sgmbench.errors import CellError
from sgmbench.runner.artifacts import problem_of, question_of
from sgmbench.runner.plan_seconds import generator_seconds, sampler_seconds, truth_seconds
from sgmbench.runner.plan_warnings import beyond_memory, warnings_of
from sgmbench.runner.rehearsal import CellPace, Rehearsal, TruthPace, training_of
from sgmbench.runner.run import check_runnable
from sgmbench.store.cache import content_of

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
        solver_runs: to be made.
        seconds: of what is not cached; None where it is not estimated.
        is_most: whether a training may stop before.
        memory: bytes at the most; None where it is not estimated.
        disk: bytes that are written.
        note: why it is not estimated, else empty.
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


@dataclass(frozen=True)
class Plan:
    """What a run would be.

    Attributes:
        experiment: its name.
        rows: its parts, in their order.
        warnings: what one may want to change before anything is spent.
        note: why no time is estimated, else empty.
    """

    experiment: str
    rows: list[Row]
    warnings: list[str]
    note: str = ""

    @property
    def seconds(self) -> float | None:
        """Of all that is estimated; None where nothing is."""
        known = [row.seconds for row in self.rows if row.seconds is not None]
        return sum(known) if known else None

    @property
    def memory(self) -> int | None:
        """Bytes of the largest part."""
        return max((row.memory for row in self.rows if row.memory is not None), default=None)

    @property
    def disk(self) -> int:
        """Bytes written."""
        return sum(row.disk for row in self.rows)

    @property
    def solver_runs(self) -> int:
        """To be made."""
        return sum(row.solver_runs for row in self.rows)

    @property
    def is_whole(self) -> bool:
        """Whether every part is estimated."""
        return all(row.seconds is not None for row in self.rows)

    @property
    def is_most(self) -> bool:
        """Whether some training may stop before."""
        return any(row.is_most for row in self.rows)


def plan_of(experiment: Experiment, results: Path, scratch: Path, progress: Progress = silent) -> Plan:
    """The plan of a run into `results`; `scratch` is an empty folder to rehearse in.

    Raises:
        UsageError: the problem cannot be run. Another program is not asked whether it is there.
    """
    if not isinstance(experiment.problem, Hosted):
        check_runnable(experiment.problem)
    cells, cache = cells_of(experiment), results / ".cache"
    note = why_unknown(experiment)
    rows: list[Row] = []
    paces: list[tuple[TruthPace | None, dict[str, CellPace]]] = []
    targets = list(dict.fromkeys(cell.target for cell in cells))
    for i, target in enumerate(targets):
        of_target = [cell for cell in cells if cell.target == target]
        progress("rehearsals", i, len(targets), target)
        truth, methods, why = (None, {}, note) if note else _rehearse(of_target, scratch / target, progress)
        note = note or why
        paces.append((truth, methods))
        rows.append(_truth_row(of_target[0], cache, truth))
        rows += [_method_row(group, cache, truth, methods.get(group[0].method)) for group in _groups(of_target)]
    progress("rehearsals", len(targets), len(targets))
    rows = [*_runs_rows(cells, cache, *paces[0]), *rows]
    return Plan(experiment.name, rows, [*warnings_of(experiment, cells), *_beyond_memory(rows)], note)


def why_unknown(experiment: Experiment) -> str:
    """Why nothing can be rehearsed; empty where it can."""
    problem = experiment.problem
    if isinstance(problem, Recorded):
        return "not estimated: recorded runs are dealt out, and none is to spare for a rehearsal"
    if isinstance(problem, Hosted):
        return "not estimated: the runs are another program's, which is not asked for any before the run begins"
    return ""


def _rehearse(
    cells: list[Cell], scratch: Path, progress: Progress
) -> tuple[TruthPace | None, dict[str, CellPace], str]:
    """Pace of the truth and of each method of one target; why there is none."""
    rehearsal = Rehearsal(cells[0], scratch)
    if not rehearsal.size:
        run = rehearsal.run_seconds
        why = f"not estimated but for the solver: one run takes {run:.3g} s, too long to rehearse what is made of them"
        return TruthPace(0.0, run, 0.0, 1, 0.0), {}, why
    largest = {cell.method: cell for cell in sorted(cells, key=lambda cell: (cell.budget, -cell.replicate))}
    try:
        truth = rehearsal.pace_of_truth()
    except CellError as error:
        return None, {}, f"not estimated: {error}"
    methods = {}
    for i, (label, cell) in enumerate(largest.items()):
        progress("methods", i, len(largest), label)
        methods[label] = rehearsal.pace_of(cell)
    progress("methods", len(largest), len(largest))
    return truth, methods, ""


def _groups(cells: list[Cell]) -> list[list[Cell]]:
    """Replicates of each method and budget."""
    found: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.method, cell.budget), []).append(cell)
    return list(found.values())


def _truth_row(cell: Cell, cache: Path, pace: TruthPace | None) -> Row:
    description, conditions = cell.description, cell.description["conditions"]
    references = [reference_description(description, condition) for condition in conditions]
    floors = [] if "held_out" in description["reference"] else [floor_description(description, c) for c in conditions]
    missing = [each["size"] for each in references if not _is_cached(cache, "reference", each)]
    missing += [each["size"] for each in floors if not _is_cached(cache, "floor", each)]
    sizes, d = [each["size"] for each in references], question_of(description).answer.layout.size
    kept = min(description["samples_kept"], max(sizes)) * len(sizes)
    is_recorded = isinstance(problem_of(references[0]), Recorded)
    return Row(
        target=cell.target,
        part="truth",
        budget=max(sizes),
        cells=len(conditions),
        cached=len(references) + len(floors) - len(missing),
        solver_runs=0 if is_recorded else sum(missing),
        disk=NUMBER * (d * kept + (d + len(conditions[0]["z"] or ())) * sum(missing)),
        seconds=None if pace is None else truth_seconds(pace, sizes, missing),
    )


def _runs_rows(cells: list[Cell], cache: Path, truth: TruthPace | None, methods: dict[str, CellPace]) -> Iterator[Row]:
    """A row for each number of training runs."""
    learned = [all_runs_description(cell.description) for cell in cells if cell.description["is_generator"]]
    distinct = {content_of(each): each for each in learned}
    cold = max((pace.runs_cold for pace in methods.values()), default=0.0)
    for size in sorted({each["size"] for each in distinct.values()}):
        same = [each for each in distinct.values() if each["size"] == size]
        missing = sum(not _is_cached(cache, "runs", each) for each in same)
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
            seconds=None if truth is None else missing * (cold + size * truth.run),
        )


def _method_row(cells: list[Cell], cache: Path, truth: TruthPace | None, pace: CellPace | None) -> Row:
    """The replicates of one method and budget."""
    first, description = cells[0], cells[0].description
    sizes = [scored_size(description, condition) for condition in description["conditions"]]
    is_generator = description["is_generator"]
    fitted = [is_generator and _is_cached(cache, "fit", fit_description(cell.description)) for cell in cells]
    d = question_of(description).answer.layout.size
    rows_kept = sum(min(cell.description["samples_kept"], *_delivered(cell, sizes)) * len(sizes) for cell in cells)
    is_run = not is_generator and "held_out" not in description["reference"]
    row = Row(
        target=first.target,
        part=first.method,
        budget=first.budget,
        cells=len(cells),
        cached=sum(fitted),
        solver_runs=len(cells) * len(sizes) * first.budget if is_run else 0,
        disk=NUMBER * d * rows_kept,
    )
    if truth is None or pace is None or pace.failed:
        note = f"its rehearsal failed: {pace.failed}" if pace and pace.failed else ""
        return Row(**{**vars(row), "note": note})
    seconds = [
        _cell_seconds(cell, truth, pace, sizes, is_fitted=known) for cell, known in zip(cells, fitted, strict=True)
    ]
    training = training_of(description["method"])
    held = sum(sizes) - 2 * pace.size + 3 * max(sizes) - 3 * pace.size
    learned = 3 * max(first.budget - pace.budget, 0) if is_generator else 0
    estimated = {
        "seconds": sum(seconds),
        "is_most": pace.step > 0 and training.train_seconds is None and not all(fitted),
        "memory": pace.peak + NUMBER * d * max(held + learned, 0),
        "disk": row.disk + pace.fit_bytes * (len(cells) - sum(fitted)) * is_generator,
    }
    return Row(**{**vars(row), **estimated})


def _delivered(cell: Cell, sizes: list[int]) -> list[int]:
    return sizes if cell.description["is_generator"] else [cell.budget]


def _cell_seconds(cell: Cell, truth: TruthPace, pace: CellPace, sizes: list[int], *, is_fitted: bool) -> float:
    if not cell.description["is_generator"]:
        return sampler_seconds(pace, sizes, runs=cell.budget, exponent=truth.exponent)
    training = training_of(cell.description["method"])
    steps = training.train_seconds if training.train_seconds is not None else pace.step * training.steps
    return generator_seconds(
        pace,
        sizes,
        runs=cell.budget,
        training=steps if pace.step else 0.0,
        is_fitted=is_fitted,
        exponent=truth.exponent,
    )


def _is_cached(cache: Path, kind: str, description: Description) -> bool:
    path = cache / kind / content_of(description)
    return path.with_suffix(".npz").is_file() and path.with_suffix(".json").is_file()


def _beyond_memory(rows: list[Row]) -> Iterator[str]:
    known = [(row.memory, f"{row.part} from {row.budget:,} runs") for row in rows if row.memory is not None]
    yield from beyond_memory(*max(known)) if known else ()

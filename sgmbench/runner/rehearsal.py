"""Rehearsal: a target and its methods in miniature, so that the pace of each part of a run is known.

The run's own functions are called, with fewer runs, on few conditions, into a folder that is thrown away. Of the truth
of a target, at four new conditions of s, s, s/2 and s/2 runs, with t_i the seconds less compilation of the solver,

    cold = t_1 - t_2,     r = seconds of the solver a run,     S = t_2 - 2 s r,     e = log2(S / S_4) in [1, 2]

e is how scoring grows with the number of samples: 2 where pairs decide, 1 where sorting does. Of a method, at two
conditions, U is the time from the first condition's end to the second's: all that a further condition takes. A training
is timed between its own reports, over `CHUNKS` of steps instead of all. Each part is compiled once, as in the run.

Bias: what grows otherwise than assumed (see `runner.plan_seconds`), and whatever else the machine does meanwhile. Cost:
compilation of all parts once, some hundred steps a network, and some thousand runs of the solver, or as many as take
`SOLVER_SECONDS`.
"""

import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sgmbench.cells import Cell, Description, fit_description
from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.method import Generator
from sgmbench.core.prepare import prepare
from sgmbench.core.progress import silent
from sgmbench.core.result import Result
from sgmbench.core.rng import stream
from sgmbench.errors import CellError
from sgmbench.learning.training import Training
from sgmbench.learning.work import CHUNK
from sgmbench.runner.artifacts import load_training_runs, problem_of, without_digest
from sgmbench.runner.execute import execute
from sgmbench.runner.floors import write_floors
from sgmbench.runner.truth import Truth
from sgmbench.store.cache import Cache, content_of
from sgmbench.store.run_folder import RunFolder

SIZE = 1_000  # runs of a rehearsed reference
ROWS = 4_000  # runs that a rehearsed fit learns from, at most
FEWEST = 64
CHUNKS = 3  # of steps of a rehearsed training
SOLVER_SECONDS = 5.0  # of one rehearsed set of runs, at most
TOGETHER = 16  # runs


@dataclass(frozen=True)
class TruthPace:
    """What the truth of one target takes.

    Attributes:
        cold: seconds once, of compilation.
        run: seconds of the solver a run.
        scoring: seconds a condition beyond the solver's, at `size` runs.
        size: of the rehearsed reference.
        exponent: e.
    """

    cold: float
    run: float
    scoring: float
    size: int
    exponent: float


@dataclass(frozen=True)
class CellPace:
    """What cells of one method at one target take.

    Attributes:
        budget: of the rehearsed cell.
        size: samples at a condition, of a Generator.
        extra: samples beyond those delivered.
        fixed: seconds a cell, of compiling the sampling and of the diagnosis.
        fit: seconds of learning that do not grow, of compilation.
        rows: seconds of learning that grow with the runs, at `budget` of them.
        step: seconds of a step of training; 0 of what takes none.
        each: seconds a condition, of solver runs or samples.
        scoring: seconds a condition, of scores.
        runs_cold: seconds of compilation of the training runs.
        peak: bytes of resident memory.
        fit_bytes: of a fit on disk.
        failed: why the rehearsal failed, else empty.
    """

    budget: int
    size: int
    extra: int = 0
    fixed: float = 0.0
    fit: float = 0.0
    rows: float = 0.0
    step: float = 0.0
    each: float = 0.0
    scoring: float = 0.0
    runs_cold: float = 0.0
    peak: int = 0
    fit_bytes: int = 0
    failed: str = ""


@dataclass
class Rehearsal:
    """One target in miniature.

    Args:
        cell: any cell of the target.
        folder: an empty one, that is thrown away.
    """

    cell: Cell
    folder: Path
    run_seconds: float = field(init=False)
    cache: Cache = field(init=False)
    truth: Truth = field(init=False)

    def __post_init__(self) -> None:
        self.cache = Cache(self.folder / "cache")
        self.truth = Truth(self.cache, silent)
        self.run_seconds = seconds_a_run(self.cell.description)

    @property
    def size(self) -> int:
        """Runs of the rehearsed reference; 0 where even the fewest would take too long."""
        plan = self.cell.description["reference"]
        wanted = min(SIZE, plan.get("held_out") or max(plan["size"], plan["drawn_size"]))
        affordable = int(SOLVER_SECONDS / self.run_seconds) if self.run_seconds else wanted
        return 0 if affordable < min(FEWEST, wanted) else min(wanted, affordable)

    def pace_of_truth(self) -> TruthPace:
        """Pace of references and floors.

        Raises:
            CellError: no run of the reference succeeded.
        """
        n = self.size
        sets = 1 if "held_out" in self.cell.description["reference"] else 2  # the reference, and the floor's
        timed = [self._floors(at, of) for at, of in zip(self._conditions(4), (n, n, n // 2, n // 2), strict=True)]
        (cold, _), (warm, run), _, (half, run_of_half) = timed
        scoring = max(warm - sets * n * run, 0.0)
        of_half = max(half - sets * (n // 2) * run_of_half, 1e-9)
        exponent = min(max(math.log2(max(scoring, 1e-9) / of_half), 1.0), 2.0)
        return TruthPace(max(cold - warm, 0.0), run, scoring, n, exponent)

    def pace_of(self, cell: Cell) -> CellPace:
        """Pace of the cells of one method, from one with the largest of its budgets."""
        n, budget = self.size, self._budget(cell)
        method = build("methods", without_digest(cell.description["method"]))
        small = self._small(cell.description, self._conditions(2), n)
        small |= {"budget": budget, "method": shortened(cell.description["method"])}
        if "held_out" in small["reference"]:
            small["reference"] = small["reference"] | {"training": budget}
        stamps = _Stamps()
        try:
            runs = load_training_runs(small, self.cache, silent) if isinstance(method, Generator) else None
        except CellError as error:
            return CellPace(budget, n, failed=str(error))
        begun = time.perf_counter()
        result, _ = execute(replace(cell, description=small), self.truth, self.cache, stamps)
        wall = time.perf_counter() - begun
        if result.status == "failed":
            return CellPace(budget, n, failed=result.reason)
        further = stamps.between_conditions
        spent = dict(result.cost.seconds)
        each = spent["sample"] / 2 if runs else (spent["simulate"] + spent["sample"]) / 2
        each = min(each, further)
        found = CellPace(budget, n, each=each, scoring=further - each, peak=result.cost.peak_bytes)
        if runs is None:
            return replace(found, fixed=max(wall - 2 * further, 0.0))
        return self._learned(found, small, result, stamps, wall - 2 * further, runs.seconds["compile"])

    def _learned(
        self, found: CellPace, small: Description, result: Result, stamps: "_Stamps", once: float, runs_cold: float
    ) -> CellPace:
        """With the fit taken apart."""
        description = fit_description(small)
        _, notes = self.cache.get("fit", description, lambda: ({}, {"seconds": {}}))
        seconds = notes["seconds"]
        total, compiled, trained = sum(seconds.values()), seconds.get("compile", 0.0), seconds.get("train", 0.0)
        taken, step = stamps.training
        step = step or (trained / taken if taken else 0.0)
        rows = max(trained - step * taken, 0.0)
        path = (self.cache.root / "fit" / content_of(description)).with_suffix(".npz")
        return replace(
            found,
            extra=result.cost.extra_samples,
            fixed=max(once - total, 0.0),
            fit=compiled + max(total - compiled - trained, 0.0),
            rows=rows,
            step=step,
            runs_cold=runs_cold,
            fit_bytes=path.stat().st_size,
        )

    def _budget(self, cell: Cell) -> int:
        affordable = int(SOLVER_SECONDS / self.run_seconds) if self.run_seconds else cell.budget
        return min(cell.budget, ROWS, max(affordable, FEWEST))

    def _conditions(self, count: int) -> list[Description]:
        """As many conditions, those of the target and then the first ones again, by other random numbers."""
        known = self.cell.description["conditions"]
        again = [{**known[i % len(known)], "name": f"again{i}"} for i in range(count)]
        return [*known, *again[len(known) :]][:count]

    def _small(self, description: Description, conditions: list[Description], n: int) -> Description:
        sizes = {**description["reference"], "size": n, "drawn_size": n}
        if "held_out" in sizes:
            sizes["held_out"] = n
        return {**description, "conditions": conditions, "reference": sizes, "samples_kept": 0}

    def _floors(self, condition: Description, n: int) -> tuple[float, float]:
        """Seconds of the truth at one condition, of compiling the solver only at the first, and of the solver a run."""
        small = self._small(self.cell.description, [condition], n)
        begun = time.perf_counter()
        write_floors(RunFolder(self.folder), replace(self.cell, description=small), self.truth, self.cache, silent)
        wall = time.perf_counter() - begun
        runs = self.truth.runs(small, condition)
        compiled = 0.0 if condition == self._conditions(1)[0] else runs.seconds["compile"]
        return wall - compiled, runs.seconds["simulate"] / len(runs.ok)


@dataclass
class _Stamps:
    """A listener that notes when training and conditions got on."""

    conditions: list[float] = field(default_factory=list)
    steps: list[tuple[float, int]] = field(default_factory=list)

    def __call__(self, phase: str, done: int, total: int, note: str = "") -> None:
        now = time.perf_counter()
        if phase == "conditions":
            self.conditions.append(now)
        elif phase == "training":
            if self.steps and done <= self.steps[-1][1]:
                self.steps.clear()  # another training: the last one is a method's own
            self.steps.append((now, done))

    @property
    def between_conditions(self) -> float:
        """Seconds from the end of the first to the end of the second; none where nothing was to be done."""
        return self.conditions[1] - self.conditions[0] if len(self.conditions) > 1 else 0.0

    @property
    def training(self) -> tuple[int, float]:
        """Steps taken, and seconds of one."""
        if not self.steps:
            return 0, 0.0
        (begun, first), (ended, last) = self.steps[0], self.steps[-1]
        return last, (ended - begun) / (last - first) if last > first else 0.0


def seconds_a_run(description: Description) -> float:
    """Of the solver without compilation: of one run alone, or where that is long of several at once."""
    make = prepare(problem_of(description), Clock(), at_condition=False)
    key = stream(description["seed"], "rehearsal")
    make(1, key=key)
    alone = make(1, key=key).seconds["simulate"]
    if not SOLVER_SECONDS / SIZE < alone < SOLVER_SECONDS / TOGETHER:
        return alone
    make(TOGETHER, key=key)
    return make(TOGETHER, key=key).seconds["simulate"] / TOGETHER


def shortened(method: Description) -> Description:
    """A method whose training, wherever it is in it, takes `CHUNKS` chunks of steps unless it takes fewer."""
    if _is_training(method):
        steps = CHUNKS * min(CHUNK, method["evaluate_every"])
        return {**method, "steps": min(steps, method["steps"]), "train_seconds": None}
    return {name: shortened(part) if isinstance(part, dict) else part for name, part in method.items()}


def training_of(method: Description) -> Training:
    """The training of a method."""
    found = method.get("training")
    return Training(**found) if isinstance(found, dict) and _is_training(found) else Training()


def _is_training(plain: Any) -> bool:
    return isinstance(plain, dict) and {"steps", "train_seconds", "evaluate_every"} <= plain.keys()

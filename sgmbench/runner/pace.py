"""Pace: what the parts of a run take, as their rehearsal tells (`runner.rehearsal`)."""

from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class RunsPace:
    """What training runs take.

    Attributes:
        cold: seconds of compilation of each set.
        run: seconds of the solver a run.
        size: of the rehearsed set; 0 where none was made.
        peak: bytes of resident memory.
    """

    cold: float
    run: float
    size: int = 0
    peak: int = 0


@dataclass(frozen=True)
class TruthPace:
    """What the truth of one target takes.

    Attributes:
        cold: seconds once, of compilation.
        run: seconds of the solver a run, or of a draw.
        scoring: seconds a condition beyond the solver's, at `size` runs.
        size: of the rehearsed reference.
        exponent: e, of scoring.
        scores: seconds of the scores of a cell at a condition, of a block of rows; 0 where no reference is larger.
        extra: draws of each set that are not kept: the warm-up of long chains.
        peak: bytes of resident memory; 0 where it was not rehearsed.
    """

    cold: float
    run: float
    scoring: float
    size: int
    exponent: float
    scores: float = 0.0
    extra: int = 0
    peak: int = 0


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
    peak: int = 0
    fit_bytes: int = 0
    failed: str = ""


@dataclass
class Paces:
    """What all parts of an experiment take, as far as it was rehearsed.

    Attributes:
        runs: of training runs; None where nothing learns.
        truths: by target.
        methods: by target, and label.
        unknown: why the rest of a target was not rehearsed, by target.
    """

    runs: RunsPace | None = None
    truths: dict[str, TruthPace] = field(default_factory=dict)
    methods: dict[str, dict[str, CellPace]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, notes: dict[str, Any]) -> Self:
        """From what `dataclasses.asdict` gave; raises KeyError, TypeError or AttributeError where it is not that."""
        runs = notes["runs"]
        return cls(
            runs=None if runs is None else RunsPace(**runs),
            truths={target: TruthPace(**each) for target, each in notes["truths"].items()},
            methods={
                target: {label: CellPace(**each) for label, each in listed.items()}
                for target, listed in notes["methods"].items()
            },
            unknown=dict(notes["unknown"]),
        )

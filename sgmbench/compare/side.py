"""Side: what a comparison needs to know of a run, be it a results folder or a committed baseline."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sgmbench.compare.errors_of import Error, errors_of, metrics_of
from sgmbench.core.result import Result
from sgmbench.store.run_folder import RunFolder

SAME = ("problem", "targets", "seed", "evaluation_seed", "reference")
"""Keys of a configuration by which two runs ask the same."""

OPERATIONS = "operations"

COUNTED: dict[str, Callable[[Result], float]] = {
    "solver runs": lambda result: result.cost.solver_runs,
    "gradients": lambda result: result.cost.gradients,
    "network evaluations": lambda result: result.cost.network_evaluations,
    OPERATIONS: lambda result: result.cost.operations or 0.0,
}
"""Counts that are the same on every machine; operations, where the same packages write the programs (`programs_of`)."""

WRITERS = ("jax", "flax", "optax", "diffrax", "blackjax")
"""Packages that write programs beside this one."""


Group = tuple[str, str, int]
"""(target, method, budget)."""


@dataclass(frozen=True)
class CellRecord:
    """One cell.

    Attributes:
        target: its name.
        method: label.
        budget: solver runs.
        replicate: number.
        status: "ok" or "failed".
        invalid_because: what makes it invalid, empty where it is valid.
        errors: by name, "metric/part".
        counts: by name, of those that are not zero.
        seconds: of its own work without compilation: of a Generator to train and sample, of a Sampler all; 0 where
            others computed beside it.
        cold_seconds: all, with compilation.
        cpu_seconds: of the processors, likewise; 0 where they were not measured.
        rounds: seconds in each round of two versions that took turns, NaN where it is missing; empty without rounds.
        cpu_rounds: the same of the processors.
    """

    target: str
    method: str
    budget: int
    replicate: int
    status: str
    invalid_because: str
    errors: dict[str, Error]
    counts: dict[str, float]
    seconds: float
    cold_seconds: float
    cpu_seconds: float = 0.0
    rounds: tuple[float, ...] = ()
    cpu_rounds: tuple[float, ...] = ()

    @property
    def group(self) -> Group:
        """What it is a replicate of."""
        return self.target, self.method, self.budget


@dataclass(frozen=True)
class Side:
    """One of the two runs.

    Attributes:
        path: of its folder or file.
        experiment: name.
        asked: the parts of the configuration that must agree, with the budgets and what is known of recorded data.
        metrics: configuration of each, by label.
        primary: label of the primary metric.
        tolerated: margins as the configuration has them.
        environment: where it was made.
        cells: by name.
        programs: what must agree for operations to be compared (`programs_of`).
    """

    path: str
    experiment: str
    asked: dict[str, Any]
    metrics: dict[str, dict[str, Any]]
    primary: str
    tolerated: dict[str, Any]
    environment: dict[str, Any]
    cells: dict[str, CellRecord]
    programs: dict[str, str] = field(default_factory=dict)


def side_of(run: RunFolder) -> Side:
    """A run in its folder, as far as it is computed.

    Raises:
        UsageError: one of its metrics is no longer installed.
    """
    record = run.record
    configuration = record["configuration"]
    metrics = metrics_of(configuration)
    return Side(
        path=str(run.path),
        experiment=configuration["name"],
        asked={key: configuration[key] for key in SAME}
        | {"budgets": _budgets(configuration), "recorded data": record.get("data")},
        metrics={entry["label"]: entry for entry in configuration["metrics"]},
        primary=configuration.get("primary", "energy"),
        tolerated=configuration.get("compare", {}),
        environment=record["environment"],
        programs=programs_of(record["environment"]),
        cells={result.name: _cell(result, metrics) for result in run.results()},
    )


def programs_of(environment: dict[str, Any]) -> dict[str, str]:
    """Versions of the packages that write programs; number and kind of devices, whose lanes are padded together."""
    versions = environment.get("versions", {})
    device = re.sub(r", \d+ cores", "", environment.get("device", ""))  # which make no lanes
    return {name: versions.get(name, "absent") for name in WRITERS} | {"device": device}


def _budgets(configuration: dict[str, Any]) -> dict[str, list[int]]:
    """By method."""
    return {entry["label"]: entry["budgets"] or configuration["budgets"] for entry in configuration["methods"]}


def _cell(result: Result, metrics: Any) -> CellRecord:
    seconds, cpu_seconds = dict(result.cost.seconds), dict(result.cost.cpu_seconds)
    own = ("train", "sample") if result.kind == "generator" else ("simulate", "train", "sample")
    return CellRecord(
        target=result.target,
        method=result.method,
        budget=result.budget,
        replicate=result.replicate,
        status=result.status,
        invalid_because="; ".join(finding.says for finding in result.reasons) or result.reason,
        errors=errors_of(result, metrics),
        counts={name: float(count(result)) for name, count in COUNTED.items() if count(result)},
        seconds=0.0 if result.cost.beside else sum(seconds.get(phase, 0.0) for phase in own),
        cold_seconds=result.cost.cold,
        cpu_seconds=0.0 if result.cost.beside else sum(cpu_seconds.get(phase, 0.0) for phase in own),
    )

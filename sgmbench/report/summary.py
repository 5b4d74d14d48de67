"""Summary: the results of a run gathered over replicates, as numbers by method and budget.

Nothing is computed twice: table, answer, CSV and figures all read this.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sgmbench.core.cost import USUAL_GRADIENT
from sgmbench.core.findings import told
from sgmbench.core.result import Result
from sgmbench.report.standings import Standing, standings_of
from sgmbench.report.worth import ENERGY, QUANTITY_OF, Entry, by_metric
from sgmbench.statistics.equivalent_runs import EquivalentRuns
from sgmbench.store.run_folder import RunFolder

UNTIMED = "others computed on its machine meanwhile: its seconds tell little"


@dataclass(frozen=True)
class Line:
    """One method at one budget for one target, over its replicates.

    Attributes:
        algorithm: the kind of the method, whatever its label.
        equivalent: equivalent runs by metric and condition: by energy, and by errors as "standard_deviation/c".
        errors: mean score over replicates by "metric/part" and condition.
        seconds: mean seconds by phase, of the replicates beside which no others computed, if there are any.
        solver_runs: asked for over all conditions, of which `gradients` were differentiated.
        runs_a_gradient: what such a run counts as, the median of all cells of the method; None where none measured it.
        operations: of its own programs (`core.cost`); None where they were not counted.
        samples: drawn in a replicate over all conditions, those beyond the scored ones included.
        invalid: why its samples are not what they should be, a sentence each; its scores stand, and win nothing.
        marks: what limits its claims and leaves it valid, likewise.
    """

    target: str
    method: str
    kind: str
    budget: int
    replicates: int
    failed: int
    reason: str
    failed_runs: int
    algorithm: str = ""
    equivalent: dict[str, dict[str, EquivalentRuns]] = field(default_factory=dict)
    errors: dict[str, dict[str, float]] = field(default_factory=dict)
    replicate_errors: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    samples_each: dict[str, int] = field(default_factory=dict)
    solver_runs: float = 0.0
    gradients: float = 0.0
    runs_a_gradient: float | None = None
    network_evaluations: float = 0.0
    operations: float | None = None
    samples: int = 0
    extra_samples: int = 0
    peak_bytes: int = 0
    invalid: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether it may answer: some cell did not fail, and none is invalid."""
        return self.failed < self.replicates and not self.invalid

    @property
    def seconds_a_sample(self) -> float:
        """Warm seconds of sampling."""
        return self.seconds.get("sample", 0.0) / max(self.samples, 1)

    @property
    def forward_runs(self) -> float:
        """What its solver runs cost in runs of the forward model."""
        g = USUAL_GRADIENT if self.runs_a_gradient is None else self.runs_a_gradient
        return self.solver_runs + (g - 1) * self.gradients

    @property
    def price(self) -> float:
        """That of one of them; 1 where none is differentiated."""
        return self.forward_runs / self.solver_runs if self.gradients else 1.0

    def median(self, metric: str = ENERGY) -> EquivalentRuns:
        """Equivalent runs of the median condition (the lower of two)."""
        ranked = sorted(self.equivalent[metric].values(), key=lambda runs: runs.value)
        return ranked[(len(ranked) - 1) // 2]

    def worst(self, metric: str = ENERGY) -> tuple[str, EquivalentRuns]:
        """The condition with the fewest equivalent runs, and them."""
        return min(self.equivalent[metric].items(), key=lambda item: item[1].value)

    def worst_moment(self) -> tuple[str, EquivalentRuns] | None:
        """The mean or standard deviation, as "mean/c", that is worth the fewest runs at the median condition."""
        moments = {part: self.median(part) for part in self.equivalent if part.partition("/")[0] in QUANTITY_OF}
        return min(moments.items(), key=lambda item: item[1].value, default=None)

    def median_error(self, part: str) -> float:
        """The median over conditions of one score."""
        return float(np.median(list(self.errors[part].values()))) if part in self.errors else float("nan")


@dataclass(frozen=True)
class TargetSummary:
    """One target: what is known of the truth at each condition, and a line for each method and budget.

    `standings` rank the methods of a target that was scored over held-out pairs.
    """

    name: str
    conditions: dict[str, dict[str, Any]]
    lines: list[Line]
    failed_because: str = ""
    standings: list[Standing] = field(default_factory=list)

    @property
    def pairs(self) -> int:
        """Over how many held-out pairs it was scored; 0 where conditions repeat."""
        return max((condition.get("pairs", 0) for condition in self.conditions.values()), default=0)

    @property
    def without_good(self) -> str:
        """What is the matter where no line is usable."""
        failed = all(line.failed == line.replicates for line in self.lines)
        return "every cell failed" if failed else "every cell is invalid or failed"

    @property
    def is_nested(self) -> bool:
        """Whether it takes a variance apart: its samples are of many z."""
        return any("decomposition" in condition for condition in self.conditions.values())

    @property
    def listed(self) -> list[str]:
        """Names of the listed conditions."""
        return [name for name, condition in self.conditions.items() if condition["is_listed"]]

    @property
    def drawn(self) -> list[str]:
        """Names of the conditions drawn from the prior."""
        return [name for name, condition in self.conditions.items() if not condition["is_listed"]]

    @property
    def seconds_a_run(self) -> float:
        """Warm core-seconds of a solver run, measured while the references were made; NaN of recorded runs."""
        runs = {name: c.get("streamed", c["size"]) for name, c in self.conditions.items()}
        known = [c["seconds"]["simulate"] / runs[name] for name, c in self.conditions.items() if c["seconds"]]
        return float(np.median(known)) if known else float("nan")

    def floor(self, part: str) -> float:
        """The median over conditions of an independent Monte Carlo pair's score."""
        metric, _, name = part.partition("/")
        floors = [c["floors"].get(metric, {}).get(name) for c in self.conditions.values()]
        known = [value for value in floors if value is not None]
        return float(np.median(known)) if known else float("nan")


@dataclass(frozen=True)
class Summary:
    """A whole run."""

    run: str
    record: dict[str, Any]
    targets: list[TargetSummary]
    results: list[Result]

    @property
    def has_failed_cells(self) -> bool:
        """Whether any cell failed."""
        return any(result.status == "failed" for result in self.results)

    @property
    def methods(self) -> list[str]:
        """Labels in the order of the configuration."""
        return [entry["label"] for entry in self.record["configuration"]["methods"]]


def summarize(folder: RunFolder) -> Summary:
    """Gathers the results of a run folder, finished or not."""
    record, results = folder.record, folder.results()
    configuration, targets = record["configuration"], []
    for name in dict.fromkeys(result.target for result in results):
        known = folder.read_reference(name) or {"conditions": {}}
        fields = known.get("fields", [])  # runs of an older version have none: theirs stay in the order of the alphabet
        truth = _by_condition(known["conditions"], fields)
        error = truth.pop("error", "")
        of_target = [replace(r, scores=_by_condition(r.scores, fields)) for r in results if r.target == name]
        lines = _lines(of_target, truth, _algorithms(configuration), configuration.get("metrics", []))
        targets.append(TargetSummary(name, truth, lines, error, standings_of(of_target)))
    return Summary(str(folder.path), record, targets, results)


def _by_condition(content: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """What is known at each condition, in the order of the fields and not of the alphabet."""
    return {condition: _in_order(of, fields) for condition, of in content.items()}


def _in_order(content: Any, fields: list[str]) -> Any:
    """Dictionaries by "field" or "field/part", however deep; what is no field comes first."""
    if not isinstance(content, dict):
        return content
    place = {field: i for i, field in enumerate(fields)}
    keys = sorted(content, key=lambda key: place.get(key.partition("/")[0], -1))
    return {key: _in_order(content[key], fields) for key in keys}


def _algorithms(configuration: dict[str, Any]) -> dict[str, str]:
    """The kind of each method by its label."""
    return {entry["label"]: entry["kind"] for entry in configuration["methods"]}


def _lines(
    results: list[Result], truth: dict[str, Any], algorithms: dict[str, str], metrics: Sequence[Entry] = ()
) -> list[Line]:
    groups: dict[tuple[str, int], list[Result]] = defaultdict(list)
    for result in results:
        groups[result.method, result.budget].append(result)
    lines = [_line(group, truth, algorithms.get(method, ""), metrics) for (method, _), group in groups.items()]
    prices = _prices(results)
    return [replace(line, runs_a_gradient=prices.get(line.method)) for line in lines]


def _prices(results: list[Result]) -> dict[str, float]:
    """What a gradient counts as by method: the same for all its budgets and replicates, but for noise."""
    measured: dict[str, list[float]] = defaultdict(list)
    for result in results:
        if result.cost.runs_a_gradient is not None:
            measured[result.method].append(result.cost.runs_a_gradient)
    return {method: float(np.median(each)) for method, each in measured.items()}


def _line(group: list[Result], truth: dict[str, Any], algorithm: str, metrics: Sequence[Entry]) -> Line:
    first = group[0]
    good = [result for result in group if result.status == "ok"]
    shared = {
        "target": first.target,
        "method": first.method,
        "kind": first.kind,
        "budget": first.budget,
        "replicates": len(group),
        "failed": len(group) - len(good),
        "reason": next((result.reason for result in group if result.reason), ""),
        "failed_runs": sum(result.failed_runs for result in group),
        "algorithm": algorithm,
    }
    if not good:
        return Line(**shared)
    replicate_errors = _gather(good)
    timed = [result for result in good if not result.cost.beside] or good
    untimed = (UNTIMED,) if timed[0].cost.beside else ()
    return Line(
        **shared,
        equivalent=by_metric(replicate_errors, truth, first, metrics),
        errors={part: {c: float(np.mean(v)) for c, v in by.items()} for part, by in replicate_errors.items()},
        replicate_errors=replicate_errors,
        seconds={p: float(np.mean([r.cost.seconds[p] for r in timed])) for p in good[0].cost.seconds},
        samples_each=good[0].samples_each,
        solver_runs=float(np.mean([result.cost.solver_runs for result in good])),
        gradients=float(np.mean([result.cost.gradients for result in good])),
        network_evaluations=good[0].cost.network_evaluations,
        operations=_mean_operations(good),
        samples=good[0].cost.samples,
        extra_samples=good[0].cost.extra_samples,
        peak_bytes=max(result.cost.peak_bytes for result in good),
        invalid=tuple(told([result.reasons for result in good])),
        marks=(*told([result.marks for result in good]), *untimed),
    )


def _mean_operations(good: list[Result]) -> float | None:
    counted = [result.cost.operations for result in good if result.cost.operations is not None]
    return float(np.mean(counted)) if len(counted) == len(good) else None


def _gather(good: list[Result]) -> dict[str, dict[str, list[float]]]:
    """Scores by "metric/part", condition and replicate; a score that is not a number becomes NaN."""
    gathered: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for result in good:
        for condition, metrics in result.scores.items():
            for metric, parts in metrics.items():
                for part, value in parts.items():
                    gathered[f"{metric}/{part}"][condition].append(np.nan if value is None else value)
    return {part: dict(by) for part, by in gathered.items()}

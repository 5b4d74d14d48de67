"""Datasets: the scores of a run as labeled arrays, one Dataset a target, every replicate by itself.

    <metric>.<part>         (label, budget, replicate, condition)    scores, NaN where there is none
    floor.<metric>.<part>   (condition)                              what an independent Monte Carlo set scores
    cost.<what>, seconds.<phase>, is_valid   (label, budget, replicate)
    z.<parameter>           (condition)                              where a condition gives parameters

A label is a method's; `method` itself is an argument of xarray's `sel`. A dot stands where scores have a slash, which
NetCDF does not allow in names; `long_name` has the score's own name.
"""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from sgmbench import registry
from sgmbench.config.load import build
from sgmbench.core.result import Result
from sgmbench.errors import SgmbenchError
from sgmbench.report.summary import Summary, TargetSummary

OF_CELL = ("label", "budget", "replicate")
UNITS = {"peak_bytes": "B"}
COUNTS = (
    "solver_runs",
    "executed_runs",
    "gradients",
    "runs_a_gradient",
    "network_evaluations",
    "operations",
    "samples",
    "peak_bytes",
)


def datasets_of(summary: Summary) -> dict[str, xr.Dataset]:
    """By target, in the order of the configuration."""
    return {target.name: _dataset(summary, target) for target in summary.targets}


def _dataset(summary: Summary, target: TargetSummary) -> xr.Dataset:
    results = [result for result in summary.results if result.target == target.name]
    axes: dict[str, list[Any]] = {
        "label": [label for label in summary.methods if any(result.method == label for result in results)],
        "budget": sorted({result.budget for result in results}),
        "replicate": sorted({result.replicate for result in results}),
        "condition": list(target.conditions or dict.fromkeys(c for result in results for c in result.scores)),
    }
    coordinates = axes | _parameters(summary, target)
    coordinates["budget"] = ("budget", axes["budget"], {"units": "solver runs"})
    return xr.Dataset(
        _scores(summary, results, axes) | _floors(target, axes) | _costs(results, axes),
        coordinates,
        _attributes(summary),
    )


def _scores(summary: Summary, results: list[Result], axes: dict[str, list[Any]]) -> dict[str, Any]:
    found: dict[str, np.ndarray] = {}
    units = _units(summary)
    for result in results:
        for condition, metrics in result.scores.items():
            for metric, parts in metrics.items():
                for part, value in parts.items():
                    name = f"{metric}/{part}"
                    if name not in found:
                        found[name] = np.full([len(axis) for axis in axes.values()], np.nan)
                    place = (*_place(result, axes), axes["condition"].index(condition))
                    found[name][place] = np.nan if value is None else value
    return {
        name.replace("/", "."): ([*axes], values, {"units": units.get(name.partition("/")[0], "-"), "long_name": name})
        for name, values in found.items()
    }


def _floors(target: TargetSummary, axes: dict[str, list[Any]]) -> dict[str, Any]:
    names = dict.fromkeys(
        (metric, part)
        for condition in target.conditions.values()
        for metric, parts in condition["floors"].items()
        for part in parts
    )
    return {
        f"floor.{metric}.{part.replace('/', '.')}": (
            ["condition"],
            [_number(target.conditions[c]["floors"].get(metric, {}).get(part)) for c in axes["condition"]],
            {"long_name": f"floor of {metric}/{part}"},
        )
        for metric, part in names
    }


def _costs(results: list[Result], axes: dict[str, list[Any]]) -> dict[str, Any]:
    phases = list(dict.fromkeys(phase for result in results for phase in result.cost.seconds))
    made = {name: _by_cell(results, axes, lambda r, name=name: getattr(r.cost, name)) for name in COUNTS}
    spent = {phase: _by_cell(results, axes, lambda r, phase=phase: r.cost.seconds.get(phase)) for phase in phases}
    valid = _by_cell(results, axes, lambda result: result.validity == "valid") == 1
    return {
        **{f"cost.{name}": (OF_CELL, values, {"units": UNITS.get(name, "-")}) for name, values in made.items()},
        **{f"seconds.{phase}": (OF_CELL, values, {"units": "s"}) for phase, values in spent.items()},
        "is_valid": (OF_CELL, valid, {"long_name": "whether the scores of a cell may win"}),
    }


def _by_cell(results: list[Result], axes: dict[str, list[Any]], value: Callable[[Result], Any]) -> np.ndarray:
    values = np.full([len(axes[name]) for name in OF_CELL], np.nan)
    for result in results:
        values[_place(result, axes)] = _number(value(result))
    return values


def _place(result: Result, axes: dict[str, list[Any]]) -> tuple[int, ...]:
    found = {"label": result.method, "budget": result.budget, "replicate": result.replicate}
    return tuple(axes[name].index(found[name]) for name in OF_CELL)


def _parameters(summary: Summary, target: TargetSummary) -> dict[str, Any]:
    """The z of conditions as coordinates with their units; none where the problem cannot be built, or not unasked."""
    if not any(condition["z"] for condition in target.conditions.values()):
        return {}
    try:
        with registry.nothing_imported():
            parameters = build("problems", summary.record["configuration"]["problem"]).parameters
    except SgmbenchError:
        return {}
    given = np.array([condition["z"] for condition in target.conditions.values()], float)
    return {f"z.{p.name}": ("condition", given[:, i], {"units": p.unit}) for i, p in enumerate(parameters)}


def _units(summary: Summary) -> dict[str, str]:
    """What each metric is measured in, by label."""
    found = {}
    for entry in summary.record["configuration"]["metrics"]:
        try:
            with registry.nothing_imported():
                metric: Any = registry.load("metrics", entry["kind"])
        except SgmbenchError:
            continue
        found[entry["label"]] = metric.unit
    return found


def _attributes(summary: Summary) -> dict[str, str]:
    record = summary.record
    return {
        "experiment": record["configuration"]["name"],
        "run": summary.run,
        "status": record["status"],
        "device": record["environment"]["device"],
        "versions": json.dumps(record["environment"]["versions"], sort_keys=True),
        "configuration": json.dumps(record["configuration"], sort_keys=True),
    }


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)

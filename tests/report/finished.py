"""A finished run written by hand: two targets, two fields, samples that were kept, and names that are HTML."""

import numpy as np

from sgmbench.core.cost import Cost
from sgmbench.core.findings import Finding
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.result import Result
from sgmbench.store.atomic import write_json
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import write_samples

HOSTILE = '<b>&"'
EXPERIMENT = "<script>alert('x')</script>"
X = Axis("x", "m", tuple(np.linspace(0.05, 0.95, 10).tolist()))
LAYOUT = Layout((Field("c", "V", (X,)), Field("q", "W")))
CONDITIONS = ("c1", "d01")
SIZE = 4_000
ROWS = 400
ASK = {
    "quantities": ["mean"],
    "tolerance": 0.1,
    "conditions": [1, 100],
    "cost_per_run": ["measured", 1.0],
    "workers": 1,
}
METHODS = {
    "monte_carlo": ("monte_carlo", "sampler"),
    HOSTILE: ("kde", "generator"),
    "broken": ("gaussian", "generator"),
}
D2 = {("monte_carlo", 100): 0.01, ("monte_carlo", 900): 0.0011, (HOSTILE, 900): 0.0025, ("broken", 900): 0.04}


def write_run(root, *, samples=True, factor=1.0):
    """The folder of a run of two replicates whose energy distances are those of D2, times a factor."""
    methods = [{"label": label, "kind": kind, "budgets": []} for label, (kind, _) in METHODS.items()]
    every = [_result(*key, r, factor) for key in D2 for r in range(2)] + [_failed()]
    configuration = {
        "name": EXPERIMENT,
        "problem": {"kind": "toy"},
        "ask": [ASK],
        "methods": methods,
        "replicates": 2,
        "reference": {"size": SIZE, "held_out": None},
        "seed": 7,
    }
    environment = {"device": "1 x CPU", "commit": "abc", "python": "3.11", "versions": {"sgmbench": "0.1.0"}}
    record = {
        "configuration": configuration,
        "cells": [each.name for each in every],
        "environment": environment,
        "warnings": ["<i>odd</i>"],
        "left_out": {"flow": "needs <flowjax>"},
    }
    folder = RunFolder.create(root / "results", "toy", record)
    for each in every:
        folder.cell(each.name).mkdir(parents=True)
        if samples and each.replicate == 0 and each.status == "ok":
            spread = 1.1 if each.method == HOSTILE else 1.0
            write_samples(folder.cell(each.name) / "samples.nc", _rows(each.budget, spread), LAYOUT)
        folder.write_result(each)
    write_json(folder.path / "references" / "conditional.json", {"conditions": {c: _truth(c) for c in CONDITIONS}})
    if samples:
        write_samples(folder.path / "references" / "conditional.nc", _rows(1, 1.0), LAYOUT)
    folder.finish("complete")
    return folder


def _rows(seed, spread):
    """A Brownian path and the square of its end, at each condition."""
    rng, rows = np.random.default_rng(seed), {}
    for condition in CONDITIONS:
        c = np.cumsum(rng.standard_normal((ROWS, len(X.coordinates))), axis=1) * spread / 3
        rows[condition] = np.column_stack([c, c[:, -1] ** 2])
    return rows


def _result(method, budget, replicate, factor):
    kind = METHODS[method][1]
    d2 = factor * D2[method, budget] * (1.01 if replicate else 0.99)
    moments = {"c": 0.03 + 0.01 * replicate, "q": 0.02}
    energy = {"d2": d2, "mu": 1.0, "mu_samples": 1.0, "reference_variance": 0.0}
    scores = {"energy": energy, "mean": moments, "standard_deviation": moments}
    seconds = {"compile": 0.5, "simulate": 0.01 * budget, "train": 30.0 * (kind == "generator"), "sample": 2.0}
    found = {"copies": 0.02, "copies_held_out": 0.01, "nearest_ratio": 0.9, "membership": 0.3, "verdict": "no sign"}
    return Result(
        name=f"conditional.{method}.{budget}.r{replicate}",
        content="0" * 64,
        target="conditional",
        method=method,
        kind=kind,
        budget=budget,
        replicate=replicate,
        status="ok",
        samples_each=dict.fromkeys(CONDITIONS, SIZE),
        cost=Cost(solver_runs=budget, samples=SIZE, network_evaluations=0, peak_bytes=2**30, seconds=seconds),
        scores=dict.fromkeys(CONDITIONS, scores),
        diagnostics={"memorization": found} if kind == "generator" else {},
        reasons=(Finding("spoilt", "its samples are <spoilt>", 1.0),) if method == "broken" else (),
    )


def _failed():
    return Result(
        name="marginal.monte_carlo.100.r0",
        content="1" * 64,
        target="marginal",
        method="monte_carlo",
        kind="sampler",
        budget=100,
        replicate=0,
        status="failed",
        reason="the solver said <NaN>",
    )


def _truth(name):
    return {
        "name": name,
        "z": [0.5],
        "data": None,
        "pairs": 0,
        "is_listed": name == "c1",
        "size": SIZE,
        "failed": 0,
        "floors": {"mean": {"c": 0.01, "q": 0.01}, "energy": {"d2": 1e-5}},
        "seconds": {"simulate": 0.01 * SIZE},
        "variances": {field: {"mean": 1.0, "sd": 0.5} for field in ("c", "q")},
    }


def _rung(name, evaluations, error, worth, *, at_least):
    equivalent = {"value": worth, "at_least": at_least, "low": None, "high": None, "cap": 1937.0}
    return {
        "name": name,
        "evaluations": evaluations,
        "closeness": {"error": error, "d2": error**2, "equivalent": equivalent},
        "wasserstein": {"q": 0.025 if at_least else 0.3},
        "standard_deviation": {"q": 0.0074 if at_least else 0.1},
    }


LADDER = {
    "experiment": EXPERIMENT,
    "method": "diffusion",
    "budget": 2500,
    "target": "conditional",
    "verdict": "learning <more> runs",
    "conditions": [
        {
            "condition": "c1",
            "samples": 4000,
            "cap": 1937.0,
            "rungs": [
                _rung("exact samples", 0, 0.0224, 1937.0, at_least=True),
                _rung("learned score", 26, 0.2, 25.0, at_least=False),
            ],
        }
    ],
}

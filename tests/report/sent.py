"""A finished run that somebody sent: whatever in it is a name or a sentence, a function of plain words has made."""

import numpy as np

from sgmbench.core.cost import Cost
from sgmbench.core.findings import Finding
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.result import Result
from sgmbench.store.atomic import write_json
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import write_samples

SIZE, ROWS = 1_000, 60
ASK = {
    "quantities": ["mean"],
    "tolerance": 0.1,
    "conditions": [1, 100],
    "cost_per_run": ["measured", 1.0],
    "workers": 1,
}


def write_run(root, word, path_word):
    """The folder of a run of two targets and three methods.

    Args:
        root: where its results are.
        word: makes a name or a sentence of a word.
        path_word: likewise a name that becomes a file, or a variable of one, so that no "/" may be in it.
    """
    words = Words(word, path_word)
    every = [words.result(kind, budget) for kind, budget in (("sampler", 100), ("generator", 100), ("generator", 900))]
    every += [words.failed()]
    record = {
        "configuration": words.configuration(),
        "cells": [each.name for each in every],
        "environment": {name: word(name) for name in ("device", "commit", "python")}
        | {"versions": {word("jax"): word("v")}},
        "warnings": [word("warning")],
        "left_out": {word("flow"): word("needs")},
        "data": {"content": word("data")},
    }
    folder = RunFolder.create(root, "sent", record)
    for each in every:
        if each.status == "ok":
            write_samples(folder.cell(each.name) / "samples.nc", words.rows(each.budget), words.layout)
        folder.write_result(each)
    truth = {"conditions": {c: words.truth(c) for c in words.conditions}, "fields": words.fields}
    write_json(folder.path / "references" / "conditional.json", truth)
    write_json(folder.path / "references" / f"{path_word('other')}.json", {"conditions": {"error": word("error")}})
    write_samples(folder.path / "references" / "conditional.nc", words.rows(1), words.layout)
    folder.finish("complete")
    return folder


class Words:
    """The parts of such a run."""

    def __init__(self, word, path_word):
        self.word, self.path_word = word, path_word
        self.conditions = (word("a condition"), word("b condition"))
        self.fields = [path_word("c"), path_word("q")]
        x = Axis(path_word("x"), word("m"), tuple(np.linspace(0.05, 0.95, 8).tolist()))
        self.layout = Layout((Field(self.fields[0], word("V"), (x,)), Field(self.fields[1], word("W"))))

    def configuration(self):
        kinds = {"monte_carlo": "sampler", self.word("kind"): "generator"}
        methods = [{"label": self.path_word(k), "kind": kind, "budgets": []} for kind, k in kinds.items()]
        return {
            "name": self.word("experiment"),
            "problem": {"kind": self.word("problem"), self.word("setting"): self.word("value")},
            "ask": [ASK],
            "methods": methods,
            "metrics": [{"kind": kind, "label": kind} for kind in ("energy", "mean", self.word("metric"))],
            "replicates": 1,
            "reference": {"size": SIZE, "held_out": None},
            "seed": 7,
            "primary": "energy",
        }

    def result(self, kind, budget):
        label = self.path_word(kind)
        energy = {"d2": 1 / budget, "mu": 1.0, "mu_samples": 1.0, "reference_variance": 0.0}
        moments = {self.fields[0]: 0.03, self.fields[1]: 0.02}
        scores = {"energy": energy, "mean": moments, "standard_deviation": moments}
        scores |= {"coverage": {f"{self.fields[0]}/0.9": 0.01}, "constraints": {self.word("constraint"): 0.5}}
        scores |= {self.word("metric"): {self.word("part"): 0.5}}
        verdict = {"copies": 0.02, "copies_held_out": 0.01, "membership": 0.3, "verdict": self.word("verdict")}
        return Result(
            name=f"conditional.{label}.{budget}.r0",
            content=self.word("content"),
            target="conditional",
            method=label,
            kind=kind,
            budget=budget,
            replicate=0,
            status="ok",
            samples_each=dict.fromkeys(self.conditions, SIZE),
            cost=Cost(
                solver_runs=budget, samples=SIZE, seconds={"compile": 1.0, "simulate": 1.0, "train": 3.0, "sample": 2.0}
            ),
            scores=dict.fromkeys(self.conditions, scores),
            diagnostics={"memorization": verdict} if kind == "generator" else {},
            reasons=(Finding(self.word("reason"), self.word("says")),) if budget == 900 else (),
            marks=(Finding(self.word("mark"), self.word("marks")),),
        )

    def failed(self):
        target, label = self.path_word("other"), self.path_word("sampler")
        return Result(
            name=f"{target}.{label}.100.r0",
            content="",
            target=target,
            method=label,
            kind="sampler",
            budget=100,
            replicate=0,
            status="failed",
            reason=self.word("failed"),
        )

    def truth(self, condition):
        return {
            "name": condition,
            "z": [0.5],
            "data": None,
            "pairs": 0,
            "is_listed": True,
            "size": SIZE,
            "failed": 1,
            "floors": {"mean": dict.fromkeys(self.fields, 0.01), "energy": {"d2": 1e-5}},
            "seconds": {"simulate": 0.01 * SIZE},
            "variances": {field: {"mean": 1.0, "sd": 0.5} for field in self.fields},
        }

    def rows(self, seed):
        rng = np.random.default_rng(seed)
        return {c: np.cumsum(rng.standard_normal((ROWS, self.layout.size)), axis=1) for c in self.conditions}

"""Summaries made by hand: methods whose errors are the same at every condition of a target.

References and scored samples are so many that they add nothing to an error.
"""

import numpy as np

from sgmbench.report.summary import Line, Summary, TargetSummary
from sgmbench.statistics.equivalent_runs import EquivalentRuns

ASK = {"quantities": ["mean"], "tolerance": 0.1, "conditions": [1, 10, 100], "cost_per_run": [1.0]}
MANY = 10**15
PHASES = {"train": 0.0, "compile": 0.0, "simulate": 0.0, "sample": 0.0}
VARIANCES = {"u": {"mean": 1.0, "sd": 0.5}}


def runs(value, at_least=False):
    return EquivalentRuns(value, None, None, at_least, 1e4)


def line(method, budget, error=0.0, *, parts=None, conditions=("d01", "d02"), kind="generator", **more):
    """One method at one budget; `parts` give its score, or those of replicates, by "metric/part"."""
    scores = {part: np.atleast_1d(of).tolist() for part, of in (parts or {"mean/u": error}).items()}
    n_eq, seconds = more.pop("n_eq", 50.0), PHASES | more.pop("seconds", {})
    fixed = {"target": "conditional", "failed": 0, "reason": "", "failed_runs": 0, "samples": 1_000}
    return Line(
        **fixed | {key: more.pop(key) for key in fixed if key in more},
        method=method,
        kind=kind,
        budget=budget,
        replicates=more.pop("replicates", max(map(len, scores.values()))),
        equivalent={"energy": {c: runs(n_eq) for c in conditions}},
        errors={part: dict.fromkeys(conditions, float(np.mean(of))) for part, of in scores.items()},
        replicate_errors={part: {c: list(of) for c in conditions} for part, of in scores.items()},
        seconds=seconds,
        samples_each=dict.fromkeys(conditions, MANY),
        solver_runs=more.pop("solver_runs", budget * len(conditions) if kind == "sampler" else budget),
        **more,
    )


MONTE_CARLO = line("monte_carlo", 100, 0.1, kind="sampler")


def target_of(*lines, names=("d01", "d02"), target="conditional", variances=VARIANCES, size=MANY, seconds=1.0):
    """A target of these lines; `seconds` is what a run took, None of recorded runs."""
    conditions = {
        name: {
            "z": None if target == "marginal" else (i + 0.5, 2.0),
            "is_listed": target == "marginal",
            "variances": variances,
            "size": size,
            "failed": 0,
            "floors": {},
            "seconds": None if seconds is None else {"simulate": seconds * size},
        }
        for i, name in enumerate(names)
    }
    return TargetSummary(target, conditions, list(lines))


def summary(*lines, ask=ASK, **more):
    """A run of one target."""
    asks = [ask] if isinstance(ask, dict) else ask
    methods = [{"label": label} for label in dict.fromkeys(each.method for each in lines)]
    record = {"configuration": {"name": "toy", "ask": asks, "methods": methods}}
    return Summary("results/x", record, [target_of(*lines, **more)], [])

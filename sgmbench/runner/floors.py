"""What is known of a target's truth: references/<target>.json, and some of its rows as NetCDF.

For each condition: what is given, how many runs and what they took (a posterior's draws are no runs), the Monte Carlo
variance of each quantity, and the floor of every metric: the score that an independent Monte Carlo set of the
reference's size has. Held-out pairs have no such floor; beside them stands the climatology, what a sampler of the
marginal law scores that ignores the conditions.
"""

from typing import Any

import numpy as np

from sgmbench.cells import Cell
from sgmbench.core.inverse import Inverse
from sgmbench.core.layout import Field
from sgmbench.core.metric import Metric
from sgmbench.core.problem import Recorded
from sgmbench.core.progress import Progress
from sgmbench.core.reference import Reference
from sgmbench.core.runs import Runs
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.runner.artifacts import load_floor, question_of
from sgmbench.runner.pairs import samples_without_conditions
from sgmbench.runner.scoring import means, metrics_of, score, score_pairs
from sgmbench.runner.truth import Truth
from sgmbench.statistics.monte_carlo_variance import mean_variance, sd_variance
from sgmbench.statistics.quantile_variance import quantile_variance
from sgmbench.store.atomic import read_json, write_json
from sgmbench.store.cache import Cache, content_of
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import write_samples


def write_floors(folder: RunFolder, cell: Cell, truth: Truth, cache: Cache, progress: Progress) -> None:
    """Writes the truth of a cell's target into the run folder, unless it is there for just these references.

    A reference all of whose runs failed leaves its reason in place of the conditions.
    """
    path = folder.path / "references" / f"{cell.target}.json"
    parts = ("conditions", "problem", "reference", "metrics", "seed", "inverse")
    content = content_of({key: cell.description[key] for key in parts if key in cell.description})
    if path.exists() and read_json(path).get("content") == content:
        return
    conditions: dict[str, Any] = {}
    try:
        for i, condition in enumerate(cell.description["conditions"]):
            conditions[condition["name"]] = _describe(cell, condition, truth, cache, progress)
            progress("references", i + 1, len(cell.description["conditions"]), cell.target)
    except CellError as error:
        conditions = {"error": str(error)}
    kept = cell.description["samples_kept"]
    if kept and "error" not in conditions:
        rows = {
            c["name"]: truth.reference(cell.description, c).values[: min(kept, c["pairs"] or kept)]
            for c in cell.description["conditions"]
        }
        write_samples(path.with_suffix(".nc"), rows, question_of(cell.description).answer.layout)
    write_json(path, {"content": content, "conditions": conditions})


def _describe(cell: Cell, condition: dict[str, Any], truth: Truth, cache: Cache, progress: Progress) -> dict[str, Any]:
    reference, runs = truth.reference(cell.description, condition), truth.runs(cell.description, condition)
    floor = load_floor(cell.description, condition, cache, progress)
    variances = {
        field.name: _variances(reference, field, metrics_of(cell.description)) for field in reference.layout.fields
    }
    return {
        **condition,
        "size": len(runs.ok),
        "failed": runs.failed,
        "seconds": None if isinstance(reference.problem, Recorded | Inverse) else runs.seconds,
        **(_pairs(cell, condition, reference, runs, floor) if condition["pairs"] else _floors(cell, reference, floor)),
        "variances": variances,
    }


def _variances(reference: Reference, field: Field, metrics: dict[str, Metric]) -> dict[str, float]:
    """What one run contributes to the error of each quantity of a field: "mean", "sd", and quantiles like "q0.975"."""
    where = reference.layout.slices[field.name]
    rows, ordered = reference.values[:, where], reference.sorted[:, where]
    levels = sorted({p for metric in metrics.values() if isinstance(metric, Quantiles) for p in metric.levels})
    of_quantiles = {
        f"q{p}": quantile_variance(ordered, reference.varies[where], reference.sd[where], p=p) for p in levels
    }
    moments = {"mean": mean_variance(rows, field.quadrature), "sd": sd_variance(rows, field.quadrature)}
    return moments | of_quantiles


def _floors(cell: Cell, reference: Reference, floor: Runs) -> dict[str, Any]:
    samples = Samples.equally_weighted(floor.y[floor.ok], reference.layout, is_law=True)
    return {"floors": score(metrics_of(cell.description), samples, reference), "floor_size": len(floor.ok)}


def _pairs(cell: Cell, condition: dict[str, Any], reference: Reference, runs: Runs, marginal: Runs) -> dict[str, Any]:
    """What the marginal law scores at held-out runs, and at how many different z these are."""
    samples = samples_without_conditions(marginal.y[marginal.ok], condition["pairs"], reference.problem)
    scores = means(score_pairs(metrics_of(cell.description), samples, reference))
    z = runs.z[runs.ok][: condition["pairs"]]
    return {"floors": {}, "climatology": scores, "different_conditions": len(np.unique(z, axis=0))}

"""What is known of a target's truth: references/<target>.json, and some of its rows as NetCDF.

For each condition: z, how many runs and what they took, the Monte Carlo variance of each quantity, and the floor of
every metric: the score that an independent Monte Carlo set of the reference's size has.
"""

from typing import Any

from sgmbench.cells import Cell
from sgmbench.core.progress import Progress
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.runner.artifacts import load_floor, problem_of
from sgmbench.runner.scoring import metrics_of, score
from sgmbench.runner.truth import Truth
from sgmbench.statistics.monte_carlo_variance import mean_variance, sd_variance
from sgmbench.store.atomic import read_json, write_json
from sgmbench.store.cache import Cache, content_of
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import write_samples


def write_floors(folder: RunFolder, cell: Cell, truth: Truth, cache: Cache, progress: Progress) -> None:
    """Writes the truth of a cell's target into the run folder, unless it is there for just these references.

    A reference all of whose runs failed leaves its reason in place of the conditions.
    """
    path = folder.path / "references" / f"{cell.target}.json"
    content = content_of(
        {key: cell.description[key] for key in ("conditions", "problem", "reference", "metrics", "seed")}
    )
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
        rows = {c["name"]: truth.reference(cell.description, c).values[:kept] for c in cell.description["conditions"]}
        write_samples(path.with_suffix(".nc"), rows, problem_of(cell.description).layout)
    write_json(path, {"content": content, "conditions": conditions})


def _describe(cell: Cell, condition: dict[str, Any], truth: Truth, cache: Cache, progress: Progress) -> dict[str, Any]:
    reference, runs = truth.reference(cell.description, condition), truth.runs(cell.description, condition)
    floor = load_floor(cell.description, condition, cache, progress)
    independent = Samples.equally_weighted(floor.y[floor.ok], reference.layout, is_law=True)
    variances = {
        field.name: {
            "mean": mean_variance(reference.values[:, reference.layout.slices[field.name]], field.quadrature),
            "sd": sd_variance(reference.values[:, reference.layout.slices[field.name]], field.quadrature),
        }
        for field in reference.layout.fields
    }
    return {
        **condition,
        "size": len(runs.ok),
        "failed": runs.failed,
        "seconds": runs.seconds,
        "floors": score(metrics_of(cell.description), independent, reference),
        "variances": variances,
    }

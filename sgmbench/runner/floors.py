"""What is known of a target's truth: references/<target>.json, and some of its rows as NetCDF.

For each condition: what is given, how many runs and what they took (a posterior's draws are no runs; of a streamed
reference `size` runs are kept), the Monte Carlo variance of each quantity, and the floor of every metric: the score
that an independent Monte Carlo set of the reference's size has; of held-out runs that of one half against the other. Of
a decomposition also the variance shares and the probabilities over z. Held-out pairs have no such floor; beside them
stands the climatology, what a sampler of the marginal law scores that ignores the conditions. Where the solver has
coarser levels, its own error stands there. The names of the fields stand beside all this in the order of the layout,
since JSON is sorted by name.
"""

from dataclasses import asdict
from typing import Any

import numpy as np

from sgmbench.cells import Cell, reference_description
from sgmbench.core.memory import outage_of_memory
from sgmbench.core.problem import Recorded
from sgmbench.core.progress import Progress
from sgmbench.core.reference import Reference
from sgmbench.core.runs import Runs
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError, OutageError
from sgmbench.metrics.mmd import MMD2
from sgmbench.runner.artifacts import load_floor, question_of
from sgmbench.runner.nested import describe
from sgmbench.runner.pairs import samples_without_conditions
from sgmbench.runner.scoring import means, metrics_of, score, score_pairs
from sgmbench.runner.truth import PROBED, Truth
from sgmbench.runner.variances import variances_of
from sgmbench.store.cache import Cache, content_of
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import write_samples


def write_floors(folder: RunFolder, cell: Cell, truth: Truth, cache: Cache, progress: Progress) -> None:
    """Writes the truth of a cell's target into the run folder, unless it is there for just these references.

    A reference all of whose runs failed leaves its reason in place of the conditions.

    Raises:
        OutageError: the truth cannot be made now; the reason stands there until it is tried again.
    """
    if has_floors(folder, cell):
        return
    conditions: dict[str, Any] = {}
    try:
        with outage_of_memory():
            for i, condition in enumerate(cell.description["conditions"]):
                conditions[condition["name"]] = _describe(cell, condition, truth, cache, progress)
                progress("references", i + 1, len(cell.description["conditions"]), cell.target)
    except OutageError as error:
        write_outage(folder, cell, error)
        raise
    except CellError as error:
        conditions = {"error": str(error)}
    kept, layout = cell.description["samples_kept"], question_of(cell.description).answer.layout
    if kept and "error" not in conditions:
        rows = {
            c["name"]: truth.reference(cell.description, c).values[: min(kept, c["pairs"] or kept)]
            for c in cell.description["conditions"]
        }
        write_samples(folder.path / "references" / f"{cell.target}.nc", rows, layout)
    fields = [field.name for field in layout.fields]
    folder.write_reference(cell.target, {"content": _content(cell), "conditions": conditions, "fields": fields})


def has_floors(folder: RunFolder, cell: Cell) -> bool:
    """Whether the truth of a cell's target is there, for just the references that it has."""
    return (folder.read_reference(cell.target) or {}).get("content") == _content(cell)


def write_outage(folder: RunFolder, cell: Cell, error: OutageError) -> None:
    """Writes why there is no truth of a cell's target; it has no content, so that the truth is made when it can be."""
    folder.write_reference(cell.target, {"content": None, "conditions": {"error": str(error)}, "fields": []})


def _content(cell: Cell) -> str:
    parts = ("conditions", "problem", "reference", "metrics", "seed", "inverse", "nested")
    return content_of({key: cell.description[key] for key in parts if key in cell.description})


def _describe(cell: Cell, condition: dict[str, Any], truth: Truth, cache: Cache, progress: Progress) -> dict[str, Any]:
    reference, runs = truth.reference(cell.description, condition), truth.runs(cell.description, condition)
    if "held_out" in cell.description["reference"]:
        floors = _floors_of_halves(cell, reference)
    else:
        floor = load_floor(cell.description, condition, cache, progress)
        is_pairs = condition["pairs"]
        floors = _pairs(cell, condition, reference, runs, floor) if is_pairs else _floors(cell, reference, floor)
    return {
        **condition,
        "size": len(runs.ok),
        **({} if reference.law is None else {"streamed": reference_description(cell.description, condition)["size"]}),
        "failed": runs.failed,
        "seconds": None if isinstance(reference.problem, Recorded) or condition["data"] else runs.seconds,
        **floors,
        "variances": variances_of(reference, metrics_of(cell.description)),
        **_kernel_units(cell, reference),
        "discretization": _discretization(cell, condition, truth),
        **({} if reference.outer is None else {"decomposition": describe(reference, metrics_of(cell.description))}),
    }


def _kernel_units(cell: Cell, reference: Reference) -> dict[str, dict[str, float]]:
    """What one run contributes to MMD^2, by the label of the metric."""
    metrics = metrics_of(cell.description).items()
    units = {label: metric.of_one_run(reference) for label, metric in metrics if isinstance(metric, MMD2)}
    return {"kernel_units": units} if units else {}


def _floors(cell: Cell, reference: Reference, floor: Runs) -> dict[str, Any]:
    ok, outer = floor.ok, question_of(cell.description).outer(len(floor.ok))
    of_rows = None if outer is None else outer[ok]
    # An independent nested set has z of its own, and stands for no law at those of the reference.
    samples = Samples.equally_weighted(floor.y[ok], reference.layout, is_law=outer is None, outer=of_rows)
    return {"floors": score(metrics_of(cell.description), samples, reference), "floor_size": len(floor.ok)}


def _floors_of_halves(cell: Cell, reference: Reference) -> dict[str, Any]:
    """No run is made for it: the first half of the reference stands against the other."""
    half = len(reference.values) // 2
    samples = Samples.equally_weighted(reference.values[:half], reference.layout, is_law=True)
    truth = Reference(reference.values[half:], reference.problem, reference.z)
    return {"floors": score(metrics_of(cell.description), samples, truth), "floor_size": half}


def _discretization(cell: Cell, condition: dict[str, Any], truth: Truth) -> dict[str, Any] | None:
    """The solver's own error of each field's mean and standard deviation, in the latter; None where nothing tells."""
    errors = truth.law_errors(cell.description, condition)
    return {"runs": PROBED, "fields": {name: asdict(error) for name, error in errors.items()}} if errors else None


def _pairs(cell: Cell, condition: dict[str, Any], reference: Reference, runs: Runs, marginal: Runs) -> dict[str, Any]:
    """What the marginal law scores at held-out runs, and at how many different z these are."""
    samples = samples_without_conditions(marginal.y[marginal.ok], condition["pairs"], reference.problem)
    scores = means(score_pairs(metrics_of(cell.description), samples, reference))
    z = runs.z[runs.ok][: condition["pairs"]]
    return {"floors": {}, "climatology": scores, "different_conditions": len(np.unique(z, axis=0))}

"""A method in miniature: one cell with the largest of its budgets, or as many runs as a rehearsal affords.

The cell has two conditions. With U the seconds from the end of the first to the end of the second,

    Generator   each = U - scoring,      scoring as measured beside the truth, at most U
    Sampler     each = mean seconds of solver runs and own fits,      scoring = U - each, at most what no clock booked

since a Generator draws its first samples more slowly, and chains take unequal times. A training is timed between its
own reports, over some of its steps (`runner.shortened`); what else the fit took grows with its runs. All is compiled
once, as in the run.
"""

import time
from dataclasses import replace

from sgmbench.cells import Cell, Description, fit_description
from sgmbench.config.load import build
from sgmbench.core.method import Generator
from sgmbench.core.progress import silent
from sgmbench.core.result import Result
from sgmbench.errors import CellError
from sgmbench.runner.artifacts import load_training_runs, without_digest
from sgmbench.runner.execute import execute
from sgmbench.runner.miniature import Miniature
from sgmbench.runner.pace import CellPace
from sgmbench.runner.shortened import shortened, stretch
from sgmbench.runner.stamps import Stamps


def pace_of_method(miniature: Miniature, cell: Cell, *, budget: int, scores: float) -> CellPace:
    """Pace of the cells of one method, from one of them.

    Args:
        miniature: of its target.
        cell: the one.
        budget: that it is given, its own or a smaller one.
        scores: seconds of a cell's scores of a block, as measured beside the truth.
    """
    method = build("methods", without_digest(cell.description["method"]))
    changed = {"budget": budget, "method": shortened(cell.description["method"])}
    small = miniature.small(cell.description) | changed
    if isinstance(method, Generator):
        try:
            load_training_runs(small, miniature.cache, silent)
        except CellError as error:
            return CellPace(budget, miniature.size, failed=str(error))
    stamps, begun = Stamps(), time.perf_counter()
    result, _ = execute(replace(cell, description=small), miniature.truth, miniature.cache, stamps)
    wall = time.perf_counter() - begun
    if result.status == "failed":
        return CellPace(budget, miniature.size, failed=result.reason)
    found = CellPace(budget, miniature.size, peak=result.cost.peak_bytes)
    if isinstance(method, Generator):
        found = replace(found, scoring=min(scores, stamps.between_conditions))
        return _of_generator(found, small, result, stamps, wall, miniature)
    if not stamps.conditions:
        return replace(found, fixed=wall)  # its errors are known, and no run is made
    return _of_sampler(found, result, stamps, wall, stretch(cell.description["method"]))


def _of_sampler(found: CellPace, result: Result, stamps: Stamps, wall: float, longer: float) -> CellPace:
    """Its own fits, `longer` times as long as here, are made anew at each condition."""
    seconds = result.cost.seconds
    drawn, trained, further = seconds["simulate"] + seconds["sample"], seconds["train"], stamps.between_conditions
    scoring = min(max(further - (drawn + trained) / 2, 0.0), max(wall - sum(seconds.values()), 0.0) / 2)
    return replace(found, fixed=seconds["compile"], each=(drawn + longer * trained) / 2, scoring=scoring)


def _of_generator(
    found: CellPace, small: Description, result: Result, stamps: Stamps, wall: float, miniature: Miniature
) -> CellPace:
    """With the fit taken apart."""
    description, further = fit_description(small), stamps.between_conditions
    learned = miniature.cache.notes("fit", description)["seconds"]
    total, compiled, trained = sum(learned.values()), learned["compile"], learned["train"]
    taken, step = stamps.training
    step = step or (trained / taken if taken else 0.0)
    return replace(
        found,
        extra=0 if "nested" in small else result.cost.extra_samples,  # there each z has its own
        fixed=max(wall - 2 * further - total, 0.0),
        fit=compiled + max(total - compiled - trained, 0.0),
        rows=max(trained - step * taken, 0.0),
        step=step,
        each=further - found.scoring,
        fit_bytes=miniature.cache.size("fit", description),
    )

"""The truth of a target in miniature: references and floors at two conditions, of n runs each.

The first pays for compilation: with C its seconds and S those of all but the solver,

    cold = C_1 + max(S_1 - S_2, 0),      r = seconds of the solver a run,      S = S_2

Scores of twice as many rows tell how S grows: with T(m) the seconds of scoring m rows against a reference of as many,

    e = log2(T(2 B) / T(B)) in [1, 2]

2 where pairs of rows decide, 1 where sorting does, B rows being a block of pairs (`metrics.pairwise`). Values do not
matter for that, and rows are repeated. Scored again, when the reference is prepared, a block takes what a cell's does.

Bias: what of S does not grow at all, as the runs on coarser levels do not.
"""

import math
import time
from dataclasses import replace

import numpy as np

from sgmbench.cells import Description, scored_size
from sgmbench.core.memory import peak_memory
from sgmbench.core.progress import silent
from sgmbench.core.reference import Reference
from sgmbench.core.samples import Samples
from sgmbench.metrics.pairwise import BLOCK
from sgmbench.runner.artifacts import load_floor
from sgmbench.runner.floors import write_floors
from sgmbench.runner.miniature import Miniature, warmup_draws
from sgmbench.runner.pace import TruthPace
from sgmbench.runner.scoring import metrics_of, score
from sgmbench.store.run_folder import RunFolder

Seconds = tuple[float, float, float]


def pace_of_truth(miniature: Miniature) -> TruthPace:
    """Pace of references and floors.

    Raises:
        CellError: no run of the reference succeeded, or it cannot be drawn.
    """
    with peak_memory() as so_far:
        (cold, first, unwarmed), (_, second, scoring) = (_at(miniature, each) for each in miniature.conditions)
        peak = so_far()
    description = miniature.cell.description
    sets, extra = 2 if "held_out" in description["reference"] else 4, warmup_draws(description)
    exponent, scores = _growth(miniature)
    return TruthPace(
        cold=cold + max(unwarmed - scoring, 0.0),
        run=(first + second) / (sets * (miniature.size + extra)),
        scoring=scoring,
        size=miniature.size,
        exponent=exponent,
        scores=scores,
        extra=extra,
        peak=peak,
    )


def _at(miniature: Miniature, condition: Description) -> Seconds:
    """Seconds of compiling the solver, of its runs, and of all else at one condition."""
    description = {**miniature.small(miniature.cell.description), "conditions": [condition]}
    cell, truth, cache = replace(miniature.cell, description=description), miniature.truth, miniature.cache
    begun = time.perf_counter()
    made = [truth.runs(description, condition)]
    write_floors(RunFolder(miniature.folder), cell, truth, cache, silent)
    wall = time.perf_counter() - begun
    if "held_out" not in description["reference"]:
        made.append(load_floor(description, condition, cache, silent))
    compiled, simulated = (sum(runs.seconds[phase] for runs in made) for phase in ("compile", "simulate"))
    return compiled, simulated, max(wall - compiled - simulated, 0.0)


def _growth(miniature: Miniature) -> tuple[float, float]:
    """e, and seconds of a cell's scores of a block; 1 and 0 where no reference is larger than that."""
    description = miniature.cell.description
    if max(scored_size(description, condition) for condition in description["conditions"]) <= BLOCK:
        return 1.0, 0.0
    (one, again), (two, _) = (_scoring(miniature, rows) for rows in (BLOCK, 2 * BLOCK))
    return min(max(math.log2(two / one), 1.0), 2.0), again


def _scoring(miniature: Miniature, m: int) -> tuple[float, float]:
    """T(m), what the metrics prepare of the reference among it, and what it takes once that is there."""
    description, condition = miniature.small(miniature.cell.description), miniature.conditions[0]
    known = miniature.truth.reference(description, condition)
    again, at = np.divmod(np.arange(m), len(known.values))
    outer = None if known.outer is None else known.outer[at] + again * (known.outer.max() + 1)
    reference = Reference(known.values[at], known.problem, known.z, outer)
    samples = Samples.equally_weighted(known.values[at], known.layout, is_law=True, outer=outer)
    metrics, stamps = metrics_of(description), [time.perf_counter()]
    for _ in range(2):
        score(metrics, samples, reference)
        stamps.append(time.perf_counter())
    return stamps[1] - stamps[0], stamps[2] - stamps[1]

"""A target in miniature: the descriptions of a run with fewer runs, at two conditions, and where they are made."""

from dataclasses import dataclass
from pathlib import Path

from sgmbench.cells import Cell, Description
from sgmbench.montecarlo.posterior_runs import WARMUP_DRAWS, PosteriorRuns
from sgmbench.runner.artifacts import question_of
from sgmbench.runner.truth import Truth
from sgmbench.store.cache import Cache


@dataclass(frozen=True)
class Miniature:
    """One target of an experiment, to be rehearsed.

    Attributes:
        cell: any cell of the target.
        size: runs of a reference, and samples that are scored.
        training: runs that all fits learn from the first of.
        folder: that is thrown away.
        cache: of all targets.
        truth: of this one.
    """

    cell: Cell
    size: int
    training: int
    folder: Path
    cache: Cache
    truth: Truth

    @property
    def conditions(self) -> list[Description]:
        """The first two; where there is one, that again by other random numbers."""
        known = self.cell.description["conditions"]
        return [*known, {**known[0], "name": "again"}][:2]

    def small(self, description: Description) -> Description:
        """The description of a cell with the sizes of this miniature."""
        sizes = {**description["reference"], "size": self.size, "drawn_size": self.size, "training": self.training}
        if "held_out" in sizes:
            sizes["held_out"] = self.size
        return {**description, "conditions": self.conditions, "reference": sizes, "samples_kept": 0}


def warmup_draws(description: Description) -> int:
    """Draws that long chains make before the first that is kept, where they are the truth; else 0."""
    if not any(condition["data"] for condition in description["conditions"]):
        return 0
    truth = question_of(description).truth(is_given=True)
    return WARMUP_DRAWS if isinstance(truth, PosteriorRuns) and not truth.is_exact else 0

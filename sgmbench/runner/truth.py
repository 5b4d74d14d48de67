"""Truth: the references of one target, held while its cells are scored, and what is known from them.

References come from the cache; keeping them with what the metrics prepared (the reference's own energy, sorted
coordinates) spares every cell the same work.

The discretization error of a law is estimated where the problem has coarser levels: the first runs of the reference
again on two of them (`statistics.discretization`). Held-out runs are so dear that nothing is run beside them.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sgmbench.cells import Description, reference_description, scored_size
from sgmbench.core.problem import Leveled
from sgmbench.core.progress import Progress
from sgmbench.core.reference import Reference
from sgmbench.core.runs import Runs
from sgmbench.runner.artifacts import load_coarser, load_reference
from sgmbench.statistics.discretization import LawError, law_errors
from sgmbench.store.cache import Cache, content_of

PROBED = 256  # runs of the reference that are made again on coarser levels
COARSER = 2  # levels, of which the second shows the order


@dataclass
class Truth:
    """References by condition, made at the first request."""

    cache: Cache
    progress: Progress
    _held: dict[str, tuple[Reference, Runs]] = field(default_factory=dict)
    _errors: dict[str, dict[str, LawError]] = field(default_factory=dict)

    def reference(self, cell: Description, condition: Description) -> Reference:
        """The reference of a cell's condition."""
        return self._load(cell, condition)[0]

    def runs(self, cell: Description, condition: Description) -> Runs:
        """The runs behind it, with their seconds."""
        return self._load(cell, condition)[1]

    def size(self, cell: Description, condition: Description) -> int:
        """Samples of a Generator that are scored."""
        return scored_size(cell, condition)

    def law_errors(self, cell: Description, condition: Description) -> dict[str, LawError]:
        """The solver's own error by field; empty where no coarser level tells it."""
        content = content_of(reference_description(cell, condition))
        if content not in self._errors:
            self._errors[content] = self._probe(cell, condition)
        return self._errors[content]

    def forget(self) -> None:
        """Frees the memory, between targets."""
        self._held.clear()
        self._errors.clear()

    def _probe(self, cell: Description, condition: Description) -> dict[str, LawError]:
        reference, runs = self._load(cell, condition)
        if "held_out" in cell["reference"] or not isinstance(reference.problem, Leveled) or reference.outer is not None:
            return {}
        size = min(PROBED, len(runs.ok))
        levels = [Runs(runs.z[:size], runs.y[:size], runs.ok[:size], executed=0, seconds={})]
        for level in range(1, COARSER + 1):
            coarser = load_coarser(cell, condition, self.cache, self.progress, level=level, size=size)
            if coarser is None:
                break
            levels.append(coarser)
        good = np.all([each.ok for each in levels], axis=0)
        if len(levels) < 2 or good.sum() < 2:
            return {}
        return law_errors([each.y[good] for each in levels], reference.layout)

    def _load(self, cell: Description, condition: Description) -> Any:
        content = content_of(reference_description(cell, condition))
        if content not in self._held:
            self._held[content] = load_reference(cell, condition, self.cache, self.progress)
        return self._held[content]

"""Truth: the references of one target, held while its cells are scored, and what is known from them.

References come from the cache; keeping them with what the metrics prepared (the reference's own energy, sorted
coordinates) spares every cell the same work.
"""

from dataclasses import dataclass, field
from typing import Any

from sgmbench.cells import Description, reference_description
from sgmbench.core.progress import Progress
from sgmbench.core.reference import Reference
from sgmbench.core.runs import Runs
from sgmbench.runner.artifacts import load_reference
from sgmbench.store.cache import Cache, content_of


@dataclass
class Truth:
    """References by condition, made at the first request."""

    cache: Cache
    progress: Progress
    _held: dict[str, tuple[Reference, Runs]] = field(default_factory=dict)

    def reference(self, cell: Description, condition: Description) -> Reference:
        """The reference of a cell's condition."""
        return self._load(cell, condition)[0]

    def runs(self, cell: Description, condition: Description) -> Runs:
        """The runs behind it, with their seconds."""
        return self._load(cell, condition)[1]

    def size(self, cell: Description, condition: Description) -> int:
        """Runs asked for in the reference, and samples scored."""
        return reference_description(cell, condition)["size"]

    def forget(self) -> None:
        """Frees the memory, between targets."""
        self._held.clear()

    def _load(self, cell: Description, condition: Description) -> Any:
        content = content_of(reference_description(cell, condition))
        if content not in self._held:
            self._held[content] = load_reference(cell, condition, self.cache, self.progress)
        return self._held[content]

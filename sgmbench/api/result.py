"""Answer: what a run came to, as sentences, tables, arrays and figures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from sgmbench.errors import UsageError
from sgmbench.report.ask_figures import draw_frontier_of, draw_map_of
from sgmbench.report.contest import Claim
from sgmbench.report.dataset import datasets_of
from sgmbench.report.rows import Row, rows_of
from sgmbench.report.summary import Summary, TargetSummary


@dataclass(frozen=True)
class Answer:
    """A run's summary, the sentences that answer what was asked, and which method is best, with its p."""

    summary: Summary
    sentences: list[str]
    claims: list[Claim]

    @property
    def has_failed_cells(self) -> bool:
        """Whether any cell failed."""
        return self.summary.has_failed_cells

    @property
    def folder(self) -> Path:
        """Where the run is kept."""
        return Path(self.summary.run)

    def table(self) -> list[Row]:
        """The rows of summary.csv in full precision, a dictionary each (`report.rows`).

        Every library of tables takes them: `pandas.DataFrame(answer.table())`.
        """
        return rows_of(self.summary)

    def to_xarray(self) -> dict[str, xr.Dataset]:
        """By target the scores and costs of every replicate as labeled arrays with their units (`report.dataset`).

        `answer.to_xarray()["marginal"]["energy.d2"]` has the dimensions (label, budget, replicate, condition).
        """
        return datasets_of(self.summary)

    def plot_frontier(self, path: str | Path, *, target: str | None = None) -> Path:
        """Draws as SVG what an answer costs against its tolerance, a line for each method.

        Args:
            path: of the file, which is replaced.
            target: which one; the first that an ask has an answer for by default.

        Raises:
            UsageError: there is no such target, or nothing to draw of it.
            StoreError: the file cannot be written.
        """
        return self._plot(draw_frontier_of, Path(path), target)

    def plot_decision_map(self, path: str | Path, *, target: str | None = None) -> Path:
        """Draws as SVG which method is cheapest over the cost of a run; arguments and errors as of `plot_frontier`."""
        return self._plot(draw_map_of, Path(path), target)

    def _plot(self, draw: Callable[[Path, Summary, TargetSummary], bool], path: Path, target: str | None) -> Path:
        names = [each.name for each in self.summary.targets]
        if target is not None and target not in names:
            raise UsageError(f"{target}: no such target; this run has {', '.join(names)}")
        chosen = [each for each in self.summary.targets if target in (None, each.name)]
        if not any(_can_be_asked(each) and draw(path, self.summary, each) for each in chosen):
            of = target or ", ".join(names) or "no target yet"
            raise UsageError(f"{path}: no ask of {self.summary.run} has an answer to draw ({of})")
        return path


def _can_be_asked(target: TargetSummary) -> bool:
    """Whether costs and errors are known as the asks want them."""
    return bool(target.conditions) and not target.failed_because and not target.pairs

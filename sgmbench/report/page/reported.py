"""A finished run as the page takes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import xarray as xr

from sgmbench.report.contest import Claim, Contest, contests, family
from sgmbench.report.draw import kept_samples, kept_truth, title_at
from sgmbench.report.summary import Line, Summary
from sgmbench.store.run_folder import RunFolder


def largest(lines: Iterable[Line]) -> list[Line]:
    """Of each method the line with the largest budget, in the order of their first ones."""
    found: dict[str, Line] = {}
    for line in lines:
        if line.method not in found or line.budget > found[line.method].budget:
            found[line.method] = line
    return list(found.values())


@dataclass(frozen=True)
class Kept:
    """Samples of a target that are on disk.

    Attributes:
        condition: the first of the target, which is shown.
        title: says where that is.
        truth: rows of the reference.
        samples: of the best Generator and of diffusion, by label.
    """

    condition: str
    title: str
    truth: xr.Dataset
    samples: dict[str, xr.Dataset]


@dataclass(frozen=True)
class Reported:
    """A run, what it came to, and the folder that its figures were drawn into."""

    folder: RunFolder
    summary: Summary
    figures: Path

    @property
    def name(self) -> str:
        """Of the experiment."""
        return self.summary.record["configuration"]["name"]

    @property
    def run(self) -> str:
        """Of the run's folder."""
        return self.folder.path.resolve().name

    @property
    def keeps_samples(self) -> bool:
        """Whether samples of cells that are scored stay on disk, as far as a record tells."""
        return self.summary.record["configuration"].get("keep_samples", "none") != "none"

    @cached_property
    def kept(self) -> dict[str, Kept]:
        """By target, where any were kept."""
        found = {}
        for target in self.summary.targets:
            truth = kept_truth(self.folder, target) if target.conditions and not target.failed_because else None
            if truth is not None:
                condition = next(iter(target.conditions))
                title = title_at(self.summary, target, condition)
                found[target.name] = Kept(condition, title, truth, kept_samples(self.folder, target))
        return found

    @cached_property
    def contests(self) -> list[Contest]:
        """Who is best at each budget."""
        return contests(self.summary)

    @cached_property
    def claims(self) -> list[Claim]:
        """Those that are primary."""
        return family([self.summary])

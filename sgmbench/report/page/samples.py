"""What the kept samples look like beside the truth: fields, distributions with their tails, leading modes, spectra.

Drawn are the Generator that is worth most and diffusion, each at its largest budget, at a target's first condition.
"""

from collections.abc import Iterator

import xarray as xr

from sgmbench.report.figures.distributions import distribution_words
from sgmbench.report.figures.modes import mode_coordinates, mode_words
from sgmbench.report.format import several, short
from sgmbench.report.page.drawing import drawing
from sgmbench.report.page.markup import Markup, joined, tag
from sgmbench.report.page.reported import Kept, Reported
from sgmbench.report.page.section import Section
from sgmbench.report.summary import TargetSummary

NOT_KEPT = (
    "This run kept no samples, so there is nothing to draw. Write keep_samples: first_replicate and samples_kept: 1000 "
    "into its configuration and run it again: fits and references are in the cache where it is still there."
)
NOT_SCORED = "No target has a truth and a method that was scored, so there is nothing to draw."
TAILS = (
    "Left, both tails: the share of draws below or above a value, whichever is smaller. Right, how far quantiles are "
    "from the true ones. The band is where as many draws of the truth's own law lie with 95 % at each place."
)
MODES = "The leading Karhunen-Loeve modes of the truth, scaled to unit variance; gray is the truth."
SPECTRA = (
    "Mean power of the cosine modes along the last axis, and below it over the true one; the band is of equal laws."
)


def samples_section(reported: Reported) -> Section:
    """All figures of kept samples, or how to keep them."""
    figures = joined(each for target in reported.summary.targets for each in _of_target(reported, target))
    return Section(
        "samples",
        "Fields, tails, modes and spectra",
        figures or tag("p", NOT_SCORED if reported.keeps_samples else NOT_KEPT),
    )


def _of_target(reported: Reported, target: TargetSummary) -> Iterator[Markup]:
    kept = reported.kept.get(target.name)
    if kept is None:
        return
    truth, samples, condition = kept.truth, kept.samples, kept.condition
    who = f"the truth ({_rows(truth)} rows) and {several(list(samples)) if samples else 'no method'}"
    yield tag("h3", kept.title)
    scores = _scores(target, samples, condition)
    shown = {
        "bands": (f"Mean and 95 % band along x of {who}. {scores}", ""),
        "maps": (f"Maps of mean and standard deviation of {who}. {scores}", ""),
        "histograms": (f"Histograms at three places of each field, of {who}. {scores}", ""),
        "distributions": (f"Tails and quantiles of {who}. {distribution_words(truth, samples, condition)}", TAILS),
        "modes": (f"Pair plot of leading modes of {who}. {_modes(kept)}", MODES),
        "spectra": (f"Power spectra of {who}. {_spectra(target, samples, condition)}", SPECTRA),
    }
    for name, (alt, caption) in shown.items():
        yield drawing(reported.figures / f"{target.name}_{name}.svg", alt, caption=caption)


def _modes(kept: Kept) -> str:
    return mode_words(mode_coordinates(kept.truth, kept.samples, kept.condition))


def _rows(truth: xr.Dataset) -> str:
    return f"{truth.sizes['sample']:,}"


def _scores(target: TargetSummary, samples: dict[str, xr.Dataset], condition: str) -> str:
    """Errors of mean and standard deviation by field."""
    return _told(target, samples, condition, {"mean": "the mean", "standard_deviation": "the standard deviation"})


def _spectra(target: TargetSummary, samples: dict[str, xr.Dataset], condition: str) -> str:
    return _told(target, samples, condition, {"spectrum": "the log spectrum"})


def _told(target: TargetSummary, samples: dict[str, xr.Dataset], condition: str, metrics: dict[str, str]) -> str:
    """The errors of each method at its largest budget, as far as it was scored."""
    said = []
    for label in samples:
        line = max((each for each in target.lines if each.method == label), key=lambda each: each.budget)
        for metric, words in metrics.items():
            parts = {part: by for part, by in line.errors.items() if part.startswith(f"{metric}/") and condition in by}
            errors = [f"{short(by[condition])} of {part.partition('/')[2]}" for part, by in parts.items()]
            if errors:
                said.append(f"{label} errs in {words} by {several(errors)}")
    return f"{'; '.join(said)}." if said else ""

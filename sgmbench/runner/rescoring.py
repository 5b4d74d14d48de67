"""Scores of a finished cell again, from the samples that it kept.

Its samples are on disk as they were scored, its reference is in the cache or made again from its description. What was
not kept cannot be scored: samples beyond `samples_kept`, and those of replicates that keep none.
"""

from dataclasses import dataclass

from sgmbench.cells import Cell
from sgmbench.core.result import Result, Scores
from sgmbench.runner.artifacts import question_of
from sgmbench.runner.scoring import means, metrics_of, score, score_pairs
from sgmbench.runner.truth import Truth
from sgmbench.store.cache import content_of
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import read_samples, samples_at


@dataclass(frozen=True)
class Rescored:
    """The scores that a cell has by what it kept.

    Attributes:
        scores: at the conditions of which every sample was kept.
        lacking: why not at the others; "" where there are none.
    """

    scores: Scores
    lacking: str = ""


def rescore(folder: RunFolder, cell: Cell, result: Result, truth: Truth) -> Rescored:
    """Raises what the store and the metrics raise."""
    if why := _nothing_to_score(folder, cell, result):
        return Rescored({}, why)
    layout = question_of(cell.description).answer.layout
    dataset = read_samples(folder.cell(cell.name) / "samples.nc")
    metrics, most, scores, lacking = metrics_of(cell.description), cell.description["samples_kept"], {}, ""
    for condition in cell.description["conditions"]:
        name = condition["name"]
        samples = samples_at(dataset, name, layout, is_law=result.kind == "generator")
        if len(samples.values) >= most and result.samples_each[name] > most:
            lacking = f"no more than {most:,} samples a condition were kept (samples_kept)"
            continue
        reference = truth.reference(cell.description, condition)
        is_paired = samples.pair is not None
        each = score_pairs(metrics, samples, reference) if is_paired else {}
        scores[name] = means(each) if is_paired else score(metrics, samples, reference)
    return Rescored(scores, lacking)


def _nothing_to_score(folder: RunFolder, cell: Cell, result: Result) -> str:
    """Why there is nothing that could be scored again."""
    if result.status == "failed":
        return "the cell failed"
    if result.content != content_of(cell.description):
        return "made by other code than this, or of other data (sgmbench reproduce tells what they give now)"
    if not cell.description["samples_kept"]:
        return "samples were not kept (keep_samples: all)"
    if not (folder.cell(cell.name) / "samples.nc").exists():
        return "no samples were made, since their errors are known"
    return ""

"""Verification of a run: is everything there, as it was written, and do the samples have the scores that are told?

    files     each has the checksum of the manifest
    links     no file of the run is elsewhere
    schemas   run.json is of a schema that this version reads, and says which cells there are
    results   of each cell one that can be read, with the samples that it names; of each truth likewise
    cache     what is kept for this run and its neighbors is as it was written; what is not there is made again
    scores    those of kept samples, computed again, agree to rounding (`runner.agreement`)

No run is changed. The cost is two readings of the folder, once against the manifest and once as results, one of the
cache, and for the scores that of scoring; a reference that the cache does not have is made again, which
`with_scores=False` spares.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sgmbench.cells import Cell, cells_of
from sgmbench.config.load import build_experiment
from sgmbench.core.progress import Progress, silent
from sgmbench.core.result import Result
from sgmbench.errors import SgmbenchError, StoreError
from sgmbench.runner.agreement import ROUNDING, differences
from sgmbench.runner.rescoring import rescore
from sgmbench.runner.truth import Truth
from sgmbench.store.cache import Cache
from sgmbench.store.checkpoints import FolderCheckpoints
from sgmbench.store.links import links_of
from sgmbench.store.lock import at_work
from sgmbench.store.manifest import MANIFEST, Inspection, inspect
from sgmbench.store.run_folder import RunFolder

ENDED = ("complete", "failed cells")
COPY = "restore it from a copy, or run the experiment again"


@dataclass(frozen=True)
class Check:
    """One finding about a run.

    Attributes:
        status: "ok", "broken", or "not checked" with the reason.
        subject: a file, or what was looked at.
        says: what was found.
        remedy: what to do where something is broken.
    """

    status: Literal["ok", "broken", "not checked"]
    subject: str
    says: str
    remedy: str = ""


@dataclass(frozen=True)
class Verification:
    """All findings about a run."""

    run: str
    checks: list[Check]

    @property
    def verdict(self) -> Literal["intact", "broken"]:
        """Whether everything that was looked at is as it should be."""
        return "broken" if any(check.status == "broken" for check in self.checks) else "intact"


def verify(folder: RunFolder, cache: Cache, *, with_scores: bool = True, progress: Progress = silent) -> Verification:
    """All findings about a run folder, which is left as it is.

    Args:
        folder: of the run.
        cache: where references are looked for, and kept where they are made.
        with_scores: whether kept samples are scored again.
        progress: listener.
    """
    again = f"sgmbench run {folder.path} makes it again"
    found = inspect(folder.path)
    checks = _links(folder) + ([] if found is None else _files(found, again))
    if any(check.subject == "run.json" for check in checks):
        return Verification(str(folder.path), checks)
    try:
        record = folder.record
    except SgmbenchError as error:
        return Verification(str(folder.path), [*checks, Check("broken", "run.json", str(error), COPY)])
    if found is None:
        checks.append(_without_manifest(folder, record, again))
    results: dict[str, Result | None] = {}
    for name in record["cells"]:
        try:
            results[name] = folder.read_result(name)
        except SgmbenchError as error:
            checks.append(Check("broken", f"cells/{name}/result.json", str(error), COPY))
    known = {check.subject for check in checks if check.status == "broken"}
    checks += [check for check in _results(folder, record, results, again) if check.subject not in known]
    checks += [check for check in _truths(folder, again) if check.subject not in known]
    checks += _cached(cache)
    if with_scores:
        checks += _scores(folder, record, results, cache, progress)
    else:
        checks.append(Check("not checked", "scores", "left out (--no-scores)"))
    return Verification(str(folder.path), checks)


def _files(found: Inspection, again: str) -> list[Check]:
    """Every file against the manifest."""
    broken = [
        Check("broken", each.file, each.what, COPY if each.file == "run.json" else again) for each in found.damages
    ]
    later = [Check("not checked", name, f"written after {MANIFEST}") for name in found.later]
    whole = [] if broken else [Check("ok", "files", f"{found.files} files have the SHA-256 of {MANIFEST}")]
    return [*whole, *broken, *later]


def _links(folder: RunFolder) -> list[Check]:
    """What only leads elsewhere; a run that is gone on with writes into its own folder alone."""
    lead = {name: f"is a link to {to}" for name, to in links_of(folder.path).items()}
    elsewhere = [Check("broken", name, says, "put what it leads to in its place") for name, says in lead.items()]
    if not folder.path.is_symlink():
        return elsewhere
    return [Check("not checked", "folder", f"is a link to {folder.path.readlink()}, which was looked at"), *elsewhere]


def _without_manifest(folder: RunFolder, record: dict[str, Any], again: str) -> Check:
    if record["status"] not in ENDED:
        return Check("not checked", "files", f"no {MANIFEST}, since the run has not ended")
    if holder := at_work(folder.path):  # the report is still to be made
        return Check("not checked", "files", f"no {MANIFEST} yet, since {holder} is at work in the run")
    if "manifest" in record:
        return Check("broken", MANIFEST, "is missing", again)
    return Check("not checked", "files", f"no {MANIFEST}: the run is older than manifests are")


def _results(folder: RunFolder, record: dict[str, Any], results: dict[str, Result | None], again: str) -> list[Check]:
    """One that can be read of each cell."""
    checks = [Check("ok", "run.json", f"schema {record['schema']}, {record['status']}, {_some(len(results))}")]
    missing = []
    for name, result in results.items():
        file = folder.cell(name) / "result.json"
        if result is None and not file.exists():
            missing.append(name)
        elif result is None:
            says = "cannot be read, or a file that it names has changed"
            checks.append(Check("broken", str(file.relative_to(folder.path)), says, again))
    if missing and record["status"] in ENDED:
        checks += [Check("broken", f"cells/{name}/result.json", "is missing", again) for name in missing]
    elif missing:
        says = f"{len(missing)} of {len(results)} cells are not there yet; go on with sgmbench run {folder.path}"
        checks.append(Check("not checked", "results", says))
    if not any(check.status == "broken" for check in checks):
        there = [result for result in results.values() if result is not None]
        failed = sum(result.status == "failed" for result in there)
        says = f"of {_some(len(there))} can be read" + (f", {failed} failed" if failed else "")
        checks.append(Check("ok", "results", says))
    return checks


def _truths(folder: RunFolder, again: str) -> list[Check]:
    """What is known of each target's truth; nothing to say where it is whole."""
    checks = []
    for path in sorted((folder.path / "references").glob("*.json")):
        try:
            folder.read_reference(path.stem)
        except (SgmbenchError, OSError):
            says = "cannot be read, or the rows beside it have changed"
            checks.append(Check("broken", f"references/{path.name}", says, again))
    return checks


def _cached(cache: Cache) -> list[Check]:
    """Artifacts, and checkpoints of unfinished trainings; what is damaged is never used."""
    whole, damaged = cache.inspect()
    checkpoints = [each for fit in cache.root.glob("checkpoints/*") for each in FolderCheckpoints(fit).damaged]
    checks = [_damaged(path, cache, "it is made again where it is needed", ".*") for path in damaged]
    checks += [_damaged(path, cache, "its training goes on from the one before it") for path in sorted(checkpoints)]
    if whole and not checks:
        says = f"{whole} artifacts have their SHA-256" if whole > 1 else "1 artifact has its SHA-256"
        checks.append(Check("ok", "cache", says))
    return checks


def _damaged(path: Path, cache: Cache, then: str, suffix: str = "") -> Check:
    name = path.relative_to(cache.root.parent).as_posix()
    return Check("broken", name, "is not as it was written, and is not used", f"remove {path}{suffix}; {then}")


@dataclass(frozen=True)
class _Again:
    """What scoring one cell again came to: its largest relative difference, why it was not scored, what is broken."""

    name: str
    largest: float | None = None
    lacking: str = ""
    broken: Check | None = None


def _scores(
    folder: RunFolder, record: dict[str, Any], results: dict[str, Result | None], cache: Cache, progress: Progress
) -> list[Check]:
    """Kept samples against the scores that are told of them."""
    try:
        experiment = build_experiment(record["configuration"], str(folder.path / "run.json")).experiment
        cells = {cell.name: cell for cell in cells_of(experiment)}
    except SgmbenchError as error:
        return [Check("not checked", "scores", f"the configuration cannot be built: {error}")]
    truth, every = Truth(cache, progress), []
    for i, (name, result) in enumerate(results.items()):
        progress("cells", i, len(results), name)
        if result is not None:
            if every and not every[-1].name.startswith(f"{result.target}."):
                truth.forget()
            every.append(_again(folder, cells.get(name), result, truth))
    progress("cells", len(results), len(results))
    checks = [each.broken for each in every if each.broken]
    agreeing = [each.largest for each in every if each.largest is not None and not each.broken]
    if agreeing:
        largest = f"differ by {max(agreeing):.1g} at most (rounding: {ROUNDING:g})" if max(agreeing) else "are the same"
        checks.append(Check("ok", "scores", f"of {_some(len(agreeing))}, computed again from their samples, {largest}"))
    lacking = Counter(each.lacking for each in every if each.lacking)
    return checks + [Check("not checked", "scores", f"of {_some(count)}: {why}") for why, count in lacking.items()]


def _again(folder: RunFolder, cell: Cell | None, result: Result, truth: Truth) -> _Again:
    """One cell."""
    name = result.name
    if cell is None:
        return _Again(name, lacking="not a cell of the configuration")
    try:
        found = rescore(folder, cell, result, truth)
    except StoreError as error:  # the reference that was made for it cannot be kept
        return _Again(name, lacking=str(error))
    except (SgmbenchError, OSError, KeyError, ValueError) as error:
        says = f"cannot be scored again: {type(error).__name__}: {error}"
        return _Again(name, broken=Check("broken", f"cells/{name}/samples.nc", says, _anew(folder, name)))
    if not found.scores:
        return _Again(name, lacking=found.lacking)
    told = {condition: result.scores.get(condition, {}) for condition in found.scores}
    different = differences(told, found.scores)
    if different and not different[0].is_rounding:
        worst = different[0]
        says = f"{worst.score} at {worst.condition} is told as {worst.before}, and its samples have {worst.now}"
        return _Again(name, broken=Check("broken", f"cells/{name}/result.json", says, _anew(folder, name)))
    return _Again(name, different[0].relative if different else 0.0, found.lacking)


def _anew(folder: RunFolder, name: str) -> str:
    return f"remove {folder.cell(name)} and go on with sgmbench run {folder.path}"


def _some(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"

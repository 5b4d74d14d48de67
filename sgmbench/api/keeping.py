"""Finished runs kept: verified, a cell of them reproduced, taken elsewhere; and the cache emptied."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, get_args

from sgmbench import registry
from sgmbench.api.printing import print_lines
from sgmbench.api.running import RESULTS
from sgmbench.core.progress import Progress, silent
from sgmbench.errors import UsageError
from sgmbench.report.csv import write_csv
from sgmbench.report.dataset import datasets_of
from sgmbench.report.inference_data import write_inference_data
from sgmbench.report.keeping import reproduction_lines, verification_lines
from sgmbench.report.netcdf import write_netcdf
from sgmbench.report.parquet import write_parquet
from sgmbench.report.rows import rows_of
from sgmbench.report.summary import Summary, summarize
from sgmbench.runner import reproduction, verification
from sgmbench.runner.reproduction import Reproduction
from sgmbench.runner.verification import Verification
from sgmbench.store.cache import Cache, Held
from sgmbench.store.lock import locked
from sgmbench.store.manifest import MANIFEST
from sgmbench.store.names import component
from sgmbench.store.run_folder import RunFolder, find_run, runs_of

Format = Literal["csv", "parquet", "netcdf", "arviz"]

_TO_FILE: dict[Format, tuple[str, Callable[[Path, Summary], None]]] = {
    "csv": (".csv", write_csv),
    "parquet": (".parquet", lambda path, summary: write_parquet(path, rows_of(summary))),
    "netcdf": (".nc", lambda path, summary: write_netcdf(path, datasets_of(summary))),
}


def verify(
    name: str | Path,
    *,
    with_scores: bool = True,
    trust: bool = False,
    results: Path = RESULTS,
    progress: Progress = silent,
) -> Verification:
    """Whether all files of a run are as they were written, and its samples have the scores that are told of them.

    Args:
        name: a run as in `show`; its folder may be damaged.
        with_scores: whether kept samples are scored again; a reference that the cache lacks is made for it.
        trust: whether unpackaged code that the run names is imported for that.
        results: root of the results folders.
        progress: listener.

    Raises:
        UsageError: there is no such run.
    """
    folder = _folder_of(results, str(name))
    if trust and folder.is_readable:
        registry.import_unpackaged(folder.record["configuration"])
    return verification.verify(folder, _cache_of(folder), with_scores=with_scores, progress=progress)


def reproduce(
    name: str | Path, cell: str, *, trust: bool = False, results: Path = RESULTS, progress: Progress = silent
) -> Reproduction:
    """One cell of a run again, with its reference, its runs and its fit, and how far its numbers are the same.

    Args:
        name: a run as in `show`.
        cell: its name, or a part of it that no other cell has.
        trust: whether unpackaged code that the run names is imported.
        results: root of the results folders.
        progress: listener.

    Raises:
        UsageError: there is no such run or cell, its problem cannot be run, or it needs code that is not imported.
    """
    folder = find_run(results, str(name))
    if trust:
        registry.import_unpackaged(folder.record["configuration"])
    return reproduction.reproduce(folder, cell, progress=progress)


def export(
    name: str | Path, *, to: Format, output: str | Path | None = None, trust: bool = False, results: Path = RESULTS
) -> list[Path]:
    """Writes a run in a form for other tools, and says which files.

        csv, parquet   the rows of `Answer.table`, to six digits and in full precision
        netcdf         the Datasets of `Answer.to_xarray`, a group for each target
        arviz          kept samples of posteriors, a file for each cell and observation

    Args:
        name: a run as in `show`.
        to: the form.
        output: the file, or the folder where there are several; named after the run, in this folder, by default.
        trust: whether unpackaged code that the run names is imported, for the units of its metrics and parameters.
        results: root of the results folders.

    Raises:
        UsageError: there is no such run or form, nothing to write, or a package is missing.
        StoreError: the file cannot be written.
    """
    if to not in get_args(Format):
        raise UsageError(f"--to {to}: no such form; write {', '.join(get_args(Format))}")
    folder = find_run(results, str(name))
    if trust:
        registry.import_unpackaged(folder.record["configuration"])
    summary = summarize(folder)
    experiment = component(summary.record["configuration"]["name"], of=folder.path)
    stem = f"{experiment}-{folder.path.resolve().name}"
    if to == "arviz":
        return write_inference_data(Path(output or f"{stem}-posterior"), summary)
    suffix, write = _TO_FILE[to]
    path = Path(output or f"{stem}{suffix}")
    write(path, summary)
    return [path]


def cached(results: Path = RESULTS) -> list[Held]:
    """What the cache holds, kind by kind, and how many bytes that is."""
    return Cache(results / ".cache").held()


def clear_cache(results: Path = RESULTS) -> list[Held]:
    """Empties the cache and says what it held; runs stay, and what they need is made again when it is asked for.

    Raises:
        UsageError: a process is at work in a run below `results`, which uses the cache.
        StoreError: it cannot be removed.
    """
    cache = Cache(results / ".cache")
    held = cache.held()
    with ExitStack() as locks:
        for run in runs_of(results):
            if run.record["status"] == "running":
                locks.enter_context(locked(run.path))
        cache.clear()
    return held


def print_verification(found: Verification) -> None:
    """A line a finding."""
    print_lines(verification_lines(found))


def print_reproduction(found: Reproduction) -> None:
    """The verdict, and what differs."""
    print_lines(reproduction_lines(found))


def _folder_of(results: Path, name: str) -> RunFolder:
    """Also where run.json cannot be read any more."""
    near = [Path(name), *(results.glob(f"*/{name}") if "/" not in name and name.strip(".") else ())]
    for path in near:
        if any((path / file).exists() for file in ("run.json", MANIFEST)):
            return RunFolder(path)
    return find_run(results, name)


def _cache_of(folder: RunFolder) -> Cache:
    return Cache(folder.path.resolve().parents[1] / ".cache")

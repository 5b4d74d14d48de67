"""Chosen: which two runs are compared, by what the user has named."""

from pathlib import Path

from sgmbench.errors import UsageError
from sgmbench.store.run_folder import RunFolder, find_run, runs_of


def newest_two(results: Path, old: str | None, new: str | None) -> tuple[RunFolder, RunFolder]:
    """The runs to compare: both named, one named and the newest of its experiment, or the two newest complete ones.

    The newer of two that are not both named is judged, so that the newest run, if named alone, meets the one before it.

    Raises:
        UsageError: there are not two.
    """
    if old is not None and new is not None:
        return find_run(results, old), find_run(results, new)
    named = find_run(results, old) if old is not None else None
    complete = [run for run in runs_of(results) if run.record["status"] == "complete"]
    newest = named or (complete[-1] if complete else None)
    experiment = newest.path.resolve().parent.name if newest else ""
    same = [run for run in complete if run.path.parent.name == experiment]
    if named and old and Path(old).resolve().name == named.path.resolve().name:  # a run, and no experiment
        others = [run for run in same if run.path.resolve() != named.path.resolve()]
        same = sorted([named, *others[-1:]], key=lambda run: run.path.resolve().name)
    if len(same) < 2:
        of = f"of {experiment}" if experiment else "of one experiment"
        raise UsageError(f"compare needs two complete runs {of} below {results}/; it has {len(same)}")
    return same[-2], same[-1]


def newest_of(results: Path, experiment: str) -> RunFolder:
    """The newest run of an experiment that has ended, cells of which may have failed.

    Raises:
        UsageError: there is none.
    """
    ended = [run for run in runs_of(results, experiment) if run.record["status"] in ("complete", "failed cells")]
    if not ended:
        raise UsageError(f"compare --baseline needs a finished run of {experiment} below {results}/; it has none")
    return ended[-1]

"""Chosen: which two runs are compared, by what the user has named."""

from pathlib import Path

from sgmbench.errors import UsageError
from sgmbench.store.run_folder import RunFolder, find_run, runs_of

ENDED = ("complete", "failed cells")
"""Status of a run that has come to its end, whatever became of its cells."""


def newest_two(results: Path, old: str | None, new: str | None) -> tuple[RunFolder, RunFolder]:
    """The runs to compare: both named, one named and the newest of its experiment, or the two newest that ended.

    The newer of two that are not both named is judged, so that the newest run, if named alone, meets the one before it.

    Raises:
        UsageError: there are not two.
    """
    if old is not None and new is not None:
        return _two(find_run(results, old), find_run(results, new))
    named = find_run(results, old) if old is not None else None
    ended = [run for run in runs_of(results) if run.record["status"] in ENDED]
    newest = named or (ended[-1] if ended else None)
    experiment = newest.path.resolve().parent.name if newest else ""
    same = [run for run in ended if run.path.parent.name == experiment]
    if named and old and Path(old).resolve().name == named.path.resolve().name:  # a run, and no experiment
        others = [run for run in same if run.path.resolve() != named.path.resolve()]
        same = sorted([named, *others[-1:]], key=lambda run: run.path.resolve().name)
    if len(same) < 2:
        of = f"of {experiment}" if experiment else "of one experiment"
        raise UsageError(f"compare needs two finished runs {of} below {results}/; it has {len(same)}")
    return same[-2], same[-1]


def _two(old: RunFolder, new: RunFolder) -> tuple[RunFolder, RunFolder]:
    if old.path.resolve() == new.path.resolve():
        raise UsageError(f"{new.path}: named twice, and a run is no worse than itself; name another one, or this alone")
    return old, new


def newest_of(results: Path, experiment: str) -> RunFolder:
    """The newest run of an experiment that has ended.

    Raises:
        UsageError: there is none.
    """
    ended = [run for run in runs_of(results, experiment) if run.record["status"] in ENDED]
    if not ended:
        raise UsageError(f"compare --baseline needs a finished run of {experiment} below {results}/; it has none")
    return ended[-1]

"""Experiments and series of them: run, gone on with, and reported."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sgmbench import registry
from sgmbench.api.reporting import RESULTS, write_page
from sgmbench.api.result import Answer
from sgmbench.config.load import Loaded, build_experiment, load
from sgmbench.config.series import LoadedEntry, load_series
from sgmbench.core.experiment import Experiment
from sgmbench.core.progress import Progress, silent
from sgmbench.errors import StoreError, UsageError
from sgmbench.report.answer import answers
from sgmbench.report.contest import Claim, contests, family
from sgmbench.report.csv import write_contests, write_csv
from sgmbench.report.draw import draw_figures
from sgmbench.report.series import Member, Rank, Verdict, ranks_of, verdicts_of
from sgmbench.report.summary import summarize
from sgmbench.runner.engines.named import engine_of
from sgmbench.runner.hosts import check_together
from sgmbench.runner.run import continue_run, find_unfinished, start
from sgmbench.runner.runnable import check_runnable
from sgmbench.runner.sweep import sweep
from sgmbench.store.lock import locked
from sgmbench.store.run_folder import RunFolder

GoesOn = Callable[[RunFolder, Experiment, Path, Progress], None]
"""Computes what is missing of a run."""


@dataclass(frozen=True)
class SeriesEntry:
    """What one problem of a series came to.

    Attributes:
        problem: its label.
        left_out: why methods were left out, by label.
        ranks: who is best by energy at each budget.
        verdicts: who is cheapest for what is asked.
        claims: which method is best, with its p among those of all problems.
        answer: of its run.
    """

    problem: str
    left_out: dict[str, str]
    ranks: list[Rank]
    verdicts: list[Verdict]
    claims: list[Claim]
    answer: Answer


@dataclass(frozen=True)
class SeriesAnswer:
    """What every problem of a series came to."""

    entries: list[SeriesEntry]

    @property
    def members(self) -> list[Member]:
        """As the report takes them."""
        return [Member(entry.problem, entry.answer.summary, entry.left_out) for entry in self.entries]

    @property
    def has_failed_cells(self) -> bool:
        """Whether any cell of any problem failed."""
        return any(entry.answer.has_failed_cells for entry in self.entries)


def run(
    config: str | Path,
    *,
    overrides: Sequence[str] = (),
    resume: bool = False,
    trust: bool = False,
    isolate: bool = False,
    timeout: float | None = None,
    engine: str | None = None,
    timed: bool = True,
    results: str | Path = RESULTS,
    progress: Progress = silent,
    warn: Callable[[str], object] = lambda message: None,
) -> Answer:
    """Runs an experiment, or goes on with an unfinished run of it, and writes its report.

    Args:
        config: a YAML file, or the folder of a run.
        overrides: `a.b=value` strings.
        resume: go on with the newest run of exactly this configuration.
        trust: whether unpackaged code that the record of a folder names is imported; that of a file always is.
        isolate: whether cells run in a child process, so that one that takes its process down fails alone.
        timeout: seconds until a cell without a result is ended, in place of the configuration's; isolates.
        engine: whose workers make the cells, many at once: "local:4", "dask" or "dask://host:8786"; isolates.
        timed: whether they leave a machine alone to what seconds are told of; with an engine alone.
        results: root of the results folders.
        progress: listener.
        warn: told what is allowed and odd about the configuration, before anything is spent.

    Raises:
        UsageError: everything that is wrong with the configuration; another process is at work in the run.
        StoreError: the results folder cannot be written.
    """
    _check_timeout(timeout)
    go_on = _by(engine, timed=timed, isolate=isolate)
    config, results = Path(config), Path(results)
    if (config / "run.json").is_file():
        if overrides:
            raise UsageError(f"{config}: a run keeps its configuration; use --set with a .yaml file")
        folder = RunFolder(config.resolve())
        if trust:
            registry.import_unpackaged(folder.record["configuration"])
        loaded = build_experiment(folder.record["configuration"], str(config / "run.json"))
        results = folder.path.parents[1]
        check_together(_limited(loaded.experiment, timeout), isolate=isolate)
    else:
        loaded = load(config, overrides)
        check_together(_limited(loaded.experiment, timeout), isolate=isolate)
        folder = _open(loaded, resume, results)
    for warning in loaded.warnings:
        warn(warning)
    return _complete(folder, _limited(loaded.experiment, timeout), results, progress, go_on)


def run_series(
    config: Path,
    *,
    overrides: Sequence[str] = (),
    resume: bool = False,
    isolate: bool = False,
    timeout: float | None = None,
    engine: str | None = None,
    timed: bool = True,
    results: Path = RESULTS,
    progress: Callable[[], AbstractContextManager[Progress]] = lambda: nullcontext(silent),
    warn: Callable[[str], object] = lambda message: None,
    finished: Callable[[Answer], object] = lambda answer: None,
) -> SeriesAnswer:
    """Runs the experiments of a series one after another, each as `run` does.

    Args:
        config: a YAML file with `problems`.
        overrides: `a.b=value` strings, applied to the whole.
        resume: go on with the newest run of each experiment that has one, and begin the others.
        isolate: as in `run`.
        timeout: as in `run`.
        engine: as in `run`.
        timed: as in `run`.
        results: root of the results folders.
        progress: makes a listener for each experiment.
        warn: told what is allowed and odd, before anything is spent.
        finished: told each answer when it is there.

    Raises:
        UsageError: everything that is wrong with the configuration; a problem that cannot be run; nothing to resume.
        StoreError: the results folder cannot be written.
    """
    _check_timeout(timeout)
    go_on = _by(engine, timed=timed, isolate=isolate)
    loaded = load_series(config, overrides)
    for entry in loaded:
        check_runnable(entry.experiment.problem)
        check_together(_limited(entry.experiment, timeout), isolate=isolate)
    unfinished = _unfinished(loaded, results) if resume else {}
    for warning in dict.fromkeys(warning for entry in loaded for warning in entry.warnings):
        warn(warning)
    done: list[Answer] = []
    for i, entry in enumerate(loaded):
        folder = unfinished.get(entry.label) or start(
            entry.experiment, results, warnings=entry.warnings, left_out=entry.left_out
        )
        with progress() as listener:
            listener("problems", i, len(loaded), entry.label)
            answer = _complete(folder, _limited(entry.experiment, timeout), results, listener, go_on)
        finished(answer)
        done.append(answer)
    claims = family(answer.summary for answer in done)
    return SeriesAnswer([_series_entry(entry, answer, claims) for entry, answer in zip(loaded, done, strict=True)])


def _unfinished(loaded: list[LoadedEntry], results: Path) -> dict[str, RunFolder]:
    """The newest run of each experiment of a series that has one; raises UsageError where none has."""
    found: dict[str, RunFolder] = {}
    for entry in loaded:
        with suppress(UsageError):
            found[entry.label] = find_unfinished(entry.experiment, results)
    if not found:
        names = ", ".join(entry.experiment.name for entry in loaded)
        raise UsageError(f"--resume: no run of this series below {results}/ ({names}); run it without --resume")
    return found


def _check_timeout(timeout: float | None) -> None:
    """Before a folder is made; raises UsageError where no cell could end in time."""
    if timeout is not None and not timeout > 0:
        raise UsageError(f"--timeout {timeout:g}: no cell ends in that time; write a positive number of seconds")


def _by(engine: str | None, *, timed: bool, isolate: bool) -> GoesOn:
    """Who makes the cells of a run; raises UsageError where there is no such engine."""
    if engine is None:
        return partial(continue_run, isolate=isolate)
    return partial(sweep, engine=engine_of(engine), timed=timed)


def _limited(experiment: Experiment, timeout: float | None) -> Experiment:
    """With a timeout in place of its own, where one is given."""
    return experiment if timeout is None else replace(experiment, timeout=timeout)


def _complete(folder: RunFolder, experiment: Experiment, results: Path, progress: Progress, go_on: GoesOn) -> Answer:
    """Goes on with a run to its end, writes its report, and seals it; no other process does meanwhile."""
    with locked(folder.path):
        folder.reopen()
        try:
            go_on(folder, experiment, results, progress)
        except BaseException:
            with suppress(StoreError):  # on a full disk: what is told is what could not be written first
                folder.finish("interrupted")
            raise
        answer = _report(folder)
        folder.seal()
    return answer


def _series_entry(entry: LoadedEntry, answer: Answer, claims: list[Claim]) -> SeriesEntry:
    member = Member(entry.label, answer.summary, entry.left_out)
    own = [claim for claim in claims if claim.experiment == entry.experiment.name]
    return SeriesEntry(entry.label, entry.left_out, ranks_of(member), verdicts_of(member), own, answer)


def _open(loaded: Loaded, resume: bool, results: Path) -> RunFolder:
    if resume:
        return find_unfinished(loaded.experiment, results)
    return start(loaded.experiment, results, warnings=loaded.warnings)


def _report(folder: RunFolder) -> Answer:
    summary = summarize(folder)
    claims = family([summary])
    write_csv(folder.path / "summary.csv", summary)
    if claims:
        write_contests(folder.path / "contests.csv", contests(summary), claims)
    draw_figures(folder, summary)
    write_page(folder, summary)
    return Answer(summary, answers(summary), claims)

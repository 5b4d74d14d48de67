"""What the command line does, as Python functions, and how their results print.

`run` and `run_series`, `show`, `ask` and `compare`, and the studies `calibrate`, `check_problem`, `ladder` and
`work_precision`.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sgmbench import registry
from sgmbench.compare.compare import Comparison, compare_runs, newest_two
from sgmbench.compare.table import comparison_table
from sgmbench.config.dump import dump
from sgmbench.config.load import Loaded, build, build_experiment, load
from sgmbench.config.series import LoadedEntry, load_series
from sgmbench.config.series import is_series as is_series
from sgmbench.core.experiment import Experiment
from sgmbench.core.problem import Problem
from sgmbench.core.progress import Progress, silent
from sgmbench.errors import UsageError
from sgmbench.report.answer import answers
from sgmbench.report.asked import Changes, Reply, reply
from sgmbench.report.calibrate import calibration_lines, calibration_tables
from sgmbench.report.contest import Claim, contests, family
from sgmbench.report.contest_words import contest_sentences
from sgmbench.report.csv import write_contests, write_csv
from sgmbench.report.diagnostics import diagnostic_notes
from sgmbench.report.draw import draw_figures
from sgmbench.report.figures.ladder import draw_ladder
from sgmbench.report.figures.work_precision import draw_work_precision
from sgmbench.report.ladder import ladder_lines, ladder_tables
from sgmbench.report.problem_card import ProblemCard, card_lines, card_of
from sgmbench.report.problem_check import check_lines
from sgmbench.report.series import Member, Rank, Verdict, ranks_of, verdicts_of
from sgmbench.report.series_table import series_sentences, series_table
from sgmbench.report.summary import Summary, summarize
from sgmbench.report.terminal import notes, print_whole, tables, wide_console
from sgmbench.report.work_precision import work_lines, work_table
from sgmbench.runner.run import check_runnable, continue_run, find_unfinished, start
from sgmbench.store.atomic import write_json
from sgmbench.store.cache import Cache
from sgmbench.store.problem_checks import read_check, write_check
from sgmbench.store.run_folder import RunFolder, find_run
from sgmbench.studies import calibrate as calibrate_study
from sgmbench.studies import check_problem as problem_study
from sgmbench.studies import ladder as ladder_study
from sgmbench.studies import work_precision as work_study
from sgmbench.studies.calibrate import FULL, QUICK, Calibration
from sgmbench.studies.check_problem import RUNS, ProblemCheck
from sgmbench.studies.ladder import Ladder
from sgmbench.studies.work_precision import EVALUATIONS, WorkPrecision

RESULTS = Path("results")


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
    config: Path,
    *,
    overrides: Sequence[str] = (),
    resume: bool = False,
    results: Path = RESULTS,
    progress: Progress = silent,
    warn: Callable[[str], object] = lambda message: None,
) -> Answer:
    """Runs an experiment, or goes on with an unfinished run of it, and writes its report.

    Args:
        config: a YAML file, or the folder of a run.
        overrides: `a.b=value` strings.
        resume: go on with the newest run of exactly this configuration.
        results: root of the results folders.
        progress: listener.
        warn: told what is allowed and odd about the configuration, before anything is spent.

    Raises:
        UsageError: everything that is wrong with the configuration.
        StoreError: the results folder cannot be written.
    """
    if (config / "run.json").is_file():
        if overrides:
            raise UsageError(f"{config}: a run keeps its configuration; use --set with a .yaml file")
        folder = RunFolder(config.resolve())
        loaded = build_experiment(folder.record["configuration"], str(config / "run.json"))
        results = folder.path.parents[1]
    else:
        loaded = load(config, overrides)
        folder = _open(loaded, resume, results)
    for warning in loaded.warnings:
        warn(warning)
    return _complete(folder, loaded.experiment, results, progress)


def run_series(
    config: Path,
    *,
    overrides: Sequence[str] = (),
    resume: bool = False,
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
        results: root of the results folders.
        progress: makes a listener for each experiment.
        warn: told what is allowed and odd, before anything is spent.
        finished: told each answer when it is there.

    Raises:
        UsageError: everything that is wrong with the configuration; a problem that cannot be run; nothing to resume.
        StoreError: the results folder cannot be written.
    """
    loaded = load_series(config, overrides)
    for entry in loaded:
        check_runnable(entry.experiment.problem)
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
            answer = _complete(folder, entry.experiment, results, listener)
        finished(answer)
        done.append(answer)
    claims = family(answer.summary for answer in done)
    return SeriesAnswer([_series_entry(entry, answer, claims) for entry, answer in zip(loaded, done, strict=True)])


def show(name: str, *, overrides: Sequence[str] = (), results: Path = RESULTS) -> Answer | ProblemCard:
    """What a name stands for: a problem, or the answer of a run.

    A problem is named as registered or as `my_module:MyProblem`, its settings as `a=value`; a run by its folder, the
    folder's name, the name of an experiment or its folder (the newest run then). A problem's name hides an experiment
    of the same name.

    Raises:
        UsageError: there is no such problem or run, or the problem's settings are wrong.
    """
    problems = registry.names("problems")
    if name in problems or ":" in name:
        problem = build("problems", name, overrides)
        return card_of(problem, read_check(results, dump(problem), defaults=_defaults(problem)))
    try:
        summary = summarize(find_run(results, name))
    except UsageError as error:
        raise UsageError(f"{error}, and no such problem{registry.suggestion(name, problems)}") from None
    return Answer(summary, answers(summary), family([summary]))


def ask(
    name: str,
    *,
    quantities: Sequence[str] = (),
    tolerances: Sequence[float] = (),
    conditions: Sequence[int] = (),
    costs_per_run: Sequence[str] = (),
    workers: Sequence[int] = (),
    results: Path = RESULTS,
) -> Reply:
    """Asks a finished run something else, without a new one; what is left out is as the run's file asked.

    Args:
        name: a run as in `show`.
        quantities: what is wanted, as "mean", "c.sd", "c.q0.975" or "energy" (`core.quantity`).
        tolerances: errors allowed.
        conditions: Q, at how many conditions.
        costs_per_run: core-seconds of a solver run, or "measured".
        workers: over how many solver runs are spread.
        results: root of the results folders.

    Raises:
        UsageError: there is no such run, or it cannot tell what is asked.
    """
    changes = Changes(quantities, tolerances, conditions, costs_per_run, workers)
    return reply(summarize(find_run(results, name)), changes)


def calibrate(
    *, quick: bool = False, replicates: int = FULL.replicates, seed: int = 0, progress: Progress = silent
) -> Calibration:
    """Tests the instrument itself: are N runs found to be worth N, and which metric finds which planted defect?

    Args:
        quick: up to 256 dimensions only, with fewer repeats.
        replicates: behind each interval, and of each defect.
        seed: of all sets.
        progress: listener.
    """
    effort = dataclasses.replace(QUICK if quick else FULL, replicates=replicates)
    return calibrate_study.calibrate(effort, seed=seed, progress=progress)


def check_problem(
    name: str, *, overrides: Sequence[str] = (), runs: int = RUNS, results: Path = RESULTS, progress: Progress = silent
) -> ProblemCheck:
    """Checks the solver of a problem and keeps the findings in the results folder, where `show` finds them.

    Args:
        name: a problem's name, `my_module:MyProblem`, or a YAML experiment whose problem is meant.
        overrides: `a=value` strings for the problem's own settings.
        runs: how many are drawn from the prior.
        results: root of the results folders.
        progress: listener.

    Raises:
        UsageError: no such problem, wrong settings, or nothing that can be run.
    """
    if Path(name).suffix in (".yaml", ".yml"):
        problem = load(name, [f"problem.{override}" for override in overrides]).experiment.problem
    else:
        problem = build("problems", name, overrides)
    check = problem_study.check_problem(problem, runs=runs, progress=progress)
    write_check(results, as_plain(check), defaults=_defaults(problem))
    return check


def ladder(
    config: Path,
    *,
    overrides: Sequence[str] = (),
    method: str | None = None,
    results: Path = RESULTS,
    progress: Progress = silent,
) -> Ladder:
    """Takes the error of an experiment's diffusion model apart; writes `<results>/<experiment>/ladder/`.

    Args:
        config: a YAML file.
        overrides: `a.b=value` strings.
        method: label of the diffusion method; the first by default.
        results: root of the results folders, whose runs and fits are used again.
        progress: listener.

    Raises:
        UsageError: wrong configuration, nothing to take apart, or nothing to set it against.
        CellError: the model cannot be trained.
    """
    experiment = load(config, overrides).experiment
    shared = {"method": method, "config": str(config), "cache": Cache(results / ".cache"), "progress": progress}
    found = ladder_study.ladder(experiment, **shared)
    folder = results / experiment.name / "ladder"
    write_json(folder / "ladder.json", as_plain(found))
    draw_ladder(folder / "ladder.svg", found)
    return found


def work_precision(
    config: Path,
    *,
    overrides: Sequence[str] = (),
    method: str | None = None,
    samplers: Sequence[str] = (),
    evaluations: Sequence[int] = EVALUATIONS,
    results: Path = RESULTS,
    progress: Progress = silent,
) -> WorkPrecision:
    """Measures samplers at some numbers of network evaluations; writes `<results>/<experiment>/work-precision/`.

    Args:
        config: a YAML file.
        overrides: `a.b=value` strings.
        method: label of the diffusion method; the first by default.
        samplers: kinds; all that the method's noise admits where empty.
        evaluations: of the network for one sample, at most.
        results: root of the results folders, whose runs and fits are used again.
        progress: listener.

    Raises:
        UsageError: wrong configuration or sampler, nothing to sample, or nothing to set samples against.
        CellError: the model cannot be trained.
    """
    experiment = load(config, overrides).experiment
    shared = {"method": method, "config": str(config), "cache": Cache(results / ".cache"), "progress": progress}
    found = work_study.work_precision(experiment, samplers=samplers, evaluations=evaluations, **shared)
    folder = results / experiment.name / "work-precision"
    write_json(folder / "work-precision.json", as_plain(found))
    draw_work_precision(folder / "work-precision.svg", found)
    return found


def compare(
    old: str | None = None, new: str | None = None, *, margin: float = 0.1, results: Path = RESULTS
) -> Comparison:
    """Sets two runs of one experiment against each other; the two newest complete ones where none is named.

    Raises:
        UsageError: there are no two runs.
        IncomparableError: no cell of one has its like in the other.
    """
    first, second = newest_two(results, old, new)
    return compare_runs(first, second, margin=margin)


def as_json(
    result: Answer
    | SeriesAnswer
    | Reply
    | Calibration
    | Comparison
    | ProblemCard
    | ProblemCheck
    | Ladder
    | WorkPrecision,
) -> str:
    """The payload of `--json`; of a series an array."""
    if isinstance(result, SeriesAnswer):
        return json.dumps(as_plain(result.entries), indent=2, sort_keys=True)
    verdict = {"verdict": result.verdict} if isinstance(result, Comparison) else {}
    return json.dumps(as_plain(result) | verdict, indent=2, sort_keys=True)


def print_shown(shown: Answer | ProblemCard) -> None:
    """What `show` found, on standard output."""
    if isinstance(shown, Answer):
        print_answer(shown)
    else:
        _print_lines(card_lines(shown))


def print_reply(found: Reply) -> None:
    """The sentences and the folder."""
    console = wide_console()
    for sentence in found.sentences:
        console.print(sentence, markup=False)
    console.print(f"\n{found.run}", markup=False, soft_wrap=True)


def print_calibration(found: Calibration) -> None:
    """Both tables, a line for each defect, and the verdict."""
    for table in calibration_tables(found):
        print_whole(wide_console(), table)
    _print_lines(calibration_lines(found))


def print_check(check: ProblemCheck) -> None:
    """The findings of a check, one a line."""
    _print_lines(check_lines(check))


def print_ladder(found: Ladder, *, results: Path = RESULTS) -> None:
    """The table of each condition, the verdict and the folder."""
    for table in ladder_tables(found):
        print_whole(wide_console(), table)
    _print_lines([*ladder_lines(found), "", str(results / found.experiment / "ladder")])


def print_work_precision(found: WorkPrecision, *, results: Path = RESULTS) -> None:
    """The table, a verdict for each score and the folder."""
    print_whole(wide_console(), work_table(found))
    _print_lines([*work_lines(found), "", str(results / found.experiment / "work-precision")])


def print_answer(answer: Answer) -> None:
    """Tables, sentences and the folder, on standard output."""
    console = wide_console()
    for warning in answer.summary.record["warnings"]:
        console.print(f"warning: {warning}", markup=False, soft_wrap=True)
    for method, why in answer.summary.record.get("left_out", {}).items():
        console.print(f"left out: {method}: {why}", markup=False, soft_wrap=True)
    for table in tables(answer.summary):
        print_whole(console, table)
    for note in [*notes(answer.summary), *diagnostic_notes(answer.summary)]:
        console.print(note, markup=False, soft_wrap=True)
    for sentence in [*contest_sentences(answer.claims), *answer.sentences]:
        console.print(sentence, markup=False)
    console.print(f"\n{answer.summary.run}", markup=False, soft_wrap=True)


def print_series(done: SeriesAnswer) -> None:
    """The table of who wins where, and the sentences below it."""
    console = wide_console()
    print_whole(console, series_table(done.members))
    for sentence in series_sentences(done.members):
        console.print(sentence, markup=False)


def print_comparison(comparison: Comparison) -> None:
    """The table of a comparison and its verdict."""
    console = wide_console()
    print_whole(console, comparison_table(comparison))
    if comparison.unpaired:
        console.print(f"in one of the runs only: {', '.join(comparison.unpaired)}", markup=False)
    console.print(f"verdict: {comparison.verdict}")


def _print_lines(lines: list[str]) -> None:
    console = wide_console()
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _defaults(problem: Problem) -> dict[str, Any]:
    """The configuration of a problem's kind with nothing set, empty where its settings have no defaults."""
    try:
        return dump(type(problem)())
    except TypeError:
        return {}


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


def _complete(folder: RunFolder, experiment: Experiment, results: Path, progress: Progress) -> Answer:
    """Goes on with a run to its end, and writes its report."""
    try:
        continue_run(folder, experiment, results, progress)
    except BaseException:
        folder.finish("interrupted")
        raise
    return _report(folder)


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
    return Answer(summary, answers(summary), claims)


def as_plain(value: Any) -> Any:
    """Dataclasses as dictionaries, tuples as lists, NaN and infinity as None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value

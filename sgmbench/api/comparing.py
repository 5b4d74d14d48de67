"""Two runs set against each other, and baselines that later runs are compared with."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sgmbench import registry
from sgmbench.api.comparison_tables import comparison_table, proposal_table
from sgmbench.api.running import RESULTS
from sgmbench.compare.baseline import read_baseline, write_baseline
from sgmbench.compare.chosen import newest_of, newest_two
from sgmbench.compare.compare import Comparison, compare_sides
from sgmbench.compare.github import annotations, append_summary, check_summary
from sgmbench.compare.junit import as_junit
from sgmbench.compare.looks import EQUAL_ROUNDS, ROUNDS
from sgmbench.compare.margins import ACCURACY, margins_of
from sgmbench.compare.noise import check_enough, equal_runs, noise_of_errors, noise_of_times
from sgmbench.compare.proposal import MarginStudy, propose_margins
from sgmbench.compare.proposal_words import lines
from sgmbench.compare.side import Side, side_of
from sgmbench.compare.turns import compare_in_turns
from sgmbench.compare.versions import Version, version_of
from sgmbench.compare.words import headline, remarks
from sgmbench.config.load import load
from sgmbench.errors import UsageError
from sgmbench.report.terminal import print_whole, wide_console
from sgmbench.store.atomic import write_bytes
from sgmbench.store.names import component
from sgmbench.store.run_folder import RunFolder, find_run

BASELINES = "baselines"


def compare(
    old: str | Path | None = None,
    new: str | Path | None = None,
    *,
    margin: float | None = None,
    margins: Mapping[str, float] | None = None,
    baseline: str | Path | None = None,
    trust: bool = False,
    results: str | Path = RESULTS,
) -> Comparison:
    """Sets two runs of one experiment against each other; the two newest complete ones where none is named.

    Args:
        old: a run as in `show`; the newest of its experiment is judged against it where no other is named.
        new: the run that is judged.
        margin: relative worsening of any error that is tolerated, in place of the configuration's.
        margins: the same by label of a metric, of "time" and of "operations".
        baseline: a file that `baseline` wrote, in place of the old run; of runs one may be named, the one judged.
        trust: whether metrics of unpackaged code that a run names are imported.
        results: root of the results folders.

    Raises:
        UsageError: there are no two runs, no such baseline, or a margin is of no metric.
        IncomparableError: the runs ask different questions, or no cell of one has its like in the other.
    """
    said = dict(margins or {}) | ({} if margin is None else {ACCURACY: margin})
    results, names = Path(results), [str(name) if name is not None else None for name in (old, new)]
    if baseline is None:
        first, second = (_side(run, trust=trust) for run in newest_two(results, *names))
    else:
        first, second = _with_baseline(Path(baseline), names, results, trust=trust)
    return compare_sides(first, second, margins=said)


def _side(run: RunFolder, *, trust: bool) -> Side:
    if trust:
        registry.import_unpackaged(run.record["configuration"]["metrics"])
    return side_of(run)


def _with_baseline(path: Path, names: list[str | None], results: Path, *, trust: bool) -> tuple[Side, Side]:
    if names[1] is not None:
        raise UsageError(f"--baseline stands in place of the old run; name one run, not {names[0]} and {names[1]}")
    kept = read_baseline(path)
    run = newest_of(results, kept.experiment) if names[0] is None else find_run(results, names[0])
    return kept, _side(run, trust=trust)


def compare_versions(
    config: str | Path,
    version: str,
    *,
    rounds: int = ROUNDS,
    margins: Mapping[str, float] | None = None,
    say: Callable[[str], object] = lambda message: None,
) -> Comparison:
    """Sets this version of the package against another one: both run a configuration, taking turns.

    Args:
        config: a YAML file of one experiment.
        version: "git:REF", or the path of a Python that another version is installed for.
        rounds: how often each runs at most; they stop as soon as all times are decided.
        margins: as in `compare`, "accuracy" for all errors.
        say: told which run begins.

    Raises:
        UsageError: no such version, or it does not run the configuration to its end.
        IncomparableError: the two make different experiments of the file.
    """
    with tempfile.TemporaryDirectory(prefix="sgmbench-") as scratch:
        versions = (version_of(version, Path(scratch)), Version("this version"))
        return compare_in_turns(Path(config), versions, rounds=rounds, margins=margins, say=say)


def calibrate_margins(
    config: str | Path,
    *,
    rounds: int = EQUAL_ROUNDS,
    replicates: int | None = None,
    say: Callable[[str], object] = lambda message: None,
) -> MarginStudy:
    """Runs equal code against itself, and proposes the margins of `compare` by what differs.

    Args:
        config: a YAML file of one experiment.
        rounds: in which two runs take turns, each round with another seed; enough for twice as many replicates.
        replicates: of each run, and of the comparisons that margins are proposed for; the configuration's by default.
        say: told which run begins.

    Raises:
        UsageError: wrong configuration, fewer than two replicates, too few rounds, or it does not run to its end.
    """
    experiment = load(Path(config), ()).experiment
    R = experiment.replicates if replicates is None else replicates
    if R < 2:
        raise UsageError(f"{config}: replicates is {R}, and one tells no spread; write --replicates 5")
    a, b = equal_runs(Path(config), rounds=rounds, replicates=R, seed=experiment.seed, say=say)
    errors = noise_of_errors(a)
    check_enough(errors, replicates=R, rounds=rounds)
    return propose_margins(
        errors,
        noise_of_times(a, b),
        margins_of(a[0].tolerated, {}, labels=a[0].metrics),
        primary=experiment.primary,
        replicates=R,
        rounds=rounds,
        experiment=experiment.name,
    )


def baseline(name: str | Path, *, label: str | None = None, trust: bool = False, results: str | Path = RESULTS) -> Path:
    """Writes what a later comparison needs of a run to `<results>/baselines/LABEL.json`, a file to commit.

    Args:
        name: a run as in `show`.
        label: of the file; the experiment's name by default.
        trust: whether metrics of unpackaged code that the run names are imported.
        results: root of the results folders.

    Raises:
        UsageError: there is no such run, or it has no finished cell.
        StoreError: the folder cannot be written.
    """
    results = Path(results)
    run: RunFolder = find_run(results, str(name))
    side = _side(run, trust=trust)
    if not any(cell.status == "ok" for cell in side.cells.values()):
        raise UsageError(f"{run.path}: no finished cell, so there is nothing to compare with; run it to its end first")
    if label and Path(label).name != label:
        raise UsageError(f"--name {label}: write a name without folders; the file goes to {results / BASELINES}/")
    path = results / BASELINES / f"{component(label or side.experiment, of=run.path)}.json"
    write_baseline(path, side)
    return path


def print_comparison(comparison: Comparison) -> None:
    """The table of a comparison, what is not judged, and the verdict."""
    console = wide_console()
    print_whole(console, comparison_table(comparison))
    for text in remarks(comparison):
        console.print(text, markup=False, soft_wrap=True)
    console.print(f"verdict: {headline(comparison)}", markup=False, soft_wrap=True)


def print_margins(study: MarginStudy) -> None:
    """The table of a calibration of margins, its false alarms, and what the configuration would say."""
    console = wide_console()
    print_whole(console, proposal_table(study))
    for line in lines(study):
        console.print(line, markup=False, soft_wrap=True)


def write_junit(path: str | Path, comparison: Comparison) -> None:
    """Writes a comparison as a JUnit file; raises StoreError where it cannot be written."""
    write_bytes(Path(path), as_junit(comparison))


def check_github(environ: Mapping[str, str]) -> None:
    """Raises UsageError where this is no step of a GitHub job, before anything is spent."""
    check_summary(environ)


def tell_github(comparison: Comparison, environ: Mapping[str, str]) -> list[str]:
    """Adds a comparison to the summary of a GitHub job's step, and gives the lines that annotate it.

    Raises:
        UsageError: this is no step of a job.
    """
    append_summary(comparison, environ)
    return annotations(comparison)

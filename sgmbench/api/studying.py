"""Studies: of the instrument itself, of a problem's solver, of a diffusion model's error and of its samplers."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from sgmbench.api.plain import as_plain, settings_by_default
from sgmbench.api.running import RESULTS
from sgmbench.config.load import build, load
from sgmbench.core.progress import Progress, silent
from sgmbench.report.figures.ladder import draw_ladder
from sgmbench.report.figures.work_precision import draw_work_precision
from sgmbench.store.atomic import write_json
from sgmbench.store.cache import Cache
from sgmbench.store.problem_checks import write_check
from sgmbench.studies import calibrate as calibrate_study
from sgmbench.studies import check_problem as problem_study
from sgmbench.studies import ladder as ladder_study
from sgmbench.studies import work_precision as work_study
from sgmbench.studies.calibrate import FULL, QUICK, Calibration
from sgmbench.studies.check_problem import RUNS, ProblemCheck
from sgmbench.studies.ladder import Ladder
from sgmbench.studies.work_precision import EVALUATIONS, WorkPrecision


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
    write_check(results, as_plain(check), defaults=settings_by_default(problem))
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

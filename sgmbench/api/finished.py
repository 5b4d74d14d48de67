"""Finished runs: shown, and asked something else."""

from collections.abc import Sequence
from pathlib import Path

from sgmbench import registry
from sgmbench.api.plain import settings_by_default
from sgmbench.api.running import RESULTS, Answer
from sgmbench.config.dump import dump
from sgmbench.config.load import build
from sgmbench.errors import UsageError
from sgmbench.report.answer import answers
from sgmbench.report.asked import Changes, Reply, reply
from sgmbench.report.contest import family
from sgmbench.report.problem_card import ProblemCard, card_of
from sgmbench.report.summary import summarize
from sgmbench.store.problem_checks import read_check
from sgmbench.store.run_folder import find_run


def show(name: str, *, overrides: Sequence[str] = (), results: Path = RESULTS) -> Answer | ProblemCard:
    """What a name stands for: a problem, or the answer of a run.

    A problem is named as registered or as `my_module:MyProblem`, its settings as `a=value`; a run by its folder, the
    folder's name, the name of an experiment or its folder (the newest run then). A problem's name hides an experiment
    of the same name.

    Raises:
        UsageError: there is no such problem or run, or the problem's settings are wrong.
    """
    problems = [entry.name for entry in registry.entries("problems")]
    if name in problems or ":" in name:
        problem = build("problems", name, overrides)
        return card_of(problem, read_check(results, dump(problem), defaults=settings_by_default(problem)))
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
        quantities: what is wanted, as "mean", "c.sd", "c.q0.975", "P(c>0.3)" or "energy" (`core.quantity`).
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

"""Template: a first configuration for a problem, short, with comments, and valid as it stands.

It asks what the problem can answer: the law at the median of its parameters where a germ makes one, else the marginal.
Methods are plain Monte Carlo, what takes no training, and a diffusion model; the strongest rival, which sees the germ,
stands there as a comment. What a problem cannot be without, such as the file of recorded runs, is left to fill in.
"""

import re
from dataclasses import fields, is_dataclass
from typing import Any

import jax.numpy as jnp

from sgmbench import registry
from sgmbench.config.annotations import expected, hints, required
from sgmbench.config.declared import check_declared, check_priors
from sgmbench.config.document import write
from sgmbench.core.prior import Parameter
from sgmbench.core.problem import Problem, Recorded
from sgmbench.errors import UsageError
from sgmbench.raised import is_ours
from sgmbench.sources import summary


def template(kind: str) -> str:
    """YAML text of an experiment with a problem.

    Args:
        kind: a registered name, or `my_module:MyProblem`.

    Raises:
        UsageError: there is no such problem, it is no Problem, or it is refused with its settings by default.
    """
    cls = registry.load("problems", kind)
    if not (issubclass(cls, Problem) and is_dataclass(cls)):
        raise UsageError(f"{kind} is no problem; derive {cls.__name__} from Problem, as a frozen dataclass")
    problem = None if required(cls) else _made(kind, cls)
    lines = [
        *_heading(kind, cls),
        f"name: {_name_of(kind)} # the folder below results/",
        *_problem(kind, cls),
        *_targets(problem),
        *_sizes(cls),
        *_methods(cls),
        "# What do you want to know, how well, and what does a run cost you? Seconds, or what this machine measures.",
        f"ask: {{quantities: [mean, sd], tolerance: 0.1, cost_per_run: {_costs(cls)}}}",
    ]
    return "\n".join(lines) + "\n"


def _made(kind: str, cls: type) -> Any:
    try:
        problem = cls()
        if not is_ours(cls):
            check_declared(problem)
            check_priors(problem)
        return problem
    except (ValueError, UsageError) as error:
        raise UsageError(f"{kind} with its settings by default: {error}") from None


def _heading(kind: str, cls: type) -> list[str]:
    line = summary(cls.__module__, cls.__name__) or kind
    return [
        f"# {line}",
        "# sgmbench plan FILE says what a run of this costs, sgmbench run FILE runs it.",
        "# Settings and their meaning: sgmbench show " + kind,
    ]


def _name_of(kind: str) -> str:
    """What can name a folder."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.rpartition(":")[2]).lower()


def _problem(kind: str, cls: Any) -> list[str]:
    """Its kind, what must be filled in, and the other settings that are single values, as comments."""
    needed = [name for name in hints(cls) if name in required(cls)]
    filled = [f"  {name}: {_filling(cls, name)} # {expected(hints(cls)[name])}" for name in needed]
    single = [each for each in fields(cls) if each.init and isinstance(each.default, int | float | str)]
    known = {each.name: each.default for each in single}
    settings = [f"  # {line}" for line in write(known).splitlines()] if known else []
    return ["problem:", f"  kind: {kind}", *filled, *settings]


def _filling(cls: type, name: str) -> str:
    return "runs.npz" if issubclass(cls, Recorded) and name == "path" else "FILL_IN"


def _targets(problem: Problem | None) -> list[str]:
    if problem is None or not (problem.parameters and problem.germ_dimension):
        return ["targets: [marginal] # P(y): over all that is uncertain"]
    units = [f"#   {parameter.name}: {_law(parameter)}" for parameter in problem.parameters]
    at = ", ".join(f"{parameter.name}: {_median(parameter)}" for parameter in problem.parameters)
    return [
        "# The law of y at fixed parameters, here at their medians, and at some that are drawn:",
        *units,
        "targets:",
        "  - kind: conditional",
        "    conditions:",
        f"      - {{{at}}}",
        "    drawn: 4",
    ]


def _law(parameter: Parameter) -> str:
    unit = "" if parameter.unit in ("", "-", "1") else f" in {parameter.unit}"
    law = repr(parameter.prior)
    return (law if len(law) <= 80 else type(parameter.prior).__name__) + unit


def _median(parameter: Parameter) -> str:
    return f"{float(parameter.prior.from_normal(jnp.zeros(()))):.4g}"


def _sizes(cls: type) -> list[str]:
    if issubclass(cls, Recorded):
        return ["budgets: [100] # runs to learn from, of those that are not held out", "replicates: 2"]
    return [
        "budgets: [1000] # solver runs to learn from",
        "replicates: 3 # fresh runs and seeds: one gives no interval",
        "reference: {size: 3000, drawn_size: 3000} # runs of the truth: equivalent runs are claimed up to a third",
    ]


def _methods(cls: type) -> list[str]:
    rival = "  # - {kind: control_variate, control: polynomial_chaos} # the strongest rival where the germ is known"
    of_runs = [] if issubclass(cls, Recorded) else ["  - {kind: monte_carlo, budgets: [100, 1000]}", rival]
    return [
        "methods: # sgmbench list methods has more",
        *of_runs,
        "  - bootstrap # the training runs, drawn again",
        "  - gaussian",
        "  - kind: diffusion",
        "    network: {kind: mlp, width: 128}",
        "    training: {steps: 1500, batch: 256}",
    ]


def _costs(cls: type) -> str:
    return "[60]" if issubclass(cls, Recorded) else "[measured, 60]"

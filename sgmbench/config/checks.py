"""Checks: what no single field can tell.

Each check looks at the parts of a document that are valid by themselves, so that one run reports these faults together
with those of the fields.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from sgmbench import registry
from sgmbench.config import decomposed, extent, held_out, idle, recorded, streamed
from sgmbench.config.annotations import any_of, shown
from sgmbench.config.faults import Fault, Path
from sgmbench.config.parts import Parts, entries_of
from sgmbench.core.experiment import Ask, Experiment
from sgmbench.core.layout import Layout
from sgmbench.core.method import Method, refusal
from sgmbench.core.metric import Metric, PairScore
from sgmbench.core.observation import Observed
from sgmbench.core.place import Place
from sgmbench.core.problem import Problem, Recorded, Traceable
from sgmbench.core.quantity import Quantity
from sgmbench.core.target import Conditional, Posterior
from sgmbench.metrics.quantiles import Quantiles
from sgmbench.metrics.tail_probability import TailProbability
from sgmbench.raised import is_users, told

SAFE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_-])?")
SAFE = "write at most 80 letters, digits and _ . -, beginning with a letter or digit, and no dot at the end"
DEVICES = ("con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10)))  # of Windows
RESERVED = frozenset({"baselines", "problems", *DEVICES})


def faults(parts: Parts) -> list[Fault]:
    """Everything wrong that the fields alone do not tell."""
    checks: list[Callable[[Parts], Iterator[Fault]]] = [
        _name,
        _outputs,
        _labels,
        _repeats,
        _conditional,
        _conditions,
        _posterior,
    ]
    checks += [_refusals, _targets, _layout, _primary, _margins, _asks]
    checks += [recorded.faults, decomposed.faults, held_out.faults, streamed.faults]
    checks += [extent.faults]
    return [fault for check in checks for fault in check(parts)]


def misfits(parts: Parts) -> list[Fault]:
    """Methods that cannot work on the problem or sample a target: wrong in an experiment, left out of a series."""
    found = [fault for check in (_refusals, _targets, _layout, recorded.samplers) for fault in check(parts)]
    return [fault for fault in found if fault.path[0] == "methods"]


def warnings(parts: Parts) -> list[Fault]:
    """What is allowed and odd.

    Conditions at which no training run can be drawn, costs that no data tell, how many runs there will be, metrics that
    score nothing.
    """
    return [*_outside_prior(parts), *recorded.warnings(parts), *held_out.warnings(parts), *idle.warnings(parts)]


def _outside_prior(parts: Parts) -> list[Fault]:
    return [
        Fault((*path, parameter.name), _outside(condition[parameter.name], *parameter.prior.support))
        for path, condition in _listed(parts)
        for parameter in _parameters(parts)
        if parameter.name in condition
        and not parameter.prior.support[0] <= condition[parameter.name] <= parameter.prior.support[1]
    ]


def _outside(value: float, low: float, high: float) -> str:
    return f"{shown(value)} is outside the prior, [{low:g}, {high:g}]: no training run is near; expect extrapolation"


def _parameters(parts: Parts) -> tuple[Any, ...]:
    problem = parts.get(("problem",))
    return problem.parameters if isinstance(problem, Problem) else ()


def _listed(parts: Parts) -> Iterator[tuple[Path, dict[str, float]]]:
    """Every condition written in the file."""
    for path, target in entries_of(parts, "targets").items():
        if isinstance(target, Conditional):
            for i, condition in enumerate(target.conditions):
                yield (*path, "conditions", i), condition


def _name(parts: Parts) -> Iterator[Fault]:
    """The experiment's name and the labels become folders."""
    names = {("name",): parts.get(("name",))}
    names |= {(*path, "label"): entry.label for path, entry in entries_of(parts, "methods", "metrics").items()}
    for path, name in names.items():
        if name is None:
            continue
        if not SAFE_NAME.fullmatch(name):
            yield Fault(path, f"{shown(name)} cannot name a folder; {SAFE}")
        elif path == ("name",) and name.partition(".")[0].lower() in RESERVED:
            yield Fault(path, f"{shown(name)} is a name with a use of its own in a results folder; write another")


def _outputs(parts: Parts) -> Iterator[Fault]:
    """Names of a problem become parts of scores, "mean/c", variables of files, and words in a terminal."""
    problem = parts.get(("problem",))
    if not isinstance(problem, Problem):
        return
    fields = problem.layout.fields
    names = [*(field.name for field in fields), *(axis.name for field in fields for axis in field.axes)]
    for name in dict.fromkeys([*(parameter.name for parameter in problem.parameters), *names]):
        if not name or "/" in name or not name.isprintable():
            text = f"{shown(name)} cannot name a parameter, a field or an axis; write letters, and no / among them"
            yield Fault(("problem",), text)


def _labels(parts: Parts) -> Iterator[Fault]:
    for group in ("methods", "metrics"):
        labels: set[str] = set()
        for path, entry in entries_of(parts, group).items():
            if entry.label in labels:
                yield Fault(path, f"the label {entry.label!r} is used before; give this entry another `label`")
            labels.add(entry.label)


def _repeats(parts: Parts) -> Iterator[Fault]:
    """Equal budgets or targets would be the same cells twice."""
    names = entries_of(parts, "budgets") | {path: target.name for path, target in entries_of(parts, "targets").items()}
    for path, entry in entries_of(parts, "methods").items():
        names |= {(*path, "budgets", i): budget for i, budget in enumerate(entry.budgets)}
    seen: set[tuple[Path, Any]] = set()
    for path, name in names.items():
        if (path[:-1], name) in seen:
            yield Fault(path, f"{name} is listed before; write it once")
        seen.add((path[:-1], name))


def _conditional(parts: Parts) -> Iterator[Fault]:
    """A conditional target needs parameters, values of them, and something that varies at these."""
    problem = parts.get(("problem",))
    for path, target in entries_of(parts, "targets").items():
        if not isinstance(target, Conditional):
            continue
        if problem is not None and not problem.parameters:
            kind = registry.kind_of("problems", type(problem))
            yield Fault(path, f"{kind} has no parameters, so nothing can be held fixed; write marginal")
        elif isinstance(problem, Recorded):
            continue  # what varies at fixed parameters is in its rows; see `recorded`
        elif problem is not None and not problem.germ_dimension:
            kind = registry.kind_of("problems", type(problem))
            yield Fault(path, f"{kind} has no germ, so y given z is a single point; write marginal")
        elif not target.conditions and not target.drawn:
            yield Fault(path, "no condition is asked for; write `conditions`, or `drawn`: how many to draw")


def _conditions(parts: Parts) -> Iterator[Fault]:
    """Each condition has a value for each parameter of the problem and nothing else."""
    known = [parameter.name for parameter in _parameters(parts)]
    for path, condition in _listed(parts) if known else ():
        for name in condition:
            if name not in known:
                near = registry.suggestion(name, known)
                yield Fault((*path, name), f"unknown parameter{near}; write {', '.join(known)}", is_key=True)
        for name in known:
            if name not in condition:
                yield Fault((*path, name), "missing; every condition gives each parameter of the problem a number")


def _posterior(parts: Parts) -> Iterator[Fault]:
    """A posterior needs parameters, an instrument, and data as this gives them."""
    problem = parts.get(("problem",))
    for path, target in entries_of(parts, "targets").items():
        if not isinstance(target, Posterior) or not isinstance(problem, Problem):
            continue
        kind = registry.kind_of("problems", type(problem))
        if not problem.parameters:
            yield Fault(path, f"{kind} has no parameters, so there is nothing to infer; write marginal")
        elif not isinstance(problem, Observed):
            yield Fault(path, f"{kind} has no instrument, so there are no data to infer from; derive it from Observed")
        elif not isinstance(problem, Traceable):
            yield Fault(path, f"{kind} runs outside JAX, where no chain can follow; write a problem that is Traceable")
        elif not target.observations and not target.drawn:
            yield Fault(path, "no data are given; write `observations`, or `drawn`: how many to draw")
        else:
            for i, data in enumerate(target.observations):
                if len(data) != (size := problem.observation.size):
                    text = f"{len(data)} numbers; an observation of {kind} has {size}"
                    yield Fault((*path, "observations", i), text)


def _targets(parts: Parts) -> Iterator[Fault]:
    """Methods that cannot sample a target."""
    for path, entry in entries_of(parts, "methods").items():
        for target in entries_of(parts, "targets").values():
            if target.name not in entry.method.targets:
                name = registry.kind_of("methods", type(entry.method))
                can = any_of(entry.method.targets, "and")
                yield Fault(path, f"{name} does not sample a {target.name} ({can} only); remove one of them")


def _refusals(parts: Parts) -> Iterator[Fault]:
    """Methods that cannot work on the problem."""
    problem = parts.get(("problem",))
    for path, entry in entries_of(parts, "methods").items():
        text = _refusal(entry.method, problem) if isinstance(problem, Problem) else None
        if text:
            yield Fault(path, f"{text}; remove the method or choose another problem")
        elif entry.method.sees_germ and parts.get(("hide_germ",)) is True:
            yield Fault(path, f"{type(entry.method).__name__} sees the germ, which hide_germ hides; remove one of them")


def _refusal(method: Method, problem: Problem) -> str | None:
    """Why a method cannot work on a problem; of a user's own also that it cannot say so."""
    try:
        return refusal(method, problem)
    except Exception as error:  # whatever the user's code raises
        if not is_users(error):
            raise
        return f"{type(method).__name__}.unsuited failed: {told(error)}"


def _layout(parts: Parts) -> Iterator[Fault]:
    """What outputs of the layouts asked for do not suit: networks for another grid, fields that there are not."""
    problem = parts.get(("problem",))
    if not isinstance(problem, Problem):
        return
    targets = entries_of(parts, "targets").values()
    layouts = dict.fromkeys(target.layout(problem) for target in targets) or [problem.layout]
    chosen: dict[Path, Any] = {path: entry.method for path, entry in entries_of(parts, "methods").items()}
    chosen |= {path: entry.metric for path, entry in entries_of(parts, "metrics").items()}
    for path, part in chosen.items():
        for layout in layouts:
            for place, text in _refused(part, layout).items():
                yield Fault((*path, *(place if isinstance(place, tuple) else (place,))), text)


def _refused(part: Method | Metric, layout: Layout) -> dict[Place, str]:
    """What a part says that it cannot work with; what it should not say is said of the whole part."""
    what = f"{type(part).__name__}.refusals"
    try:
        found = part.refusals(layout)
    except Exception as error:  # whatever the user's code raises
        if not is_users(error):
            raise
        return {(): f"{what} failed: {told(error)}"}
    return found if isinstance(found, dict) else {(): f"{what} must return a dictionary; it returns {found!r:.60}"}


def _primary(parts: Parts) -> Iterator[Fault]:
    """Methods are set against each other by a metric that is listed, and whose scores are errors."""
    label = parts.get(("primary",))
    metrics = {entry.label: entry.metric for entry in entries_of(parts, "metrics").values()}
    fit = [name for name, metric in metrics.items() if _is_error(metric)]
    if label is None or label in fit or (label == Experiment.primary and label not in metrics):
        return
    write = f"write {any_of(fit)}" if fit else "list energy among the metrics"
    if label in metrics:
        yield Fault(("primary",), f"the scores of {label} are no errors, which are zero at best; {write}")
    else:
        yield Fault(("primary",), f"no metric is labeled {label!r}{registry.suggestion(label, metrics)}; {write}")


def _margins(parts: Parts) -> Iterator[Fault]:
    """Margins are of metrics that are listed, or of operations."""
    metrics = {entry.label for entry in entries_of(parts, "metrics").values()}
    plan = parts.get(("compare",))
    for label in plan.margins if plan is not None and metrics else ():
        if label not in {*metrics, "operations"}:
            near = registry.suggestion(label, metrics)
            text = f"no metric is labeled {label!r}{near}; write {any_of(sorted(metrics))}"
            yield Fault(("compare", "margins", label), text, is_key=True)


def _is_error(metric: Metric) -> bool:
    """Whether the scores of two methods have a ratio."""
    is_zero_at_best = metric.judged_by == "deviation" and metric.ideal == 0 and not isinstance(metric, PairScore)
    return is_zero_at_best or metric.judged_by == "equivalent_runs"


def _asks(parts: Parts) -> Iterator[Fault]:
    """A quantity is of a field that some target has, and is scored by a metric that is listed."""
    for path, ask in entries_of(parts, "ask").items():
        for i, text in enumerate(ask.quantities):
            quantity = Quantity.parse(text)
            yield from (Fault((*path, "quantities", i), said) for said in _unanswerable(quantity, parts))


def _unanswerable(quantity: Quantity, parts: Parts) -> Iterator[str]:
    """Why a quantity has no answer, and what has one."""
    problem, field = parts.get(("problem",)), quantity.field
    targets = entries_of(parts, "targets").values() if isinstance(problem, Problem) else ()
    known = dict.fromkeys(each.name for target in targets for each in target.layout(problem).fields)
    if field and known and field not in known:
        yield f"there is no field {field!r}{registry.suggestion(field, known)}; write one of {any_of(known)}"
        return
    metrics = {entry.label: entry.metric for entry in entries_of(parts, "metrics").values()}
    scored_by = metrics.get(quantity.metric)
    is_by_default = quantity in map(Quantity.parse, Ask.quantities)
    if metrics and scored_by is None and quantity.statistic != "probability" and not is_by_default:
        yield f"no metric is labeled {quantity.metric}, which scores it; list it among the metrics"
    if isinstance(scored_by, Quantiles) and quantity.statistic == "quantile" and quantity.level not in scored_by.levels:
        listed = any_of(map(str, scored_by.levels), "and")
        yield f"{quantity.level} is not among the levels of the metric {quantity.metric}, {listed}; add it there"
    if quantity.statistic == "probability" and not _is_of_a_threshold(quantity, scored_by):
        elsewhere = next((label for label, metric in metrics.items() if _is_of_a_threshold(quantity, metric)), "")
        yield quantity.unscored(has_metric=isinstance(scored_by, TailProbability), elsewhere=elsewhere)


def _is_of_a_threshold(quantity: Quantity, scored_by: Metric | None) -> bool:
    events = scored_by.thresholds if isinstance(scored_by, TailProbability) else ()
    return quantity.part(quantity.field) in [f"{quantity.metric}/{event.name}" for event in events]

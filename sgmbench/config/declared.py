"""What a part of a user's own says of itself, asked before anything relies on it; parts of sgmbench have tests.

    a problem     parameters, each a name, a unit and a Prior; germ_dimension m >= 0; a Layout whose fields have names
                  of their own and finite coordinates; where it has one, its instrument, its relative cost, its batch
    a target      one of the names that there are
    a method      targets by name, and the classes that it requires of a problem
    a metric      what its score is measured in, what exact samples have, and what runs are compared by

Tuples and not lists or arrays hold them, since problems and layouts are keys of what is compiled and kept.
"""

from collections.abc import Callable, Iterable
from typing import Any, get_args

import jax.numpy as jnp
import numpy as np
from scipy.special import ndtr

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.method import Generator, Sampler
from sgmbench.core.metric import Judgment, Metric
from sgmbench.core.observation import Observation, Observed
from sgmbench.core.prior import Parameter, Prior
from sgmbench.core.problem import Hosted, Leveled, Problem
from sgmbench.core.target import Conditional, Decomposition, Marginal, Posterior, Predictive, Target
from sgmbench.errors import UsageError
from sgmbench.raised import told

TARGETS = tuple(target.name for target in (Marginal, Conditional, Posterior, Predictive, Decomposition))
ZETA = (-1.0, 0.0, 1.0)
ROUNDING = 1e-4  # of a user's own distribution function, at most
COORDINATES = "a tuple of finite numbers, as tuple(x.tolist())"


def check_declared(part: Any) -> None:
    """Asks a part what it says of itself.

    Raises:
        ValueError: what is wrong with it, and what to write.
    """
    for kind, check in CHECKS.items():
        if isinstance(part, kind):
            check(part)


def check_priors(problem: Problem) -> None:
    """Computes the prior of each parameter at three points.

    Raises:
        ValueError: z = T(zeta) is not finite, does not increase, or has another F(z) than Phi(zeta).
    """
    for parameter in problem.parameters:
        _check_prior(parameter.prior, f"{type(problem).__name__}: the prior of {parameter.name!r}, {parameter.prior},")


def _check_prior(prior: Prior, what: str) -> None:
    try:
        z = np.array([np.asarray(prior.from_normal(jnp.asarray(zeta)), float) for zeta in ZETA])
        u = np.asarray(prior.cdf(jnp.asarray(z)), float)
    except Exception as error:  # whatever the user's code raises
        raise ValueError(f"{what} failed: {told(error)}") from error
    at, phi = f"at zeta = {_listed(ZETA)}", ndtr(ZETA)
    if z.shape != phi.shape or u.shape != phi.shape:
        raise ValueError(f"{what} must give a number for a number; {at} from_normal gives shape {z.shape[1:]}")
    if not np.all(np.isfinite(z)):
        raise ValueError(f"{what} gives {_listed(z)} {at}; write numbers for which it is finite")
    if not np.all(np.diff(z) > 0):
        raise ValueError(f"{what} gives {_listed(z)} {at}, which does not increase; write the lower bound first")
    if not np.allclose(u, phi, atol=ROUNDING):
        raise ValueError(f"{what} has F(T(zeta)) = {_listed(u)} {at}, not {_listed(phi)}; mend cdf or from_normal")


def _problem(problem: Problem) -> None:
    parameters = _asked(problem, "parameters", _is_tuple_of(Parameter), "a tuple of Parameter(name, unit, prior)")
    for parameter in parameters:
        if not isinstance(parameter.prior, Prior):
            _refuse(problem, "parameters", f"a Prior for {parameter.name!r}", parameter.prior)
    _check_names(problem, "parameters", parameters)
    _asked(problem, "germ_dimension", _is_whole(0), "a whole number of at least 0")
    _check_layout(problem, _asked(problem, "layout", _is(Layout), "a Layout"))
    try:
        hash(problem)
    except TypeError as error:
        name = type(problem).__name__
        raise ValueError(
            f"{name} is no key of a dictionary ({error}); put @dataclass(frozen=True) on it, and "
            "field(hash=False) on what is a dictionary in it"
        ) from None


def _check_layout(problem: Problem, layout: Layout) -> None:
    if not _is_tuple_of(Field)(layout.fields) or not layout.fields:
        _refuse(problem, "layout", "a Layout of a tuple of one Field or more", layout.fields)
    _check_names(problem, "layout", layout.fields)
    for field in layout.fields:
        if not _is_tuple_of(Axis)(field.axes):
            _refuse(problem, "layout", f"a tuple of Axis in the field {field.name!r}", field.axes)
        for axis in field.axes:
            if not _are_finite(axis.coordinates):
                which = f"{COORDINATES}, as coordinates of the axis {axis.name!r} of {field.name!r}"
                _refuse(problem, "layout", which, axis.coordinates)


def _observed(problem: Observed) -> None:
    observation = _asked(problem, "observation", _is(Observation), "an Observation")
    _asked(observation, "size", _is_whole(1), "a whole number of at least 1")


def _leveled(problem: Leveled) -> None:
    _asked(problem, "relative_cost", lambda cost: _is_number(cost) and 0 < cost < np.inf, "a positive number")


def _hosted(problem: Hosted) -> None:
    _asked(problem, "batch", _is_whole(1), "a whole number of at least 1")


def _target(target: Target) -> None:
    _asked(target, "name", lambda name: name in TARGETS, f"one of {', '.join(TARGETS)}")


def _method(method: Sampler | Generator) -> None:
    _asked(method, "targets", _is_tuple_of(str), "a tuple of names, as ('marginal',)")
    _asked(method, "requires", _is_tuple_of(type), "a tuple of classes, as (Leveled,)")


def _metric(metric: Metric) -> None:
    _asked(metric, "unit", _is(str), "text")
    _asked(metric, "ideal", _is_number, "a number")
    choices = get_args(Judgment)
    _asked(metric, "judged_by", lambda given: given is None or given in choices, f"None, {', '.join(choices)}")


CHECKS: dict[Any, Callable[[Any], None]] = {
    Problem: _problem,
    Observed: _observed,
    Leveled: _leveled,
    Hosted: _hosted,
    Target: _target,
    Sampler: _method,
    Generator: _method,
    Metric: _metric,
}


def _asked(part: Any, name: str, fits: Callable[[Any], bool], expected: str) -> Any:
    """The value of an attribute, which may be computed."""
    try:
        value = getattr(part, name)
    except UsageError:
        raise
    except Exception as error:  # whatever the user's code raises
        raise ValueError(f"{type(part).__name__}.{name} failed: {told(error)}") from error
    if not fits(value):
        _refuse(part, name, expected, value)
    return value


def _refuse(part: Any, name: str, expected: str, value: Any) -> None:
    text = f"{type(value).__name__} {value!r}" if not callable(value) else f"{type(value).__name__}"
    text = text if len(text) <= 80 else f"{text[:77]}..."
    raise ValueError(f"{type(part).__name__}.{name} must be {expected}; it is {text}")


def _check_names(problem: Problem, where: str, named: Iterable[Parameter | Field]) -> None:
    """Names are told apart."""
    seen: set[str] = set()
    for name in (each.name for each in named):
        if not isinstance(name, str):
            _refuse(problem, where, "named by text", name)
        if name in seen:
            _refuse(problem, where, "named each by a name of its own", name)
        seen.add(name)


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


def _is_tuple_of(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(isinstance(each, kind) for each in value)


def _is_whole(least: int) -> Callable[[Any], bool]:
    return lambda n: isinstance(n, int | np.integer) and not isinstance(n, bool) and bool(n >= least)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _are_finite(coordinates: Any) -> bool:
    return (
        isinstance(coordinates, tuple)
        and bool(coordinates)
        and all(map(_is_number, coordinates))
        and bool(np.all(np.isfinite(coordinates)))
    )


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.3g}" for value in values)

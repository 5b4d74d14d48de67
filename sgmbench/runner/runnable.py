"""Can a problem be run? What its code gives is traced by JAX, before anything is spent.

    z = T(zeta)              of each prior (`config.declared`), which alone is computed
    y = simulate(z, xi)      the fields of the layout

and of a user's own problem

    mean(y), sample(key, y), log_density(data, y)      k data, k data and a number, where it has an instrument
    constraints(y), recompute(z, y), features(z, xi)   dictionaries, and a row of numbers
    coarser()                                          the same layout and germ, and None in the end
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

from sgmbench.config.declared import check_priors
from sgmbench.core.observation import Observed
from sgmbench.core.prepare import simulation_class
from sgmbench.core.problem import Constrained, Featured, Hosted, Leveled, Problem, Recomputable, Traceable
from sgmbench.errors import SgmbenchError, UsageError
from sgmbench.raised import is_ours, told

MOST_LEVELS = 100

Fields = dict[str, jax.ShapeDtypeStruct]


def check_runnable(problem: Problem, *, asks_host: bool = True) -> None:
    """Says before anything is spent what is wrong with a user's problem.

    Args:
        problem: any.
        asks_host: whether another program, where runs are made by one, is asked if it is there.

    Raises:
        UsageError: it says not where its runs come from, cannot be traced, or its host cannot be reached.
    """
    try:
        simulation_class(problem)
    except TypeError as error:
        raise UsageError(str(error)) from None
    try:
        check_priors(problem)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if isinstance(problem, Traceable):
        fields = _trace_fields(problem)
        if not is_ours(type(problem)):
            _trace_declared(problem, fields)
    if isinstance(problem, Leveled) and not is_ours(type(problem)):
        _check_levels(problem)
    if isinstance(problem, Hosted) and asks_host:
        _ask_host(problem)


def _trace_fields(problem: Traceable) -> Fields:
    """The fields of one run without computing it."""
    name = f"{type(problem).__name__}.simulate"
    fields = _traced(name, problem.simulate, *_inputs(problem))
    if not isinstance(fields, dict):
        raise UsageError(f"{name} must return a dictionary of fields; it returns {type(fields).__name__}")
    for field in problem.layout.fields:
        _check_shape(name, fields.get(field.name), field.shape, f"{field.name!r} of shape {field.shape}")
    return {field.name: fields[field.name] for field in problem.layout.fields}


def _trace_declared(problem: Traceable, fields: Fields) -> None:
    """What else a user's own problem declares."""
    name, (z, xi) = type(problem).__name__, _inputs(problem)
    if isinstance(problem, Constrained):
        _check_dictionary(f"{name}.constraints", _traced(f"{name}.constraints", problem.constraints, fields))
    if isinstance(problem, Recomputable):
        found = _traced(f"{name}.recompute", problem.recompute, z, fields)
        _check_dictionary(f"{name}.recompute", found)
        for field in found:
            wanted = fields[field].shape if field in fields else None
            said = f"{field!r} of shape {wanted}" if field in fields else f"fields of the layout, and no {field!r}"
            _check_shape(f"{name}.recompute", found[field], wanted, said)
    if isinstance(problem, Featured):
        found = _traced(f"{name}.features", problem.features, z, xi)
        if len(getattr(found, "shape", ())) != 1:
            raise UsageError(f"{name}.features must return one row of numbers; it returns {_shown(found)}")
    if isinstance(problem, Observed):
        _trace_observation(name, problem, fields)


def _trace_observation(name: str, problem: Observed, fields: Fields) -> None:
    observation = problem.observation
    data = jax.ShapeDtypeStruct((observation.size,), "float64")
    key = jax.eval_shape(jax.random.key, 0)
    for method, inputs, shape in (
        ("mean", (fields,), data.shape),
        ("sample", (key, fields), data.shape),
        ("log_density", (data, fields), ()),
    ):
        what = f"{name}.observation.{method}"
        _check_shape(what, _traced(what, getattr(observation, method), *inputs), shape, f"numbers of shape {shape}")


def _check_levels(problem: Leveled) -> None:
    name = type(problem).__name__
    assert isinstance(problem, Problem)
    for level in list(_coarser(name, problem)):
        if (level.layout, level.germ_dimension) != (problem.layout, problem.germ_dimension):
            raise UsageError(f"{name}.coarser must keep the layout and the germ; write both without the level in them")
        if isinstance(level, Traceable):
            _trace_fields(level)


def _coarser(name: str, level: Any) -> Iterator[Any]:
    """Every coarser level of a problem."""
    for _ in range(MOST_LEVELS):
        try:
            level = level.coarser()
        except Exception as error:  # whatever the user's code raises
            raise UsageError(f"{name}.coarser failed: {told(error)}") from error
        if level is None:
            return
        if not isinstance(level, Leveled) or not isinstance(level, Problem):
            wanted = "a problem that is Leveled, or None"
            raise UsageError(f"{name}.coarser must return {wanted}; it returns {_kind(level)}")
        yield level
    raise UsageError(f"{name}.coarser has no end after {MOST_LEVELS} levels; return None at the coarsest")


def _ask_host(problem: Hosted) -> None:
    try:
        problem.check()
    except SgmbenchError:
        raise
    except Exception as error:  # whatever the user's code raises
        raise UsageError(f"{type(problem).__name__}.check failed: {told(error)}") from error


def _inputs(problem: Problem) -> tuple[jax.ShapeDtypeStruct, jax.ShapeDtypeStruct]:
    """z and xi of one run."""
    p, m = len(problem.parameters), problem.germ_dimension
    return jax.ShapeDtypeStruct((p,), "float64"), jax.ShapeDtypeStruct((m,), "float64")


def _traced(what: str, function: Callable[..., Any], *inputs: Any) -> Any:
    try:
        return jax.eval_shape(function, *inputs)
    except Exception as error:  # whatever the user's code raises
        raise UsageError(f"{what} cannot be traced by JAX: {told(error)}") from error


def _check_shape(what: str, found: Any, shape: tuple[int, ...] | None, wanted: str) -> None:
    if getattr(found, "shape", None) != shape or shape is None:
        raise UsageError(f"{what} must return {wanted}; it returns {_shown(found)}")
    if jnp.issubdtype(found.dtype, jnp.complexfloating):
        raise UsageError(f"{what} must return {wanted}, of real numbers; it returns {found.dtype}: take its real part")


def _check_dictionary(what: str, found: Any) -> None:
    if not isinstance(found, dict):
        raise UsageError(f"{what} must return a dictionary; it returns {_kind(found)}")


def _shown(found: Any) -> str:
    return "nothing" if found is None else str(getattr(found, "shape", _kind(found)))


def _kind(found: Any) -> str:
    return type(found).__name__

"""Messages: pydantic's findings in plain English, and how a check of our own enters pydantic's list."""

from collections.abc import Callable
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from sgmbench.config.annotations import expected, shown
from sgmbench.config.faults import Fault

_OURS = ("fault", "key")
_FAULTS = {
    "greater_than": "is too small",
    "greater_than_equal": "is too small",
    "less_than": "is too large",
    "less_than_equal": "is too large",
    "too_short": "is too short",
    "too_long": "is too long",
    "missing": "is too short",
    "finite_number": "is not finite",
    "multiple_of": "does not fit",
    "union": "does not fit",
}
_TYPES = {bool: "a truth value", str: "text", int: "a whole number", float: "a decimal number", list: "a list"}


def refuse(*faults: Fault, value: Any = None) -> NoReturn:
    """Raises faults, their paths relative to `value`, as pydantic's error, so that it adds the path of the value."""
    details = [InitErrorDetails(type=_custom(fault), loc=fault.path, input=value) for fault in faults]
    raise ValidationError.from_exception_data("configuration", details)


def faults_of(error: ValidationError) -> list[Fault]:
    """The faults that were refused somewhere below."""
    return [_fault(detail) for detail in error.errors(include_url=False, include_context=False)]


def reworded(annotation: Any) -> Callable[[Any, Callable[[Any], Any]], Any]:
    """A wrap validator that says in our words what is wrong with a value itself; its parts have spoken already."""

    def validate(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            details = error.errors(include_url=False)
            ours = [_fault(detail) for detail in details if detail["type"] in _OURS]
            theirs = [detail["type"] for detail in details if detail["type"] not in _OURS]
            if theirs and not (ours and theirs == ["too_short"]):  # pydantic counts a list's valid entries alone
                ours.append(Fault((), misfit(value, expected(annotation), theirs[0])))
            refuse(*ours, value=value)

    return validate


def misfit(value: Any, remedy: str, kind: str = "type") -> str:
    """What is wrong with a value, and what to write instead."""
    if value is None:
        return f"nothing is written here; write {remedy}"
    what = _FAULTS.get(kind) or f"is {_TYPES.get(type(value), 'a mapping')}"
    return f"{shown(value)} {what}; write {remedy}"


def _fault(detail: Any) -> Fault:
    return Fault(tuple(detail["loc"]), detail["msg"], is_key=detail["type"] == "key")


def _custom(fault: Fault) -> PydanticCustomError:
    return PydanticCustomError("key" if fault.is_key else "fault", "{text}", {"text": fault.text})

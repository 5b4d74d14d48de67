"""What methods and metrics hand over, held against their contract.

    Generator    n rows of d real numbers where n were asked for; diagnostics that JSON can hold
    Sampler      a Delivery of Samples, a row of d real numbers each, and as many weights
    Metric       a number for each part, or of pairs one for each of them

Those of a user's own give other things at times, which NumPy would broadcast, cut or cast without a word.
"""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Array, Float, Key

from sgmbench.core.method import Delivery, Generator, Method
from sgmbench.core.metric import Metric
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.raised import is_ours, told

Sample = Callable[[Float[np.ndarray, " q"], int, Key[Array, ""]], Float[np.ndarray, "n d"]]


def drawing(sample: Callable[..., Any], method: Generator, d: int) -> Sample:
    """What `method.prepare` made, which gives the rows asked for or raises CellError."""

    def draw(given: Float[np.ndarray, " q"], n: int, key: Key[Array, ""]) -> Float[np.ndarray, "n d"]:
        return _rows(sample(given, n, key), (n, d), f"{type(method).__name__} must draw")

    return draw


def check_delivery(delivery: Any, method: Method, d: int) -> None:
    """Raises CellError where it is none, or not of weighted rows of d numbers."""
    name = type(method).__name__
    if not isinstance(delivery, Delivery) or not isinstance(delivery.samples, Samples):
        raise CellError(f"{name} must deliver a Delivery of Samples; it delivers {type(delivery).__name__}")
    n = len(delivery.samples.values)
    _rows(delivery.samples.values, (n, d), f"{name} must deliver")
    _rows(delivery.samples.weights, (n,), f"{name} must weigh its rows by")
    check_plain(delivery.diagnostics, method)


def check_plain(diagnostics: Any, method: Method) -> None:
    """Raises CellError where JSON cannot hold what a method tells of itself."""
    try:
        json.dumps(diagnostics)
    except (TypeError, ValueError) as error:
        raise CellError(f"the diagnostics of {type(method).__name__} are no JSON: {error}; write float(x)") from None


def scores_of(ask: Callable[..., Any], metric: Metric, label: str, shape: tuple[int, ...], *sets: Any) -> dict:
    """What a metric says of samples and a reference, by part; raises CellError where that is nothing of the shape."""
    if is_ours(type(metric)):
        return ask(*sets)
    try:
        found = ask(*sets)
    except Exception as error:  # whatever the user's code raises
        raise CellError(f"the metric {label} failed: {told(error)}") from error
    if not isinstance(found, dict) or not all(isinstance(part, str) for part in found):
        raise CellError(f"the metric {label} must give a dictionary from names to numbers; it gives {found!s:.60}")
    each = {part: _rows(value, shape, f"the metric {label} must give") for part, value in found.items()}
    return each if shape else {part: float(value) for part, value in each.items()}


def _rows(found: Any, shape: tuple[int, ...], whose: str) -> Float[np.ndarray, "..."]:
    rows = np.asarray(found)
    if rows.shape != shape or rows.dtype.kind not in "fiu":
        wanted = f"{shape} real numbers" if shape else "one real number a part"
        raise CellError(f"{whose} {wanted}; it gave {rows.shape} of {rows.dtype}")
    return np.asarray(rows, "float64")

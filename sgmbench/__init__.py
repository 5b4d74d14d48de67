"""sgmbench: how many solver runs is a generative model worth?

    import sgmbench
    answer = sgmbench.run("configs/quickstart.yaml")

Importing the package loads no numerics; the functions of `sgmbench.api` are loaded when the first of them is asked for.
`compare` and `report` are packages here, so that the functions of these names are in `sgmbench.api` alone.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_OF_API = (
    "ask",
    "baseline",
    "calibrate",
    "check_problem",
    "export",
    "init",
    "join",
    "ladder",
    "led",
    "plan",
    "reproduce",
    "run",
    "run_series",
    "show",
    "validate",
    "verify",
    "work_precision",
)


def __getattr__(name: str) -> Any:
    if name not in _OF_API:
        raise AttributeError(f"module 'sgmbench' has no attribute {name!r}")
    return getattr(import_module("sgmbench.api"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_OF_API])

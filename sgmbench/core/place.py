"""Place: where in a method or metric a value stands that cannot be used.

A hyperparameter by its name, or the way to a value within it: ("thresholds", 1, "field").
"""

Place = str | tuple[str | int, ...]

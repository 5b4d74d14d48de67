"""How many cores a benchmark had, for its page: those that `taskset` and the like leave to the process."""

import os


def cores() -> str:
    """As it reads after the name of the device."""
    n = len(os.sched_getaffinity(0))
    return "one core of it" if n == 1 else f"{n} cores of it"

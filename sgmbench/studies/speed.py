"""Speed: runs a second, warm, with z drawn from the prior, at the best of some chunk sizes."""

import time
from dataclasses import dataclass

from sgmbench.core.clock import Clock
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import Problem, Traceable
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation

CHUNKS = (16, 64, 256, 1024)
LONGEST = 10.0  # s for one chunk; larger chunks are then not tried
REPEATS = 3
HOSTED_RUNS = 32


@dataclass(frozen=True)
class Speed:
    """The best rate, and the chunk that gave it; `compile` in seconds, that of the best chunk."""

    runs_per_second: float
    chunk: int
    compile: float


def measure_speed(problem: Problem) -> Speed:
    """Times some chunks of runs."""
    key = stream(0, "check-problem", "speed")
    if not isinstance(problem, Traceable):
        runs = prepare(problem, Clock(), at_condition=False)(HOSTED_RUNS, key=key)
        return Speed(HOSTED_RUNS / runs.seconds["simulate"], HOSTED_RUNS, 0.0)
    found = []
    for chunk in CHUNKS:
        simulation = Simulation(problem, Clock(), at_condition=False, chunk=chunk)
        compiled = simulation(chunk, key=key).seconds["compile"]
        started = time.perf_counter()
        fastest = min(simulation(chunk, key=key).seconds["simulate"] for _ in range(REPEATS))
        found.append(Speed(chunk / fastest, chunk, compiled))
        if time.perf_counter() - started > LONGEST:
            break
    return max(found, key=lambda speed: speed.runs_per_second)

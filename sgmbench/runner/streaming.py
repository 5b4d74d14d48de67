"""A reference too large to keep: its runs are made block by block, and only some of them stay (`core.running_law`).

Run i is that of the stream's i-th vector, whatever the block: the first runs are bitwise those of a smaller reference.

Hosts make the first block together, and of the others each its own, on its own devices, without a word to the others
before the end; so their rows stay where they were made.
"""

from dataclasses import replace
from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Key

from sgmbench.core.clock import Clock
from sgmbench.core.experiment import MOST_KEPT
from sgmbench.core.hosts import apart
from sgmbench.core.inputs import normal_of_run
from sgmbench.core.prepare import prepare
from sgmbench.core.problem import Problem
from sgmbench.core.progress import Progress
from sgmbench.core.running_law import Running, RunningLaw
from sgmbench.core.runs import Runs
from sgmbench.core.shares import own_turns, summed
from sgmbench.errors import CellError

BLOCK = MOST_KEPT


def streamed_runs(
    problem: Problem, size: int, *, kept: int, key: Key[Array, ""], z: tuple[float, ...], progress: Progress
) -> tuple[Runs, RunningLaw]:
    """The first `kept` runs of a stream, with the seconds of all, and the law of all that did not fail.

    Args:
        problem: what is run.
        size: runs in all.
        kept: no more than a block.
        key: of the stream.
        z: the condition; empty for z from the prior.
        progress: told of runs.

    Raises:
        CellError: every run that would be kept failed.
    """
    clock, at_condition, width = Clock(), bool(z), min(BLOCK, size)
    simulate = prepare(problem, clock, at_condition=at_condition, grows=True)
    draw = clock.jit(jax.vmap(partial(normal_of_run, problem, at_condition=at_condition), (None, 0)), "simulate")

    def block(i: int) -> Runs:
        start = i * width
        normal = np.asarray(draw(key, np.arange(start, start + width)))[: size - start]
        return simulate.at(normal, z=z, progress=_beyond(start, size, progress))

    first = block(0)
    ok = first.ok[:kept]
    if not ok.any():
        raise CellError(f"all of the first {kept:,} runs of the reference gave NaN or infinity; check the solver")
    running, executed, own = Running(first.y[:kept][ok]), 0, own_turns(-(-size // width))
    with apart():
        for i in own:
            made = block(i) if i else replace(first, executed=0)
            running.add(made.y[made.ok])
            executed += made.executed
    running.add_of_other_hosts()
    progress("solver runs", size, size)
    of_all = {"executed": first.executed + int(summed(np.array(executed))), "seconds": dict(clock.seconds)}
    return replace(first, z=first.z[:kept], y=first.y[:kept], ok=ok, **of_all), running.law()


def _beyond(start: int, size: int, progress: Progress) -> Progress:
    """Tells of a block's runs as of those of all."""

    def told(phase: str, done: int, total: int, note: str = "") -> None:
        progress(phase, start + done, size, note)

    return told

"""Seconds by phase, each read after the device has finished; and what else of the work is noted on its way.

JAX dispatches asynchronously and compiles on the first call: a clock read without blocking measures neither. `Clock`
blocks on what a timed function returns, and books compilation apart from execution.
"""

import functools
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import jax

from sgmbench.core.operations import operations_of

Phase = Literal["compile", "simulate", "train", "sample"]


class Clock:
    """Accumulates wall-clock seconds of each phase, and those that this process had the processors for.

    Attributes:
        seconds: by phase.
        cpu_seconds: by phase.
        operations: of all programs that it has timed (see `core.operations`); None where those of some are not known.
        evaluations: of a network for a sample.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(get_args(Phase), 0.0)
        self.cpu_seconds: dict[str, float] = dict.fromkeys(get_args(Phase), 0.0)
        self.operations: float | None = 0.0
        self.evaluations = 0
        self.chunk: int | None = None
        self._earlier = 0.0
        self._programs: dict[Hashable, Callable[..., Any]] = {}

    @contextmanager
    def __call__(self, phase: Phase) -> Iterator[None]:
        """Books the duration of a block, less what inner timed calls booked elsewhere."""
        before, cpu_before = self._passed(), sum(self.cpu_seconds.values())
        start, cpu_start = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            inner = self._passed() - before
            self.seconds[phase] += time.perf_counter() - start - inner
            self.cpu_seconds[phase] += time.process_time() - cpu_start - (sum(self.cpu_seconds.values()) - cpu_before)

    def pay(self, phase: Phase, seconds: float) -> None:
        """Books seconds that passed before this clock was there, as those of a training that was interrupted."""
        self.seconds[phase] += seconds
        self._earlier += seconds

    def count(self, operations: float | None) -> None:
        """Adds operations; None of work of which they are not known, or are another number each time."""
        self.operations = None if operations is None or self.operations is None else self.operations + operations

    def _passed(self) -> float:
        """What is booked of the time since this clock was made."""
        return sum(self.seconds.values()) - self._earlier

    def note_evaluations(self, count: int) -> None:
        """So many network evaluations made a sample; the largest number counts, where solvers adapt their steps."""
        self.evaluations = max(self.evaluations, count)

    def note_chunk(self, lanes: int | None, *, grown_from: int | None = None) -> None:
        """So many runs or samples are made at once, and not as many as usual; the fewest count, None is as usual.

        Where they have grown from another number that was noted, they take its place.
        """
        if self.chunk == grown_from:
            self.chunk = None
        limits = [each for each in (self.chunk, lanes) if each is not None]
        self.chunk = min(limits, default=None)

    def jit(
        self, function: Callable[..., Any], phase: Phase, *, program: Hashable = None, **options: Any
    ) -> Callable[..., Any]:
        """`jax.jit` with compilation booked as "compile" and blocked execution as `phase`.

        The wrapper compiles once for each shape of its arguments, and anew for each call of this method, so that a
        cell pays for its own compilation. Functions that are the same but for their arguments, as those that fit one
        network to many parts of the runs, may be given one name as their `program`: the first serves all of this clock.
        """
        if program is None:
            return self._jit(function, phase, options)
        if program not in self._programs:
            self._programs[program] = self._jit(function, phase, options)
        return self._programs[program]

    def _jit(self, function: Callable[..., Any], phase: Phase, options: dict[str, Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def anew(*arguments: Any) -> Any:  # of one function object JAX would find what it has compiled before
            return function(*arguments)

        jitted = jax.jit(anew, **options)
        compiled: dict[Any, Any] = {}

        def call(*arguments: Any) -> Any:
            leaves, structure = jax.tree.flatten(arguments)
            shapes = (structure, tuple((jax.typeof(leaf).shape, jax.typeof(leaf).dtype) for leaf in leaves))
            if shapes not in compiled:
                with self("compile"):
                    traced = jitted.trace(*arguments)
                    compiled[shapes] = traced.lower().compile(), operations_of(traced.jaxpr)
            program, operations = compiled[shapes]
            with self(phase):
                found = jax.block_until_ready(program(*arguments))
            self.count(operations)
            return found

        return call

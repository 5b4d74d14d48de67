"""Seconds by phase, each read after the device has finished.

JAX dispatches asynchronously and compiles on the first call: a clock read without blocking measures neither. `Clock`
blocks on what a timed function returns, and books compilation apart from execution.
"""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import jax

Phase = Literal["compile", "simulate", "train", "sample"]


class Clock:
    """Accumulates wall-clock seconds of each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(get_args(Phase), 0.0)

    @contextmanager
    def __call__(self, phase: Phase) -> Iterator[None]:
        """Books the duration of a block, less what inner timed calls booked elsewhere."""
        before = sum(self.seconds.values())
        start = time.perf_counter()
        try:
            yield
        finally:
            inner = sum(self.seconds.values()) - before
            self.seconds[phase] += time.perf_counter() - start - inner

    def jit(self, function: Callable[..., Any], phase: Phase, **options: Any) -> Callable[..., Any]:
        """`jax.jit` with compilation booked as "compile" and blocked execution as `phase`.

        The wrapper compiles once for each shape of its arguments, and anew for each call of this method, so that a
        cell pays for its own compilation.
        """

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
                    compiled[shapes] = jitted.lower(*arguments).compile()
            with self(phase):
                return jax.block_until_ready(compiled[shapes](*arguments))

        return call

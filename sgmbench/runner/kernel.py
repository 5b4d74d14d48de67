"""Calibration kernel: a fixed piece of work whose seconds tell how fast a machine is.

    x <- tanh(x W),    x and W of 512 x 512 numbers in single precision, six times

Matrix products and elementwise functions are what networks are made of, and most of a solver. The seconds are the
median of nine repetitions, compiled before and read when the device has finished: some 0.2 s in all on two cores. They
are measured once a process, when a run begins, so that seconds of unequal machines can be set against each other. What
the machine does later is not in them, nor is memory or a solver that runs elsewhere: times so divided are advice.
"""

import functools
import time

import jax
import jax.numpy as jnp
import numpy as np

KERNEL = "kernel_seconds"
"""Their name in a run's environment."""

SIZE, STEPS, REPETITIONS = 512, 6, 9


@functools.cache
def kernel_seconds() -> float:
    """Of one repetition, here and now."""
    W = jnp.asarray(np.random.default_rng(0).standard_normal((SIZE, SIZE)) / np.sqrt(SIZE), "float32")
    work = jax.jit(lambda x: jax.lax.fori_loop(0, STEPS, lambda _, x: jnp.tanh(x @ W), x)).lower(W).compile()
    jax.block_until_ready(work(W))
    return float(np.median([_seconds(work, W) for _ in range(REPETITIONS)]))


def _seconds(work: jax.stages.Compiled, x: jax.Array) -> float:
    start = time.perf_counter()
    jax.block_until_ready(work(x))
    return time.perf_counter() - start

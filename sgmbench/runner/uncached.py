"""Uncached: JAX keeps no compiled programs on disk while cells are timed, so that each pays for its own compilation."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax
from jax.experimental.compilation_cache.compilation_cache import reset_cache

ENABLED = "jax_enable_compilation_cache"


@contextmanager
def without_compilation_cache() -> Iterator[None]:
    """Switches JAX's persistent compilation cache off for a block, and back to what it was.

    JAX asks once whether the cache is in use; `reset_cache` makes it ask again, and leaves what is on disk as it is.
    """
    before = getattr(jax.config, ENABLED)
    try:
        jax.config.update(ENABLED, False)
        reset_cache()
        yield
    finally:
        jax.config.update(ENABLED, before)
        reset_cache()

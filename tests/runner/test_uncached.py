"""Compilations while cells are timed."""

import jax
import jax.numpy as jnp
import pytest

from sgmbench.runner.uncached import without_compilation_cache


@pytest.fixture
def kept(tmp_path):
    """A folder where JAX keeps what it compiles."""
    before = jax.config.jax_compilation_cache_dir
    from jax.experimental.compilation_cache.compilation_cache import reset_cache

    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    reset_cache()
    yield tmp_path
    jax.config.update("jax_compilation_cache_dir", before)
    reset_cache()


def test_no_program_is_kept_or_found_inside_and_both_again_outside(kept):
    def programs():
        return {path.name for path in kept.iterdir() if path.name.startswith("jit_cubed")}

    def compile_anew():
        def cubed(x):
            return x**3

        jax.jit(cubed).lower(jnp.ones(3)).compile()

    with without_compilation_cache():
        compile_anew()
        assert not programs()
    compile_anew()
    assert programs()
    jax.config.update("jax_enable_compilation_cache", False)
    try:
        with without_compilation_cache():
            pass
        assert jax.config.jax_enable_compilation_cache is False
    finally:
        jax.config.update("jax_enable_compilation_cache", True)

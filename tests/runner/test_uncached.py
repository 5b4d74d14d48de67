"""Compilations while cells are timed."""

import jax
import jax.numpy as jnp
import pytest
import small

from sgmbench import api
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


def test_a_run_compiles_every_program_of_its_cells_anew(tmp_path, monkeypatch):
    """Its solver is traced for the truth and for each cell, with the cache switched off, and on again afterwards."""
    found, simulate = [], small.Line.simulate

    def noting(self, z, xi):
        found.append(jax.config.jax_enable_compilation_cache)
        return simulate(self, z, xi)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    monkeypatch.setattr("sgmbench.runner.run.without_compilation_cache", without_compilation_cache)
    monkeypatch.setattr(small.Line, "simulate", noting)
    api.run(small.write(tmp_path / "a.yaml"))
    assert False in found
    assert True not in found[found.index(False) :]
    assert jax.config.jax_enable_compilation_cache is True

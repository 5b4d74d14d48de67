"""Small problems, and compilations kept between tests: each cell compiles anew, which takes most of the time."""

import sys
from pathlib import Path

import jax
import pytest

sys.path.append(str(Path(__file__).parents[1] / "runner"))  # where `small:Class` is found


@pytest.fixture(scope="session", autouse=True)
def _kept_compilations(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "compiled"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(folder))  # of child processes
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        yield
        jax.config.update("jax_compilation_cache_dir", None)

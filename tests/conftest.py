"""Types checked at run time, toys importable by name, and compilations kept between tests.

The jaxtyping hook checks every shape and type annotation; it must be in place before sgmbench is imported. Each cell
compiles anew, which would take most of the suite's time.
"""

import sys
from pathlib import Path

import jaxtyping
import pytest

FLOORS = (
    "core",
    "problems",
    "montecarlo",
    "surrogates",
    "diffusion",
    "learning",
    "metrics",
    "statistics",
    "studies",
)

jaxtyping.install_import_hook(
    [f"sgmbench.{floor}" for floor in FLOORS], "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
)

sys.path += [str(Path(__file__).parent / folder) for folder in ("runner", "studies")]  # `small:Class`, `solvers:Class`


@pytest.fixture(scope="session", autouse=True)
def _kept_compilations(tmp_path_factory):
    import jax

    folder = tmp_path_factory.getbasetemp() / "compiled"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(folder))  # of child processes
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        yield
        jax.config.update("jax_compilation_cache_dir", None)

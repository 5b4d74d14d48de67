"""Types checked at run time, toys importable by name, compilations in haste and kept between tests, collections rare.

The jaxtyping hook checks every shape and type annotation; it must be in place before sgmbench is imported. Each cell
compiles anew, which would take most of the suite's time: programs are small and run once or twice, so that what is
spent on optimizing them is lost.
"""

import gc
import os
import sys
from contextlib import nullcontext
from pathlib import Path

import jaxtyping
import pytest
from hypothesis import settings

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

IN_HASTE = (
    "--xla_backend_optimization_level=0",
    "--xla_llvm_disable_expensive_passes=true",
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_cpu_parallel_codegen_split_count=1",
)
os.environ["XLA_FLAGS"] = " ".join([*IN_HASTE, os.environ.get("XLA_FLAGS", "")])  # read at JAX's first computation

gc.set_threshold(200_000, 20, 100)  # tracing makes many small objects, few of them in cycles

settings.register_profile("untimed", deadline=None)  # timings are never tests
settings.load_profile("untimed")

jaxtyping.install_import_hook(
    [f"sgmbench.{floor}" for floor in FLOORS], "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
)

sys.path += [str(Path(__file__).parent / folder) for folder in ("runner", "studies")]  # `small:Class`, `solvers:Class`


@pytest.fixture(scope="session", autouse=True)
def _imports_are_no_garbage():
    """A collection, which begins where a cell has grown, does not look through a million objects of modules."""
    import sgmbench.api  # noqa: F401

    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _no_power_cut():
    """No test loses the power, which is all that flushing to the disk is for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _kept_compilations(tmp_path_factory):
    import jax

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled"  # of all workers
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(folder))  # of child processes
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        for name in ("rehearsal", "run"):
            patch.setattr(f"sgmbench.runner.{name}.without_compilation_cache", nullcontext)
        yield
        jax.config.update("jax_compilation_cache_dir", None)

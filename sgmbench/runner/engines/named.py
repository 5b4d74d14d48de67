"""Engines by name, as `--engine` has them."""

import os
import re

from sgmbench.errors import UsageError
from sgmbench.runner.engines.cluster import Cluster
from sgmbench.runner.engines.crew import Engine
from sgmbench.runner.engines.local import Local

ADDRESS = re.compile(r"(dask|tcp|tls)://(\S+:\d+)")


def engine_of(name: str) -> Engine:
    """The engine that a name stands for.

        local:N              N child processes of this one; local: one for each core
        dask                 a dask cluster on this machine, with a worker for each core
        dask://HOST:PORT     the workers of the scheduler there; tcp:// and tls:// are dask's own words for it

    Raises:
        UsageError: it stands for none.
    """
    if found := re.fullmatch(r"local(?::([1-9]\d{0,3}))?", name):
        return Local(int(found[1] or _cores()))
    if name == "dask":
        return Cluster(workers=_cores())
    if found := ADDRESS.fullmatch(name):
        return Cluster(f"{'tcp' if found[1] == 'dask' else found[1]}://{found[2]}")
    raise UsageError(f"--engine {name}: no engine; write local:N, dask, or dask://HOST:PORT")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

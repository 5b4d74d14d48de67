"""Cluster: the workers of a dask scheduler, each of which makes steps in a child process of its own.

dask carries steps to workers and tells which are there; who makes which step is not left to it, since it knows nothing
of machines on which a step must be alone. So each step is bound to its worker. The step of a worker that is not there
any more is lost; a worker that joins is given steps.

The workers need the file system of this process, with the run folder at the same path, and the same environment of
Python. Source: M. Rocklin, "Dask: Parallel Computation with Blocked algorithms and Task Scheduling", SciPy (2015).
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

from sgmbench.errors import StoreError, UsageError
from sgmbench.runner.engines import worker as at_worker
from sgmbench.runner.engines.crew import Ended, Heard, Said
from sgmbench.runner.maker import Errand, GoneError
from sgmbench.runner.steps import Step

MISSING = "--engine dask needs dask.distributed: pip install 'sgmbench[dask]'"
CONNECTED = 10.0  # s until a scheduler must have answered


@dataclass(frozen=True)
class Cluster:
    """The workers of the scheduler at an address, or, without one, so many on this machine.

    Raises:
        UsageError: dask.distributed is not installed.
    """

    address: str | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        if find_spec("distributed") is None:
            raise UsageError(MISSING)

    @contextmanager
    def crew(self, errand: Errand, heard: Heard) -> Iterator["Workers"]:
        with ExitStack() as stack:
            client = stack.enter_context(self._client(stack))
            topic = f"sgmbench-{uuid4().hex}"
            client.subscribe_topic(topic, lambda event: heard.put(Said(*event[1])))
            try:
                yield Workers(client, errand, heard, topic)
            finally:
                with suppress(OSError, TimeoutError):
                    client.run(at_worker.end, errand, on_error="ignore")

    def _client(self, stack: ExitStack) -> Any:
        """A client of the scheduler, which is begun where there is none."""
        distributed = _distributed()
        address: Any = self.address
        if address is None:
            workers = {"n_workers": self.workers, "threads_per_worker": 1, "memory_limit": None}
            quiet = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
            cluster = distributed.LocalCluster(**workers, **quiet, preload=[at_worker.__name__])
            address = stack.enter_context(cluster)
        try:
            return distributed.Client(address, timeout=CONNECTED, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"--engine: no dask scheduler answers at {self.address} within {CONNECTED:g} s; start one with dask "
                "scheduler, or write --engine dask for workers on this machine"
            ) from error


def _distributed() -> Any:
    """dask.distributed; imported here since few need it."""
    import distributed

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    return distributed


class Workers:
    """The workers of a dask scheduler, by address."""

    def __init__(self, client: Any, errand: Errand, heard: Heard, topic: str) -> None:
        self._client, self._errand, self._heard, self._topic = client, errand, heard, topic
        self._futures: dict[str, Any] = {}  # dask forgets a step whose future nobody holds

    def machines(self) -> dict[str, str]:
        try:
            there = self._client.nthreads()
        except (OSError, TimeoutError) as error:
            raise StoreError(
                f"--engine: the dask scheduler is gone ({error}); start one and go on with --resume"
            ) from None
        for gone in set(self._futures) - set(there):  # else it is made all the same when one comes back by this name
            self._futures.pop(gone).cancel()
        return {address: address.rpartition(":")[0] for address in there}

    def begin(self, worker: str, step: Step, *, beside: int) -> None:
        key = f"{step.name}-{uuid4().hex}"
        bound = {"workers": [worker], "allow_other_workers": False, "pure": False, "key": key}
        told = (self._errand, step.what, asdict(step.cell), beside, worker, self._topic)
        future = self._client.submit(at_worker.make, *told, **bound)
        self._futures[worker] = future
        future.add_done_callback(lambda done: self._heard.put(Ended(worker, step, _error_of(done))))


def _error_of(future: Any) -> Exception | None:
    """What has gone wrong with a step; of one that dask has given up, that its worker is gone."""
    if future.status == "finished":
        return future.result()
    found = future.exception() if future.status == "error" else None
    is_dead = found is None or type(found).__name__ == "KilledWorker"
    return GoneError("its dask worker is gone; --resume tries it again") if is_dead else found

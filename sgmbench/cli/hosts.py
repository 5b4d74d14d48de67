"""Options of `run` by which a process is one of many that make one run together (`sgmbench.core.hosts`)."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Annotated

import typer

from sgmbench.cli.aside import aside
from sgmbench.errors import UsageError

Coordinator = Annotated[
    str | None, typer.Option("--coordinator", help="HOST:PORT of process 0, where this is one of many processes.")
]
ProcessId = Annotated[int | None, typer.Option("--process-id", help="Of this process, from 0.")]
NumProcesses = Annotated[int | None, typer.Option("--num-processes", help="How many processes there are.")]
Distributed = Annotated[
    bool, typer.Option("--distributed", help="The same where SLURM, Open MPI or Kubernetes tells JAX all three.")
]
Processes = Annotated[
    int,
    typer.Option("--processes", min=1, help="Start so many on this machine, and again all where one of them dies."),
]


def check_processes(
    coordinator: str | None, process_id: int | None, num_processes: int | None, *, distributed: bool
) -> None:
    """Raises UsageError where processes are to be started that others start already."""
    if distributed or (coordinator, process_id, num_processes) != (None, None, None):
        raise UsageError(
            "--processes: starts processes that know of each other; leave --coordinator, --process-id, --num-processes "
            "and --distributed out"
        )


def join(coordinator: str | None, process_id: int | None, num_processes: int | None, *, distributed: bool) -> bool:
    """Makes this process one of many where that is asked for; gives whether it is.

    Raises:
        UsageError: only a part of it is asked for, or what cannot be.
    """
    from sgmbench import api

    given = {"--coordinator": coordinator, "--process-id": process_id, "--num-processes": num_processes}
    present = [name for name, value in given.items() if value is not None]
    if distributed:
        if present:
            raise UsageError(f"--distributed: JAX finds out the rest; leave {' and '.join(present)} out")
        api.join()
        return True
    if not present:
        return False
    if coordinator is None or process_id is None or num_processes is None:
        missing = [name for name in given if name not in present]
        raise UsageError(f"{' and '.join(present)}: write {' and '.join(missing)}, too; the three go together")
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdecimal()):
        raise UsageError(f"--coordinator {coordinator}: is no HOST:PORT; write that of process 0, node1:12345 say")
    if not 0 <= process_id < num_processes:
        raise UsageError(
            f"--process-id {process_id}: of {num_processes} processes the numbers are 0 to {num_processes - 1}"
        )
    api.join(coordinator, process_id, num_processes)
    return True


def together(work: Callable[[], int]) -> int:
    """The exit code of `work`, which process 0 does while the others make what it makes; they print nothing."""
    from sgmbench import api

    with aside():
        api.greet()  # gloo tells on standard output whom it has connected
    with nullcontext() if api.is_lead() else aside():
        return api.led(work) or 0

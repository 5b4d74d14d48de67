"""`sgmbench run`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from sgmbench.cli.hosts import (
    Coordinator,
    Distributed,
    NumProcesses,
    Processes,
    ProcessId,
    check_processes,
    join,
    together,
)
from sgmbench.cli.options import RESULTS, Json, Platform, Results, Trust
from sgmbench.cli.orderly import orderly
from sgmbench.cli.plan import print_plan
from sgmbench.cli.processes import supervise


@orderly
def run(
    config: Annotated[
        Path, typer.Argument(help="A YAML experiment or series of them, or the folder of an unfinished run.")
    ],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Override one value: a.b=value.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would take, as plan does, and stop.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest run of this configuration.")] = False,
    isolate: Annotated[bool, typer.Option("--isolate", help="Run cells in a child process, which may die.")] = False,
    timeout: Annotated[float | None, typer.Option("--timeout", help="Seconds until a cell is ended; isolates.")] = None,
    platform: Platform = None,
    processes: Processes = 1,
    coordinator: Coordinator = None,
    process_id: ProcessId = None,
    num_processes: NumProcesses = None,
    distributed: Distributed = False,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no table.")] = False,
    trust: Trust = False,
    results: Results = RESULTS,
) -> int:
    """Run an experiment: ground truth, training, sampling, scores, and the answer; or a series, problem by problem.

    Example: sgmbench run configs/quickstart.yaml --set replicates=3
    """
    if processes > 1 and not dry_run:
        check_processes(coordinator, process_id, num_processes, distributed=distributed)
        return supervise(processes, sys.argv[1:], results=results)
    from sgmbench import api

    is_one_of_many = not dry_run and join(coordinator, process_id, num_processes, distributed=distributed)
    api.use_platform(platform)
    if dry_run:
        print_plan(config, overrides or [], results, json=json)
        return 0
    options = {"overrides": overrides or (), "resume": resume, "results": results, "timeout": timeout}
    options |= {"isolate": isolate}

    def work() -> int:
        return run_and_tell(config, options, json=json, quiet=quiet, trust=trust)

    return together(work) if is_one_of_many else work()


def run_and_tell(config: Path, options: dict[str, Any], *, json: bool, quiet: bool, trust: bool) -> int:
    """Runs an experiment or a series with options of `api.run`, and prints the answer; gives the exit code."""
    from sgmbench import api
    from sgmbench.cli.progress import terminal_progress

    says, options = not (quiet or json), options | {"warn": _warn}
    if api.is_series(config):
        finished = api.print_answer if says else lambda answer: None
        done = api.run_series(config, **options, progress=lambda: terminal_progress(quiet=not says), finished=finished)
    else:
        with terminal_progress(quiet=not says) as progress:
            done = api.run(config, **options, trust=trust, progress=progress)
    if json:
        sys.stdout.write(api.as_json(done) + "\n")
    elif says:
        api.print_series(done) if isinstance(done, api.SeriesAnswer) else api.print_answer(done)
    return 5 if done.has_failed_cells else 0


def _warn(message: str) -> None:
    sys.stderr.write(f"warning: {message}\n")

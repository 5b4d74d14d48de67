"""The command line in a process that kills itself: python killed.py PHASE COUNT DELAY run a.yaml ...

It is killed DELAY seconds after a phase has begun for the COUNT-th time. The phase that it is in stands in the file
`phase` of the working directory; one that ends leaves there how often each has begun. What trains and samples is the
method that LEARNER names in the environment, or the toy `learner`. Trainings keep a checkpoint at each validation, and
no figures are drawn.
"""

import functools
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

RUNNER = Path(__file__).parents[1] / "runner"
LEARNER = os.environ.get("LEARNER", "learner:Learner")
PHASES = {
    "write": "sgmbench.store.atomic:write_bytes",
    "flush": "os:fsync",
    "rename": "os:replace",
    "simulate": "sgmbench.core.simulation:Simulation.__call__",
    "train": f"{LEARNER}.fit",
    "save": "sgmbench.store.checkpoints:FolderCheckpoints.save",
    "score": "sgmbench.runner.execute:score",
    "truth": "sgmbench.runner.here:Here.make_truth",
    "cell": "sgmbench.runner.here:Here.make_cell",
    "report": "sgmbench.api.running:_report",
    "run": "sgmbench.api:run",
}
"""In this order, since modules have functions of the first by name."""


def attempt(results, phase="none", count=0, delay=0.0, *, seconds=None, **options):
    """Runs a.yaml in such a process, or goes on with the run that is there; it is killed after so many seconds."""
    resume = ["--resume"] if list(Path(results).glob("line/*/run.json")) else []
    words = [phase, count, delay, "run", "a.yaml", "--quiet", "--results", results, *resume]
    Path("phase").write_text("start")
    command = [sys.executable, __file__, *map(str, words)]
    env = environment(**options.pop("env", {}))
    try:
        return subprocess.run(command, env=env, stderr=subprocess.PIPE, text=True, timeout=seconds, **options)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -signal.SIGKILL)


def environment(**more):
    """In which toys are importable by name."""
    return os.environ | {"PYTHONPATH": str(RUNNER)} | more


def main(phase, count, delay, *words):
    """Runs the command line."""
    note = Note(phase, int(count), float(delay))
    for name, place in PHASES.items():
        watch(note, name, place)
    watch(note, "result", "os:replace", when=lambda part, path: Path(path).name == "result.json")
    watch(note, "sample", f"{LEARNER}.prepare", returned=True)
    from sgmbench import cli
    from sgmbench.learning import work

    work.SAVE_EVERY = 0.0
    importlib.import_module("sgmbench.api.running").draw_figures = lambda *arguments: None
    importlib.import_module("sgmbench.runner.run").without_compilation_cache = nullcontext
    sys.argv = ["sgmbench", *words]
    try:
        cli.main()
    finally:
        Path("phase").write_text(json.dumps(note.begun))


class Note:
    """Notes phases, and kills in one."""

    def __init__(self, phase, count, delay):
        self.moment, self.delay = (phase, count), delay
        self.begun, self.within = Counter(), ["start"]
        self.file = os.open("phase", os.O_WRONLY | os.O_CREAT)

    def __enter__(self):
        os.pwrite(self.file, self.within[-1].ljust(16).encode(), 0)
        if (self.within[-1], self.begun[self.within[-1]]) == self.moment:
            self.moment = None
            if not self.delay:
                kill()
            timer = threading.Timer(self.delay, kill)
            timer.daemon = True
            timer.start()

    def __exit__(self, *exception):
        self.within.pop()
        os.pwrite(self.file, self.within[-1].ljust(16).encode(), 0)

    def phase(self, name):
        """For a `with` block."""
        self.within.append(name)
        self.begun[name] += 1
        return self


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def watch(note, phase, place, *, when=lambda *arguments: True, returned=False):
    """Notes a function's calls as a phase, or those of the function that it returns."""
    module, _, path = place.partition(":")
    *outer, name = path.split(".")
    owner = functools.reduce(getattr, outer, importlib.import_module(module))
    inner = getattr(owner, name)

    def noted(function):
        @functools.wraps(function)
        def call(*arguments, **options):
            with note.phase(phase) if when(*arguments) else nullcontext():
                return function(*arguments, **options)

        return call

    given = functools.wraps(inner)(lambda *arguments, **options: noted(inner(*arguments, **options)))
    setattr(owner, name, given if returned else noted(inner))


if __name__ == "__main__":
    main(*sys.argv[1:])

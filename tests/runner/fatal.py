"""A solver outside JAX that takes its process down, or worse, where it is asked for a certain number of runs."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from sgmbench.core.layout import Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Hosted

MENDED = Path("mended")  # in the working directory: nothing of all this happens any more


def _die():
    os.kill(os.getpid(), signal.SIGKILL)


def _die_once():
    if not Path("died").exists():
        Path("died").touch()
        _die()


def _exit():
    os._exit(3)


def _hang():
    """With a process of its own, whose number it leaves in a file."""
    solver = subprocess.Popen(["sleep", "600"])
    Path("solver").write_text(str(solver.pid))
    solver.wait()


def _interrupt():
    """Ctrl-C where the run is, which is the parent of this process."""
    Path("solver").write_text(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(600)


def _fail():
    raise ZeroDivisionError("the mesh has no cells")


def _starve():
    raise MemoryError


DIES, FAILS, HANGS, HUNGRY, STARVES = 31, 33, 35, 40, 44
EXITS, INTERRUPTS, SILENT = 61, 62, 63
DIES_ONCE = 37
WAYS = {DIES: _die, FAILS: _fail, HANGS: _hang, EXITS: _exit, INTERRUPTS: _interrupt, SILENT: _hang}
WAYS |= {DIES_ONCE: _die_once} | dict.fromkeys([HUNGRY, 20, STARVES, 22, 11, 5, 2, 1], _starve)
"""What happens, by how many runs are asked for at once."""


@dataclass(frozen=True)
class Fatal(Hosted):
    """y = a + xi."""

    parameters = (Parameter("a", "V", Uniform(0.0, 1.0)),)
    germ_dimension = 1
    layout = Layout((Field("y", "V"),))

    @property
    def batch(self):
        return 100

    def simulate_batch(self, z, xi):
        if len(z) in WAYS and not MENDED.exists():
            WAYS[len(z)]()
        return z + xi


MADE: list[float] = []


@dataclass(frozen=True)
class Slow(Fatal):
    """Notes each run that it makes, ten at a time, and is interrupted before its eightieth."""

    @property
    def batch(self):
        return 10

    def simulate_batch(self, z, xi):
        MADE.extend(xi[:, 0])
        if len(MADE) == 80:
            raise KeyboardInterrupt
        return z + xi

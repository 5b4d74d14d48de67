"""Learners and a solver that end, or fail, in one of many processes, named `parting:Parting` in configurations."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import jax
from learner import Learner
from small import Line

from sgmbench.core.checkpoints import no_checkpoints
from sgmbench.errors import CellError
from sgmbench.learning import work

LEFT = Path("left")  # in the working directory: how often it is still killed


@dataclass(frozen=True)
class Parting(Learner):
    """Keeps a checkpoint at each validation, and is killed at step 60 in one process; process 0 notes its steps."""

    process: int = 1

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        work.SAVE_EVERY = 0.0

        def told(phase, done, total, note=""):
            if phase == "training" and jax.process_index() == 0:
                with open("steps", "a") as file:
                    file.write(f"{done} ")
            if (phase, done, jax.process_index()) == ("training", 60, self.process):
                _part()
            progress(phase, done, total, note)

        return super().fit(pairs, layout, key=key, clock=clock, progress=told, checkpoints=checkpoints)


def _part():
    left = int(LEFT.read_text())
    if left:
        while "60" not in Path("steps").read_text():  # process 0 has kept step 40 then
            time.sleep(0.02)
        LEFT.write_text(str(left - 1))
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Lonely(Learner):
    """Cannot learn in one process."""

    def fit(self, pairs, layout, *, key, clock, progress, checkpoints=no_checkpoints):
        if jax.process_index() == 1:
            raise CellError("no disk here")
        return super().fit(pairs, layout, key=key, clock=clock, progress=progress, checkpoints=checkpoints)


@dataclass(frozen=True)
class Licensed(Line):
    """Runs in process 0 alone."""

    def simulate(self, z, xi):
        if jax.process_index() == 1:
            raise CellError("no license here")
        return super().simulate(z, xi)

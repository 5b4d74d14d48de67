"""The work of one training, from validation to validation, with checkpoints in between.

A validation period is some compiled chunks of steps and one score. Where one period ends all is known that the next
one depends on (`Reached`), which is what checkpoints keep. When they are kept changes no number.

Where a chunk takes long and compiling pays, those after it are made in parts. A step has the same numbers in any part.

A chunk writes the state that it makes where the one before it was (`donate_argnums`): there is one state in memory, and
none can be read once it has been passed on. What is to stay of it is copied.
"""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree

from sgmbench.core.checkpoints import Checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.devices import everywhere
from sgmbench.core.hosts import agreed
from sgmbench.core.progress import Progress
from sgmbench.errors import CellError
from sgmbench.learning.stepping import State

CHUNK = 100
SAVE_EVERY = 20.0
"""Seconds of training between checkpoints, at least: what trains for less writes none."""

CALIBRATION = 0.02
"""Part of a budget in seconds after which its calibration ends."""

LONGEST = 2.0
"""Seconds of a part of a chunk, before the end of which no progress is heard of; a single step may take longer."""

OVERHEAD = 0.02
"""Part of what is left of a training that compiling shorter parts, of two lengths, may cost."""

FEWEST = 2  # steps

Validation = Callable[[PyTree, PyTree], Float[Array, ""]]
"""(parameters, held-out data) -> loss."""


class Reached(NamedTuple):
    """Where a training is after a validation; of `best_parameters`, `best` is the held-out loss."""

    state: State
    best_parameters: PyTree
    planned: int
    step: int = 0
    best: float = math.inf
    stale: int = 0
    seconds: float = 0.0
    operations: float = 0.0
    history: np.ndarray = np.zeros((0, 3))

    def scored(self, state: State, step: int, loss: float, score: float) -> "Reached":
        """After a further validation; `stale` counts those since the best one."""
        history = np.vstack([self.history, (step, loss, score)])
        reached = self._replace(state=state, step=step, history=history, stale=self.stale + 1)
        is_better = score < self.best
        return reached._replace(best_parameters=copied(state.average), best=score, stale=0) if is_better else reached

    def as_arrays(self) -> "Reached":
        """A copy with numbers as arrays, for checkpoints."""
        return jax.tree.map(jnp.array, self)

    def as_numbers(self) -> "Reached":
        """The inverse of `as_arrays`."""
        names = ("planned", "step", "best", "stale", "seconds", "operations")
        numbers = {name: getattr(self, name).item() for name in names}
        return self._replace(**numbers, history=np.asarray(self.history))


def copied(tree: PyTree) -> PyTree:
    """Arrays of one's own."""
    return jax.tree.map(jnp.copy, tree)


def shorter(most: int, each: float, *, left: int, compiled: float) -> int:
    """Steps of further parts, when one takes so many seconds; as many as before where compiling them costs more.

    Args:
        most: steps of the parts so far.
        each: seconds of a step.
        left: steps of the training.
        compiled: seconds that a chunk takes to be compiled.
    """
    if most * each <= LONGEST or 2 * compiled > OVERHEAD * left * each:
        return most
    return max(FEWEST, 1 << int(LONGEST / each).bit_length() - 1) if each < LONGEST else FEWEST


@dataclass
class Work:
    """One training: its compiled functions, their data, and who is told.

    Attributes:
        run_chunk: of `chunk_of_steps`, compiled; the state that it is given is gone afterwards.
        run_validation: compiled.
        rates: learning rates of steps, given how many are planned.
        every: steps between validations.
    """

    run_chunk: Callable[..., Any]
    run_validation: Callable[..., Any]
    rates: Callable[[Int[Array, " steps"], int], Float[Array, " steps"]]
    data: PyTree
    held_out: PyTree
    every: int
    key: Key[Array, ""]
    progress: Progress
    checkpoints: Checkpoints
    clock: Clock
    _start: float = 0.0
    _counted: float = 0.0
    _saved: float = 0.0
    _last_good: str = ""
    _most: int = CHUNK
    _compiled: float = 0.0

    def begin(self, state: State, steps: int, seconds: float | None) -> Reached:
        """From the latest checkpoint, or at step 0 with a plan of `steps`, or of as many as take `seconds`.

        The initial parameters are scored, too: where no step betters them, they are what is returned.
        """
        if seconds is not None:
            self.clock.count(None)  # how many steps they last for is another number each time
        self._start, self._counted = self.clock.seconds["train"], self.clock.operations or 0.0
        reached = Reached(copied(everywhere(state)), state.average, steps)
        found = self.checkpoints.latest(reached.as_arrays())
        if found is not None:
            reached = found.as_numbers()
            reached = reached._replace(state=copied(everywhere(reached.state)))
            self.clock.pay("train", reached.seconds)
            self.clock.count(reached.operations)
            self._note(reached)
        else:
            score = float(self.run_validation(reached.state.average, self.held_out))
            reached = reached._replace(best=score if math.isfinite(score) else math.inf)
            if seconds is not None:
                reached = self._within(seconds, reached)
        self._saved = self._seconds()
        return reached

    def until_validation(self, reached: Reached) -> Reached:
        """Steps up to the next multiple of `every`, or the last step, and a score.

        Raises:
            CellError: a loss is NaN or infinite.
        """
        state, step, planned = reached.state, reached.step, reached.planned
        end, losses = min(step - step % self.every + self.every, planned), np.zeros(0)
        with self.clock("train"):
            while step < end:
                ahead = min(step + CHUNK, end)
                state, losses = self._chunk(state, step, ahead, planned)
                step = ahead
            score = self.run_validation(state.average, self.held_out)
            self._refuse_divergence(np.atleast_1d(score), step, "held-out")
        return reached.scored(state, step, float(losses.mean()), float(score))

    def _chunk(self, state: State, step: int, end: int, planned: int) -> tuple[State, Array]:
        """Steps up to `end`, in parts where they take long; their losses."""
        parts = []
        while step < end:
            length = end - step if end - step <= self._most + 1 else self._most  # a part of one step is another program
            steps, before = jnp.arange(step, step + length), dict(self.clock.seconds)
            state, losses = self.run_chunk(state, self.data, self.key, steps, self.rates(steps, planned))
            self._refuse_divergence(np.asarray(losses), step + 1, "training")
            parts.append(losses)
            step += length
            rate = step / self._seconds()
            self.progress("training", step, planned, f"loss {losses.mean():.4f}, {rate:.0f} steps/s")
            compiled, took = (self.clock.seconds[phase] - before[phase] for phase in ("compile", "train"))
            self._compiled = max(self._compiled, compiled)
            self._most = agreed(shorter(self._most, took / length, left=planned - step, compiled=self._compiled))
        return state, parts[0] if len(parts) == 1 else jnp.concatenate(parts)

    def save_at_times(self, reached: Reached) -> None:
        """Keeps a state where the last one is some time ago."""
        if agreed(self._seconds() - self._saved >= SAVE_EVERY):
            self._save(reached)

    def _seconds(self) -> float:
        """Of this training, its interrupted beginnings included."""
        return self.clock.seconds["train"] - self._start

    def _save(self, reached: Reached) -> None:
        self._saved = self._seconds()
        with self.clock("train"):
            operations = (self.clock.operations or 0.0) - self._counted
            kept = reached._replace(seconds=self._saved, operations=operations)
            self.checkpoints.save(reached.step, kept.as_arrays())
            self._note(reached)

    def _note(self, kept: Reached) -> None:
        if self.checkpoints.place:
            self._last_good = f"; the last checkpoint was of step {kept.step}"

    def _within(self, seconds: float, first: Reached) -> Reached:
        """With a plan of whole chunks, since each length is compiled anew, that take the seconds left after this."""
        length, of_score = min(CHUNK, self.every), self._seconds()
        steps = jnp.arange(length)
        chunk = (self.data, self.key, steps, self.rates(steps, first.planned))
        of_chunk: list[float] = []
        while not of_chunk or agreed(self._seconds() < CALIBRATION * seconds):
            of_chunk.append(self._timed(self.run_chunk, copied(first.state), *chunk))
        each = statistics.median(of_chunk) + of_score * length / self.every
        planned = first._replace(planned=agreed(length * max(1, int((seconds - self._seconds()) / each))))
        if seconds > SAVE_EVERY:
            self._save(planned)
        return planned

    def _timed(self, function: Callable[..., Any], *arguments: Any) -> float:
        """Seconds of a compiled call, compilation not among them."""
        before = self._seconds()
        function(*arguments)
        return self._seconds() - before

    def _refuse_divergence(self, losses: Float[np.ndarray, " steps"], first_step: int, which: str) -> None:
        bad = ~np.isfinite(losses)
        if bad.any():
            i = int(np.argmax(bad))
            raise CellError(
                f"training diverged at step {first_step + i}: the {which} loss is {losses[i]}{self._last_good}; "
                "try a smaller learning_rate or clip"
            )

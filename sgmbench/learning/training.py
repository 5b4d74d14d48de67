"""Training: AdamW on random minibatches, in scanned chunks, with a running average and early stopping.

The learning rate warms up and follows a half cosine to zero. The average of the parameters theta is the power-function
average, theta_bar_t = beta_t theta_bar_{t-1} + (1 - beta_t) theta_t, beta_t = (1 - 1/t)^(1 + gamma), whose width grows
with t. After every `evaluate_every` steps the average is scored on held-out data, with noise that never changes; the
best one is returned, and training stops after `patience` scores without a better one.

Sources: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization" (2019); T. Karras et al., "Analyzing and
Improving the Training Dynamics of Diffusion Models" (2024), eq. 122 ff., where gamma = 6.94 is a width of 10 %.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from annotated_types import Ge, Gt, Lt
from jaxtyping import Array, Float, Key, PyTree

from sgmbench.core.clock import Clock
from sgmbench.core.progress import Progress
from sgmbench.errors import CellError

CHUNK = 100

Loss = Callable[[PyTree, PyTree, Key[Array, ""]], Float[Array, ""]]
"""(parameters, training data, key of the minibatch and its noise) -> loss."""

Validation = Callable[[PyTree, PyTree], Float[Array, ""]]
"""(parameters, held-out data) -> loss."""


@dataclass(frozen=True)
class Training:
    """How long and how fast a network learns.

    Attributes:
        steps: minibatches at most.
        batch: rows of a minibatch.
        learning_rate: peak of the schedule.
        warmup: steps of linear warm-up.
        clip: largest norm of a gradient.
        weight_decay: of AdamW.
        average: gamma of the power-function average.
        held_out: fraction of the runs kept for validation.
        evaluate_every: steps between validations.
        patience: validations without improvement before training stops.
    """

    steps: Annotated[int, Ge(1)] = 10_000
    batch: Annotated[int, Ge(1)] = 512
    learning_rate: Annotated[float, Gt(0)] = 2e-3
    warmup: Annotated[int, Ge(0)] = 500
    clip: Annotated[float, Gt(0)] = 1.0
    weight_decay: Annotated[float, Ge(0)] = 1e-2
    average: Annotated[float, Gt(0)] = 6.94
    held_out: Annotated[float, Gt(0), Lt(1)] = 0.05
    evaluate_every: Annotated[int, Ge(1)] = 500
    patience: Annotated[int, Ge(1)] = 4

    def optimizer(self) -> optax.GradientTransformation:
        """Clipped AdamW on its schedule."""
        schedule = optax.warmup_cosine_decay_schedule(
            0.0, self.learning_rate, min(self.warmup, self.steps // 2), max(self.steps, 2)
        )
        return optax.chain(optax.clip_by_global_norm(self.clip), optax.adamw(schedule, weight_decay=self.weight_decay))


class _State(NamedTuple):
    parameters: PyTree
    average: PyTree
    optimizer: Any


@dataclass
class Trained:
    """The averaged parameters of the best validation, and the way there: (step, training loss, held-out loss)."""

    parameters: PyTree
    best: float = math.inf
    history: list[tuple[int, float, float]] = field(default_factory=list)


def train(
    loss: Loss,
    validate: Validation,
    parameters: PyTree,
    data: PyTree,
    held_out: PyTree,
    *,
    plan: Training,
    key: Key[Array, ""],
    clock: Clock,
    progress: Progress,
) -> Trained:
    """Minimizes `loss` from `parameters`.

    Raises:
        CellError: the loss became NaN; names the step and what to try.
    """
    optimizer = plan.optimizer()
    every = min(plan.evaluate_every, plan.steps)
    run_chunk = clock.jit(_chunk_of_steps(loss, optimizer, plan.average), "train")
    run_validation = clock.jit(validate, "train")
    state = _State(parameters, parameters, optimizer.init(parameters))
    trained, stale, step, started = Trained(parameters), 0, 0, time.perf_counter()
    while step < plan.steps and stale < plan.patience:
        end = min(step + CHUNK, step - step % every + every, plan.steps)
        state, losses = run_chunk(state, data, key, jnp.arange(step, end))
        step = end
        rate = step / (time.perf_counter() - started)
        progress("training", step, plan.steps, f"loss {losses.mean():.4f}, {rate:.0f} steps/s")
        if step % every and step < plan.steps:
            continue
        score = float(run_validation(state.average, held_out))
        stale = _record(trained, state, step, float(losses.mean()), score, stale)
    return trained


def _record(trained: Trained, state: _State, step: int, train_loss: float, held_out: float, stale: int) -> int:
    """Keeps the average if it is the best so far; returns the number of validations without improvement."""
    bad = next((value for value in (train_loss, held_out) if not math.isfinite(value)), None)
    if bad is not None:
        raise CellError(f"training diverged at step {step}: the loss is {bad}; try a smaller learning_rate or clip")
    trained.history.append((step, train_loss, held_out))
    if held_out >= trained.best:
        return stale + 1
    trained.best, trained.parameters = held_out, state.average
    return 0


def _chunk_of_steps(
    loss: Loss, optimizer: optax.GradientTransformation, gamma: float
) -> Callable[..., tuple[_State, Float[Array, " steps"]]]:
    def one_step(state: _State, data: PyTree, key: Key[Array, ""], step: Array) -> tuple[_State, Float[Array, ""]]:
        value, gradient = jax.value_and_grad(loss)(state.parameters, data, jax.random.fold_in(key, step))
        updates, optimizer_state = optimizer.update(gradient, state.optimizer, state.parameters)
        parameters = optax.apply_updates(state.parameters, updates)
        beta = ((1 - 1 / (step + 1.0)) ** (1 + gamma)).astype(jnp.float32)
        average = jax.tree.map(lambda old, new: beta * old + (1 - beta) * new, state.average, parameters)
        return _State(parameters, average, optimizer_state), value

    def chunk(state: _State, data: PyTree, key: Key[Array, ""], steps: Array) -> tuple[_State, Float[Array, " steps"]]:
        return jax.lax.scan(lambda s, i: one_step(s, data, key, i), state, steps)

    return chunk


def split_held_out(n: int, fraction: float, key: Key[Array, ""]) -> tuple[Any, Any]:
    """Random disjoint indices (training, held out); at least one held out, at least one to train on."""
    order = jax.random.permutation(key, n)
    count = min(max(1, round(fraction * n)), n - 1)
    return order[count:], order[:count]

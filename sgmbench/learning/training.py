"""Training: AdamW on random minibatches, in scanned chunks, with a running average and early stopping.

The learning rate warms up and follows a half cosine to zero. Before the first step and after every `evaluate_every`
steps the running average of the parameters is scored on held-out data, with noise that never changes; the best one is
returned, and training stops after `patience` scores without a better one. So a network that begins as the zero map is
never made worse by training, as far as held-out data tell: where no average is better than the initial parameters,
these are returned.

A budget in seconds becomes a number of steps once, by timing a few chunks on a state that is thrown away; from there on
results depend on that number alone. Where training goes on from a checkpoint it goes on bitwise, since checkpoints are
of whole validation periods and a step depends on the state before it and on its number.

Source: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization" (2019).
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from annotated_types import Ge, Gt, Lt
from jaxtyping import Array, Float, Key, PyTree

from sgmbench.core.checkpoints import Checkpoints, no_checkpoints
from sgmbench.core.clock import Clock
from sgmbench.core.devices import everywhere
from sgmbench.core.progress import Progress
from sgmbench.learning.precision import Precision
from sgmbench.learning.stepping import Loss, chunk_of_steps, first_state
from sgmbench.learning.work import Validation, Work


@dataclass(frozen=True)
class Training:
    """How long and how fast a network learns.

    Attributes:
        steps: minibatches at most.
        train_seconds: seconds of training at most, in place of `steps`; compilation comes on top.
        batch: rows of a minibatch.
        learning_rate: peak of the schedule.
        warmup: steps of linear warm-up.
        clip: largest norm of a gradient.
        weight_decay: of AdamW.
        average: gamma of the power-function average.
        held_out: fraction of the runs kept for validation.
        evaluate_every: steps between validations.
        patience: validations without improvement before training stops.
        precision: of the products of matrices in the network, here and when it samples; bfloat16 pays on GPU and TPU.
    """

    steps: Annotated[int, Ge(1)] = 10_000
    train_seconds: Annotated[float, Gt(0)] | None = None
    batch: Annotated[int, Ge(1)] = 512
    learning_rate: Annotated[float, Gt(0)] = 2e-3
    warmup: Annotated[int, Ge(0)] = 500
    clip: Annotated[float, Gt(0)] = 1.0
    weight_decay: Annotated[float, Ge(0)] = 1e-2
    average: Annotated[float, Gt(0)] = 6.94
    held_out: Annotated[float, Gt(0), Lt(1)] = 0.05
    evaluate_every: Annotated[int, Ge(1)] = 500
    patience: Annotated[int, Ge(1)] = 4
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        if self.train_seconds is not None and self.steps != Training.steps:
            raise ValueError(
                f"train_seconds: {self.train_seconds} is a second budget beside steps: {self.steps}; leave one out"
            )

    def optimizer(self) -> optax.GradientTransformation:
        """Clipped AdamW at a learning rate of 1."""
        return optax.chain(optax.clip_by_global_norm(self.clip), optax.adamw(1.0, weight_decay=self.weight_decay))

    def rates(self, steps: Array, planned: int) -> Float[Array, " steps"]:
        """Learning rates of these steps when `planned` are planned."""
        schedule = optax.warmup_cosine_decay_schedule(
            0.0, self.learning_rate, min(self.warmup, planned // 2), max(planned, 2)
        )
        return jnp.asarray(schedule(steps), jnp.float32)


@dataclass
class Trained:
    """The averaged parameters of the best validation, and the way there.

    Attributes:
        parameters: averaged, of the best validation; the initial ones where no later average was better.
        best: its held-out loss.
        history: (step, training loss, held-out loss) of each validation after steps.
        steps: taken.
        planned: what the schedule was made for.
    """

    parameters: PyTree
    best: float
    history: list[tuple[int, float, float]]
    steps: int
    planned: int

    @property
    def record(self) -> dict[str, np.ndarray]:
        """What a fit keeps of it."""
        return {
            "history": np.array(self.history),
            "best": np.array(self.best),
            "steps": np.array([self.steps, self.planned]),
        }

    @property
    def stopped_early(self) -> bool:
        """Whether patience ended it."""
        return self.steps < self.planned


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
    checkpoints: Checkpoints = no_checkpoints,
    program: Hashable = None,
) -> Trained:
    """Minimizes `loss` from `parameters`, or goes on from the latest of `checkpoints`.

    Trainings of the same losses and plan on other data may share what is compiled under a name, `program`.

    Raises:
        CellError: a loss became NaN or infinite; names the step, the last checkpoint and what to try.
    """
    optimizer = plan.optimizer()
    work = Work(
        run_chunk=clock.jit(
            chunk_of_steps(loss, optimizer, plan.average),
            "train",
            program=program and (program, "steps"),
            donate_argnums=0,
        ),
        run_validation=clock.jit(validate, "train", program=program and (program, "validation")),
        rates=plan.rates,
        data=everywhere(data),
        held_out=everywhere(held_out),
        every=plan.evaluate_every,
        key=everywhere(key),
        progress=progress,
        checkpoints=checkpoints,
        clock=clock,
    )
    reached = work.begin(first_state(parameters, optimizer), plan.steps, plan.train_seconds)
    while reached.step < reached.planned and reached.stale < plan.patience:
        reached = work.until_validation(reached)
        work.save_at_times(reached)
    history = [(int(step), *losses) for step, *losses in reached.history.tolist()]
    return Trained(reached.best_parameters, reached.best, history, reached.step, reached.planned)


def split_held_out(n: int, fraction: float, key: Key[Array, ""]) -> tuple[Any, Any]:
    """Random disjoint indices (training, held out): at least one held out, and two to train on where there are three.

    A training row alone has no second nearest one, which `memorization` asks for.
    """
    order = jax.random.permutation(key, n)
    count = max(1, min(round(fraction * n), n - 2))
    return order[count:], order[:count]


def told_of_training(fit: dict[str, Any]) -> dict[str, Any]:
    """Of a fit with the record of its training: steps, and held-out losses of what is kept and of the best trained."""
    steps, planned = fit["steps"].tolist()
    return {
        "steps": steps,
        "planned_steps": planned,
        "validation": {"kept": float(fit["best"]), "trained": float(fit["history"][:, 2].min())},
    }

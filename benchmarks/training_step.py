"""How fast training and sampling are beside matrix multiplication: writes `results/benchmarks/training_step.md`.

make bench-training-step                          half a minute, otherwise idle

    ratio = (operations of the matrix products / time) / rate of `a @ b` alone

of the default network (256 wide, 3 blocks) on 60 coordinates and 19 features, a training step at a batch of 512 and
4,096 samples of the default sampler. The products of loss and gradient, or of the network's evaluations, are counted in
their jaxpr, [n, k] @ [k, m] as 2 n k m. All else (activations, random numbers, optimizer, average, solver) counts as
nothing, and so lowers the ratio. All are timed in turns in one process.
"""

import math
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.extend.core import ClosedJaxpr, Jaxpr

from sgmbench.core.clock import Clock
from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.model import Model, pusher
from sgmbench.diffusion.objective import training_loss
from sgmbench.diffusion.sampling import initial_law
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.stepping import chunk_of_steps, first_state
from sgmbench.learning.training import Training
from sgmbench.runner.environment import environment

COORDINATES, FEATURES, ROWS = 60, 19, 25_000
STEPS, SAMPLES, PRODUCTS, REPEATS = 5, 4_096, 150, 30
OUTPUT = Path(__file__).parents[1] / "results" / "benchmarks" / "training_step.md"
SHAPES = {"of the step's shape": (512, 256, 256), "large": (2048, 2048, 2048)}


def main() -> None:
    """Times all and writes the table."""
    work = {"training": training_steps(), "sampling": sampling()}
    products = {name: product(*shape) for name, shape in SHAPES.items()}
    taken = in_turns({name: action for name, (action, _) in (work | products).items()})
    rates = {name: operations / taken[name] for name, (_, operations) in (work | products).items()}
    speeds = {
        "training": f"{STEPS / taken['training']:.0f} steps/s at batch 512",
        "sampling": f"{1e6 * taken['sampling'] / SAMPLES:.0f} us a sample",
    }
    where = environment()
    page = [
        "# Training and sampling beside matrix multiplication",
        "",
        f"Made by `make bench-training-step` on {datetime.now(UTC):%Y-%m-%d}, commit {where['commit']}, "
        f"{where['device']}.",
        "",
        "| what | speed | its products | matrix product alone | ratio |",
        "|---|---|---|---|---|",
        *(
            f"| {what} | {speeds[what]} | {rates[what] / 1e9:.0f} GFLOP/s "
            f"| {rates[name] / 1e9:.0f} GFLOP/s, {name} {SHAPES[name]} | {rates[what] / rates[name]:.0%} |"
            for what in work
            for name in products
        ),
    ]
    OUTPUT.write_text("\n".join(page) + "\n")
    sys.stdout.write("\n".join(page) + "\n")


def training_steps() -> tuple[Callable[[], Any], float]:
    """A compiled chunk of `STEPS` steps, and its operations."""
    plan, network = Training(), MLP().build(geometry=Geometry(COORDINATES), given=FEATURES, rngs=nnx.Rngs(0))
    graph, parameters = nnx.split(network)
    optimizer, key, steps = plan.optimizer(), jax.random.key(2), jnp.arange(STEPS)
    loss = training_loss(graph, Diffusion().objective, batch=plan.batch)
    data = tuple(jax.random.normal(jax.random.key(n), (ROWS, n), jnp.float32) for n in (COORDINATES, FEATURES))
    state, rates = first_state(parameters, optimizer), plan.rates(steps, plan.steps)
    chunk = jax.jit(chunk_of_steps(loss, optimizer, plan.average))
    operations = operations_of(jax.make_jaxpr(jax.value_and_grad(loss))(parameters, data, key).jaxpr)
    return lambda: chunk(state, data, key, steps, rates), STEPS * operations


def sampling() -> tuple[Callable[[], Any], float]:
    """Sampling by a network that is not trained, and its operations."""
    method = Diffusion()
    graph, values = nnx.split(MLP().build(geometry=Geometry(COORDINATES), given=FEATURES, rngs=nnx.Rngs(0)))

    def denoise(x: Any, level: Any, args: Any) -> Any:
        parameters, features = args
        return method.objective.denoiser(graph, parameters)(x, level, jnp.broadcast_to(features, (len(x), FEATURES)))

    law = initial_law(method.initial, method.noise, np.zeros(COORDINATES), np.eye(COORDINATES))
    push = pusher(Model(denoise, values, method.noise, *law), method.sampler, Clock())
    noise = np.asarray(jax.random.normal(jax.random.key(3), (SAMPLES, COORDINATES), jnp.float32))
    features, level = np.zeros((1, FEATURES)), method.noise.level(jnp.ones(SAMPLES, jnp.float32))
    once = operations_of(jax.make_jaxpr(denoise)(jnp.asarray(noise), level, (values, jnp.zeros((1, FEATURES)))).jaxpr)
    return lambda: push(noise, features, jax.random.key(4)), once * method.evaluations()


def operations_of(jaxpr: Any) -> float:
    """Of all matrix products, those of inner jaxprs included."""
    total = 0.0
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            shape = equation.invars[0].aval.shape
            total += 2.0 * math.prod(equation.outvars[0].aval.shape) * math.prod(shape[axis] for axis in contracted)
        inner = jax.tree.leaves(equation.params, is_leaf=lambda leaf: isinstance(leaf, Jaxpr | ClosedJaxpr))
        total += sum(operations_of(getattr(j, "jaxpr", j)) for j in inner if isinstance(j, Jaxpr | ClosedJaxpr))
    return total


def product(n: int, k: int, m: int) -> tuple[Callable[[], Any], float]:
    """Some [n, k] @ [k, m] one after another, as many as cost what `PRODUCTS` of the step's do; their operations."""
    a, b = jnp.ones((n, k), jnp.float32) / k, jnp.ones((k, m), jnp.float32)
    count = max(1, PRODUCTS * 512 * 256 * 256 // (n * k * m))
    multiply = jax.jit(jnp.dot)

    def repeated() -> Any:
        out = b
        for _ in range(count):
            out = multiply(a, b)
        return out

    return repeated, 2.0 * n * k * m * count


def in_turns(actions: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Shortest seconds of each, the least disturbed, after one call that compiles."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        jax.block_until_ready(action())
    for _ in range(REPEATS):
        for name, action in actions.items():
            start = time.perf_counter()
            jax.block_until_ready(action())
            times[name].append(time.perf_counter() - start)
    return {name: min(each) for name, each in times.items()}


if __name__ == "__main__":
    main()

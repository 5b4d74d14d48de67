"""How fast a training step is, beside what the machine's matrix multiplication allows: a row of a table.

    ratio = (operations of the step's matrix products / time of a step) / rate of `a @ b` alone

of the default network (256 wide, 3 blocks) at a batch of 512, on 60 coordinates and 19 features. The products of loss
and gradient are counted in their jaxpr, [n, k] @ [k, m] as 2 n k m. All else (activations, random numbers, optimizer,
average) counts as nothing, and so lowers the ratio. Both are timed in turns in one process.
"""

import math
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.extend.core import ClosedJaxpr, Jaxpr

from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.objective import training_loss
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.stepping import chunk_of_steps, first_state
from sgmbench.learning.training import Training

COORDINATES, FEATURES, ROWS = 60, 19, 25_000
STEPS, PRODUCTS, REPEATS = 5, 150, 30
SHAPES = {"of the step's shape": (512, 256, 256), "large": (2048, 2048, 2048)}


def main() -> None:
    """Prints the table."""
    step, operations = training_step()
    products = {name: product(*shape) for name, shape in SHAPES.items()}
    taken = in_turns({"step": step} | {name: action for name, (action, _) in products.items()})
    rate = STEPS * operations / taken["step"]
    lines = ["| training step | matrix product | its rate | ratio |", "|---|---|---|---|"]
    for name, (_, cost) in products.items():
        at_best = cost / taken[name]
        lines.append(
            f"| {STEPS / taken['step']:.0f} steps/s, {rate / 1e9:.0f} GFLOP/s | {name} {SHAPES[name]} "
            f"| {at_best / 1e9:.0f} GFLOP/s | {rate / at_best:.0%} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


def training_step() -> tuple[Callable[[], Any], float]:
    """A compiled chunk of `STEPS` steps, and the operations of one."""
    plan, network = Training(), MLP().build(geometry=Geometry(COORDINATES), given=FEATURES, rngs=nnx.Rngs(0))
    graph, parameters = nnx.split(network)
    optimizer, key, steps = plan.optimizer(), jax.random.key(2), jnp.arange(STEPS)
    loss = training_loss(graph, Diffusion().objective, batch=plan.batch)
    data = tuple(jax.random.normal(jax.random.key(n), (ROWS, n), jnp.float32) for n in (COORDINATES, FEATURES))
    state, rates = first_state(parameters, optimizer), plan.rates(steps, plan.steps)
    chunk = jax.jit(chunk_of_steps(loss, optimizer, plan.average))
    operations = operations_of(jax.make_jaxpr(jax.value_and_grad(loss))(parameters, data, key).jaxpr)
    return lambda: chunk(state, data, key, steps, rates), operations


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

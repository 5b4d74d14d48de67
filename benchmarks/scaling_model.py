"""What `docs/scaling.md` takes for given, measured: lanes of a chunk, the law of a streamed reference, memory; and what
follows for more runs and devices than are here. `scaling.py` runs it and puts its lines on the page.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from math import ceil, log2
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from sgmbench.config.load import build
from sgmbench.core.clock import Clock
from sgmbench.core.problem import Traceable
from sgmbench.core.progress import silent
from sgmbench.core.rng import stream
from sgmbench.core.running_law import Running
from sgmbench.core.simulation import Simulation
from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.objective import training_loss
from sgmbench.learning.geometry import Geometry
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.stepping import chunk_of_steps, first_state
from sgmbench.runner.streaming import BLOCK, streamed_runs

REPEATS = 3
LANES = (64, 256, 1_024, 4_096)
OF_LANES = {"porous_electrode": 4_096, "double_well": 16_384, "lorenz96": 4_096}
COORDINATES = (1, 20, 200)
BLOCKS, KEPT = 3, 10_000  # of a streamed reference
SIZE, FEATURES, ROWS, STEPS = 200, 3, 2_000, 100  # of a training
MANY, DEVICES, HOSTS = 10**9, 1_000, 125

Measured = dict[str, Any]


def timed(action: Callable[[], Any]) -> tuple[Any, float, float]:
    """What an action makes, and the least seconds of some times of it once it is compiled, with those of processors."""
    made, times = action(), []
    for _ in range(REPEATS):
        start, cpu_start = time.perf_counter(), time.process_time()
        action()
        times.append((time.perf_counter() - start, time.process_time() - cpu_start))
    return made, *min(times)


def constants() -> Measured:
    """All of them."""
    return {"lanes": lanes(), "added": added(), "streamed": streamed(), "memory": memory()}


def lanes() -> Measured:
    """Runs a second of some problems by lanes of a chunk."""
    return {
        f"{name} {lanes}": rate(build("problems", name), n, lanes) for name, n in OF_LANES.items() for lanes in LANES
    }


def rate(problem: Traceable, n: int, lanes: int) -> float:
    """Runs a second of n, so many lanes at once."""
    simulate = Simulation(problem, Clock(), at_condition=False, chunk=lanes)
    return n / timed(partial(simulate, n, key=stream(0, "lanes")))[1]


def added() -> Measured:
    """Seconds of one core in which a block of runs is added to a law, over the runs, by coordinates."""
    found = {}
    for d in COORDINATES:
        rows = np.random.default_rng(0).standard_normal((BLOCK, d))
        found[str(d)] = timed(partial(Running(rows[:KEPT]).add, rows))[2] / BLOCK
    return found


def streamed() -> Measured:
    """Seconds of a streamed reference, beside those of its blocks of runs and of its law, each by itself."""
    problem, clock, key = build("problems", "double_well"), Clock(), stream(0, "streamed")
    d = problem.layout.size
    block = timed(partial(Simulation(problem, clock, at_condition=False), BLOCK, key=key))[1]
    rows = np.random.default_rng(0).standard_normal((BLOCK, d))
    law, start = timed(partial(Running(rows[:KEPT]).add, rows))[1], time.perf_counter()
    runs, _ = streamed_runs(problem, BLOCKS * BLOCK, kept=KEPT, key=key, z=(), progress=silent)
    took = time.perf_counter() - start - runs.seconds["compile"]
    return {"runs": BLOCKS * BLOCK, "coordinates": d, "took": took, "foretold": BLOCKS * (block + law)}


def memory() -> Measured:
    """Bytes of a chunk of steps by XLA's account, by whether the state is donated."""
    graph, parameters = nnx.split(MLP().build(geometry=Geometry(SIZE), given=FEATURES, rngs=nnx.Rngs(0)))
    plan, steps = Diffusion().training, jnp.arange(STEPS)
    optimizer, loss = plan.optimizer(), training_loss(graph, Diffusion().objective, batch=plan.batch)
    data = tuple(jnp.zeros((ROWS, n), jnp.float32) for n in (SIZE, FEATURES))
    arguments = (first_state(parameters, optimizer), data, jax.random.key(0), steps, plan.rates(steps, plan.steps))
    found: Measured = {"parameters": sum(leaf.size for leaf in jax.tree.leaves(parameters))}
    for name, donated in (("kept", ()), ("donated", 0)):
        chunk = jax.jit(chunk_of_steps(loss, optimizer, plan.average), donate_argnums=donated)
        account: Any = chunk.lower(*arguments).compile().memory_analysis()
        state = account.argument_size_in_bytes + account.output_size_in_bytes - account.alias_size_in_bytes
        found[name] = {"state": state, "temporary": account.temp_size_in_bytes}
    return found


def told(known: Measured) -> Iterator[str]:
    """The constants, on the page."""
    yield from ("## Runs a second by lanes of a chunk, on one device", "")
    yield "| problem | " + " | ".join(f"{each:,}" for each in LANES) + " |"
    yield "|---|" + "---|" * len(LANES)
    for name in OF_LANES:
        yield f"| {name} | " + " | ".join(f"{known['lanes'][f'{name} {each}']:,.0f}" for each in LANES) + " |"
    added, whole, memory = known["added"], known["streamed"], known["memory"]
    yield from ("", "## A streamed reference", "")
    yield (
        f"To add a run to the law, in blocks of {BLOCK:,} with {KEPT:,} kept, takes "
        + ", ".join(f"{1e6 * seconds:.2g} us of {d} coordinates" for d, seconds in added.items())
        + f", on one core. {whole['runs']:,} runs of double_well, of {whole['coordinates']} coordinates, took "
        f"{whole['took']:.1f} s; one block of runs and of law, each by itself, foretell {whole['foretold']:.1f} s."
    )
    yield from ("", "## Memory of a training", "")
    kept, donated = memory["kept"], memory["donated"]
    yield (
        f"Of {memory['parameters']:,} parameters, by XLA's account of {STEPS} steps: arguments and results take "
        f"{kept['state'] / 1e6:.2f} MB, and {donated['state'] / 1e6:.2f} MB where the state is donated; what is "
        f"temporary takes {kept['temporary'] / 1e6:.1f} MB and {donated['temporary'] / 1e6:.1f} MB."
    )


def foretold(rate: float, d: int, known: Measured) -> Iterator[str]:
    """What many runs on many devices would take, where each makes so many a second, of d coordinates."""
    of_run, ranks, sums = 8 * d, 16 * KEPT * d, 16 * d * ceil(MANY / BLOCK)
    seconds, adding = MANY / rate / DEVICES, MANY * known["added"][str(d)]
    kept = 8 * (3 * KEPT + 6) * d + of_run * (BLOCK + KEPT) + sums
    rows = {
        "runs, on the devices": f"{seconds:,.0f} s",
        f"the law, by each of {HOSTS} hosts of its own blocks": f"{adding / HOSTS:,.0f} s",
        "devices whose runs one host can add": f"{MANY / rate / adding:,.0f}",
        "moved from a device to its host": f"{of_run * MANY / DEVICES / 1e9:,.2f} GB, {of_run * rate / 1e6:,.2f} MB/s",
        "between hosts, at the end": f"{ranks / 1e6:,.0f} MB of ranks in each of {ceil(log2(HOSTS))} steps, "
        f"{sums / 1e6:,.0f} MB of sums to each",
        "kept on a host": f"{kept / 1e6:,.0f} MB",
        "additions after each other in a mean": f"{BLOCK + ceil(MANY / BLOCK):,}",
    }
    yield from (f"## {MANY:,} runs on {DEVICES:,} devices like this one, {DEVICES // HOSTS} a host", "")
    yield from ("| what | foretold |", "|---|---|")
    yield from (f"| {what} | {value} |" for what, value in rows.items())

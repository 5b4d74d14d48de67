"""What the devices of a host make, for `test_devices`: `python made_on_devices.py OUT.npz [FIT.npz]`.

Runs of a solver, the law of more of them, a diffusion model and a network trained on them, and samples of the model of
FIT.npz, or of its own.
"""

import sys

import jax
import numpy as np

from sgmbench.core.clock import Clock
from sgmbench.core.devices import spread
from sgmbench.core.progress import silent
from sgmbench.core.rng import stream
from sgmbench.core.runs import Pairs
from sgmbench.core.simulation import Simulation
from sgmbench.diffusion.method import Diffusion
from sgmbench.diffusion.samplers.dpmpp_2m_sde import DPMpp2MSDE
from sgmbench.learning.networks.mlp import MLP
from sgmbench.learning.representations.standardize import Standardize
from sgmbench.learning.training import Training
from sgmbench.problems.double_well import DoubleWell
from sgmbench.runner import streaming
from sgmbench.surrogates.network import NetworkSurrogate

PLAN = Training(steps=40, batch=64, warmup=10, evaluate_every=20)
MODEL = Diffusion((Standardize(),), MLP(width=16, blocks=1), PLAN, sampler=DPMpp2MSDE(steps=8), calibration=0)


def main() -> None:
    out, *of_another = sys.argv[1:]
    problem, key = DoubleWell(), stream(0, "devices")
    y = Simulation(problem, Clock(), at_condition=False)(300, key=key).y
    nothing = np.zeros((len(y), 0))
    shared = {"key": key, "clock": Clock(), "progress": silent}
    fit = MODEL.fit(Pairs(nothing, y), problem.layout, **shared)
    network = NetworkSurrogate(width=16, blocks=1, training=PLAN)
    surrogate = network.fit(Pairs(nothing, y, y[:, :4]), problem.layout, **shared)
    learned = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves((fit, surrogate)) if np.size(leaf)])
    flat, structure = jax.tree.flatten(fit)
    if of_another:
        with np.load(of_another[0]) as kept:
            fit = jax.tree.unflatten(structure, [kept[f"fit{i}"] for i in range(len(flat))])
    samples = MODEL.prepare(fit, clock=Clock())(np.zeros(0), 200, key)
    lies_on = len(getattr(spread(np.zeros(64)), "devices", lambda: {0})())
    streaming.BLOCK = 100
    _, law = streaming.streamed_runs(problem, 1_030, kept=60, z=(), key=key, progress=silent)
    made = {f"fit{i}": leaf for i, leaf in enumerate(flat)} | {f"law_{name}": part for name, part in vars(law).items()}
    np.savez(out, y=y, learned=learned, samples=samples, devices=lies_on, **made)


if __name__ == "__main__":
    main()

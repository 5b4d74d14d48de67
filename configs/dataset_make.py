"""Makes configs/dataset.npz, which stands for runs that you own: 800 of the porous electrode, drawn from its prior.

python configs/dataset_make.py

Concentration and potential are kept at ten places. Any script that saves one array a variable, runs first, will do.
"""

from pathlib import Path

import numpy as np

from sgmbench.core.clock import Clock
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.problems.porous_electrode import PorousElectrode, X

RUNS = 800
PLACES = slice(4, None, 10)


def main() -> None:
    """Runs the solver and writes the file beside this one."""
    problem = PorousElectrode()
    runs = Simulation(problem, Clock(), at_condition=False)(RUNS, key=stream(0, "dataset"))
    z = {parameter.name: column for parameter, column in zip(problem.parameters, runs.z.T, strict=True)}
    y = {name: runs.y[:, where][:, PLACES] for name, where in problem.layout.slices.items()}
    np.savez(Path(__file__).with_name("dataset.npz"), allow_pickle=False, x=X[PLACES], **z, **y)


if __name__ == "__main__":
    main()

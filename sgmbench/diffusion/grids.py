"""Grids: at which times a sampler steps, from the largest noise to the smallest.

karras      (sigma / alpha)^(1/7) equally spaced: dense towards small noise     Karras et al. (2022), eq. 5
log_snr     lambda equally spaced
uniform     t equally spaced
quadratic   t^(1/2) equally spaced
"""

from typing import Literal

import numpy as np
from jaxtyping import Float

from sgmbench.diffusion.noise import Noise

Grid = Literal["karras", "log_snr", "uniform", "quadratic"]
RHO = 7


def times(noise: Noise, grid: Grid, steps: int) -> Float[np.ndarray, " {steps}+1"]:
    """t from t_max down to t_min, in float64."""
    first, last = noise.t_max, noise.t_min
    if grid == "uniform":
        inner = np.linspace(first, last, steps + 1)
    elif grid == "quadratic":
        inner = np.linspace(first**0.5, last**0.5, steps + 1) ** 2
    else:
        low, high = noise.lambdas(np.array([first, last])).tolist()
        ramp = np.linspace(np.exp(-low / RHO), np.exp(-high / RHO), steps + 1)
        inner = noise.times(np.linspace(low, high, steps + 1) if grid == "log_snr" else -RHO * np.log(ramp))
    return np.concatenate([[first], inner[1:-1], [last]])

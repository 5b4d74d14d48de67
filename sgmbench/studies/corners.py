"""Corners: does the solver survive where the prior is extreme?"""

from itertools import product

import numpy as np

from sgmbench.core.problem import Problem
from sgmbench.studies.evaluate import draw_inputs, evaluate, parameters_at

FAR = 3.0  # standard deviations of zeta: 1 in 370 draws is beyond in each parameter
CORNERS = 64


def failed_at_corners(problem: Problem) -> tuple[float, int]:
    """The fraction of failed runs at the corners zeta = (+-3, ..., +-3) of the prior, and how many were run.

    Every corner where there are at most 64, else 64 random ones; the germs are random.
    """
    p = len(problem.parameters)
    if 2**p <= CORNERS:
        signs = np.array(list(product((-1.0, 1.0), repeat=p))).reshape(2**p, p)
    else:
        signs = np.random.default_rng(0).choice((-1.0, 1.0), size=(CORNERS, p))
    signs = np.repeat(signs, max(1, CORNERS // len(signs)), axis=0)
    _, xi = draw_inputs(problem, len(signs), label="corners")
    y = evaluate(problem, (parameters_at(problem, FAR * signs), xi))
    return float(np.mean(~np.all(np.isfinite(y), axis=1))), len(signs)

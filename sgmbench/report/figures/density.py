"""Histograms beside the truth's: heights are n_b / (n h), of n values n_b in a bin of width h.

Values outside of the bins count in n: an outline has as much area as the share of its values that lies where the truth
does, and none at all where none does.
"""

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes


def draw_density(panel: Axes, values: Float[np.ndarray, " n"], edges: Float[np.ndarray, " bins"], **look: Any) -> None:
    """Draws it over bins of equal width."""
    heights = np.histogram(values, edges)[0] / (max(len(values), 1) * (edges[1] - edges[0]))
    panel.stairs(heights, edges, **look)

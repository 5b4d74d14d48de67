"""Rounds: what one round of two versions, side by side, says of their seconds.

In round k replicate r takes a_rk seconds by the old version and b_rk by the new one. The round says

    x_k = median over r of log(b_rk / a_rk).

Rounds are the independent replicates of a time: what slows the machine for a minute, and where a process lies in its
memory, all cells of a process have in common. A replicate that was disturbed is left out by the median, where there are
three or more. With equal code x_k is as likely as -x_k, whatever the law of a disturbance.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

Rounds = Sequence[float]
"""Seconds in each, NaN where there are none."""


def log_ratios_of_rounds(pairs: Sequence[tuple[Rounds, Rounds]]) -> Float[np.ndarray, " k"]:
    """x_k of pairs (old, new), one a replicate, of the rounds in which any replicate ran to its end in both."""
    old, new = (np.array(side, float) for side in zip(*pairs, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):  # a cell that takes no time tells no ratio
        logs = np.log(new / old)
    logs[~np.isfinite(logs)] = np.nan
    return np.nanmedian(logs[:, np.isfinite(logs).any(axis=0)], axis=0)

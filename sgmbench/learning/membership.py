"""Membership: whether generated rows betray which rows a model was trained on.

e_j is the distance from row j to the nearest generated row. Where generated rows depend on the training rows only
through the law that was learned, e of a training row and e of a held-out row are draws of one law, however wrong the
learned one is: rows of a law too narrow or too wide are as near to the ones as to the others. Mann and Whitney's test
of the e's, exact with up to eight rows of either kind, has the size that it claims; equal e's count against the alarm.

Source: D. Chen, N. Yu, Y. Zhang, M. Fritz, "GAN-Leaks: A Taxonomy of Membership Inference Attacks against Generative
Models" (2020), for e_j.
"""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.stats import mannwhitneyu

from sgmbench.learning.nearest_rows import nearest_distances


def membership(
    generated: Float[np.ndarray, "g k"], members: Float[np.ndarray, "n k"], others: Float[np.ndarray, "h k"]
) -> float:
    """p-value of "members are no nearer to generated rows than others are"; NaN where no generated row is finite.

    Rows that stand beside conditions need as many generated rows at the condition of each member and each other.
    """
    generated = generated[np.isfinite(generated).all(axis=1)]
    if not len(generated):
        return float("nan")
    rows = np.concatenate([members, others])
    is_member = np.arange(len(rows)) < len(members)
    rank = np.empty(len(rows))
    rank[np.lexsort((is_member, nearest_distances(rows, generated, count=1)[:, 0]))] = np.arange(len(rows))
    found: Any = mannwhitneyu(rank[is_member], rank[~is_member], alternative="less")
    return float(found.pvalue)

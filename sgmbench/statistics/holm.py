"""Holm's correction of several tests.

With p_(1) <= ... <= p_(m), the adjusted

    p'_(i) = max over j <= i of min(1, (m - j + 1) p_(j))

rejects, at level alpha, some true hypothesis with probability alpha at most, whatever depends on what.

Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6 (1979) 65-70.
"""

import numpy as np
from jaxtyping import Float


def holm(p: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
    """Adjusted p-values, in the order given; a p that is NaN, of a test that could not be made, counts and stays so."""
    order = np.argsort(p)
    factors = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * p[order]))
    return adjusted

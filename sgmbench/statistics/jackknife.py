"""Pseudo-values: the log of an expected error as a mean over replicates, so that what is known of means applies.

Of errors e_rc of R replicates at C conditions, with e_c their means over replicates and e_c(-r) those without r,

    P_r = mean over c of  R log e_c - (R - 1) log e_c(-r)

scatter like independent values around the mean over c of log E e_c: their mean has no bias of order 1 / R, and
Student's interval of it is the jackknife's. Means are taken before logs, because the mean log of an error is below the
log of its mean by more, the more it scatters: by 1.27 for a chi-square with one degree of freedom. Of two methods with
the same expected error, logs of single replicates would prefer the one whose error is less certain. One replicate has
P_1 = log e, with that bias. The cost is R C logs.

Source: J. W. Tukey, "Bias and confidence in not-quite large samples" (abstract), Ann. Math. Stat. 29 (1958) 614; R. G.
Miller, "The jackknife: a review", Biometrika 61 (1974) 1-15.
"""

import numpy as np
from jaxtyping import Float


def log_pseudo_values(errors: Float[np.ndarray, "r c"]) -> Float[np.ndarray, " r"]:
    """P of each replicate; NaN of all where the mean without some replicate is not positive."""
    R = len(errors)
    total = errors.sum(axis=0)
    without = (total - errors) / (R - 1) if R > 1 else np.ones_like(errors)
    if not (np.all(total > 0) and np.all(without > 0)):
        return np.full(R, np.nan)
    return np.mean(R * np.log(total / R) - (R - 1) * np.log(without), axis=1)

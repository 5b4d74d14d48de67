"""Moderated variances: of many small samples, what their variances have in common makes up for few replicates.

Row i has R_i replicates, d_i = R_i - 1 degrees of freedom and the sample variance s_i^2. Let the true variances be
drawn from s_0^2 d_0 / chi^2(d_0). Given s_i^2 the posterior mean of the inverse variance is 1 / v_i,

    v_i = (d_0 s_0^2 + d_i s_i^2) / (d_0 + d_i),

and mean / (v_i / R_i)^(1/2) has Student's law with d_0 + d_i degrees of freedom. d_0 and s_0 come from the rows: with
e_i = log s_i^2 - psi(d_i / 2) + log(d_i / 2), psi the digamma function,

    psi'(d_0 / 2) = var(e) - mean psi'(d_i / 2),      log s_0^2 = mean(e) + psi(d_0 / 2) - log(d_0 / 2).

Where the variances scatter no more than chance, d_0 is infinite and v_i the pooled variance. No row gets more degrees
of freedom than all rows have together. Rows of which nothing varies say nothing about the others, and keep s_i^2 = 0.
Rows are taken as independent: where they are not, d_0 is estimated from fewer rows than it seems.

Source: G. K. Smyth, "Linear models and empirical Bayes methods for assessing differential expression in microarray
experiments", Stat. Appl. Genet. Mol. Biol. 3 (2004) article 3, sections 4 and 6.2.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.optimize import root_scalar
from scipy.special import digamma, polygamma

MOST = 1e6  # degrees of freedom that count as infinitely many
SMALLEST = 1e-3  # half of those of variances of which one tells nothing of another


class Moderated(NamedTuple):
    """v_i and its degrees of freedom."""

    variances: Float[np.ndarray, " m"]
    freedom: Float[np.ndarray, " m"]


def moderated_variances(variances: Float[np.ndarray, " m"], freedom: Float[np.ndarray, " m"]) -> Moderated:
    """From the sample variances of m rows and their degrees of freedom, which are positive; one row stays as it is."""
    varies = variances > 0
    if varies.sum() < 2:
        return Moderated(variances, freedom)
    s2, d = variances[varies], freedom[varies]
    d0, s02 = _prior(s2, d)
    v, f = variances.copy(), freedom.copy()
    v[varies] = (d0 * s02 + d * s2) / (d0 + d)
    f[varies] = np.minimum(d0 + d, d.sum())
    return Moderated(v, f)


def _prior(s2: Float[np.ndarray, " m"], d: Float[np.ndarray, " m"]) -> tuple[float, float]:
    """d_0 and s_0^2."""
    e = np.log(s2) - digamma(d / 2) + np.log(d / 2)
    excess = float(np.var(e, ddof=1) - np.mean(polygamma(1, d / 2)))
    if excess >= float(polygamma(1, SMALLEST)):
        return 0.0, 0.0
    if excess <= float(polygamma(1, MOST / 2)):
        return MOST, float(np.sum(d * s2) / np.sum(d))
    half = float(root_scalar(lambda x: float(polygamma(1, x)) - excess, bracket=(SMALLEST, MOST / 2)).root)
    return 2 * half, float(np.exp(np.mean(e) + digamma(half) - np.log(half)))

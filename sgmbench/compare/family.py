"""Family: how often a whole comparison raises a false alarm.

A comparison has some fifty rows. Were each alarmed on its own at 2.5 %, equal code would fail two comparisons of three.
So a row is a regression only where two things hold together,

    its own interval lies beyond the margin (`judge`), and
    its p of "nothing became worse" is significant within its family.

p is one-sided, of the mean worsening against zero by Student's test. In a family of m rows Holm's correction keeps the
probability that rows of equal code are significant at the family's level, whatever depends on what:

    rows of the primary metric      0.25 %
    all other errors, and counts    0.25 %
    times                           2 %

Rows that do not differ at all, because a change does not reach them, are no part of a family: they cannot alarm. The
primary metric has few rows, and so the most power: it is declared before anything is run. With R replicates there are
R - 1 degrees of freedom, and to be significant among fifty rows one would have to be 11 standard errors away at R = 5.
Replicates of one row tell little of its spread, those of all rows much: logarithms of a family have moderated variances
(`statistics.moderated_variances`), with at most three times their own degrees of freedom, since rows share replicates.
Squares, which have different units, have their own variances.

Moderation takes variances as drawn from one law of a certain form, so the levels above are what would hold if they
were. Where spreads of ten and forty rows are log-uniform from .05 to .3, independent or with half of their variance in
common, equal code alarms in 0.3 to 0.8 % of 1,500 comparisons with 3 or 5 replicates (tests/compare/test_family.py).
With five replicates a loss of 30 % is found in nine comparisons of ten up to a standard deviation of a log ratio of .08
where all ten rows vary alike, of .07 where a change reaches one row alone, and of .05 beside rows that vary by up to
.3. Above, the interval itself does not clear a margin of 10 %: the loss is inconclusive, and `decision` says how many
more replicates tell. `make bench-false-alarms` measures it on runs, beside the most that any test could find.
"""

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student

from sgmbench.compare.judge import Estimate
from sgmbench.statistics.holm import holm
from sgmbench.statistics.moderated_variances import moderated_variances

ACCURACY_LEVEL = 0.0025
"""Of either family of errors."""

TIME_LEVEL = 0.02

BORROWED = 3
"""Degrees of freedom of a row are at most so many times its own."""


def adjusted_p(family: list[Estimate]) -> Float[np.ndarray, " m"]:
    """Holm's p that an error did not become worse, for each row of a family; 1 where nothing can be said."""
    p = np.ones(len(family))
    tested = [i for i, each in enumerate(family) if each.is_testable]
    for is_log in (True, False):
        of = [i for i in tested if family[i].is_log == is_log]
        if of:
            p[of] = _student_p([family[i].worsening for i in of], moderated=is_log)
    p[tested] = holm(p[tested])
    return p


def _student_p(rows: list[Float[np.ndarray, " r"]], *, moderated: bool) -> Float[np.ndarray, " m"]:
    """One-sided, of a mean of zero or less."""
    R = np.array([len(row) for row in rows], float)
    mean = np.array([row.mean() for row in rows])
    variances, freedom = np.array([row.var(ddof=1) for row in rows]), R - 1
    if moderated:
        variances, freedom = moderated_variances(variances, freedom)
        freedom = np.minimum(freedom, BORROWED * (R - 1))
    error = np.sqrt(variances / R)
    with np.errstate(divide="ignore"):
        return student.sf(mean / error, freedom)

"""Terms of telescoping sums, and the weighted set that they make together.

    1/2 sum over two sums of  (1/N_s) sum y_s + sum_(l > s) (1/N_l) sum (y_l - y_(l-1))

Fine rows weigh 1/(2 N_l), coarse ones -1/(2 N_l), all of them 1; the two rows of a pair name the same run.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sgmbench.core.layout import Layout
from sgmbench.core.samples import Samples
from sgmbench.errors import CellError
from sgmbench.montecarlo.hierarchy import Pairs, finite_rows


@dataclass(frozen=True)
class Term:
    """Runs of one level in one of two telescoping sums; in its first term the fine ones alone count."""

    level: int
    pairs: Pairs
    is_first: bool

    @property
    def rows(self) -> Float[np.ndarray, "n d"]:
        """What is averaged; not finite where a run failed."""
        return self.pairs.fine if self.is_first else self.pairs.difference

    @property
    def weights(self) -> Float[np.ndarray, " n"]:
        """One over the number of finite rows on these, zero on the others.

        Raises:
            CellError: there are none.
        """
        ok = finite_rows(self.rows)
        if not ok.any():
            raise CellError(f"level {self.level}: all {len(ok)} runs gave NaN or infinity; check the problem's solver")
        return ok / ok.sum()


def weighted_set(terms: list[Term], layout: Layout) -> Samples:
    """The mean of two telescoping sums as one set."""
    values, weights, run, runs = [], [], [], 0
    for term in terms:
        weight, numbers = term.weights / 2, runs + np.arange(len(term.rows))
        runs += len(numbers)
        rows = [term.pairs.fine] if term.is_first else [term.pairs.fine, term.pairs.coarse]
        values += rows
        weights += [weight, -weight][: len(rows)]
        run += [numbers] * len(rows)
    return Samples(np.concatenate(values), layout, False, np.concatenate(weights), np.concatenate(run))

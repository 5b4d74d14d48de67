"""What a run of nested Monte Carlo is worth: from one large set, and as many small ones have it."""

import numpy as np
import pytest

from sgmbench.statistics.equivalent_runs import equivalent_runs
from sgmbench.statistics.share_variance import best_unit
from sgmbench.statistics.variance_components import components, grouped

ONE = {"quadrature": np.ones(1), "center": np.zeros(1)}


def gaussian(rng, K, n, *, r):
    rows = rng.standard_normal(K) + np.sqrt(r) * rng.standard_normal((n, K))
    return rows.reshape(-1, 1), np.tile(np.arange(K), n)


def exact(n, *, S):
    """lim N Var S^ of one Gaussian number: S^ = (F - 1) / (F - 1 + n), and Var log F -> 2/K + 2/(K (n - 1))."""
    F = (1 - S + n * S) / (1 - S)
    derivative = n / (F - 1 + n) ** 2
    return n * (derivative * F) ** 2 * (2 + 2 / (n - 1))


@pytest.mark.parametrize("S", [0.1, 0.5, 0.9])
def test_the_variance_and_the_best_number_of_a_gaussian_number(S):
    """By the delta method on the F ratio; of the powers of two the best is found, or one as good to a tenth."""
    r = (1 - S) / S
    found = best_unit(*gaussian(np.random.default_rng(int(10 * S)), 4_000, 32, r=r), **ONE)
    candidates = {n: exact(n, S=S) for n in (2, 4, 8, 16, 32)}
    assert found.variance == pytest.approx(candidates[found.inner], rel=0.1)
    assert found.variance == pytest.approx(min(candidates.values()), rel=0.1)


def test_nested_sets_of_n_runs_are_worth_n_runs():
    """300 sets of 400 runs at the best number, their mean square error in equivalent runs: within its own interval."""
    rng, S, N = np.random.default_rng(7), 0.4, 400
    unit = best_unit(*gaussian(rng, 4_000, 16, r=(1 - S) / S), **ONE)
    K = N // unit.inner
    squares = np.array(
        [
            (float(components(grouped(*gaussian(rng, K, unit.inner, r=(1 - S) / S), **ONE)).share) - S) ** 2
            for _ in range(300)
        ]
    )
    found = equivalent_runs(squares, mu=unit.variance)
    assert found.low < N < found.high
    assert found.value == pytest.approx(N, rel=0.3)


def test_groups_of_unequal_size_lend_the_blocks_that_they_have():
    """Without the last row of some z, blocks of two lose one of these z each: the estimate hardly moves."""
    values, outer = gaussian(np.random.default_rng(8), 2_000, 8, r=1.0)
    kept = np.ones(len(values), bool)
    kept[-500:] = False
    whole, part = best_unit(values, outer, **ONE), best_unit(values[kept], outer[kept], **ONE)
    assert part.variance == pytest.approx(whole.variance, rel=0.1)
    assert np.isnan(best_unit(values[:2_000], outer[:2_000], **ONE).variance)  # one row a z

"""What one run contributes to the mean square error: v / N must be what N runs really have."""

import numpy as np
import pytest

from sgmbench.statistics.monte_carlo_variance import mean_variance, runs_needed, sd_variance

WEIGHTS = np.array([0.1, 0.2, 0.3, 0.4])


def draw_normal(rng, n):
    return rng.standard_normal((n, 4)) * [1, 2, 3, 4]


def draw_heavy(rng, n):
    return rng.laplace(size=(n, 4)) * [4, 3, 1, 0.1]


def test_a_normal_law_has_one_half():
    values = draw_normal(np.random.default_rng(0), 200_000)
    assert sd_variance(values, WEIGHTS) == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("draw", [draw_normal, draw_heavy])
def test_errors_of_n_runs_are_v_over_n(draw):
    rng = np.random.default_rng(1)
    many, N, replicates = draw(rng, 200_000), 400, 2_000
    sets = draw(rng, N * replicates).reshape(replicates, N, 4)
    total = WEIGHTS @ many.var(axis=0)
    for v, error in (
        (mean_variance(many, WEIGHTS), sets.mean(axis=1) - many.mean(axis=0)),
        (sd_variance(many, WEIGHTS), sets.std(axis=1, ddof=1) - many.std(axis=0)),
    ):
        squares = error**2 @ WEIGHTS / total * N
        # 2 % for the terms beyond 1/N and the moments of `many`
        assert abs(squares.mean() - v) < 4 * squares.std() / np.sqrt(replicates) + 0.02 * v


def test_of_few_normal_rows_it_is_right_on_average():
    rng, n, sets = np.random.default_rng(3), 12, 4_000
    v = np.array([sd_variance(rng.standard_normal((n, 1)), np.ones(1)) for _ in range(sets)])
    assert abs(v.mean() - 0.5) < 4 * v.std() / np.sqrt(sets)
    assert abs(v.mean() - 0.5) < 0.5 * 0.5 * 3 / n  # which plain moments would miss by


def test_values_on_either_side_have_a_standard_deviation_that_is_surely_known():
    values = np.tile([[-1.0], [1.0]], (500, 1))
    assert sd_variance(values, np.ones(1)) == 0


def test_shift_and_unit_do_not_matter():
    values = draw_heavy(np.random.default_rng(2), 1_000)
    assert sd_variance(1e4 + 1e-2 * values, WEIGHTS) == pytest.approx(sd_variance(values, WEIGHTS), rel=1e-6)


def test_constants_need_no_runs():
    constant = np.full((1_000, 4), 0.1)
    assert mean_variance(constant, WEIGHTS) == sd_variance(constant, WEIGHTS) == 0


def test_halving_the_tolerance_takes_four_times_the_runs():
    assert runs_needed(variance=0.5, tolerance=0.02) == pytest.approx(1_250)
    assert runs_needed(variance=0.5, tolerance=0.01) == pytest.approx(5_000)

"""The error of a law whose levels are known in closed form."""

import numpy as np
import pytest

from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.statistics.discretization import cap, law_errors

X = Axis("x", "m", (0.0, 0.5, 1.0))
LAYOUT = Layout((Field("u", "V", (X,)), Field("q", "W"), Field("fixed", "-")))
N = 400


def levels(order, *, shift=0.0, stretch=0.0, noise=0.0, seed=0):
    """y_l = (1 + stretch h^order) y + shift h^order + noise h^order xi', h = 1, 2, 4; `fixed` never varies."""
    rng = np.random.default_rng(seed)
    y = rng.standard_normal((N, LAYOUT.size))
    made = []
    for h in (1.0, 2.0, 4.0):
        level = (1 + stretch * h**order) * y + (shift + noise * rng.standard_normal(y.shape)) * h**order
        level[:, -1] = 3.0
        made.append(level)
    return made


@pytest.mark.parametrize("order", [1, 2, 4])
def test_a_shift_of_the_mean_is_extrapolated_exactly(order):
    errors = law_errors(levels(order, shift=0.05), LAYOUT)
    assert list(errors) == ["u", "q"]
    for error in errors.values():
        assert error.order == pytest.approx(order)
        # In rms standard deviations of the sample, which are within a tenth of 1.
        assert error.mean == pytest.approx((0.05, 0.05), rel=0.1)
        assert error.mean[0] == pytest.approx(error.mean[1])
        assert error.sd == pytest.approx((0.0, 0.0), abs=1e-12)


def test_a_stretched_law_is_off_in_its_standard_deviation():
    errors = law_errors(levels(2, stretch=0.03), LAYOUT)
    for error in errors.values():
        low, high = error.sd
        assert low < 0.03 / 1.03 < high
        assert high < 1.5 * low
        assert error.total[0] >= low


def test_chance_alone_is_no_error_and_is_told_to_be_below_its_size():
    """Paths that differ and laws that do not: the interval's lower end is near 0, its upper end a few sd / sqrt(n)."""
    below, above = [], []
    for seed in range(20):
        for error in law_errors(levels(1, noise=0.3, seed=seed), LAYOUT).values():
            below.append(error.mean[0])
            above.append(error.mean[1])
    standard_error = 0.3 * np.sqrt(5) / np.sqrt(N)  # of the mean of y_0 - y_1
    assert np.mean(below) < 0.2 * standard_error
    assert 0.5 * standard_error < np.mean(above) < 4 * standard_error


def test_the_error_of_a_law_is_at_most_that_of_its_paths():
    for seed in range(5):
        made = levels(1, noise=0.02, shift=0.001, seed=seed)
        for field, error in law_errors(made, LAYOUT).items():
            where = LAYOUT.slices[field]
            paths = np.sqrt(np.mean((made[0] - made[1])[:, where] ** 2)) / made[0][:, where].std()
            assert max(*error.mean, *error.sd) <= 1.2 * paths / (2**error.order - 1)


def test_of_two_levels_the_difference_itself_is_the_error():
    made = levels(2, shift=0.05)
    (error, *_) = law_errors(made[:2], LAYOUT).values()
    assert error.order is None
    assert error.mean[0] == pytest.approx(3 * law_errors(made, LAYOUT)["u"].mean[0])


def test_equivalent_runs_end_where_the_solver_errs_as_much():
    assert cap(0.05) == pytest.approx(400)
    assert cap(0.0) == float("inf")

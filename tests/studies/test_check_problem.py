import numpy as np
import pytest
import solvers

from sgmbench.errors import UsageError
from sgmbench.statistics.discretization import cap, discretization_error
from sgmbench.studies.check_problem import check_problem
from sgmbench.studies.corners import failed_at_corners
from sgmbench.studies.evaluate import draw_inputs, error_in_sd, evaluate
from sgmbench.studies.precision import compare_precisions
from sgmbench.studies.refinement import refine

SD = np.sqrt(1.25)  # of z + xi / 2


def study(problem, n=400):
    """Inputs and runs, and both with other germs."""
    inputs = draw_inputs(problem, n, label="test")
    others = inputs[0], draw_inputs(problem, n, label="other")[1]
    return inputs, evaluate(problem, inputs), (others, evaluate(problem, others))


@pytest.mark.parametrize("order", [1.0, 2.0, 4.0])
def test_the_order_and_the_error_of_the_finest_level_are_recovered(order):
    """A shift h^order is an error of each path and of the law, and a larger one in the smaller spread at a fixed z."""
    problem = solvers.Inexact(order=order)
    inputs, y, again = study(problem, 4000)
    found = refine(problem, inputs, y, again)
    sd = y[:, 0].std(ddof=1)
    assert found.field == "u"
    assert found.relative_costs == (1, 0.5, 0.25, 0.125)
    assert found.order == pytest.approx(order, rel=1e-6)
    assert found.differences[0] == pytest.approx((2**order - 1) * 16**-order / sd, rel=1e-6)
    assert found.delta == pytest.approx(16**-order / sd, rel=1e-6)
    assert found.delta_law == pytest.approx((found.delta, found.delta), rel=1e-6)
    assert np.array(found.delta_law_at_condition) / found.delta == pytest.approx(SD / 0.5, rel=0.05)


def test_paths_may_be_wrong_where_the_law_is_not():
    """xi and -xi differ by |xi|, rms 1; mean and sd of z + xi/2 are those of z - xi/2."""
    inputs, y, again = study(solvers.Forking(), 40_000)
    found = refine(solvers.Forking(), inputs, y, again)
    assert found.order == pytest.approx(0.0, abs=1e-9)
    assert found.delta == pytest.approx(1 / SD, rel=0.02)
    assert found.delta_law[0] == 0
    assert found.delta_law[1] < 0.05
    assert found.delta_law_at_condition[0] == 0
    assert found.delta_law_at_condition[1] < 0.3  # E d d' of 40,000 pairs is known to 1 in 200, its root to 1 in 10


def test_without_an_order_the_difference_itself_is_the_error():
    assert discretization_error(0.3, None) == 0.3
    assert discretization_error(0.3, 0.2) == 0.3
    assert discretization_error(0.3, 1.0) == pytest.approx(0.3)
    assert discretization_error(0.3, 2.0) == pytest.approx(0.1)
    assert cap(0.1) == pytest.approx(100)
    assert cap(0.0) == float("inf")


def test_a_problem_without_levels_has_no_refinement():
    inputs, y, _ = study(solvers.Exact())
    assert refine(solvers.Exact(), inputs, y, None) is None


def test_float32_of_a_well_conditioned_model_is_off_by_its_rounding():
    inputs, y, _ = study(solvers.Exact())
    found = compare_precisions(solvers.Exact(), inputs, y)
    assert 0 < found.median < 1e-7
    assert found.largest < 1e-6
    assert found.failed == 0


def test_float32_of_a_difference_of_large_numbers_is_off_by_their_rounding():
    """Numbers near 2^20 are 1/16 apart in float32 and 1/32 at most off, uniformly: rms 1/16/sqrt(12)."""
    problem = solvers.Cancelling()
    inputs, y, _ = study(problem, 2000)
    found = compare_precisions(problem, inputs, y)
    assert found.median == pytest.approx(1 / 64 / SD, rel=0.1)
    assert found.largest == pytest.approx(1 / 32 / SD, rel=0.05)


def test_failures_at_the_corners_are_counted():
    """One of four corners fails."""
    assert failed_at_corners(solvers.FailsFarOut()) == (0.25, 64)
    assert failed_at_corners(solvers.Exact()) == (0.0, 64)
    assert failed_at_corners(solvers.Certain()) == (0.0, 64)


def test_errors_are_measured_in_standard_deviations_of_fields_that_vary():
    _, y, _ = study(solvers.Exact())
    errors = error_in_sd(solvers.Exact(), np.full_like(y, 2.0), y)
    assert list(errors) == ["u"]
    np.testing.assert_allclose(errors["u"], 2 / y[:, 0].std(ddof=1))


VERDICTS = [
    (solvers.Exact(), "sound", []),
    (solvers.Inexact(), "sound", []),
    (
        solvers.Inexact(cells=32, order=1.0),
        "limited",
        [
            "equivalent runs above 1,343 may mean nothing: the solver may err more",
            "equivalent runs above 344 at a fixed z may mean nothing: the solver may err more",
        ],
    ),
    (
        solvers.Inexact(cells=2, order=1.0),
        "unsound",
        [
            "the discretization error of u is at least 0.44 of its standard deviation, more than a tenth; refine",
            "the discretization error of u is at least 0.86 of its standard deviation at a fixed z, more "
            "than a tenth; refine",
        ],
    ),
    (
        solvers.Cancelling(size=1e8),
        "limited",
        ["in float32 u is off by 0.7 standard deviations (median); never run this solver in single precision"],
    ),
    (
        solvers.Forking(),
        "limited",
        [
            "equivalent runs above 9 may mean nothing: the solver may err more",
            "equivalent runs above 1 at a fixed z may mean nothing: the solver may err more",
            "single paths of u differ by 1 standard deviations between levels: only laws can be compared, and coarser "
            "levels are poor control variates",
        ],
    ),
    (
        solvers.FailsFarOut(),
        "unsound",
        ["25.0% of the runs at the prior's corners failed; narrow the prior or mend the solver"],
    ),
    (
        solvers.Leaking(),
        "unsound",
        ["the constraint u.first_point is violated by 0.34 standard deviations; mend the solver"],
    ),
]


@pytest.mark.parametrize(("problem", "verdict", "warnings"), VERDICTS, ids=lambda part: type(part).__name__)
def test_the_verdict_names_each_defect(problem, verdict, warnings):
    check = check_problem(problem, runs=64)
    assert (check.verdict, list(check.warnings)) == (verdict, warnings)
    assert check.speed.runs_per_second > 0


def test_a_solver_that_always_fails_is_refused():
    with pytest.raises(UsageError, match=r"^64 of 64 solver runs gave NaN or infinity; mend the solver first$"):
        check_problem(solvers.AlwaysNaN(), runs=64)

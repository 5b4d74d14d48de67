"""Randomized quasi-Monte Carlo: even points, rates, honest standard errors."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import qmc
from scipy.stats import t as student

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.problem import Traceable
from sgmbench.core.rng import stream
from sgmbench.errors import CellError
from sgmbench.montecarlo.quasi_monte_carlo import QuasiMonteCarlo, normal_points
from sgmbench.problems.borehole import Borehole
from sgmbench.problems.ishigami import Ishigami

SEQUENCES = ("sobol", "latin_hypercube")
X = Axis("x", "m", (0.0, 1.0, 4.0))


@dataclass(frozen=True)
class Sums(Traceable):
    """A weighted sum of the germ, its exponential, and both on a grid of unequal widths; a run above `fails` fails."""

    fails: float = float("inf")

    parameters = ()
    germ_dimension = 4
    layout = Layout((Field("linear", "V"), Field("exponential", "W"), Field("grid", "V", (X,))))

    def simulate(self, z, xi):
        linear = jnp.where(xi[0] > self.fails, jnp.nan, xi @ jnp.array([1.0, -0.5, 0.25, 2.0]))
        return {"linear": linear, "exponential": jnp.exp(xi[1]), "grid": linear * jnp.array([1.0, 2.0, 3.0])}


@dataclass(frozen=True)
class Paid(Traceable):
    """A payoff that is paid with probability 0.51, and one that always is."""

    parameters = ()
    germ_dimension = 1
    layout = Layout((Field("paid", "-"), Field("fixed", "-")))

    def simulate(self, z, xi):
        return {"paid": jnp.where(xi[0] < ndtri(0.51), 1.0, 0.0), "fixed": jnp.ones_like(xi[0])}


def deliver(problem, budget, *, label, repeats=1, **options):
    """Deliveries of so many streams."""
    sample = QuasiMonteCarlo(**options).prepare(problem, at_condition=False, clock=Clock())
    return [sample((), budget, stream(repeat, "test_quasi_monte_carlo", label)) for repeat in range(repeats)]


def means(problem, budget, **options):
    """Means of each delivery, a row each."""
    return np.array([each.samples.values.mean(axis=0) for each in deliver(problem, budget, **options)])


@pytest.mark.parametrize("problem", [Ishigami(), Borehole()], ids=["ishigami", "borehole"])
def test_the_error_of_a_mean_falls_faster_than_that_of_independent_runs(problem):
    """Rms over 16 scrambles, n = 2^6 to 2^12 points each."""
    (exact,) = problem.moments(None).values()
    n, errors = 2 ** np.arange(6, 13), []
    for points in n:
        (delivery,) = deliver(problem, 16 * int(points), label="rate", scrambles=16)
        each = delivery.samples.values.reshape(16, -1).mean(axis=1)
        errors.append(np.sqrt(np.mean((each - float(exact.mean)) ** 2)))
    slope = np.polyfit(np.log(n), np.log(errors), 1)[0]
    assert slope < -0.8
    assert errors[-1] < 0.1 * float(exact.sd) / np.sqrt(n[-1])


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_the_mean_is_unbiased_where_few_points_are_made(sequence):
    """E xi = 0, E exp(xi) = sqrt(e), 4 points a scramble, 80 repetitions."""
    found = means(Sums(), 32, label="unbiased", repeats=80, sequence=sequence)
    errors = found.std(axis=0, ddof=1) / np.sqrt(80)
    z = (found.mean(axis=0) - [0, np.exp(0.5), 0, 0, 0]) / errors
    assert np.all(np.abs(z) < 4)


@pytest.mark.parametrize(("sequence", "factor"), [("sobol", 25), ("latin_hypercube", 25)])
def test_a_sum_over_coordinates_is_integrated_far_better_than_by_independent_runs(sequence, factor):
    """Root mean square over 25 repetitions of 8 x 256 runs, against sd / sqrt(2048)."""
    found = means(Sums(), 2048, label="linear", repeats=25, sequence=sequence)[:, 0]
    ratio = np.sqrt(5.3125 / 2048) / np.sqrt(np.mean(found**2))
    assert ratio > factor


@pytest.mark.parametrize("problem", [Ishigami(), Borehole()], ids=["ishigami", "borehole"])
def test_the_standard_error_is_honest(problem):
    """A 95 % t interval of 8 scrambles of 64 points covers the exact mean in 90 to 98.5 % of 150 repetitions."""
    ((name, exact),) = problem.moments(None).items()
    deliveries = deliver(problem, 512, label="coverage", repeats=150)
    error = np.array([each.samples.values.mean() - float(exact.mean) for each in deliveries])
    said = np.array([each.diagnostics["standard_error"][name] for each in deliveries])
    covered = np.mean(np.abs(error) < student.ppf(0.975, 7) * said)
    ratio = np.mean(said**2) / np.mean(error**2)
    assert 0.90 <= covered <= 0.985
    assert ratio == pytest.approx(1, abs=4 * np.sqrt(2 / 150 * (1 + 1 / 7)))


def test_the_standard_error_of_a_field_is_the_root_mean_square_over_its_grid():
    """Points of the grid weigh 1/6, 1/3, 1/2."""
    (delivery,) = deliver(Sums(), 512, label="grid")
    said = delivery.diagnostics["standard_error"]
    each = delivery.samples.values.reshape(8, 64, 5).mean(axis=1)
    assert said["exponential"] == pytest.approx(each[:, 1].std(ddof=1) / np.sqrt(8), rel=1e-12)
    weights = Sums.layout.fields[2].quadrature
    assert said["grid"] == pytest.approx(said["linear"] * np.sqrt(weights @ [1, 4, 9]), rel=1e-12)


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_randomizations_that_agree_by_chance_tell_no_error(sequence):
    """P = 0.51: of 16 points, one in each sixteenth, 8 are paid, or 9 with probability 0.16. The fixed never errs."""
    deliveries = deliver(Paid(), 128, label="paid", repeats=40, sequence=sequence)
    for delivery in deliveries:
        counts, said = delivery.samples.values[:, 0].reshape(8, 16).sum(axis=1), delivery.diagnostics["standard_error"]
        assert set(counts) <= {8, 9}
        assert said["fixed"] == 0
        assert (said["paid"] is None) == (len(set(counts)) == 1)
        assert said["paid"] is None or said["paid"] == pytest.approx(counts.std(ddof=1) / 16 / np.sqrt(8))
    silent = sum(each.diagnostics["standard_error"]["paid"] is None for each in deliveries)
    assert abs(silent / 40 - 0.84**8) < 4 * np.sqrt(0.25 * 0.75 / 40)


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_every_interval_of_a_coordinate_has_one_point(sequence):
    for n in (1, 2, 64, 1024):
        u = ndtr(normal_points(sequence, n, 20, rng=np.random.default_rng(n)))
        assert np.all((u > 0) & (u < 1))
        np.testing.assert_array_equal(np.sort(np.floor(n * u), axis=0), np.tile(np.arange(n)[:, None], (1, 20)))


def test_every_elementary_rectangle_of_the_first_two_coordinates_has_one_point():
    """Sobol's first two coordinates are a (0, 2)-sequence, and scrambling keeps it so."""
    m, rng = 8, np.random.default_rng(0)
    u = ndtr(normal_points("sobol", 2**m, 2, rng=rng))
    for a in range(m + 1):
        cell = np.floor(u * [2**a, 2 ** (m - a)]) @ [2 ** (m - a), 1]
        np.testing.assert_array_equal(np.sort(cell), np.arange(2**m))


def test_coordinates_beyond_those_of_scipy_are_pseudorandom_and_told(monkeypatch):
    assert qmc.Sobol.MAXDIM == 21_201
    monkeypatch.setattr(qmc.Sobol, "MAXDIM", 3)
    u = ndtr(normal_points("sobol", 1024, 4, rng=np.random.default_rng(0)))
    filled = [len(np.unique(np.floor(1024 * each))) for each in u.T]
    assert filled[:3] == [1024] * 3
    assert abs(filled[3] - 1024 * (1 - np.exp(-1))) < 50  # as balls thrown into boxes
    (delivery,) = deliver(Sums(), 64, label="told")
    assert delivery.diagnostics["pseudorandom_coordinates"] == 1
    (delivery,) = deliver(Sums(), 64, label="told", sequence="latin_hypercube")
    assert delivery.diagnostics["pseudorandom_coordinates"] == 0


@pytest.mark.parametrize(
    ("sequence", "budget", "scrambles", "spent"),
    [("sobol", 1000, 8, 512), ("sobol", 512, 8, 512), ("sobol", 9, 8, 8), ("latin_hypercube", 1003, 10, 1000)],
)
def test_what_is_spent_is_what_fits_the_budget(sequence, budget, scrambles, spent):
    (delivery,) = deliver(Sums(), budget, label="spent", sequence=sequence, scrambles=scrambles)
    assert (delivery.solver_runs, len(delivery.samples.values)) == (spent, spent)
    assert delivery.diagnostics["points_a_scramble"] * scrambles == spent
    np.testing.assert_array_equal(delivery.samples.weights, np.full(spent, 1 / spent))


def test_a_budget_below_the_number_of_scrambles_is_refused():
    words = "7 runs are less than one for each of 8 scrambles; give at least 8 runs"
    with pytest.raises(CellError, match=f"^{words}$"):
        deliver(Sums(), 7, label="refused")


def test_the_key_alone_decides_the_points():
    first, again = (deliver(Sums(), 64, label="key")[0].samples.values for _ in range(2))
    (other,) = deliver(Sums(), 64, label="another key")
    np.testing.assert_array_equal(first, again)
    assert not np.any(first == other.samples.values)


def test_points_are_those_of_the_germ_at_a_condition_and_of_parameters_and_germ_without():
    """The first coordinate of the points is the first parameter's."""
    (delivery,) = deliver(Ishigami(), 64, label="order")
    assert delivery.samples.values.shape == (64, 1)
    sample = QuasiMonteCarlo().prepare(Ishigami(), at_condition=True, clock=Clock())
    z = (0.3, 1.1, -2.0)
    fixed = sample(z, 8, stream(0, "test_quasi_monte_carlo", "condition"))
    np.testing.assert_allclose(fixed.samples.values[:, 0], float(Ishigami().moments(z)["y"].mean), rtol=1e-14)
    assert fixed.diagnostics["standard_error"]["y"] < 1e-14


def test_failed_runs_leave_the_standard_error_to_the_others():
    """Runs whose first coordinate is above the 3/4 quantile fail: in every scramble, or in some of them all."""
    (delivery,) = deliver(Sums(fails=0.6744897501960817), 512, label="failed")
    y = delivery.samples.values[:, 1].reshape(8, 64)
    np.testing.assert_array_equal(np.isnan(delivery.samples.values[:, 0]).reshape(8, 64).sum(axis=1), 16)
    ok = ~np.isnan(delivery.samples.values[:, 0]).reshape(8, 64)
    each = np.array([row[good].mean() for row, good in zip(y, ok, strict=True)])
    assert delivery.diagnostics["standard_error"]["exponential"] == pytest.approx(each.std(ddof=1) / np.sqrt(8))
    (delivery,) = deliver(Sums(fails=-10.0), 8, label="all failed")
    assert delivery.diagnostics["standard_error"] == {"linear": None, "exponential": None, "grid": None}

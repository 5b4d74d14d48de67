"""Probabilities of rare events, against exact ones."""

from dataclasses import dataclass
from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Normal, Parameter
from sgmbench.core.problem import Traceable
from sgmbench.core.progress import silent
from sgmbench.core.rng import stream
from sgmbench.core.runs import Runs
from sgmbench.errors import CellError
from sgmbench.montecarlo.cross_entropy import cross_entropy, smallest_smoothing
from sgmbench.montecarlo.importance import Importance
from sgmbench.montecarlo.limit_state import LimitState
from sgmbench.montecarlo.shifted_normals import ShiftedNormals, fit_shifted_normals
from sgmbench.montecarlo.subset import Level, climb, resample, subset_simulation
from sgmbench.montecarlo.widened_normal import WidenedNormal
from sgmbench.problems.four_branch import FourBranch

BETA = 3.5


@dataclass(frozen=True)
class Plane(Traceable):
    """y = z + sum xi / m^(1/2) ~ N(z, 1) at a condition, and r = |xi|^2 / m of mean 1."""

    germ_dimension: int = 2

    parameters = (Parameter("z", "-", Normal(0.0, 1.0)),)
    layout = Layout((Field("y", "-"), Field("r", "-"), Field("pair", "-", (Axis("x", "-", (0.0, 1.0)),))))

    def simulate(self, z, xi):
        y = z[0] + jnp.sum(xi) / jnp.sqrt(len(xi))
        return {"y": y, "r": jnp.mean(xi**2), "pair": jnp.stack([y, y])}


def deliver(problem, budget, *, replicates, z=None, **settings):
    sample = Importance(**settings).prepare(problem, at_condition=z is not None, clock=Clock())
    return [sample(z or (), budget, stream(0, "importance", i)) for i in range(replicates)]


def standard_errors_off(values, exact):
    return abs(np.mean(values) - exact) / (np.std(values, ddof=1) / np.sqrt(len(values)))


def relative_rms(values, exact):
    return float(np.sqrt(np.mean((values / exact - 1) ** 2)))


class Formula:
    """Runs made by NumPy: rows of u to rows of y."""

    def __init__(self, f):
        self.f = f

    def __call__(self, n, *, key, z=(), progress=silent):
        raise NotImplementedError

    def at(self, normal, *, z=(), progress=silent):
        y = self.f(normal)
        return Runs(np.zeros((len(y), 0)), y, np.all(np.isfinite(y), axis=1), executed=len(y), seconds={})


def plane(u):
    """y ~ N(0, 1) and r of mean 1."""
    return np.stack([u.sum(axis=1) / np.sqrt(u.shape[1]), np.mean(u**2, axis=1)], axis=1)


def four_branches(x):
    u, v = (x[:, 0] - x[:, 1]) / np.sqrt(2), (x[:, 0] + x[:, 1]) / np.sqrt(2)
    return np.minimum(3 + u**2 / 5 - abs(v), 7 / np.sqrt(2) - np.sqrt(2) * abs(u))[:, None]


def limit_state(f, *, dimension, threshold, budget):
    """The event that the first column is below a threshold."""
    simulation = Formula(f)
    return LimitState(simulation, (), dimension=dimension, column=0, threshold=threshold, is_above=False, budget=budget)


def weighted_sets(f, *, dimension, threshold, budget, replicates, method):
    """[(values, weights, told)] of replicates."""
    seek = {
        "cross_entropy": partial(cross_entropy, nominal=0.2),
        "subset": partial(subset_simulation, fraction=0.1),
    }[method]
    found = []
    for seed in range(replicates):
        limit = limit_state(f, dimension=dimension, threshold=threshold, budget=budget)
        made = seek(limit, rng=np.random.default_rng(seed))
        assert made.weights.sum() == pytest.approx(1, abs=1e-12)
        assert len(np.unique(made.run)) == len(made.run)
        assert limit.spent <= budget
        found.append((limit.outputs(made.run), made.weights, made.told))
    return found


def check(found, *, threshold, probability, worst):
    """Unbiased, within a relative rms error, honest about it, and of the weighted set; the errors."""
    estimated = np.array([told["probability"] for _, _, told in found])
    claimed = np.sqrt(np.mean([told["coefficient_of_variation"] ** 2 for _, _, told in found]))
    rms = relative_rms(estimated, probability)
    assert standard_errors_off(estimated, probability) < 4
    assert rms < worst
    assert 0.6 < claimed / rms < 1.8
    in_event = [w @ (y[:, 0] < threshold) for y, w, _ in found]
    np.testing.assert_allclose(in_event, estimated, rtol=1e-9)


def test_four_branches_within_five_percent_by_cross_entropy():
    """From 5,000 runs; each branch has a component."""
    tail = FourBranch().tail
    found = weighted_sets(
        four_branches, dimension=2, threshold=0.0, budget=5_000, replicates=16, method="cross_entropy"
    )
    check(found, threshold=0.0, probability=tail.probability, worst=0.05)
    assert {told["components"] for _, _, told in found} == {4}


def test_four_branches_by_subset():
    """Unbiased too, with about the error of its formula: 0.16 from 5,000 runs."""
    tail = FourBranch().tail
    found = weighted_sets(four_branches, dimension=2, threshold=0.0, budget=5_000, replicates=40, method="subset")
    check(found, threshold=0.0, probability=tail.probability, worst=0.25)


@pytest.mark.parametrize(
    ("dimension", "method", "worst"),
    [(2, "cross_entropy", 0.06), (100, "cross_entropy", 0.1), (2, "subset", 0.35), (100, "subset", 0.35)],
)
def test_a_plane(dimension, method, worst):
    """P(y < -3.5) = Phi(-3.5) = 2.3e-4 from 5,000 runs, and the means of y and r in the whole weighted set."""
    found = weighted_sets(plane, dimension=dimension, threshold=-BETA, budget=5_000, replicates=16, method=method)
    check(found, threshold=-BETA, probability=norm.cdf(-BETA), worst=worst)
    for column, mean in ((0, 0.0), (1, 1.0)):
        means = [w @ y[:, column] for y, w, _ in found]
        assert standard_errors_off(means, mean) < 4


def test_a_marginal_has_the_tail_of_the_prior_and_a_condition_has_its_own():
    """y ~ N(0, 2) where z is drawn and N(1, 1) at z = 1: P(y > 3.5 2^(1/2)) and P(y > 4.5 given z) are Phi(-3.5)."""
    for z, above in ((None, BETA * np.sqrt(2)), ((1.0,), 1 + BETA)):
        for method, count, worst in (("cross_entropy", 1, 0.15), ("subset", 3, 0.6)):
            deliveries = deliver(Plane(), 3_000, replicates=count, z=z, field="y", above=above, method=method)
            probability = [each.diagnostics["probability"] for each in deliveries]
            assert np.mean(probability) == pytest.approx(norm.cdf(-BETA), rel=worst)
            in_event = [each.samples.weights @ (each.samples.values[:, 0] > above) for each in deliveries]
            np.testing.assert_allclose(in_event, probability, rtol=1e-9)
            assert all(each.solver_runs <= 3_000 for each in deliveries)


def test_four_branches_as_a_problem():
    (delivery,) = deliver(FourBranch(), 5_000, replicates=1, field="g", below=0.0)
    assert delivery.solver_runs == 5_000
    assert delivery.diagnostics["probability"] == pytest.approx(FourBranch().tail.probability, rel=0.12)
    in_event = delivery.samples.weights @ (delivery.samples.values[:, 0] < 0)
    assert in_event == pytest.approx(delivery.diagnostics["probability"])


def test_a_failed_run_is_not_in_the_event_and_is_delivered_as_one():
    """Failing where u_2 > 0: half of the probability is left in the event, half of the mass in rows of NaN."""

    def fails(u):
        return np.where(u[:, 1:] > 0, np.nan, plane(u[:, :1]))

    for method in ("cross_entropy", "subset"):
        found = weighted_sets(fails, dimension=2, threshold=-2.0, budget=5_000, replicates=10, method=method)
        estimated = np.array([told["probability"] for _, _, told in found])
        assert standard_errors_off(estimated, norm.cdf(-2.0) / 2) < 4
        failed = [w @ np.isnan(y[:, 0]) for y, w, _ in found]
        assert np.mean(failed) == pytest.approx(0.5, abs=0.03)


def test_a_frequent_event_needs_no_levels():
    (subset,) = deliver(Plane(), 2_000, replicates=1, z=(0.0,), field="y", above=0.0, method="subset")
    assert subset.diagnostics["levels"] == []
    assert subset.diagnostics["probability"] == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(1_900))
    (fitted,) = deliver(Plane(), 2_000, replicates=1, z=(0.0,), field="y", above=0.0)
    assert fitted.diagnostics["levels"][-1] == 0
    assert len(fitted.diagnostics["levels"]) <= 2
    assert fitted.diagnostics["probability"] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("threshold", [0.5, 3.0])
def test_no_weight_is_negative_however_frequent_the_event(threshold):
    """P(y < t) = Phi(t), 0.69 and 0.9987: unbiased still, with no more than twice the error of as many plain runs."""
    budget, P = 500, norm.cdf(threshold)
    found = weighted_sets(plane, dimension=2, threshold=threshold, budget=budget, replicates=30, method="cross_entropy")
    probability = np.array([told["probability"] for _, _, told in found])
    assert standard_errors_off(probability, P) < 4
    assert np.sqrt(np.mean((probability - P) ** 2)) < 2 * np.sqrt(P * (1 - P) / budget)
    for y, weights, told in found:
        assert weights.min() >= 0
        assert weights @ (y[:, 0] < threshold) == pytest.approx(told["probability"], abs=1e-12)


def test_a_certain_event_has_all_of_the_weight():
    ((y, weights, told),) = weighted_sets(
        plane, dimension=2, threshold=50.0, budget=1_000, replicates=1, method="cross_entropy"
    )
    assert told["probability"] == 1
    assert weights.min() > 0
    assert abs(weights @ y[:, 0]) < 4 / np.sqrt(200)


def test_moves_leave_the_conditioned_law_as_it_is():
    """From exact points of N(0, 1) given y < -1 nine moves on: mean -phi(1)/Phi(-1), within 4 standard errors."""
    limit = limit_state(plane, dimension=2, threshold=-1.0, budget=10**6)
    rng = np.random.default_rng(0)
    seeds = limit(rng.standard_normal((12_000, 2)))
    seeds = seeds.take(np.flatnonzero(seeds.s < 0)[:1_500])
    points = climb(limit, seeds, Level(0.0, 0.7), length=10, rng=rng).points
    last = points.u[-1_500:].sum(axis=1) / np.sqrt(2)
    assert standard_errors_off(last, -norm.pdf(1) / norm.cdf(-1)) < 4
    assert standard_errors_off((points.u[-1_500:, 0] - points.u[-1_500:, 1]) ** 2 / 2, 1.0) < 4
    assert np.max(last) < -1


def test_resampling_gives_each_survivor_the_same_expected_number():
    inside = np.array([False, True, True, False, True, True, True, True, True])
    for count in (3, 20):
        counts = np.zeros(len(inside))
        for seed in range(1_000):
            counts += np.bincount(resample(inside, count, np.random.default_rng(seed)), minlength=len(inside)) / 1_000
        np.testing.assert_array_equal(counts[~inside], 0)
        np.testing.assert_allclose(counts[inside], count / 7, atol=4 * 0.5 / np.sqrt(1_000))


def test_a_mixture_draws_from_its_density():
    """The density has mass 1 (Gauss-Hermite, exact to 1e-6); draws have the mean and covariance of its formula."""
    mixture = ShiftedNormals(np.array([0.7, 0.3]), np.array([[2.0, 1.0], [-1.0, 0.5]]), np.array([0.5, 0.8]))
    x, w = np.polynomial.hermite_e.hermegauss(80)
    grid = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    quadrature = np.outer(w, w).ravel() / (2 * np.pi)
    ratio = mixture.ratio(grid)
    assert quadrature @ ratio == pytest.approx(1, abs=1e-6)
    n = 40_000
    u = mixture.sample(n, np.random.default_rng(1))
    mean = mixture.shares @ mixture.shifts
    np.testing.assert_allclose((quadrature * ratio) @ grid, mean, atol=1e-6)
    np.testing.assert_allclose(u.mean(axis=0), mean, atol=4 * np.sqrt(3.5 / n))
    second = np.einsum("n,ni,nj->ij", quadrature * ratio, grid, grid)
    np.testing.assert_allclose(u.T @ u / n, second, atol=4 * np.sqrt(40 / n))


@pytest.mark.parametrize("dimension", [1, 2, 100])
def test_a_widened_law_is_as_wide_as_its_weights_allow(dimension):
    """E_q (phi/q)^2 = 1 + delta^2, as the power of the integral of one coordinate."""
    wide = WidenedNormal(dimension, 1.5)
    x = np.linspace(-40, 40, 200_001)
    q = norm.pdf(x, scale=np.sqrt(wide.variance))
    assert (np.trapezoid(norm.pdf(x) ** 2 / q, x)) ** dimension == pytest.approx(1 + 1.5**2, rel=1e-9)
    u = wide.sample(5, np.random.default_rng(3))
    exact = np.prod(norm.pdf(u, scale=np.sqrt(wide.variance)) / norm.pdf(u), axis=1)
    np.testing.assert_allclose(wide.ratio(u), exact, rtol=1e-10)


def test_as_many_components_are_fitted_as_there_are_regions():
    rng = np.random.default_rng(2)
    centers = np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 3.5], [0.0, -3.5]])
    u = np.repeat(centers, 60, axis=0) + rng.standard_normal((240, 2)) * 0.7
    fit = fit_shifted_normals(u, np.ones(240), rng)
    assert len(fit.shares) == 4
    found = fit.shifts[np.argmin(np.linalg.norm(fit.shifts[None] - centers[:, None], axis=2), axis=1)]
    np.testing.assert_allclose(found, centers, atol=4 * 0.7 / np.sqrt(60))
    single = fit_shifted_normals(rng.standard_normal((300, 20)) + 1.0, np.ones(300), rng)
    assert len(single.shares) == 1
    np.testing.assert_allclose(single.shifts[0], np.ones(20), atol=4.5 / np.sqrt(300))


def test_smoothing_is_the_smallest_that_keeps_the_worth():
    s = norm.ppf((np.arange(1_000) + 0.5) / 1_000) + 3
    sigma, weights = smallest_smoothing(s, np.ones(1_000), scale=1.0, worth=300.0)
    assert 0 < sigma < 10
    worth = weights.sum() ** 2 / np.sum(weights**2)
    assert 300 < worth < 375  # the grid of sigma is finite
    assert smallest_smoothing(s - 4, np.ones(1_000), scale=1.0, worth=300.0)[0] == 0


def test_refusals_say_what_to_do():
    with pytest.raises(ValueError, match=r"^both of above and below is given for the field 'y'; write one of them$"):
        Importance(field="y", above=1.0, below=0.0)
    with pytest.raises(ValueError, match=r"^neither of above and below is given for the field 'y'; write one of them$"):
        Importance(field="y")
    for settings, budget, message in (
        ({"field": "pair"}, 5_000, "importance: there is no scalar field 'pair'; write one of y, r"),
        (
            {"field": "y"},
            200,
            "importance: 200 runs are too few for cross_entropy; give at least 400",
        ),
        (
            {"field": "y", "method": "subset"},
            199,
            "importance: 199 runs are too few for subset; give at least 200",
        ),
        (
            {"field": "y", "method": "subset"},
            1_000,
            "importance: the event was not reached by 460 of 1,000 runs; give more, or check the threshold",
        ),
    ):
        with pytest.raises(CellError) as error:
            deliver(Plane(), budget, replicates=1, z=(0.0,), above=30.0, **settings)
        assert str(error.value) == message
    with pytest.raises(CellError) as error:
        deliver(FourBranch(), 1_000, replicates=1, z=(0.0, 0.0), field="g", below=0.0)
    assert str(error.value) == "importance: nothing is random in FourBranch at a condition; one run says all"

"""Nested Monte Carlo: which runs it makes, that its variances are unbiased, and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.rng import draw_normal, stream
from sgmbench.core.simulation import Simulation
from sgmbench.errors import CellError
from sgmbench.montecarlo.nested import Nested, NestedRuns
from sgmbench.problems.ornstein_uhlenbeck import OrnsteinUhlenbeck
from sgmbench.statistics.variance_components import components, grouped

PROBLEM = OrnsteinUhlenbeck(steps=4)


def exact_components(problem):
    """V = E e^(-2 theta t), since x_0 ~ N(0, 1), and A = E Var at theta: by quadrature over log theta."""
    x, w = np.polynomial.legendre.leggauss(40)
    theta, t = 2.0**x, problem.times
    decayed = np.exp(-2 * np.outer(theta, t))
    q = problem.layout.fields[0].quadrature
    return w / 2 @ decayed @ q, w / 2 @ ((1 - decayed) / (2 * theta[:, None])) @ q


def components_of(y, outer, problem=PROBLEM):
    field = problem.layout.fields[0]
    return components(grouped(y, outer, quadrature=field.quadrature, center=np.zeros(field.size)))


def test_runs_share_the_z_of_the_first_of_the_stream_and_have_xi_of_their_own():
    made = NestedRuns(PROBLEM, Clock(), inner=lambda n: 3)(12, key=stream(0, "a"))
    plain = Simulation(PROBLEM, Clock(), at_condition=False)(12, key=stream(0, "a"))
    np.testing.assert_array_equal(made.z, np.tile(plain.z[:4], (3, 1)))
    np.testing.assert_array_equal(made.y[:4], plain.y[:4])
    xi = jnp.stack([draw_normal(stream(0, "a"), jnp.asarray(i), 6)[2:] for i in range(12)])
    np.testing.assert_allclose(made.y, jax.jit(jax.vmap(PROBLEM.simulate))(jnp.asarray(made.z), xi)["path"], rtol=1e-12)


def test_the_variances_of_an_uncertain_path_are_those_known():
    made = NestedRuns(PROBLEM, Clock(), inner=lambda n: 4)(20_000, key=stream(0, "large"))
    outer = np.arange(20_000) % 5_000
    V, A = exact_components(PROBLEM)
    moments = PROBLEM.moments(None)["path"].sd
    assert PROBLEM.layout.fields[0].quadrature @ np.asarray(moments) ** 2 == pytest.approx(V + A, rel=1e-10)
    found = components_of(made.y, outer)
    parts = [components_of(made.y[outer % 20 == k], outer[outer % 20 == k]) for k in range(20)]
    for name, exact in (("epistemic", V), ("aleatoric", A), ("share", V / (V + A))):
        error = np.std([getattr(part, name) for part in parts], ddof=1) / np.sqrt(20)
        assert abs(getattr(found, name) - exact) < 4 * error


def test_few_runs_are_unbiased_over_replicates():
    """150 deliveries of 24 runs, 4 at each of 6 z."""
    sample = Nested(inner=4).prepare(PROBLEM, at_condition=True, clock=Clock())
    delivered = [sample((), 24, stream(i, "few")).samples for i in range(150)]
    found = np.array([components_of(each.values, each.outer)[:2] for each in delivered])
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert np.all(np.abs(mean - exact_components(PROBLEM)) < 4 * error)


@pytest.mark.parametrize(("budget", "inner", "spent"), [(8, 2, 8), (1_000, 10, 1_000), (2_000, 13, 1_989)])
def test_by_default_the_third_root_of_the_budget_is_run_at_each_z(budget, inner, spent):
    delivery = Nested().prepare(PROBLEM, at_condition=True, clock=Clock())((), budget, stream(0, "b"))
    assert delivery.solver_runs == spent <= delivery.executed_runs
    assert delivery.diagnostics == {"inner": inner, "outer": spent // inner}
    assert np.bincount(delivery.samples.outer).tolist() == [inner] * (spent // inner)
    assert len(np.unique(delivery.samples.values[:, 0])) == spent


def test_a_budget_of_less_than_two_z_is_refused():
    sample = Nested(inner=20).prepare(PROBLEM, at_condition=True, clock=Clock())
    with pytest.raises(CellError, match=r"^39 runs are less than 20 at each of two z; give at least 40 runs$"):
        sample((), 39, stream(0, "c"))

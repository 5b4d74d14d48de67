from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.config.dump import dump
from sgmbench.config.load import build, load
from sgmbench.core.clock import Clock
from sgmbench.core.germs import Germs
from sgmbench.core.layout import Axis, Field, Layout
from sgmbench.core.prior import Normal, Parameter
from sgmbench.core.problem import Featured, Hosted, Traceable, uniform_coordinates
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.errors import CellError
from sgmbench.problems.burgers import Burgers
from sgmbench.problems.gaussian import PowerLawGaussian
from sgmbench.problems.porous_electrode import PorousElectrode, porosity
from sgmbench.problems.revealed import Revealed, sensitive_directions

KIND = "sgmbench.problems.revealed:Revealed"
CONFIG = Path(__file__).parents[2] / "configs" / "hidden_germ.yaml"
MATRIX = np.random.default_rng(0).standard_normal((12, 7)) * [1, 5, 0.2, 1, 3, 0.1, 2]


@dataclass(frozen=True)
class Linear(Traceable, Featured):
    """y = z + A xi, in two fields of very different units."""

    parameters = (Parameter("z", "m", Normal(0.0, 1.0)),)
    germ_dimension = 7
    layout = Layout((Field("u", "m", (Axis("x", "m", tuple(range(11))),)), Field("q", "mm")))

    def simulate(self, z, xi):
        y = z[0] + jnp.asarray(MATRIX) @ xi
        return {"u": y[:11], "q": 1e6 * y[11]}

    def features(self, z, xi):
        return z[0] + xi**2


@dataclass(frozen=True)
class Pointed(Linear):
    """No derivative at xi = 0."""

    def simulate(self, z, xi):
        root = jnp.sqrt(jnp.abs(xi[0]))
        return {"u": root + jnp.zeros(11), "q": root}


@dataclass(frozen=True)
class Elsewhere(Hosted):
    """Runs outside JAX."""

    parameters = ()
    germ_dimension = 7
    layout = Layout((Field("q", "m"),))

    def simulate_batch(self, z, xi):
        return xi[:, :1]


def inputs(problem, seed=0):
    """One (z, xi) of a problem at a z of its prior's median."""
    rng = np.random.default_rng(seed)
    z = [float(parameter.prior.from_normal(0.0)) for parameter in problem.parameters]
    return jnp.asarray(z), jnp.asarray(rng.standard_normal(problem.germ_dimension))


def runs(problem, n, z=None):
    return Simulation(problem, Clock(), at_condition=z is not None)(n, key=stream(0, "revealed"), z=z or ())


@pytest.mark.parametrize("wrapped", [PowerLawGaussian(dimension=6), Linear()])
def test_whatever_is_revealed_the_wrapped_problem_runs_bitwise_the_same(wrapped):
    z, xi = inputs(wrapped)
    expected = wrapped.simulate(z, xi)
    for k in (0, wrapped.germ_dimension // 3, wrapped.germ_dimension):
        problem = Revealed(wrapped, k)
        found = problem.simulate(jnp.concatenate([z, xi[:k]]), xi[k:])
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values)


def test_parameters_are_named_and_normal_and_the_rest_stays_germ():
    problem = Revealed(PorousElectrode(), 3)
    assert problem.parameters[:3] == PorousElectrode().parameters
    assert problem.parameters[3:] == tuple(Parameter(f"xi_{i}", "-", Normal(0.0, 1.0)) for i in (1, 2, 3))
    assert problem.germ_dimension == 97
    assert problem.layout == PorousElectrode().layout


def test_a_run_of_a_stream_is_the_same_whatever_is_revealed():
    """Parameters come first in a run's normal vector, and the revealed ones last among them."""
    wrapped = PowerLawGaussian(dimension=8)
    expected = runs(wrapped, 50)
    for k in (3, 8):
        found = runs(Revealed(wrapped, k), 50)
        np.testing.assert_allclose(found.y, expected.y, rtol=1e-13, atol=1e-14)
        assert found.z.shape == (50, k)


def test_revealing_all_leaves_nothing_random():
    wrapped = PowerLawGaussian(dimension=6)
    problem = Revealed(wrapped, 6)
    assert problem.germ_dimension == 0
    z = tuple(np.random.default_rng(1).standard_normal(6).tolist())
    y = runs(problem, 20, z).y
    np.testing.assert_array_equal(y, np.broadcast_to(y[0], y.shape))
    alone = wrapped.simulate(jnp.zeros(0), jnp.asarray(z))["y"]
    np.testing.assert_allclose(y[0], alone, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("order", ["germ", "sensitivity"])
def test_of_a_linear_problem_the_conditional_law_is_known(order):
    """y given eta ~ N(A R_1 eta, A R_2 R_2' A'), within four standard errors of 20,000 runs."""
    k, n = 3, 20_000
    problem = Revealed(Linear(), k, order)
    eta = np.array([0.7, -1.1, 0.4])
    R = np.eye(7) if order == "germ" else sensitive_directions(Linear())
    A = MATRIX * np.array([1.0] * 11 + [1e6])[:, None]
    y = runs(problem, n, (0.5, *eta.tolist())).y
    mean = np.array([0.5] * 11 + [5e5]) + A @ R[:, :k] @ eta
    sd = np.linalg.norm(A @ R[:, k:], axis=1)
    assert np.all(np.abs(y.mean(axis=0) - mean) < 4 * sd / np.sqrt(n))
    assert np.all(np.abs(y.var(axis=0) / sd**2 - 1) < 4 * np.sqrt(2 / n))


def test_directions_are_orthonormal_and_the_first_k_explain_the_most():
    """Eckart and Young: of all k directions those of the singular value decomposition leave the least variance.

    Each field counts alike, whatever its unit.
    """
    R = sensitive_directions(Linear())
    np.testing.assert_allclose(R.T @ R, np.eye(7), atol=1e-12)
    quadrature = np.sqrt(Linear.layout.fields[0].quadrature)[:, None]
    scaled = np.vstack([quadrature * MATRIX[:11], MATRIX[11:]])
    scaled[:11] /= np.linalg.norm(scaled[:11])
    scaled[11:] /= np.linalg.norm(scaled[11:])
    s = np.linalg.svd(scaled, compute_uv=False)
    for k in range(1, 8):
        assert np.sum((scaled @ R[:, :k]) ** 2) == pytest.approx(np.sum(s[:k] ** 2), rel=1e-12)
    assert np.all(R[np.argmax(np.abs(R), axis=0), np.arange(7)] > 0)


def test_a_karhunen_loeve_germ_is_in_the_order_of_sensitivity_already():
    np.testing.assert_allclose(sensitive_directions(PowerLawGaussian(dimension=9)), np.eye(9), atol=1e-7)


def test_of_the_electrode_k_coordinates_are_the_porosity_of_k_cells():
    """The Cholesky factor is triangular: what stays hidden changes nothing in the first k cells, all in the others."""
    rng = np.random.default_rng(2)
    xi, other = jnp.asarray(rng.standard_normal((2, 100)))
    length = jnp.asarray(0.1)
    eps, changed = (np.asarray(porosity(length, germ)) for germ in (xi, jnp.concatenate([xi[:40], other[40:]])))
    np.testing.assert_allclose(changed[:40], eps[:40], rtol=1e-12)
    assert np.min(np.abs(changed[42:] - eps[42:])) > 0
    nothing, moved = (np.asarray(porosity(length, xi.at[40].add(step))) for step in (0.0, 0.1))
    assert abs(moved[40] - nothing[40]) > 1e-6


def test_levels_have_the_same_parameters_and_the_wrapped_costs():
    problem = Revealed(Burgers(), 4)
    coarser, known = problem.coarser(), Burgers().coarser()
    assert known is not None
    assert coarser == Revealed(known, 4)
    assert (problem.relative_cost, coarser.relative_cost) == (1.0, known.relative_cost)
    assert coarser.parameters == problem.parameters
    assert Revealed(Burgers(level=2), 4).coarser() is None
    assert Revealed(Burgers(), 4, "sensitivity").coarser() is None
    assert Revealed(PowerLawGaussian(), 4).coarser() is None
    assert Revealed(PowerLawGaussian(), 4).relative_cost == 1.0


def test_constraints_and_physics_are_those_of_the_wrapped_problem():
    wrapped = PorousElectrode(outputs=("c", "porosity"), horizon="steady")
    problem = Revealed(wrapped, 2)
    z, xi = inputs(wrapped)
    fields = wrapped.simulate(z, xi)
    extended = jnp.concatenate([z, xi[:2]])
    np.testing.assert_array_equal(problem.recompute(extended, fields)["c"], wrapped.recompute(z, fields)["c"])
    assert problem.constraints(fields) == wrapped.constraints(fields)
    plain = Revealed(PowerLawGaussian(), 2)
    assert (plain.constraints({}), plain.recompute(jnp.zeros(2), {})) == ({}, {})


def test_features_are_those_of_the_whole_germ_or_what_is_hidden_of_it():
    z, xi = inputs(Linear())
    extended = jnp.concatenate([z, xi[:3]])
    np.testing.assert_array_equal(Revealed(Linear(), 3).features(extended, xi[3:]), Linear().features(z, xi))
    turned = Revealed(Linear(), 3, "sensitivity")
    whole = jnp.asarray(sensitive_directions(Linear())) @ xi
    np.testing.assert_allclose(turned.features(extended, xi[3:]), Linear().features(z, whole), rtol=1e-12)
    np.testing.assert_array_equal(Revealed(PowerLawGaussian(), 3).features(xi[:3], xi[3:]), xi[3:])


def test_a_surrogate_sees_features_of_a_germ_that_is_all_revealed():
    """Nothing is hidden from it then, and what it is told of a run is what the run was made of."""
    problem, stream_of_runs = Revealed(Linear(), 7), stream(0, "revealed")
    germs = Germs(problem, conditional=True, features=True, clock=Clock(), phase="train")
    z = runs(problem, 20).z
    np.testing.assert_allclose(germs.of_runs(20, key=stream_of_runs), z[:, :1] + z[:, 1:] ** 2, rtol=1e-12)
    at = np.asarray(uniform_coordinates(problem, jnp.asarray(z[:1])))[0]
    np.testing.assert_allclose(germs(at, 3, stream_of_runs), np.tile(z[:1, :1] + z[:1, 1:] ** 2, (3, 1)), rtol=1e-9)
    blind = Germs(
        Revealed(PowerLawGaussian(dimension=6), 6), conditional=True, features=False, clock=Clock(), phase="train"
    )
    assert blind.of_runs(4, key=stream_of_runs).shape == (4, 0)


def test_directions_do_not_depend_on_who_asks_first():
    """Inside a compiled single-precision run they are what they are outside, in double precision."""
    problem, (z, xi) = Revealed(Linear(), 3, "sensitivity"), inputs(Linear())
    sensitive_directions.cache_clear()
    extended = jnp.concatenate([z, xi[:3]])
    with jax.enable_x64(False):
        single = jax.jit(problem.simulate)(jnp.asarray(extended, "float32"), jnp.asarray(xi[3:], "float32"))
    inside = sensitive_directions(Linear())
    sensitive_directions.cache_clear()
    np.testing.assert_array_equal(inside, sensitive_directions(Linear()))
    assert inside.dtype == "float64"
    np.testing.assert_allclose(single["u"], problem.simulate(extended, xi[3:])["u"], rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Revealed(Revealed(Linear(), 1), 1),
            "problem: is a revealed one; wrap its own problem, and reveal all modes at once",
        ),
        (
            lambda: Revealed(Elsewhere(), 1),
            "problem: Elsewhere is not traced by JAX, its germ cannot be taken apart; choose another",
        ),
        (lambda: Revealed(Linear(), 8), "modes: 8 of a germ of 7 coordinates; write at most 7"),
    ],
)
def test_what_cannot_be_revealed_is_refused(make, message):
    with pytest.raises(ValueError, match=message) as refused:
        make()
    assert str(refused.value) == message


def test_a_problem_without_derivatives_has_no_sensitivity():
    with pytest.raises(CellError) as refused:
        runs(Revealed(Pointed(), 2, "sensitivity"), 4)
    assert str(refused.value) == "Pointed has no finite derivatives at its median; write order: germ"


def test_a_configuration_nests_the_wrapped_problem():
    plain = {"kind": KIND, "problem": {"kind": "gaussian", "dimension": 5}, "modes": 2}
    problem = build("problems", plain)
    assert problem == Revealed(PowerLawGaussian(dimension=5), 2)
    again = dump(problem)
    assert again["problem"] == {"kind": "gaussian", "dimension": 5, "exponent": 2.0}
    assert build("problems", again) == problem


def test_the_experiment_reveals_as_many_modes_as_it_is_told():
    loaded = load(CONFIG, [f"problem.kind={KIND}", "problem.modes=5"])
    problem = loaded.experiment.problem
    assert problem == Revealed(PorousElectrode(), 5, "sensitivity")
    assert [p.name for p in problem.parameters[3:]] == ["xi_1", "xi_2", "xi_3", "xi_4", "xi_5"]
    assert loaded.warnings == ()

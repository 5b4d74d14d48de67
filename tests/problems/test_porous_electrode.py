from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.lax.linalg import tridiagonal_solve

from sgmbench.config.load import build
from sgmbench.core.problem import transport
from sgmbench.problems import porous_electrode as electrode
from sgmbench.problems.porous_electrode import C_0, L, PorousElectrode, X, concentration, porosity, potential

Z = np.array([0.1, 0.0, 25.0])


@pytest.fixture(scope="module")
def truth():
    with np.load(Path(__file__).parent / "porous_electrode_reference.npz") as data:
        return dict(data)


@pytest.fixture(scope="module")
def runs():
    """(z, xi, y by level) of 64 runs of the prior."""
    rng = np.random.default_rng(5)
    z = jax.vmap(partial(transport, PorousElectrode()))(jnp.asarray(rng.standard_normal((64, 3))))
    xi = jnp.asarray(rng.standard_normal((64, 100)))
    problem = PorousElectrode(outputs=("c", "phi", "porosity"))
    levels = {}
    while problem is not None:
        levels[problem.cells] = jax.jit(jax.vmap(problem.simulate))(z, xi)
        problem = problem.coarser()
    return z, xi, levels


def conditions(truth):
    return truth["correlation_length"] / L, truth["equilibrium_potential"], truth["boundary_flux"]


def relative_errors(found, exact):
    return np.linalg.norm(np.asarray(found) - exact, axis=1) / np.linalg.norm(exact, axis=1)


def test_every_reference_solution_is_matched(truth):
    z = jnp.stack([jnp.asarray(part) for part in conditions(truth)], axis=1)
    found = jax.vmap(PorousElectrode().recompute)(z, {"porosity": jnp.asarray(truth["porosity"])})
    np.testing.assert_allclose(X, truth["x"], rtol=1e-12)
    for mine, theirs, offset in (("c", "concentration", C_0), ("phi", "potential", 0.0)):
        assert relative_errors(found[mine] - offset, truth[theirs] - offset).max() < 1e-6, mine
        np.testing.assert_allclose(found[mine], truth[theirs], rtol=1e-6, atol=1e-12)


def test_float32_is_wrong_and_says_nothing(truth):
    """The reason for float64."""
    _, U0, F = (jnp.asarray(part, "float32") for part in conditions(truth))
    solve = jax.vmap(lambda eps, U0, F: potential(eps, X.astype("float32"), U0, F))
    phi = solve(jnp.asarray(truth["porosity"], "float32"), U0, F)
    assert phi.dtype == jnp.float32
    assert np.isfinite(phi).all()
    errors = relative_errors(phi, truth["potential"])
    assert np.median(errors) > 0.01
    assert np.mean(errors > 1e-6) == 1


def test_the_contour_equals_a_thousand_implicit_euler_steps(truth):
    eps, phi = jnp.asarray(truth["porosity"][:3]), jnp.asarray(truth["potential"][:3])
    U0 = jnp.asarray(truth["equilibrium_potential"][:3])
    found = jax.vmap(lambda eps, phi, U0: concentration(eps, phi, X, U0, steady=False))(eps, phi, U0)
    stepped = jax.jit(jax.vmap(by_steps))(eps, phi, U0)
    np.testing.assert_allclose(found, stepped, rtol=1e-9)


def by_steps(eps, phi, U0):
    """The scheme of the docstring, step by step."""
    dx, dt = L / 100, 0.1
    D = 3e-11 * eps**1.5
    face = 2 * D[1:] * D[:-1] / (D[1:] + D[:-1]) / dx**2
    lower, upper = jnp.pad(-face, (1, 0)).at[-1].set(0), jnp.pad(-face, (0, 1))
    diagonal = (eps / dt - jnp.pad(-face, (1, 0)) - upper).at[-1].set(1.0)
    source = 0.6 / electrode.FARADAY * 5e5 * (1 - eps) * 0.1 * (-1000 * X - phi - U0)

    def step(c, _):
        load = (eps / dt * c + source).at[-1].set(C_0)
        return tridiagonal_solve(lower, diagonal, upper, load[:, None])[:, 0], None

    return jax.lax.scan(step, jnp.full(100, C_0), length=1_000)[0]


def test_the_constraints_hold_exactly_on_every_level(runs):
    for cells in runs[2]:
        problem = PorousElectrode(cells=cells)
        fields = {name: runs[2][cells][name] for name in ("c", "phi")}
        residuals = jax.vmap(problem.constraints)(fields)
        assert {name: float(np.abs(r).max()) for name, r in residuals.items()} == {
            "c.last_cell": 0,
            "phi.first_cell": 0,
        }


def test_the_steady_state_balances_diffusion_and_reaction(runs):
    z, xi, _ = runs
    y = jax.vmap(PorousElectrode(outputs=("c", "phi", "porosity"), horizon="steady").simulate)(z[:8], xi[:8])
    for eps, phi, c, U0 in zip(
        *(np.asarray(y[n]) for n in ("porosity", "phi", "c")), np.asarray(z[:8, 1]), strict=True
    ):
        D = 3e-11 * eps**1.5
        flux = 2 * D[1:] * D[:-1] / (D[1:] + D[:-1]) * np.diff(c) / (L / 100)
        gain = np.diff(flux, prepend=0) / (L / 100)
        source = 0.6 / electrode.FARADAY * 5e5 * (1 - eps[:-1]) * 0.1 * (-1000 * X[:-1] - phi[:-1] - U0)
        assert np.abs(gain + source).max() < 1e-7 * np.abs(source).max()


def test_coarser_levels_converge(runs):
    _, _, levels = runs
    assert list(levels) == [100, 50, 25]
    for name in ("c", "phi"):
        sd = np.std(levels[100][name])
        fine, coarse = (np.sqrt(np.mean((levels[n][name] - levels[100][name]) ** 2)) / sd for n in (50, 25))
        assert fine < 0.6 * coarse < 0.1
    np.testing.assert_array_equal(levels[25]["porosity"], levels[100]["porosity"])
    assert [PorousElectrode(cells=n).relative_cost for n in (100, 50, 25)] == [1, 0.5, 0.25]


def test_the_potential_is_affine_in_equilibrium_potential_and_flux(truth):
    eps = jnp.asarray(truth["porosity"][3])

    def at(U0, F):
        return np.asarray(potential(eps, X, jnp.asarray(U0), jnp.asarray(F)))

    zero = at(0.0, 0.0)
    combined = zero + 0.3 * (at(1.0, 0.0) - zero) + 20 * (at(0.0, 1.0) - zero)
    np.testing.assert_allclose(at(0.3, 20.0), combined, atol=1e-9 * np.abs(combined).max())


def test_the_porosity_is_the_gaussian_process_that_is_claimed():
    n, relative_length = 20_000, 0.1
    xi = jnp.asarray(np.random.default_rng(0).standard_normal((n, 100)))
    eps = np.asarray(jax.jit(jax.vmap(porosity, in_axes=(None, 0)))(jnp.asarray(relative_length), xi))
    fraction = (eps - 0.2) / 0.3
    assert 0 < fraction.min() < fraction.max() < 1
    g = np.log(fraction / (1 - fraction))
    covariance = np.exp(-(((X[:, None] - X) / (relative_length * L)) ** 2) / 2) + 1e-4 * np.eye(100)
    variance = np.diag(covariance)
    error = np.sqrt((np.outer(variance, variance) + covariance**2) / n)
    assert (np.abs(g.T @ g / n - covariance) < 5 * error).all()
    assert (np.abs(g.mean(axis=0)) < 5 * np.sqrt(variance / n)).all()


def test_the_germ_acts_through_the_features_alone(runs):
    """The porosity that features stand for gives the run's fields again, also where another length and germ make it."""
    z, xi, levels = runs
    problem = PorousElectrode()
    features = jax.vmap(problem.features)(z, xi)
    assert -1 < float(features.min()) < float(features.max()) < 1
    np.testing.assert_allclose(0.35 + 0.15 * features, levels[100]["porosity"], rtol=1e-14)
    again = jax.jit(jax.vmap(problem.recompute))(z, {"porosity": 0.35 + 0.15 * features})
    for name in ("c", "phi"):
        np.testing.assert_allclose(again[name], levels[100][name], rtol=1e-9, atol=1e-9)
    g = np.log((1 + features[0]) / (1 - features[0]))
    covariance = np.exp(-(((X[:, None] - X) / (0.02 * L)) ** 2) / 2) + 1e-4 * np.eye(100)
    shorter, other = z[0].at[0].set(0.02), jnp.asarray(np.linalg.solve(np.linalg.cholesky(covariance), g))
    assert float(jnp.abs(other - xi[0]).max()) > 1
    np.testing.assert_allclose(problem.features(shorter, other), features[0], atol=1e-10)
    alike = problem.simulate(shorter, other)
    for name in ("c", "phi"):
        np.testing.assert_allclose(alike[name], levels[100][name][0], rtol=1e-8, atol=1e-8)


def test_gradients_agree_with_finite_differences():
    xi = jnp.asarray(np.random.default_rng(1).standard_normal(100))

    @jax.jit
    def quantity(z):
        y = PorousElectrode().simulate(z, xi)
        return jnp.mean(y["c"]) + 100 * y["phi"][-1]

    z = jnp.asarray([0.1, 0.05, 25.0])
    steps = np.array([1e-5, 1e-4, 1e-2])
    differences = [(quantity(z + h) - quantity(z - h)) / 2 / s for h, s in zip(np.diag(steps), steps, strict=True)]
    np.testing.assert_allclose(jax.grad(quantity)(z), differences, rtol=1e-5)


def test_a_field_named_twice_is_refused():
    with pytest.raises(ValueError, match="outputs: a field is named twice; name each once"):
        PorousElectrode(outputs=("c", "c"))


def test_the_instrument_sees_what_it_is_told_to():
    """c, phi or both: their probes are independent, and alike whatever else is an output."""
    c, phi = (build("problems", {"kind": "porous_electrode", "observed": [name]}).observation for name in ("c", "phi"))
    assert (c.noise, phi.noise) == ((("c", 0.5),), (("phi", 5e-4),))
    assert phi == PorousElectrode(outputs=("phi", "porosity")).observation
    both, y = PorousElectrode().observation, PorousElectrode().simulate(jnp.asarray(Z), jnp.ones(100))
    data = both.mean(y) + jnp.repeat(jnp.array([0.3, -2e-4]), 5)
    alone = c.log_density(data[:5], y) + phi.log_density(data[5:], y)
    assert float(alone) == pytest.approx(float(both.log_density(data, y)), rel=1e-12)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"outputs": ("c",), "observed": ("phi",)}, "observed: phi is no output; add it to outputs, or remove it here"),
        ({"observed": ("c", "c")}, "observed: a field is named twice; name each once"),
    ],
)
def test_an_instrument_that_cannot_be_is_refused(settings, said):
    with pytest.raises(ValueError, match=f"^{said}$"):
        PorousElectrode(**settings)

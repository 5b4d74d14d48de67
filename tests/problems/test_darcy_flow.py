"""What both laws of the permeability have in common."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core.problem import transport
from sgmbench.problems.darcy import Darcy
from sgmbench.problems.darcy_threshold import DarcyThreshold
from sgmbench.problems.numerics.scaled_poisson import solve_diffusion

BOTH = ("p", "log_a")
RUNS = 32


@pytest.fixture(scope="module", params=[Darcy, DarcyThreshold])
def runs(request):
    """(problem, z, xi, fields on every level) of runs drawn from the prior."""
    rng = np.random.default_rng(6)
    problem = request.param(outputs=BOTH)
    z = jax.vmap(partial(transport, problem))(jnp.asarray(rng.standard_normal((RUNS, len(problem.parameters)))))
    xi = jnp.asarray(rng.standard_normal((RUNS, problem.germ_dimension)))
    levels, level = [], problem
    while level is not None:
        levels.append(jax.jit(jax.vmap(level.simulate))(z, xi))
        level = level.coarser()
    return problem, z, xi, levels


@pytest.fixture(scope="module")
def recompute(runs):
    """p of permeabilities of one's own on the finest mesh."""
    problem, z, _, _ = runs
    again = jax.jit(jax.vmap(problem.recompute))
    return lambda log_a: np.asarray(again(z, {"p": log_a, "log_a": log_a})["p"])


def test_what_is_produced_inside_flows_out_through_the_boundary(runs):
    problem, _, _, levels = runs
    residual = jax.vmap(problem.constraints)(levels[0])
    assert list(residual) == ["p.outflow"]
    assert float(jnp.abs(residual["p.outflow"]).max()) < 1e-10
    p = levels[0]["p"].at[:, 0, 5].multiply(1.01)
    assert float(jnp.abs(jax.vmap(problem.constraints)({**levels[0], "p": p})["p.outflow"]).min()) > 1e-5
    assert problem.coarser().constraints({name: each[0] for name, each in levels[1].items()}) == {}
    assert problem.constraints({"p": levels[0]["p"][0]}) == {}


def test_log_a_gives_p_back_on_fine_and_coarse_levels(runs, recompute):
    problem, z, _, levels = runs
    np.testing.assert_allclose(recompute(levels[0]["log_a"]), levels[0]["p"], rtol=1e-10)
    coarsest = problem.coarser().coarser()
    assert coarsest.coarser() is None
    again = jax.jit(jax.vmap(coarsest.recompute))(z, levels[2])
    assert list(again) == ["p"]
    np.testing.assert_allclose(again["p"], levels[2]["p"], rtol=1e-10)
    np.testing.assert_array_equal(levels[2]["log_a"], levels[0]["log_a"])


def test_p_is_positive_and_has_no_minimum_inside(runs):
    """Every cell is above the least of its four neighbors, the boundary's zero among them."""
    p = np.pad(runs[3][0]["p"], ((0, 0), (1, 1), (1, 1)))
    inner = p[:, 1:-1, 1:-1]
    neighbors = np.stack([p[:, :-2, 1:-1], p[:, 2:, 1:-1], p[:, 1:-1, :-2], p[:, 1:-1, 2:]])
    assert (inner > 0).all()
    assert (inner > neighbors.min(axis=0)).all()


def test_mean_pressure_lies_between_those_of_the_extreme_permeabilities(runs):
    """The mean of p is max_v 2 <v> - <a |grad v|^2>: less where a is larger."""
    fields = runs[3][0]
    poisson = float(jax.jit(solve_diffusion)(jnp.ones((32, 32)), 1.0).mean())
    a, mean = np.exp(fields["log_a"]), np.asarray(fields["p"].mean(axis=(1, 2)))
    assert (mean > poisson / a.max(axis=(1, 2)) * (1 - 1e-10)).all()
    assert (mean < poisson / a.min(axis=(1, 2)) * (1 + 1e-10)).all()


def test_more_permeable_is_less_pressure_in_proportion(runs, recompute):
    fields = runs[3][0]
    np.testing.assert_allclose(7 * recompute(fields["log_a"] + np.log(7.0)), fields["p"], rtol=1e-10)


def test_the_transposed_permeability_has_the_transposed_pressure(runs, recompute):
    fields = runs[3][0]
    mirrored = recompute(fields["log_a"].transpose(0, 2, 1))
    np.testing.assert_allclose(mirrored.transpose(0, 2, 1), fields["p"], rtol=1e-10)


def test_coarser_levels_see_a_checkerboard_as_its_geometric_mean():
    board = jnp.where(np.indices((32, 32)).sum(axis=0) % 2, jnp.log(3.0), jnp.log(12.0))
    log_a = jnp.stack([board, jnp.full_like(board, jnp.log(6.0))])
    level = DarcyThreshold(outputs=BOTH, coarsening=1)
    p = jax.jit(jax.vmap(lambda each: level.recompute(jnp.zeros(0), {"p": each, "log_a": each})["p"]))(log_a)
    np.testing.assert_allclose(p[0], p[1], rtol=1e-10)

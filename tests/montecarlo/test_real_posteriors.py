"""Chains on models with posteriors that nobody writes down, against what is still exactly known of each.

    sir                 two parameters: sums over a grid
    lotka_volterra      four: importance sampling from the normal law at the mode
    porous_electrode    103 with the germ: phi + U0 is all that the equations know and phi is grounded, so that U0 stays
                        at its prior where phi alone is seen; and phi is affine in F, so that given l, xi and data F has
                        a normal law cut to [0, 50], in which the quantile of each draw is uniform

Averages over chains have the standard error sd / ESS^1/2; the truth's own is added.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.core.clock import Clock
from sgmbench.core.inverse import draw_observations, normal_coordinates
from sgmbench.core.problem import transport
from sgmbench.core.rng import stream
from sgmbench.montecarlo.mcmc import MCMC
from sgmbench.montecarlo.nuts import log_posterior, program, run_chains
from sgmbench.problems.lotka_volterra import LotkaVolterra
from sgmbench.problems.porous_electrode import PROBED, PorousElectrode
from sgmbench.problems.sir import SIR
from sgmbench.statistics.chains import ess_bulk, r_hat

pytestmark = pytest.mark.slow


def densities(problem, data):
    """log p(zeta given data) + const of rows of zeta."""
    given = jnp.asarray(data)
    return jax.jit(jax.vmap(lambda zeta: log_posterior(problem, zeta, given)))


def errors_in_sd(z, exact, error):
    """(average - exact) in standard errors, for the columns of functions [draws, chains, f] of draws."""
    found = []
    for i in range(z.shape[2]):
        chains = z[..., i].T
        se = np.hypot(chains.std() / np.sqrt(ess_bulk(chains)), error[i])
        found.append((chains.mean() - exact[i]) / se)
    return np.array(found)


def moments(zeta):
    """zeta_i and zeta_i zeta_j, i <= j, of each row."""
    i, j = np.triu_indices(zeta.shape[-1])
    return np.concatenate([zeta, zeta[..., i] * zeta[..., j]], axis=-1)


def draws_of(problem, delivery):
    """zeta [draws, chains, p] of what was delivered, which is checked for validity."""
    assert delivery.invalid == ()
    chains = delivery.diagnostics["chains"]
    zeta = normal_coordinates(problem, delivery.samples.values)
    return zeta.reshape(-1, chains, zeta.shape[1])


EPIDEMIC, POPULATIONS = SIR(tolerance=1e-4), LotkaVolterra(tolerance=1e-4)  # what is exact is so of any tolerance
ELECTRODE = PorousElectrode(outputs=("phi",))


@pytest.fixture(scope="module")
def epidemic():
    return MCMC(warmup=100).prepare(EPIDEMIC, at_condition=True, clock=Clock())


def on_a_grid(problem, data, *, side=49):
    """Points [side^2, 2] and their probabilities: the trapezoidal rule, in boxes that close in on the posterior."""
    of_rows, center, half = densities(problem, data), np.zeros(2), np.full(2, 4.0)
    for _ in range(6):
        axes = center[:, None] + half[:, None] * np.linspace(-1, 1, side)
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        log_p = np.asarray(of_rows(points))
        p = np.exp(log_p - log_p.max())
        p /= p.sum()
        center = p @ points
        half = np.maximum(7 * np.sqrt(p @ (points - center) ** 2), half / 4)
    return points, p


@pytest.mark.parametrize("seed", [0, 1])
def test_chains_of_an_epidemic_have_the_law_that_a_grid_sums(epidemic, seed):
    """Moments to the second order and the deciles' probabilities, for data of two parameters of the prior."""
    problem = EPIDEMIC
    (data,) = draw_observations(problem, 1, seed=seed)
    zeta = draws_of(problem, epidemic(data, 8_000, stream(seed, "chains")))
    points, p = on_a_grid(problem, data)
    edge = np.abs(points - points.mean(axis=0)) >= np.ptp(points, axis=0) / 2 * (1 - 1e-9)
    assert p[edge.any(axis=1)].sum() < 1e-9
    exact = p @ moments(points)
    assert np.abs(errors_in_sd(moments(zeta), exact, np.zeros(5))).max() < 4
    sd = np.sqrt(exact[[2, 4]] - exact[:2] ** 2)
    assert np.all(sd < 0.2)  # the data tell: the prior has 1
    assert max(r_hat(zeta[..., i].T) for i in range(2)) < 1.05


@pytest.fixture(scope="module")
def populations():
    return MCMC(warmup=100).prepare(POPULATIONS, at_condition=True, clock=Clock())


def at_the_mode(problem, data, start, n):
    """n draws [n, p] of a wider normal law at the mode that Newton's method finds, and their weights."""
    given = jnp.asarray(data)

    def residuals(zeta):
        fields = problem.simulate(transport(problem, zeta), jnp.zeros(0))
        seen = jnp.log(jnp.concatenate([fields["prey"], fields["predators"]]))
        return jnp.concatenate([(jnp.log(given) - seen) / 0.1, zeta])

    both, zeta = jax.jit(lambda zeta: (residuals(zeta), jax.jacfwd(residuals)(zeta))), np.asarray(start)
    for _ in range(20):
        r, J = map(np.asarray, both(zeta))
        zeta = zeta - np.linalg.solve(J.T @ J, J.T @ r)
    wide = np.linalg.cholesky(1.5 * np.linalg.inv(J.T @ J))
    standard = np.random.default_rng(0).standard_normal((n, len(zeta)))
    rows = zeta + standard @ wide.T
    log_w = np.asarray(densities(problem, data)(rows)) + (standard**2).sum(axis=1) / 2
    w = np.exp(log_w - log_w.max())
    return rows, w / w.sum()


def test_chains_of_two_populations_have_the_law_that_importance_sampling_weighs(populations):
    """Moments to the second order, for data of parameters that are known; the mode is sought from these."""
    problem, true = POPULATIONS, np.array([0.4, -0.3, 0.2, 0.5])
    fields = problem.simulate(transport(problem, jnp.asarray(true)), jnp.zeros(0))
    data = tuple(np.asarray(problem.observation.sample(jax.random.key(0), fields)).tolist())
    zeta = draws_of(problem, populations(data, 14_000, stream(0, "chains")))
    rows, w = at_the_mode(problem, data, true, 4_000)
    assert 1 / np.sum(w**2) > 1_000
    exact = w @ moments(rows)
    error = np.sqrt(w**2 @ (moments(rows) - exact) ** 2)
    assert np.abs(errors_in_sd(moments(zeta), exact, error)).max() < 4
    assert max(r_hat(zeta[..., i].T) for i in range(4)) < 1.05


@pytest.fixture(scope="module")
def electrode():
    """Data of a run, and chains given them: z [draws, chains, 3] and xi."""
    (data,), plan, clock = draw_observations(ELECTRODE, 1, seed=1), MCMC().plan(16_000), Clock()
    made = run_chains(
        ELECTRODE,
        plan,
        data,
        limit=16_000,
        key=stream(0, "chains"),
        compiled=clock.jit(program(ELECTRODE, plan), "simulate"),
    )
    zeta, xi = made.position[..., :3], made.position[..., 3:]
    z = np.asarray(jax.vmap(jax.vmap(lambda each: transport(ELECTRODE, each)))(jnp.asarray(zeta)))
    return data, z, xi


def test_a_grounded_potential_leaves_the_equilibrium_potential_at_its_prior(electrode):
    """Uniform on [-0.2, 0.2]: mean, second moment and the probability of a half, from chains that have mixed."""
    _, z, _ = electrode
    assert max(r_hat(z[..., i].T) for i in range(3)) < 1.05
    u = z[..., 1] / 0.2
    functions = np.stack([u, u**2, u > 0.5], axis=-1)
    assert np.abs(errors_in_sd(functions, [0, 1 / 3, 1 / 4], np.zeros(3))).max() < 4
    assert z[..., 2].std() < 0.5 * 50 / np.sqrt(12)  # of the flux much is told


def test_given_all_else_the_flux_has_the_quantiles_of_a_truncated_normal_law(electrode):
    """phi = a + b F: F given l, xi and data is N(b.(data - a) / b.b, s^2 / b.b) on [0, 50]."""
    data, z, xi = electrode

    @jax.jit
    @jax.vmap
    def line(z, xi):
        a, end = (ELECTRODE.simulate(z.at[2].set(F), xi)["phi"][jnp.asarray(PROBED)] for F in (0.0, 50.0))
        return a, (end - a) / 50

    a, b = map(np.asarray, line(jnp.asarray(z.reshape(-1, 3)), jnp.asarray(xi.reshape(-1, 100))))
    bb = np.sum(b**2, axis=1)
    mean, sd = np.sum(b * (np.asarray(data) - a), axis=1) / bb, 5e-4 / np.sqrt(bb)
    below, above, here = (norm.cdf((F - mean) / sd) for F in (0.0, 50.0, z.reshape(-1, 3)[:, 2]))
    u = ((here - below) / (above - below)).reshape(z.shape[:2])
    functions = np.stack([u, u**2, u < 0.1, u < 0.9], axis=-1)
    assert np.abs(errors_in_sd(functions, [1 / 2, 1 / 3, 0.1, 0.9], np.zeros(4))).max() < 4

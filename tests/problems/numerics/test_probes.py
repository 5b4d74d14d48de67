import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from sgmbench.montecarlo.nuts import log_posterior
from sgmbench.problems.numerics.probes import Probes
from sgmbench.problems.porous_electrode import PorousElectrode

FIELDS = {"c": jnp.linspace(0.0, 9.0, 10), "phi": jnp.linspace(1.0, 2.0, 10)}
PROBES = Probes((("c", 0.5), ("phi", 1e-3)), (1, 4, 9))


def test_data_are_values_of_each_field_with_noise_of_its_own():
    draws = jax.vmap(lambda key: PROBES.sample(key, FIELDS))(jax.random.split(jax.random.key(0), 20_000))
    mean = np.concatenate([np.asarray(FIELDS[name])[[1, 4, 9]] for name in ("c", "phi")])
    sd = np.repeat([0.5, 1e-3], 3)
    np.testing.assert_allclose(PROBES.mean(FIELDS), mean, rtol=1e-12)
    assert PROBES.size == 6
    noise = (np.asarray(draws) - mean) / sd
    assert np.all(np.abs(noise.mean(axis=0)) < 4 / np.sqrt(20_000))
    assert np.all(np.abs(noise.T @ noise / 20_000 - np.eye(6)) < 4 * np.sqrt((1 + np.eye(6)) / 20_000))
    assert float(PROBES.log_density(draws[0], FIELDS)) == pytest.approx(
        norm(mean, sd).logpdf(draws[0]).sum(), rel=1e-12
    )


def test_only_the_concentration_tells_the_equilibrium_potential_of_an_electrode():
    """The equations know phi + U0 alone and phi is grounded: its probes leave U0 at the prior, c's do not."""
    problem, xi = PorousElectrode(), jax.random.normal(jax.random.key(1), (100,))
    low, high = (problem.simulate(jnp.array([0.1, U0, 25.0]), xi) for U0 in (-0.1, 0.1))
    np.testing.assert_allclose(low["phi"], high["phi"], atol=1e-12)
    seen = problem.observation
    shift = np.abs(np.asarray(seen.mean(high) - seen.mean(low)))
    noise = np.repeat([s for _, s in seen.noise], len(seen.cells))
    assert np.all(shift[: len(seen.cells)] / noise[: len(seen.cells)] > 3)
    assert PorousElectrode(outputs=("phi", "porosity")).observation.noise == (("phi", 5e-4),)


def test_the_posterior_of_an_electrode_has_the_gradient_that_chains_follow():
    """Along random directions in (zeta, xi), to six digits of a central difference."""
    problem = PorousElectrode()
    xi, direction = (jax.random.normal(jax.random.key(seed), (103,)) for seed in (2, 3))
    data = problem.observation.mean(problem.simulate(jnp.array([0.1, 0.0, 25.0]), xi[3:]))
    along = jax.jit(lambda t: log_posterior(problem, xi + t * direction, data))
    slope = float(jax.jit(jax.grad(along))(0.0))
    difference = (float(along(1e-5)) - float(along(-1e-5))) / 2e-5
    assert slope == pytest.approx(difference, rel=1e-6)

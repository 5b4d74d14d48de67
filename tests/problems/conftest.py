"""Checks that every problem with exact knowledge must pass, as fixtures."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest


@pytest.fixture(scope="session")
def assert_moments():
    """Means and standard deviations of 1e5 runs are within 4 standard errors of the known ones."""
    from sgmbench.core.clock import Clock
    from sgmbench.core.rng import stream
    from sgmbench.core.simulation import Simulation

    def check(problem, z=None, n=100_000):
        simulate = Simulation(problem, Clock(), at_condition=z is not None, chunk=10_000)
        runs = simulate(n, key=stream(0, "moments"), z=z or ())
        for name, known in problem.moments(z).items():
            y = runs.y[:, problem.layout.slices[name]]
            mean, sd = np.ravel(known.mean), np.ravel(known.sd)
            squares = (y - y.mean(axis=0)) ** 2
            variance = squares.mean(axis=0)
            round_off = 1e-9 * (np.abs(mean) + sd)
            assert (np.abs(y.mean(axis=0) - mean) <= 4 * sd / np.sqrt(n) + round_off).all(), name
            assert (np.abs(variance - sd**2) <= 4 * squares.std(axis=0) / np.sqrt(n) + round_off**2).all(), name

    return check


@pytest.fixture(scope="session")
def assert_score():
    """The score is the gradient of the log density to 1e-10 at random points, without noise and with it."""

    def check(problem, y, z=None, sigmas=(0.0, 0.3, 2.0)):
        @jax.jit
        def both(y, sigma):
            gradient = jax.grad(lambda each: problem.log_density(each, z, sigma=sigma))(y)
            return problem.score(y, z, sigma=sigma), gradient

        for sigma in sigmas:
            score, gradient = jax.vmap(both, in_axes=(0, None))(jnp.asarray(y), jnp.asarray(sigma))
            np.testing.assert_allclose(score, gradient, rtol=1e-10, atol=1e-10 * np.abs(gradient).max())

    return check

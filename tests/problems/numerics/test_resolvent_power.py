import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.problems.numerics.resolvent_power import implicit_euler


@pytest.mark.parametrize("steps", [100, 1_000])
def test_on_a_diagonal_system_it_is_the_power_of_the_resolvent(steps):
    duration = 100.0
    rates = jnp.asarray([0.0, *np.logspace(-8, 8, 65)])

    def solve_shifted(s, v):
        return v / (s + rates)

    v = implicit_euler(solve_shifted, jnp.ones(len(rates)), steps=steps, duration=duration)
    exact = np.exp(-steps * np.log1p(duration / steps * np.asarray(rates)))
    np.testing.assert_allclose(v, exact, rtol=0, atol=1e-10 if steps == 1_000 else 1e-6)


def test_too_few_steps_are_refused():
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        implicit_euler(lambda s, v: v / s, jnp.ones(2), steps=99, duration=1.0)
    assert str(caught.value) == "99 steps are too few for the contour; at least 100 are needed"

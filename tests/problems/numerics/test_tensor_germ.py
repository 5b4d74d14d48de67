import jax.numpy as jnp
import numpy as np

from sgmbench.problems.numerics.tensor_germ import tensor_germ


def test_every_coefficient_has_its_place_and_long_waves_come_first():
    place = np.asarray(tensor_germ(jnp.arange(49.0)))
    assert sorted(place.ravel()) == list(range(49))
    i, j = np.unravel_index(np.argsort(place.ravel()), place.shape)
    assert (np.diff(i**2 + j**2) >= 0).all()
    assert (i[0], j[0]) == (0, 0)

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import kstest

from sgmbench.core.rng import draw_normal, stream

N, M = 2_000, 5


def draws(key, index=range(N), size=M):
    return np.asarray(jax.vmap(draw_normal, in_axes=(None, 0, None))(key, jnp.asarray(np.array(index)), size))


def test_a_stream_depends_on_its_seed_and_labels_alone():
    words = [
        (0, "runs", 0),
        (0, "runs", 1),
        (1, "runs", 0),
        (0, "runs"),
        (0, "run", "s0"),
        (0, "runs0"),
        (0, 0, "runs"),
    ]
    keys = [tuple(np.asarray(jax.random.key_data(stream(*w))).tolist()) for w in words]
    assert len(set(keys)) == len(words)
    again = [tuple(np.asarray(jax.random.key_data(stream(*w))).tolist()) for w in words]
    assert again == keys


def test_the_germ_of_a_run_depends_on_key_and_index_alone():
    key = stream(3, "a")
    everything = draws(key)
    np.testing.assert_array_equal(draws(key, np.array([1999, 7, 7, 0])), everything[[1999, 7, 7, 0]])
    np.testing.assert_array_equal(draw_normal(key, jnp.asarray(12), M), everything[12])
    assert everything.dtype == np.float64


def test_draws_are_standard_normal_and_all_different():
    x = draws(stream(0, "normal"))
    assert kstest(x.ravel(), "norm").pvalue > 1e-4
    assert len(np.unique(x)) == x.size


def test_runs_streams_and_coordinates_are_uncorrelated():
    a, b = draws(stream(0, "runs", 0)), draws(stream(0, "runs", 1))
    together = np.concatenate([a[:-1], a[1:], b[:-1]], axis=1)
    correlation = np.corrcoef(together.T) - np.eye(3 * M)
    squares = np.corrcoef((together**2).T) - np.eye(3 * M)
    assert max(np.abs(correlation).max(), np.abs(squares).max()) < 5 / np.sqrt(N)

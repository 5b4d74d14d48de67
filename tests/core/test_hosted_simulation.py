"""Hosted runs have the streams of traceable ones, in batches of any size."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Field, Layout
from sgmbench.core.prepare import prepare
from sgmbench.core.prior import LogUniform, Parameter
from sgmbench.core.problem import Hosted, Traceable
from sgmbench.core.rng import draw_normal, stream

KEY = stream(0, "test_hosted_simulation")


class _Shared:
    parameters = (Parameter("rate", "1/s", LogUniform(0.5, 2.0)),)
    germ_dimension = 2
    layout = Layout((Field("a", "-"), Field("b", "-")))


@dataclass(frozen=True)
class Traced(_Shared, Traceable):
    """y = (z xi_1, xi_2), failing where xi_2 is above 1."""

    def simulate(self, z, xi):
        return {"a": z[0] * xi[0], "b": jnp.where(xi[1] > 1, jnp.nan, xi[1])}


@dataclass(frozen=True)
class OnHost(_Shared, Hosted):
    """The same in NumPy."""

    size: int = 64
    most: int = 64
    """Runs at once, for which memory suffices."""

    @property
    def batch(self):
        return self.size

    def simulate_batch(self, z, xi):
        if len(z) > self.most:
            raise MemoryError
        return np.stack([z[:, 0] * xi[:, 0], np.where(xi[:, 1] > 1, np.nan, xi[:, 1])], axis=1)


@pytest.mark.parametrize("z", [(), (1.25,)])
def test_runs_are_those_of_a_traceable_problem_whatever_the_batch(z):
    traced, *hosted = (
        prepare(problem, Clock(), at_condition=bool(z))(50, key=KEY, z=z)
        for problem in (Traced(), OnHost(7), OnHost(64))
    )
    assert traced.failed > 0
    for runs in hosted:
        np.testing.assert_allclose(runs.z, traced.z, rtol=1e-15)
        np.testing.assert_allclose(runs.y, traced.y, rtol=1e-15)
        np.testing.assert_array_equal(runs.ok, traced.ok)
        assert (runs.executed, runs.failed) == (50, traced.failed)


@pytest.mark.parametrize("z", [(), (1.25,)])
def test_runs_at_given_normals_are_those_of_the_stream_that_has_them(z):
    drawn = np.asarray(jax.vmap(draw_normal, in_axes=(None, 0, None))(KEY, jnp.arange(50), 3))[:, 1 if z else 0 :]
    for batch in (7, 64):
        hosted = prepare(OnHost(batch), Clock(), at_condition=bool(z))
        runs, streamed = hosted.at(drawn, z=z), hosted(50, key=KEY, z=z)
        np.testing.assert_array_equal(runs.z, streamed.z)
        np.testing.assert_array_equal(runs.y, streamed.y)
        assert (runs.executed, runs.failed) == (50, streamed.failed)
        with pytest.raises(ValueError, match=r"^normal: rows of 4 entries; a run of OnHost takes "):
            hosted.at(np.zeros((2, 4)), z=z)


def test_progress_counts_runs_and_failures():
    said = []
    runs = prepare(OnHost(20), Clock(), at_condition=False)(50, key=KEY, progress=lambda *each: said.append(each))
    assert [(phase, done, total) for phase, done, total, _ in said] == [("solver runs", n, 50) for n in (20, 40, 50)]
    assert said[-1][-1] == f"{runs.failed} failed"


def test_the_time_of_the_host_is_booked_as_simulation():
    clock = Clock()
    runs = prepare(OnHost(), clock, at_condition=False)(10, key=KEY)
    assert runs.seconds["simulate"] > 0
    assert runs.seconds["compile"] == 0
    assert clock.seconds == runs.seconds


def test_batches_halve_until_memory_suffices_and_runs_stay_the_same():
    said, clock = [], Clock()
    simulation = prepare(OnHost(64, most=20), clock, at_condition=False)
    runs = simulation(50, key=KEY, progress=lambda *each: said.append(each[1]))
    assert said == [12, 24, 36, 48, 50]  # 50 runs, 25, 12
    assert (runs.chunk, clock.chunk, runs.executed) == (12, 12, 50)
    undisturbed = prepare(OnHost(64), Clock(), at_condition=False)(50, key=KEY)
    assert undisturbed.chunk is None
    np.testing.assert_array_equal(runs.z, undisturbed.z)
    np.testing.assert_array_equal(runs.y, undisturbed.y)
    with pytest.raises(MemoryError):
        prepare(OnHost(64, most=0), Clock(), at_condition=False)(50, key=KEY)

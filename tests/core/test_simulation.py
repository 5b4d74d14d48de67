from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.layout import Field, Layout
from sgmbench.core.prior import Normal, Parameter, Uniform
from sgmbench.core.problem import Traceable
from sgmbench.core.rng import draw_normal, stream
from sgmbench.core.simulation import Simulation
from sgmbench.errors import CellError
from sgmbench.problems.porous_electrode import PorousElectrode

KEY = stream(0, "test_simulation")
DEVICES = len(jax.devices())


@dataclass(frozen=True)
class Fragile(Traceable):
    """y = (z, first entry of the germ), failing where the germ is above 1."""

    parameters = (Parameter("rate", "1/s", Uniform(0.0, 1.0)), Parameter("level", "V", Normal(5.0, 2.0)))
    germ_dimension = 3
    layout = Layout((Field("z", "-"), Field("germ", "-")))

    def simulate(self, z, xi):
        return {"germ": jnp.where(xi[0] > 1, jnp.nan, xi[0]), "z": z[0]}


def simulate(problem, n, *, at_condition=False, z=(), chunk=256, key=KEY):
    return Simulation(problem, Clock(), at_condition=at_condition, chunk=chunk)(n, key=key, z=z)


@pytest.fixture(scope="module")
def electrode():
    """Runs of the electrode by chunk size."""
    z, n = (0.1, 0.0, 25.0), 520
    return {chunk: simulate(PorousElectrode(), n, at_condition=True, z=z, chunk=chunk) for chunk in (7, 64, 256, 1000)}


def test_runs_are_bitwise_equal_whatever_the_chunk(electrode):
    for runs in electrode.values():
        np.testing.assert_array_equal(runs.y, electrode[256].y)
        assert runs.ok.all()


@pytest.mark.skipif(DEVICES > 1, reason="lanes are counted for one device")
def test_padded_lanes_are_counted_as_executed(electrode):
    assert {chunk: runs.executed for chunk, runs in electrode.items()} == {7: 525, 64: 576, 256: 768, 1000: 520}


@pytest.mark.skipif(DEVICES > 1, reason="lanes are counted for one device")
@pytest.mark.parametrize(("n", "lanes"), [(2, 2), (5, 8), (8, 8), (9, 10), (21, 30)])
def test_padded_calls_have_powers_of_two_or_whole_chunks_of_lanes_and_the_same_runs(n, lanes):
    padded = Simulation(Fragile(), Clock(), at_condition=False, chunk=10, padded=True)(n, key=KEY)
    assert padded.executed == lanes
    np.testing.assert_array_equal(padded.y, simulate(Fragile(), n).y)


def test_the_first_runs_of_a_longer_stream_are_the_same(electrode):
    few = simulate(PorousElectrode(), 100, at_condition=True, z=(0.1, 0.0, 25.0), chunk=64)
    np.testing.assert_array_equal(few.y, electrode[256].y[:100])


def test_a_run_of_the_prior_is_the_run_at_its_condition():
    problem = Fragile()
    marginal = simulate(problem, 50)
    at = simulate(problem, 50, at_condition=True, z=tuple(marginal.z[7].tolist()))
    np.testing.assert_array_equal(at.y[7], marginal.y[7])
    np.testing.assert_array_equal(at.y[:, 1], marginal.y[:, 1])  # the same germs
    np.testing.assert_array_equal(at.z, np.tile(marginal.z[7], (50, 1)))


def normals(problem, n, *, at_condition, key=KEY):
    """Those of the stream, drawn by hand."""
    p = len(problem.parameters)
    drawn = jax.vmap(draw_normal, in_axes=(None, 0, None))(key, jnp.arange(n), p + problem.germ_dimension)
    return np.asarray(drawn)[:, p if at_condition else 0 :]


@pytest.mark.parametrize("z", [(), (0.3, 4.0)])
@pytest.mark.parametrize("chunk", [7, 64, 256])
def test_runs_at_the_normals_of_a_stream_are_its_runs(z, chunk):
    problem, at_condition = Fragile(), bool(z)
    drawn = normals(problem, 100, at_condition=at_condition)
    runs = Simulation(problem, Clock(), at_condition=at_condition, chunk=chunk).at(drawn, z=z)
    streamed = simulate(problem, 100, at_condition=at_condition, z=z)
    np.testing.assert_array_equal(runs.z, streamed.z)
    np.testing.assert_array_equal(runs.y, streamed.y)
    np.testing.assert_array_equal(runs.ok, streamed.ok)
    if DEVICES == 1:
        assert runs.executed == {7: 105, 64: 128, 256: 100}[chunk]


def test_runs_of_a_solver_at_the_normals_of_a_stream_are_bitwise_its_runs(electrode):
    problem = PorousElectrode()
    simulation = Simulation(problem, Clock(), at_condition=True, chunk=64)
    runs = simulation.at(normals(problem, 100, at_condition=True), z=(0.1, 0.0, 25.0))
    np.testing.assert_array_equal(runs.y, electrode[256].y[:100])


def test_a_run_belongs_to_its_own_normals():
    drawn = normals(Fragile(), 50, at_condition=False)
    simulation = Simulation(Fragile(), Clock(), at_condition=False, chunk=16)
    order = np.random.default_rng(0).permutation(50)
    np.testing.assert_array_equal(simulation.at(drawn[order]).y, simulation.at(drawn).y[order])


@pytest.mark.parametrize(("at_condition", "takes"), [(False, "5, zeta, then xi"), (True, "3, xi alone")])
def test_normals_of_another_length_are_refused(at_condition, takes):
    with pytest.raises(ValueError, match=f"^normal: rows of 4 entries; a run of Fragile takes {takes}$"):
        Simulation(Fragile(), Clock(), at_condition=at_condition).at(np.zeros((2, 4)), z=(0.3, 4.0))


def test_parameters_follow_their_priors():
    z = simulate(Fragile(), 4_000).z
    mean, sd = np.array([0.5, 5.0]), np.array([1 / np.sqrt(12), 2.0])
    assert (np.abs(z.mean(axis=0) - mean) < 4 * sd / np.sqrt(4_000)).all()
    assert abs(np.corrcoef(z.T)[0, 1]) < 4 / np.sqrt(4_000)


def test_failed_runs_are_counted_and_leave_the_others_alone():
    n = 1_000
    runs = simulate(Fragile(), n, chunk=64)
    germ = np.asarray(jax.vmap(draw_normal, in_axes=(None, 0, None))(KEY, jnp.arange(n), 5))[:, 2]
    np.testing.assert_array_equal(runs.ok, germ <= 1)
    np.testing.assert_array_equal(runs.y[runs.ok, 1], germ[germ <= 1])
    assert runs.failed == np.sum(germ > 1) > 100


def test_seconds_are_those_of_the_call_and_compilation_is_paid_once():
    clock = Clock()
    simulation = Simulation(Fragile(), clock, at_condition=False)
    first, second = (simulation(300, key=KEY).seconds for _ in range(2))
    assert first["compile"] > 0 == second["compile"]
    total = {phase: first[phase] + second[phase] for phase in first}
    assert total == pytest.approx(clock.seconds)


def short_of_memory(simulation, *, most):
    """Its chunks fail as XLA lets them where there is no room for more lanes than `most`; how many lanes were tried."""
    run, tried = simulation._run_chunk, []

    def limited(normal, z):
        tried.append(len(normal))
        if len(normal) > most:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes.")
        return run(normal, z)

    simulation._run_chunk = limited
    return tried


@pytest.mark.skipif(DEVICES > 1, reason="lanes are counted for one device")
def test_chunks_halve_until_memory_suffices_and_runs_stay_bitwise_the_same(electrode):
    simulation = Simulation(PorousElectrode(), Clock(), at_condition=True)
    tried, z = short_of_memory(simulation, most=100), (0.1, 0.0, 25.0)
    runs = simulation(300, key=KEY, z=z)
    assert tried == [256, 128, *[64] * 5]
    assert (runs.executed, runs.chunk, simulation.clock.chunk) == (320, 64, 64)
    np.testing.assert_array_equal(runs.y, electrode[256].y[:300])
    again = simulation.at(normals(PorousElectrode(), 70, at_condition=True), z=z)
    assert tried[-2:] == [64, 64]  # no larger one is tried again
    np.testing.assert_array_equal(again.y, electrode[256].y[:70])


def test_where_memory_suffices_no_chunk_is_told(electrode):
    assert {runs.chunk for runs in electrode.values()} == {None}


def test_what_no_smaller_chunk_mends_is_raised():
    simulation = Simulation(Fragile(), Clock(), at_condition=False, chunk=8)
    tried = short_of_memory(simulation, most=0)
    with pytest.raises(jax.errors.JaxRuntimeError, match="RESOURCE_EXHAUSTED"):
        simulation(20, key=KEY)
    assert tried == [8, 4, 2, 1]

    def broken(normal, z):
        tried.append(len(normal))
        raise jax.errors.JaxRuntimeError("INTERNAL: a fault of another kind")

    simulation = Simulation(Fragile(), Clock(), at_condition=False, chunk=8)
    simulation._run_chunk = broken
    with pytest.raises(CellError, match=r"^Fragile\.simulate failed: JaxRuntimeError: INTERNAL: a fault"):
        simulation(20, key=KEY)
    assert tried == [8, 4, 2, 1, 8]


@pytest.mark.skipif(DEVICES > 1, reason="lanes are counted for one device")
def test_a_chunk_that_takes_too_long_is_followed_by_smaller_ones_of_the_same_runs(electrode):
    """0.05 s a lane: of 256 lanes at 12.8 s two seconds are 40, and 32 of these take 1.6 s."""
    simulation = Simulation(PorousElectrode(), Clock(), at_condition=True)
    run, tried, seconds = simulation._run_chunk, [], 0.05

    def dear(normal, z):
        tried.append(len(normal))
        simulation.clock.pay("simulate", seconds * len(normal))
        return run(normal, z)

    simulation._run_chunk = dear
    runs = simulation(520, key=KEY, z=(0.1, 0.0, 25.0))
    assert tried == [256, *[32] * 9]
    assert (runs.executed, runs.chunk) == (544, 32)
    np.testing.assert_array_equal(runs.y, electrode[256].y)
    seconds = 100.0
    runs = simulation(40, key=KEY, z=(0.1, 0.0, 25.0))
    assert tried[10:] == [32, *[2] * 4]  # never a lane alone, whose rounding differs
    np.testing.assert_array_equal(runs.y, electrode[256].y[:40])

"""How many runs are made at once: where more are faster they come to be used, and a trial in vain costs little."""

import jax
import numpy as np
import pytest

from sgmbench.core.clock import Clock
from sgmbench.core.lanes import GAIN, GROWTH, LONGEST, MOST, TRIES, WORTH_A_TRIAL, Lanes
from sgmbench.core.layout import Field, Layout
from sgmbench.core.prior import Parameter, Uniform
from sgmbench.core.problem import Traceable
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation

COMPILATION = 1.0  # s


class Logistic(Traceable):
    """y after ten steps of the logistic map, which doubles what differs by rounding each time."""

    parameters = (Parameter("rate", "-", Uniform(3.6, 4.0)),)
    germ_dimension = 1
    layout = Layout((Field("y", "-"),))

    def simulate(self, z, xi):
        return {"y": jax.lax.fori_loop(0, 10, lambda _, y: z[0] * y * (1 - y), jax.nn.sigmoid(xi[0]))}


def made(n, seconds_of, *, room=MOST, first=None, grows=True):
    """The lanes of each chunk, the seconds of all, compilations included, and the lanes that the clock has noted."""
    clock = Clock()
    lanes, compiled, chunks, spent, done = Lanes(clock, first, grows=grows), set(), [], 0.0, 0
    while done < n:
        size = lanes.of(n - done, n)
        compilation = 0.0 if size in compiled else COMPILATION
        if size > room:
            lanes.lacked_memory(size, MemoryError())
            continue
        compiled.add(size)
        lanes.took(size, seconds_of(size), compilation)
        spent, done = spent + compilation + seconds_of(size), done + size
        chunks.append(size)
    return chunks, spent, clock.chunk


def saturating(most):
    """Of a device that makes so many runs in the time of one, 0.05 s, and is busy then."""
    return lambda lanes: 0.05 * max(1.0, lanes / most)


@pytest.mark.parametrize(("most", "best"), [(100, 256), (1_000, 1_024), (10_000, 16_384), (10**6, 65_536)])
def test_sizes_grow_until_no_more_is_gained(most, best):
    chunks, spent, noted = made(50_000_000, saturating(most))
    count = {size: chunks.count(size) for size in set(chunks)}
    assert max(count, key=lambda size: size * count[size]) == best
    assert sum(size > best for size in chunks) in ((0,) if best == MOST else (0, TRIES))
    assert noted == (None if best == 256 else best)
    always_first = saturating(most)(256) * 50_000_000 / 256
    assert spent < always_first * (1 + 2 / WORTH_A_TRIAL)


@pytest.mark.parametrize("worse", [1.0, 1.5, 3.0])
def test_a_trial_in_vain_costs_little_beside_what_came_before_it(worse):
    """Of a solver whose runs take longer among many, with caches that overflow."""
    chunks, _, noted = made(200_000, lambda lanes: lanes * 1e-4 * (1.0 if lanes == 256 else worse))
    assert [size for size in chunks if size != 256] == [1_024] * TRIES
    assert noted is None
    before = chunks.index(1_024) * 256 * 1e-4
    assert before >= WORTH_A_TRIAL * COMPILATION > before - 256 * 1e-4
    assert COMPILATION + TRIES * 1_024 * 1e-4 * (worse - 1) <= before * (0.1 + 0.03 * worse)


def test_a_gain_that_is_noise_is_none():
    chunks, _, _ = made(300_000, lambda lanes: lanes * 1e-4 * (1.0 if lanes == 256 else GAIN + 0.01))
    assert chunks[-1] == 256


def test_no_chunk_longer_than_two_seconds_is_tried():
    chunks, _, _ = made(30_000, lambda lanes: 1.01 * LONGEST / GROWTH * lanes / 256)
    assert set(chunks) == {256}


def test_what_is_left_is_made_in_sizes_that_are_compiled():
    """No lanes are idle but those of the last chunk of 256, however long others are."""
    n = 10_000_123
    chunks, _, _ = made(n, saturating(10_000))
    assert sum(chunks) - n < 256
    tail = chunks[-chunks[::-1].index(16_384) :]
    assert tail == sorted(tail, reverse=True)
    assert chunks.count(65_536) == TRIES
    assert set(tail) == {4_096, 1_024, 256}


def test_where_memory_does_not_suffice_for_more_lanes_it_stays_as_it_was():
    chunks, _, noted = made(1_000_000, saturating(10_000), room=1_500)
    assert set(chunks) == {256, 1_024}
    assert noted == 1_024
    chunks, _, noted = made(10_000, saturating(10_000), room=100)
    assert (set(chunks), noted) == ({64}, 64)


def test_where_operations_are_counted_sizes_do_not_grow():
    """A cell's are those of its programs, the same each time."""
    chunks, _, noted = made(100_000, saturating(10_000), grows=False)
    assert (set(chunks), noted) == ({256}, None)
    chunks, _, noted = made(100_000, saturating(10_000), first=128, grows=False)
    assert (set(chunks), noted) == ({128}, None)


def test_what_is_made_in_growing_chunks_is_bitwise_the_same():
    simulation, key, n = Simulation(Logistic(), Clock(), at_condition=False, grows=True), stream(0, "lanes"), 30_000
    run, lanes = simulation._run_chunk, []

    def timed(normal, z):
        lanes.append(len(normal))
        made = run(normal, z)
        simulation.clock.pay("simulate", 0.4)  # whatever their number
        return made

    simulation._run_chunk = timed
    runs = simulation(n, key=key)
    assert {256, 1_024} <= set(lanes)
    assert runs.chunk == simulation.clock.chunk >= 1_024
    np.testing.assert_array_equal(runs.y, Simulation(Logistic(), Clock(), at_condition=False)(n, key=key).y)

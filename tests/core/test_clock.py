"""Time stands still here but for what a test lets pass."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sgmbench.core import clock as module
from sgmbench.core.clock import Clock


class Hands:
    """A clock that is moved by hand."""

    now = 100.0

    def pass_by(self, seconds):
        self.now += seconds


@pytest.fixture
def hands(monkeypatch):
    hands = Hands()
    monkeypatch.setattr(module.time, "perf_counter", lambda: hands.now)
    return hands


def test_nested_phases_add_up_to_the_time_that_passed(hands):
    clock, start = Clock(), hands.now
    with clock("train"):
        hands.pass_by(5)
        with clock("sample"):
            hands.pass_by(2)
            with clock("train"):
                hands.pass_by(0.5)
        hands.pass_by(1)
    with clock("sample"):
        hands.pass_by(4)
    assert clock.seconds == {"compile": 0, "simulate": 0, "train": 6.5, "sample": 6}
    assert sum(clock.seconds.values()) == hands.now - start


def test_time_until_an_exception_is_booked(hands):
    clock = Clock()

    def fail():
        with clock("train"):
            hands.pass_by(3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert clock.seconds["train"] == 3


def test_what_passed_before_is_added_to_what_passes(hands):
    """Also where it is paid within blocks, which book what passes in them."""
    clock = Clock()
    with clock("sample"), clock("train"):
        hands.pass_by(1)
        clock.pay("train", 100)
        hands.pass_by(2)
    with clock("train"):
        hands.pass_by(4)
    assert clock.seconds == {"compile": 0, "simulate": 0, "train": 107, "sample": 0}


def test_compilation_is_booked_apart_and_once_for_each_shape(hands):
    clock = Clock()

    def square(x):
        hands.pass_by(10)  # runs when traced, not when executed
        return x**2

    timed = clock.jit(square, "simulate")
    for shape, compilations in [((3,), 1), ((3,), 1), ((4,), 2), ((3,), 2)]:
        np.testing.assert_array_equal(timed(jnp.full(shape, 3.0)), np.full(shape, 9.0))
        assert clock.seconds == {"compile": 10 * compilations, "simulate": 0, "train": 0, "sample": 0}
    timed(jnp.ones(3, "float32"))
    assert clock.seconds["compile"] == 30


def test_each_wrapper_pays_for_its_own_compilation():
    compilations, x = [], jax.block_until_ready(jnp.ones(3))

    def listen(event, duration, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            compilations.append(duration)

    def double(x):
        return 2 * x

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        for _ in range(2):
            timed = Clock().jit(double, "train")
            for _ in range(2):
                timed(x)
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert len(compilations) == 2


def test_an_execution_ends_when_the_device_has_finished(hands, monkeypatch):
    clock = Clock()
    block = jax.block_until_ready
    monkeypatch.setattr(module.jax, "block_until_ready", lambda x: (hands.pass_by(7), block(x))[1])
    result = clock.jit(lambda x: {"y": x + 1}, "sample")(jnp.zeros(2))
    np.testing.assert_array_equal(result["y"], np.ones(2))
    assert clock.seconds["sample"] == 7


def test_python_numbers_and_arrays_share_one_compilation(hands):
    clock = Clock()

    def increment(x):
        hands.pass_by(10)
        return x + 1

    timed = clock.jit(increment, "sample")
    assert [float(timed(1.0)), float(timed(jnp.float64(2.0))), float(timed(np.float64(3.0)))] == [2, 3, 4]
    assert clock.seconds["compile"] == 10


def test_functions_of_one_program_are_compiled_once_by_one_clock(hands):
    """Another clock, another name and no name compile for themselves."""

    def adding(bound):
        def add(x, y):
            hands.pass_by(10)
            return x + y + 0 * bound

        return add

    clock = Clock()
    first, second = (clock.jit(adding(i), "train", program=("add", 3)) for i in range(2))
    assert [float(each(jnp.float64(x), 1.0)) for each, x in ((first, 2), (second, 5))] == [3, 6]
    assert clock.seconds["compile"] == 10
    for other in (clock.jit(adding(0), "train", program=("add", 4)), clock.jit(adding(0), "train")):
        other(1.0, 1.0)
    assert clock.seconds["compile"] == 30
    elsewhere = Clock()
    elsewhere.jit(adding(0), "train", program=("add", 3))(1.0, 1.0)
    assert elsewhere.seconds["compile"] == 10


def test_seconds_of_the_processors_are_booked_beside_those_of_the_wall(hands, monkeypatch):
    """Of nested phases each its own; waiting takes none."""
    worked = Hands()
    monkeypatch.setattr(module.time, "process_time", lambda: worked.now)
    clock = Clock()
    with clock("train"):
        hands.pass_by(5)
        worked.pass_by(8)
        with clock("sample"):
            hands.pass_by(2)
            worked.pass_by(1)
    assert (clock.seconds["train"], clock.seconds["sample"]) == (5, 2)
    assert (clock.cpu_seconds["train"], clock.cpu_seconds["sample"]) == (8, 1)


def test_operations_are_those_of_all_executions(hands, monkeypatch):
    """Of each shape its own; of one that fails none; once some are not known, the sum is not."""
    clock, other = Clock(), Clock()
    timed = clock.jit(lambda x: jnp.tanh(x @ x), "train")
    for n, times in ((4, 3), (8, 2)):
        for _ in range(times):
            timed(jnp.ones((n, n)))
    expected = 3 * (2 * 4**3 + 4**2) + 2 * (2 * 8**3 + 8**2)
    assert (clock.operations, other.operations) == (expected, 0)
    with monkeypatch.context() as patch:
        patch.setattr(module.jax, "block_until_ready", _no_memory)
        with pytest.raises(MemoryError):
            timed(jnp.ones((8, 8)))
    assert clock.operations == expected
    clock.count(None)
    clock.count(7.0)
    timed(jnp.ones((4, 4)))
    assert clock.operations is None


def _no_memory(found):
    raise MemoryError

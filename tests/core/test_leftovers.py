"""Memory that finished work still holds is given back before other work, where there is some worth looking for."""

import gc
import sys

import jax
import numpy as np
import pytest

from sgmbench.core import leftovers
from sgmbench.core.leftovers import FORGETS, GROWN, Leftovers, resident
from sgmbench.core.memory import peak_memory

MEGABYTE = 1 << 20
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells the resident memory")


@pytest.fixture
def told(monkeypatch):
    """A process of which the test says how large it is, and what is done to make it smaller."""
    sizes, done = [], []
    monkeypatch.setattr(leftovers, "resident", lambda: sizes.pop(0))
    monkeypatch.setattr(leftovers, "_collect", lambda: done.append("collected"))
    monkeypatch.setattr(jax, "clear_caches", lambda: done.append("forgotten"))
    return sizes, done


@on_linux
def test_a_cycle_of_objects_with_arrays_is_given_back_before_a_peak_is_measured():
    gc.disable()
    try:
        leftovers.LEFTOVERS.give_back()
        cycle = {"array": np.ones(200 * MEGABYTE // 8)}
        cycle["itself"] = cycle
        held = resident()
        del cycle
        with peak_memory() as peak:
            assert peak() < held - 150 * MEGABYTE
    finally:
        gc.enable()


@on_linux
def test_free_memory_that_the_allocator_keeps_is_given_back():
    kept = Leftovers()
    kept.give_back()
    blocks = [bytearray(32 * 1024) for _ in range(8_000)]  # below the size that is mapped by itself
    last = bytearray(32 * 1024)
    held = resident()
    del blocks
    kept.give_back()
    assert resident() < held - 200 * MEGABYTE
    assert len(last) == 32 * 1024


def test_nothing_is_looked_for_in_a_process_that_has_not_grown(told):
    sizes, done = told
    kept = Leftovers()
    sizes += [1000 * MEGABYTE, 1000 * MEGABYTE + GROWN - 1]
    kept.give_back()
    kept.give_back()
    assert done == []


def test_what_jax_remembers_is_forgotten_when_it_has_become_much(told):
    sizes, done = told
    kept, first = Leftovers(), 500 * MEGABYTE
    for before, after in ((first, []), (first + FORGETS, [first + FORGETS - 1])):
        sizes += [before, *after]
        kept.give_back()
    assert done == ["collected"]
    sizes += [first + FORGETS + GROWN, first + FORGETS, first]
    kept.give_back()
    assert done == ["collected", "collected", "forgotten", "collected"]
    sizes += [first + GROWN, first]
    kept.give_back()
    assert done[4:] == ["collected"]


def test_where_the_system_does_not_tell_nothing_is_done(told):
    sizes, done = told
    sizes += [None, None]
    kept = Leftovers()
    kept.give_back()
    kept.give_back()
    assert done == []

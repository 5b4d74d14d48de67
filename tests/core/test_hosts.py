"""One process agrees with itself, and is told what it lacks to be one of many."""

import jax
import pytest

from sgmbench.core.hosts import agreed, from_lead, in_step, is_in_step, join, meet
from sgmbench.errors import UsageError


def test_one_process_has_its_own_way():
    value = {"a": object()}
    assert agreed(value) is value
    assert from_lead(b"own") == b"own"
    meet(ValueError("alone"))
    with pytest.raises(ValueError, match="alone"), in_step():
        raise ValueError("alone")
    assert is_in_step()


def test_a_process_outside_of_a_job_is_told_what_to_write(monkeypatch):
    def initialize(*arguments, **options):
        raise ValueError("coordinator_address should be defined.")

    monkeypatch.setattr(jax.distributed, "initialize", initialize)
    with pytest.raises(UsageError) as caught:
        join()
    assert str(caught.value) == (
        "--distributed: JAX detects no job of SLURM, Open MPI or Kubernetes around this process "
        "(coordinator_address should be defined.); write --coordinator HOST:PORT --process-id I --num-processes N"
    )

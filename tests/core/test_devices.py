"""The same numbers on one device and on four: runs bit for bit, what networks make up to the order of float32 sums."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

MAKE = Path(__file__).with_name("made_on_devices.py")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What one device and four made: each its own training, and samples of what the one has learned."""
    folder = tmp_path_factory.mktemp("devices")
    one, four = folder / "one.npz", folder / "four.npz"
    for count, arguments in ((1, [one]), (4, [four, one])):
        flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={count}"
        threads = str(max(os.cpu_count() or 1, 2 * count))  # see docs/scaling.md
        environment = os.environ | {"XLA_FLAGS": flags, "NPROC": threads}
        subprocess.run([sys.executable, MAKE, *arguments], check=True, env=environment)
    with np.load(one) as first, np.load(four) as second:
        yield first, second


def test_rows_lie_on_all_devices(made):
    assert [int(each["devices"]) for each in made] == [1, 4]


def test_runs_are_bitwise_equal(made):
    one, four = made
    for name in ("y", "law_count", "law_mean", "law_variance", "law_values", "law_first_rank", "law_last_rank"):
        np.testing.assert_array_equal(four[name], one[name])


def test_samples_of_one_model_differ_in_last_digits(made):
    """The same noise; products of fewer rows are added in another order. The law has a standard deviation of 1."""
    one, four = made
    assert np.abs(four["samples"] - one["samples"]).max() < 1e-5


def test_training_differs_in_last_digits(made):
    """Of 40 steps in float32, whose gradients are sums of four parts."""
    one, four = made
    largest = np.abs(one["learned"]).max()
    assert np.abs(four["learned"] - one["learned"]).max() < 1e-4 * largest

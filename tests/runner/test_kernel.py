"""The calibration kernel: what every run has of its machine's speed."""

import small

from sgmbench.config.load import load
from sgmbench.runner import kernel
from sgmbench.runner.run import start


def test_a_run_has_the_seconds_of_the_kernel_on_its_machine(tmp_path, monkeypatch):
    monkeypatch.setattr("sgmbench.runner.run.kernel_seconds", lambda: 0.125)
    folder = start(load(small.write(tmp_path / "a.yaml"), ()).experiment, tmp_path)
    assert folder.record["environment"]["kernel_seconds"] == 0.125


def test_the_seconds_are_the_median_of_repetitions(monkeypatch):
    """Nine are timed; one that is disturbed does not count."""
    ticks = iter([0.0, 9.0] + [t for i in range(8) for t in (10.0 + i, 10.25 + i)])
    monkeypatch.setattr(kernel.time, "perf_counter", lambda: next(ticks))
    assert kernel.kernel_seconds.__wrapped__() == 0.25
    assert next(ticks, None) is None

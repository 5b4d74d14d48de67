"""The scripts of docs/sweep.md for queueing systems submit the jobs that stand below them."""

import re
from pathlib import Path

import pytest

import sgmbench

DOCS = (Path(__file__).parents[2] / "docs" / "sweep.md").read_text()
PAIRS = re.findall(r"^### (\w+)\n\n```python\n(.*?)^```\n\n```sh\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
OF_THE_MOMENT = {r"\S*/python\S* ": "python ", r"tcp://\S+": "tcp://SCHEDULER", r"--name \S+": "--name NAME"}


def test_there_is_one_for_each_system():
    assert [name for name, _, _ in PAIRS] == ["SLURM", "PBS", "LSF"]


@pytest.mark.parametrize(("script", "job"), [pair[1:] for pair in PAIRS], ids=[name for name, _, _ in PAIRS])
def test_a_script_submits_the_job_below_it(monkeypatch, script, job):
    """Nothing is submitted here: the job is generated in its place, and the run is not begun."""
    core = pytest.importorskip("dask_jobqueue.core")
    submitted, begun = [], []

    def scale(self, n=0, jobs=0):
        if jobs:  # else it is closed
            submitted.append((jobs, self.job_script(), self.scheduler_address))

    monkeypatch.setattr(core.JobQueueCluster, "scale", scale)
    monkeypatch.setattr(sgmbench, "run", lambda config, *, engine: begun.append((config, engine)), raising=False)
    exec(script, {"__name__": "__main__"})
    ((jobs, generated, address),) = submitted
    for found, stands_for in OF_THE_MOMENT.items():
        generated = re.sub(found, stands_for, generated)
    lines = [line for line in generated.splitlines()[1:] if line.strip()]
    assert lines == job.splitlines()
    assert (jobs, begun) == (8, [("configs/porous_electrode.yaml", address)])

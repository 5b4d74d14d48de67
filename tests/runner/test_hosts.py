"""Many processes make what one makes, bit for bit where nothing is summed, and go on where one of them dies."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import small
import yaml
from on_hosts import free_port, is_free, on_hosts
from typer.testing import CliRunner

from sgmbench import api
from sgmbench.cli import app
from sgmbench.errors import UsageError
from sgmbench.runner.agreement import without_times
from sgmbench.store.atomic import read_json
from sgmbench.store.run_folder import RunFolder

TRAINING = {"steps": 120, "warmup": 10, "evaluate_every": 20, "patience": 100}
LEARNER = {"kind": "learner:Learner", "label": "learner", "training": TRAINING}


def cells(results):
    """What is in the results and the samples of a run, and in the cache, without times.

    And without operations: what a program does once, and not for each run, every process does.
    """
    (run,) = results.glob("line/*/")
    files = [*run.rglob("result.json"), *run.rglob("references/*"), *run.rglob("*.nc"), *results.glob(".cache/*/*")]
    return {path.relative_to(run if run in path.parents else results).as_posix(): content(path) for path in files}


def content(path):
    if path.suffix != ".json":
        return path.read_bytes()
    found = without_times(read_json(path))
    found.get("cost", {}).pop("operations", None)
    return json.dumps(found)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    return tmp_path


def test_two_processes_make_what_one_makes_and_only_the_first_writes_and_speaks(here):
    config = small.write(
        here / "a.yaml", methods=["monte_carlo", LEARNER], metrics=["mean"], keep_samples="all"
    ).absolute()
    folders = [here / "lead", here / "other"]
    for folder in folders:
        folder.mkdir()
    answer = api.run(config, results=here / "one")
    lead, other = on_hosts(2, "run", str(config), "--json", folders=folders)

    assert lead[2] == other[2] == 0, (lead, other)
    told, alone = json.loads(lead[0]), json.loads(api.as_json(answer))
    assert (told.keys(), told["sentences"][0]) == (alone.keys(), alone["sentences"][0])
    assert other[0] == ""
    assert list(folders[1].iterdir()) == []
    assert cells(folders[0] / "results") == cells(here / "one")


@pytest.mark.slow
def test_four_processes_too_and_a_cell_that_fails_fails_in_all(here):
    methods = ["monte_carlo", "bootstrap", "small:Unable", LEARNER]
    config = small.write(here / "a.yaml", methods=methods, budgets=[20, 40], keep_samples="all").absolute()
    folders = [here / str(i) for i in range(4)]
    for folder in folders:
        folder.mkdir()
    api.run(config, results=here / "one")
    ended = on_hosts(4, "run", str(config), "--json", folders=folders)

    assert [code for _, _, code in ended] == [5, 0, 0, 0]
    assert [list(folder.iterdir()) for folder in folders[1:]] == [[], [], []]
    assert cells(folders[0] / "results") == cells(here / "one")
    (run,) = Path("0/results").glob("line/*/")
    (failed,) = [result for result in RunFolder(run).results() if result.status == "failed" and result.budget == 20]
    assert failed.reason == "nothing to learn here"

    again = on_hosts(4, "run", str(config), "--resume", "--set", "replicates=2", "--quiet", folders=folders)
    assert [code for _, _, code in again] == [2, 0, 0, 0]
    assert (
        again[0][1].splitlines()[-1].startswith("sgmbench: --resume: no run of this configuration below results/line/")
    )


def slurm(number, i):
    """The environment of a task of a job of two on this machine."""
    names = {
        "JOB_ID": number,
        "STEP_NODELIST": "localhost",
        "NTASKS": 2,
        "PROCID": i,
        "LOCALID": i,
        "STEP_NUM_NODES": 1,
    }
    return {f"SLURM_{name}": str(value) for name, value in names.items()}


def open_mpi(number, i):
    """The same of version 4, whose jobs are numbered in steps of 4,096."""
    world = {"SIZE": 2, "RANK": i, "LOCAL_RANK": i}
    uri = {"OMPI_MCA_orte_hnp_uri": f"{number * 4096}.0;tcp://127.0.0.1:34911"}
    return uri | {f"OMPI_COMM_WORLD_{name}": str(value) for name, value in world.items()}


@pytest.mark.slow
@pytest.mark.parametrize("launcher", [slurm, open_mpi])
def test_jobs_of_launchers_are_detected(here, launcher):
    """JAX makes the port of process 0 from the number of the job."""
    config = small.write(here / "a.yaml", methods=["monte_carlo"], metrics=["mean"]).absolute()
    (here / "other").mkdir()
    number = next(each for each in range(1000, 4096) if is_free(61440 + each))
    words, folders = ["run", str(config), "--quiet"], [here, here / "other"]
    ended = on_hosts(2, *words, folders=folders, job=partial(launcher, number))
    assert [code for _, _, code in ended] == [0, 0], ended
    (run,) = Path("results").glob("line/*/")
    assert RunFolder(run).record["environment"]["device"].endswith(" in 2 processes")


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_what_is_made_on_processes_is_what_one_device_makes(tmp_path, count):
    """Runs and a law bit for bit; samples of a model, of standard deviation 1, and learning up to sums in float32."""
    core = Path(__file__).parents[1] / "core"
    one, many, port = tmp_path / "one.npz", tmp_path / "many.npz", str(free_port())
    subprocess.run([sys.executable, core / "made_on_devices.py", one], check=True)
    script = [sys.executable, core / "made_on_hosts.py", port]
    begun = [subprocess.Popen([*script, str(i), str(count), many, one]) for i in range(count)]
    assert [each.wait() for each in begun] == [0] * count
    with np.load(one) as first, np.load(many) as second:
        assert int(second["devices"]) == count
        for name in ("y", "law_count", "law_mean", "law_variance", "law_values", "law_first_rank", "law_last_rank"):
            np.testing.assert_array_equal(second[name], first[name])
        assert np.abs(second["samples"] - first["samples"]).max() < 1e-5
        largest = np.abs(first["learned"]).max()
        assert np.abs(second["learned"] - first["learned"]).max() < 1e-4 * largest


@pytest.mark.slow
def test_a_process_that_fails_alone_ends_all(here):
    config = small.write(here / "a.yaml", methods=["parting:Lonely"], metrics=["mean"])
    (here / "lead").mkdir()
    (here / "other").mkdir()
    lead, other = on_hosts(2, "run", str(config.absolute()), "--quiet", folders=[here / "lead", here / "other"])

    assert (lead[2], other[2]) == (8, 8)
    assert "sgmbench: process 1 of 2 failed where others did not: CellError: no disk here" in other[1]
    assert "sgmbench: a process of this run is gone; start all of them again with --resume\n" in lead[1]
    (run,) = Path("lead/results").glob("line/*/")
    assert RunFolder(run).results() == []


@pytest.mark.slow
def test_a_run_that_fails_in_one_process_fails_in_all(here):
    config = small.write(here / "a.yaml", problem="parting:Licensed", methods=["monte_carlo"], metrics=["mean"])
    (here / "lead").mkdir()
    (here / "other").mkdir()
    lead, other = on_hosts(2, "run", str(config.absolute()), "--quiet", folders=[here / "lead", here / "other"])

    assert (lead[2], other[2]) == (5, 0)
    (run,) = Path("lead/results").glob("line/*/")
    assert {result.reason for result in RunFolder(run).results()} == {"no license here"}


class Supervised:
    """`sgmbench run a.yaml --processes 2` in this folder, beside what one process makes, whom nobody kills."""

    def __init__(self, left, *methods, holds=False):
        config = small.write(Path("a.yaml"), methods=list(methods), metrics=["mean"], keep_samples="all")
        Path("left").write_text("0")
        api.run(config, results="one")
        Path("steps").unlink(missing_ok=True)
        Path("fitting").unlink(missing_ok=True)
        if holds:
            Path("hold").touch()
        Path("left").write_text(str(left))
        paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-m", "sgmbench", "run", "a.yaml", "--processes", "2", "--json"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
        self.process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths}, **pipes)
        signal.signal(signal.SIGINT, inherited)

    def end(self):
        """What it prints, and its exit code; gloo's lines are of the moment."""
        stdout, stderr = self.process.communicate(timeout=600)
        own = [line for line in stderr.splitlines() if line.startswith("sgmbench: ")]
        return stdout, own, self.process.returncode

    def children(self):
        """Numbers of its processes."""
        process = self.process.pid
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def parting(**settings):
    return {"kind": "parting:Parting", "label": "learner", "training": TRAINING, **settings}


@pytest.mark.slow
@pytest.mark.parametrize("process", [0, 1])
def test_a_killed_process_leads_to_a_restart_from_the_checkpoint_and_the_same_results(here, process):
    stdout, said, code = Supervised(1, "monte_carlo", parting(process=process)).end()
    assert code == 0
    assert json.loads(stdout)["sentences"]
    assert said[-1] == (
        f"sgmbench: process {process} was ended by SIGKILL, as where memory runs out; "
        "all are started again, 1 of 3 times"
    )
    assert Path("steps").read_text().split() == ["20", "40", "60", "60", "80", "100", "120"]
    assert cells(Path("results")) == cells(Path("one"))


@pytest.mark.slow
def test_a_cell_that_kills_its_process_each_time_ends_in_a_message(here):
    stdout, said, code = Supervised(9, "monte_carlo", parting()).end()
    assert (stdout, code) == ("", 8)
    assert said[-1] == (
        "sgmbench: process 1 was ended by SIGKILL, as where memory runs out, and so 4 times; finished cells are kept, "
        "go on with --resume, or without --processes and with --isolate, where a cell that takes its process down "
        "fails alone"
    )
    assert Path("left").read_text() == "5"
    (run,) = Path("results").glob("line/*/")
    assert [result.method for result in RunFolder(run).results()] == ["monte_carlo"]


@pytest.mark.slow
def test_ctrl_c_ends_all(here):
    supervised = Supervised(0, "monte_carlo", {"kind": "small:Hesitant", "label": "slow"}, holds=True)
    end = time.monotonic() + 300
    while not Path("fitting").exists() and time.monotonic() < end:
        time.sleep(0.1)
    children = supervised.children()
    supervised.process.send_signal(signal.SIGINT)
    stdout, said, code = supervised.end()
    assert (stdout, code) == ("", 130)
    assert said == ["sgmbench: interrupted; finished cells are kept, go on with --resume"]
    assert len(children) == 2
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    (run,) = Path("results").glob("line/*/")
    assert RunFolder(run).record["status"] == "interrupted"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--coordinator", "node1:12345"],
            "--coordinator: write --process-id and --num-processes, too; the three go together",
        ),
        (
            ["--coordinator", "node1", "--process-id", "0", "--num-processes", "2"],
            "--coordinator node1: is no HOST:PORT; write that of process 0, node1:12345 say",
        ),
        (
            ["--coordinator", "node1:12345", "--process-id", "2", "--num-processes", "2"],
            "--process-id 2: of 2 processes the numbers are 0 to 1",
        ),
        (
            ["--distributed", "--process-id", "0"],
            "--distributed: JAX finds out the rest; leave --process-id out",
        ),
        (
            ["--processes", "2", "--distributed"],
            "--processes: starts processes that know of each other; leave --coordinator, --process-id, --num-processes "
            "and --distributed out",
        ),
    ],
)
def test_what_is_asked_by_halves_is_refused(here, words, message):
    shown = CliRunner().invoke(app, ["run", str(small.write(Path("a.yaml"))), *words])
    assert (shown.exit_code, shown.stderr) == (2, f"sgmbench: {message}\n")
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("changes", "is_first", "message"),
    [
        (
            {"problem": "fatal:Fatal"},
            True,
            "Fatal: its runs are made outside JAX, by one process; leave the others out",
        ),
        (
            {"timeout": 5.0},
            True,
            "--isolate and a timeout end the process that makes a cell, and with it all; leave them out",
        ),
        (
            {},
            False,
            "process 0 runs an experiment, and the others follow it; write sgmbench.led(lambda: sgmbench.run(...))",
        ),
    ],
)
def test_what_many_processes_cannot_do_is_refused_before_a_folder_is_made(
    here, monkeypatch, changes, is_first, message
):
    monkeypatch.setattr("sgmbench.runner.hosts.is_alone", lambda: False)
    monkeypatch.setattr("sgmbench.runner.hosts.is_lead", lambda: is_first)
    with pytest.raises(UsageError) as caught:
        api.run(small.write(Path("a.yaml"), **changes))
    assert str(caught.value) == message
    assert not Path("results").exists()


def blocks(section):
    """The indented blocks of a section of docs/hosts.md."""
    text = (Path(__file__).parents[2] / "docs" / "hosts.md").read_text()
    (lines,) = [part.splitlines()[1:] for part in text.split("\n## ") if part.splitlines()[0] == section]
    shown = "\n".join(line[4:] if line.startswith("    ") else "\0" if line else "" for line in lines)
    return [block.strip() for block in shown.split("\0") if block.strip()]


@pytest.mark.parametrize(("section", "scripts"), [("SLURM", 1), ("Open MPI", 2)])
def test_scripts_of_the_documentation_are_such_as_bash_reads(section, scripts):
    assert len(blocks(section)) == scripts
    for script in blocks(section):
        subprocess.run(["bash", "-n", "-c", script], check=True)


def test_the_job_of_the_documentation_hangs_together():
    (text,) = blocks("Kubernetes")
    made = {each["kind"]: each for each in yaml.safe_load_all(text)}
    pod = made["Job"]["spec"]["template"]["spec"]
    assert {each["metadata"]["name"] for each in made.values()} == {"sgmbench"}
    assert made["Service"]["spec"]["selector"]["job-name"] == made["Job"]["metadata"]["name"]
    assert (pod["subdomain"], pod["serviceAccountName"]) == ("sgmbench", "sgmbench")
    assert made["Job"]["spec"]["completions"] == made["Job"]["spec"]["parallelism"]
    subprocess.run(["bash", "-n", "-c", pod["containers"][0]["args"][0]], check=True)

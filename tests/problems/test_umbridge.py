"""The UM-Bridge client against a real server: right values, every way to fail, and a whole run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from sgmbench.cli import app
from sgmbench.config import ConfigError, build, dump
from sgmbench.core.clock import Clock
from sgmbench.core.prepare import prepare
from sgmbench.core.prior import LogNormal
from sgmbench.core.problem import Traceable
from sgmbench.core.rng import stream
from sgmbench.errors import OutageError, UsageError
from sgmbench.problems.umbridge import UMBridge
from sgmbench.store.run_folder import RunFolder

pytest.importorskip("umbridge", reason="umbridge is not installed; pip install 'sgmbench[umbridge]'")

MODELS = Path(__file__).parent / "umbridge_models.py"
KEY = stream(0, "test_umbridge")
SLEEP = 0.01  # s, of `ill_at_the_ends`
PLAIN = {
    "kind": "umbridge",
    "inputs": [
        {"name": "load", "unit": "N", "parameter": ["uniform", 0, 1]},
        {"name": "gravity", "unit": "m/s^2", "value": 9.81},
        {"name": "roughness", "germ": ["log_normal", 0, 0.5], "size": 2, "vector": 2},
        {"name": "thickness", "unit": "m", "parameter": ["log_uniform", 0.1, 10], "vector": 2},
    ],
    "outputs": [
        {"name": "u", "unit": "m", "axes": {"name": "x", "unit": "m", "size": 3, "span": [0, 1]}},
        {"name": "q", "unit": "W"},
    ],
    "backoff": 0.01,
}


def problem_at(url, model, **changes):
    """The configured model of a server."""
    return build("problems", PLAIN | {"url": url, "model": model} | changes)


def runs_of(problem, n, *, key=KEY, z=()):
    return prepare(problem, Clock(), at_condition=bool(z))(n, key=key, z=z)


@contextmanager
def serving():
    """The models of `umbridge_models.py` on a free port: the URL and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, MODELS, url.rpartition(":")[2]]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end and not answers(url):
            time.sleep(0.05)
        yield url, process
    finally:
        process.kill()
        process.wait()


def answers(url):
    try:
        return urllib.request.urlopen(f"{url}/Info", timeout=5).status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def url():
    with serving() as (url, _):
        yield url


def noted(url, what):
    """What the models noted since it was asked for last: `calls`, or how many were `in_work_at_most`."""
    return int(UMBridge(url, what).simulate_batch(np.zeros((1, 1)), np.zeros((1, 0)))[0, 0])


@dataclass(frozen=True)
class Twin(Traceable):
    """The model `forward` with its configured inputs, in JAX."""

    parameters = build("problems", PLAIN).parameters
    germ_dimension = 2
    layout = build("problems", PLAIN).layout

    def simulate(self, z, xi):
        k, roughness = jnp.arange(1.0, 4.0), LogNormal(0.0, 0.5).from_normal(xi)
        return {"u": z[0] * k + 9.81 * roughness[0] * k**2, "q": roughness[1] * z[1]}


@pytest.mark.parametrize("z", [(), (0.3, 2.0)])
def test_runs_are_those_of_the_same_map_in_jax(url, z):
    problem = problem_at(url, "forward", parallel=4)
    problem.check()
    hosted, traced = (runs_of(each, 150, z=z) for each in (problem, Twin()))
    np.testing.assert_allclose(hosted.z, traced.z, rtol=1e-14)
    np.testing.assert_allclose(hosted.y, traced.y, rtol=1e-13)
    assert hosted.ok.all()
    assert hosted.executed == 150
    assert hosted.seconds["simulate"] > 0 == hosted.seconds["compile"]


def test_runs_keep_their_order_whatever_the_number_of_requests(url):
    problem = problem_at(url, "slow_and_out_of_order")
    one = runs_of(problem, 60)
    assert one.ok.all()
    assert noted(url, "in_work_at_most") == 1
    for parallel in (5, 16):
        runs = runs_of(replace(problem, parallel=parallel), 60)
        np.testing.assert_array_equal(runs.z, one.z)
        np.testing.assert_array_equal(runs.y, one.y)
        assert 1 < noted(url, "in_work_at_most") <= parallel


def test_config_and_levels_reach_the_model(url):
    levels = [{"config": {"factor": 2.0}, "relative_cost": 0.5}, {"config": {"factor": 4.0}, "relative_cost": 0.25}]
    fine = problem_at(url, "forward", config={"mesh": 8, "adaptive": True, "solver": "cg"}, levels=levels)
    fine.check()
    middle, coarse = fine.coarser(), fine.coarser().coarser()
    assert coarse.coarser() is None
    assert [level.relative_cost for level in (fine, middle, coarse)] == [1.0, 0.5, 0.25]
    y, y_middle, y_coarse = (runs_of(level, 10).y for level in (fine, middle, coarse))
    np.testing.assert_allclose(y_middle, 2 * y, rtol=1e-15)
    np.testing.assert_allclose(y_coarse, 4 * y, rtol=1e-15)


def test_nan_and_errors_are_failed_runs_exactly_where_they_are(url):
    runs = runs_of(problem_at(url, "ill_at_the_ends", parallel=4), 80)
    np.testing.assert_array_equal(runs.ok, (runs.z[:, 0] >= 0.2) & (runs.z[:, 0] <= 0.7))
    assert np.isnan(runs.y[~runs.ok]).all()
    np.testing.assert_allclose(runs.y[runs.ok], runs_of(Twin(), 80).y[runs.ok], rtol=1e-13)
    assert (runs.executed, runs.failed) == (80, int(np.sum(~runs.ok)))
    assert runs.failed > 10


def test_an_answer_of_another_length_is_a_failed_run(url):
    problem = problem_at(url, "forward", outputs=PLAIN["outputs"][:1])
    assert runs_of(problem, 3).failed == 3


class Handler(BaseHTTPRequestHandler):
    """Hands requests to the `answer` of its server."""

    def do_GET(self):
        self.say(self.server.answer(self.path, {}))

    def do_POST(self):
        self.say(self.server.answer(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))

    def say(self, plain):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(plain).encode())

    def log_message(self, *arguments):
        pass


class Vanishing:
    """The model `forward` on a server that is gone after some runs, and is there again after some seconds, if ever."""

    def __init__(self, *, runs, seconds=None):
        self.last, self.seconds, self.count, self.port = runs, seconds, 0, 0
        self.appear()

    def appear(self):
        self.server: Any = HTTPServer(("127.0.0.1", self.port), Handler)
        self.server.answer = self.answer
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def vanish(self):
        self.server.shutdown()
        self.server.server_close()
        if self.seconds is not None:
            time.sleep(self.seconds)
            self.appear()

    def answer(self, path, asked):
        if path == "/Evaluate":
            self.count += 1
            if self.count == self.last:
                Thread(target=self.vanish, daemon=True).start()
            (load, gravity), (first, second, thickness) = asked["input"]
            return {"output": [[load * k + gravity * first * k**2 for k in (1, 2, 3)], [second * thickness]]}
        return {
            "/Info": {"protocolVersion": 1.0, "models": ["forward"]},
            "/ModelInfo": {"support": {"Evaluate": True}},
            "/InputSizes": {"inputSizes": [2, 3]},
            "/OutputSizes": {"outputSizes": [3, 1]},
        }[path]


def test_a_server_that_dies_and_returns_loses_no_run():
    there = Vanishing(runs=10, seconds=0.4)
    runs = runs_of(problem_at(there.url, "forward", outage=30), 40)
    assert runs.ok.all()
    np.testing.assert_allclose(runs.y, runs_of(Twin(), 40).y, rtol=1e-13)
    assert there.count >= 40
    assert runs.seconds["simulate"] > 0.4
    there.server.shutdown()


def test_a_server_that_dies_for_good_leaves_no_failed_runs_but_an_error():
    with serving() as (url, process):
        problem = problem_at(url, "dies_after_ten", retries=1, outage=0.3)
        problem.check()
        with pytest.raises(OutageError) as caught:
            runs_of(problem, 40)
        assert str(caught.value) == f"no server has answered at {url} for 0.3 s; start it again, then --resume"
        assert process.wait(timeout=10) == 1


def test_a_run_that_hangs_is_cut_by_the_timeout_and_not_sent_again(url):
    noted(url, "calls")
    started = time.monotonic()
    runs = runs_of(problem_at(url, "hangs_above_one_half", timeout=2, parallel=10), 10)
    assert time.monotonic() - started < 20
    np.testing.assert_array_equal(runs.ok, runs.z[:, 0] <= 0.5)
    assert 0 < runs.failed < 10
    assert noted(url, "calls") == 10


@pytest.mark.parametrize(("retries", "failed", "sent"), [(2, 0, 3), (1, 12, 2), (0, 12, 1)])
def test_retries_recover_from_a_flaky_server(url, retries, failed, sent):
    noted(url, "calls")
    problem = problem_at(url, "fails_twice", retries=retries, parallel=3)
    runs = runs_of(problem, 12, key=stream(0, "flaky", retries))
    assert (runs.failed, noted(url, "calls")) == (failed, 12 * sent)


def test_the_wait_before_a_retry_doubles(url):
    problem = problem_at(url, "fails_twice", backoff=0.2)
    assert runs_of(problem, 1, key=stream(0, "backoff")).seconds["simulate"] > 0.2 + 0.4


def refusal(problem):
    with pytest.raises(UsageError) as caught:
        problem.check()
    return str(caught.value)


def test_what_does_not_suit_the_server_is_said_before_anything_is_spent(url):
    names = (
        "forward, slow_and_out_of_order, ill_at_the_ends, hangs_above_one_half, fails_twice, dies_after_ten, waits, "
        "calls, in_work_at_most, mute"
    )
    assert refusal(problem_at(url, "forwrd")) == f"{url} has no model 'forwrd'; write `model` as one of {names}"
    assert refusal(problem_at(url, "mute")) == f"{url}: the model 'mute' cannot be evaluated; choose another"
    assert refusal(problem_at(url, "forward", inputs=PLAIN["inputs"][:2])) == (
        f"{url}: the model 'forward' takes vectors of sizes [2, 3]; `inputs` give [2]: "
        "add or remove entries, or move them by `size` and `vector`"
    )
    coarse = [{"config": {"mesh": 4}, "relative_cost": 0.5}]
    assert refusal(problem_at(url, "calls", inputs={"name": "x", "value": 0}, levels=coarse)) == (
        f"{url}: the model 'calls' returns vectors of sizes [1]; `outputs` have 4 values: "
        "mend the axes of the fields, or name what is missing"
    )
    assert refusal(replace(problem_at(url, "calls", levels=coarse), level=1)) == (
        f"{url}: the model 'calls' with config {{'mesh': 4}} takes vectors of sizes [1]; `inputs` give [2, 3]: "
        "add or remove entries, or move them by `size` and `vector`"
    )


def test_where_no_server_is_the_message_says_what_to_do():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert refusal(problem_at(url, "forward")) == (
            f"no server answers at {url}; start the UM-Bridge server there, or correct `url`"
        )
        nobody.listen()
        assert refusal(problem_at(url, "forward", timeout=0.2)) == (
            f"{url}/Info gives no answer in 0.2 s; restart the server, or correct `url`"
        )


QUESTION = "is a UM-Bridge server there, and do `model` and `config` suit it?"


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, "Not here", f"/Info answers with status 404 and 'Not here'; {QUESTION}"),
        (200, "<html>", f"/Info answers with status 200 and '<html>'; {QUESTION}"),
        (200, '{"protocolVersion": 2.0}', " speaks version 2.0 of UM-Bridge; sgmbench speaks 1.0"),
    ],
)
def test_a_server_of_something_else_is_told_apart(status, body, message):
    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        said = refusal(problem_at(url, "forward"))
        server.shutdown()
    assert said == f"{url}{message}"


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "sgmbench.problems.clients.um_bridge", raising=False)
    said = "umbridge is not installed; pip install 'sgmbench[umbridge]'"
    problem = UMBridge()
    assert refusal(problem) == said
    with pytest.raises(UsageError, match="umbridge is not installed"):
        problem.simulate_batch(np.zeros((1, 1)), np.zeros((1, 0)))


def test_a_configuration_is_dumped_and_read_back(url):
    problem = problem_at(url, "forward", config={"mesh": 8, "fast": True, "tol": 1e-3, "solver": "cg"})
    again = build("problems", json.loads(json.dumps(dump(problem))))
    assert again == problem
    assert hash(again) == hash(problem)
    assert again.config["fast"] is True
    assert [p.name for p in problem.parameters] == ["load", "thickness"]
    assert problem.layout.fields[0].axes[0].coordinates == (0.0, 0.5, 1.0)


X = {"name": "x", "parameter": ["uniform", 0, 1]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"inputs": [{"name": "x"}]},
            "problem: inputs.0: x is to have one of parameter, germ and value; it has none of them",
        ),
        (
            {"inputs": [X | {"value": 1}]},
            "problem: inputs.0: x is to have one of parameter, germ and value; it has parameter and value",
        ),
        (
            {"inputs": [X | {"parameter": ["unifrom", 0, 1]}]},
            "problem: inputs.0.parameter.0: 'unifrom' is unknown (did you mean uniform?); write uniform, log_uniform, "
            "normal or log_normal",
        ),
        (
            {"inputs": [X | {"parameter": ["uniform", 1, 0]}]},
            "problem: inputs.0: uniform is [uniform, low, high], and 1 is not below 0",
        ),
        (
            {"inputs": [X | {"parameter": ["log_uniform", 0, 1]}]},
            "problem: inputs.0: log_uniform is [log_uniform, low, high], and 0 has no logarithm",
        ),
        (
            {"inputs": [{"name": "x", "germ": ["normal", 0, 0]}]},
            "problem: inputs.0: normal is [normal, mean, sd], and 0 is not a positive sd",
        ),
        ({"inputs": [X, X]}, "problem: inputs: x is there twice; name each once"),
        ({"url": "localhost:4242"}, "problem: url is 'localhost:4242'; begin it with http:// or https://"),
        ({"level": 1}, "problem: level is 1, and `levels` has 0; write at most that"),
        (
            {"outputs": {"name": "u", "axes": {"name": "t", "size": 3, "coordinates": [0, 1, 4]}}},
            "problem: outputs.axes: t has coordinates, and size or span beside them; leave one out",
        ),
    ],
)
def test_configurations_that_cannot_be_meant_are_refused(changes, message):
    with pytest.raises(ConfigError) as caught:
        build("problems", {"kind": "umbridge"} | changes)
    assert str(caught.value) == message


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A command in an empty folder; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def write(path, problem):
    """A small experiment on a problem."""
    plain = {
        "name": "hosted",
        "problem": problem,
        "targets": ["marginal"],
        "methods": ["monte_carlo", "bootstrap"],
        "budgets": [20],
        "replicates": 1,
        "reference": {"size": 60},
        "metrics": ["energy", "mean", "standard_deviation"],
    }
    path.write_text(yaml.safe_dump(plain))
    return path


def test_a_whole_run_has_its_costs_and_failures_in_its_results(call, url):
    ended = call("run", write(Path("ill.yaml"), PLAIN | {"url": url, "model": "ill_at_the_ends"}), "--json")
    assert ended.exit_code == 0, ended.output
    summary = json.loads(ended.stdout)["summary"]
    truth = summary["targets"][0]["conditions"]["all"]
    assert 0 < truth["failed"] < truth["size"] == 60
    assert truth["seconds"]["simulate"] / 60 > SLEEP
    assert [result["method"] for result in summary["results"]] == ["monte_carlo", "bootstrap"]
    for result in summary["results"]:
        assert result["status"] == "ok"
        assert 0 < result["failed_runs"] < 20
        assert result["cost"]["solver_runs"] == result["cost"]["executed_runs"] == 20
        assert result["cost"]["seconds"]["simulate"] / 20 > SLEEP


def test_a_run_needs_its_server_only_for_what_is_missing(call):
    with serving() as (url, _):
        config = write(Path("a.yaml"), PLAIN | {"url": url, "model": "forward"})
        first = call("run", config, "--json")
        assert first.exit_code == 0, first.output
    said = f"sgmbench: no server answers at {url}; start the UM-Bridge server there, or correct `url`\n"
    assert json.loads(call("run", config, "--json", "--resume").stdout) == json.loads(first.stdout)
    (record,) = Path("results").glob("hosted/*/run.json")
    (RunFolder(record.parent).cell("marginal.monte_carlo.20.r0") / "result.json").unlink()
    ended = call("run", config, "--quiet", "--resume")
    assert (ended.exit_code, ended.stderr) == (2, said)
    ended = call("run", config, "--quiet", "--results", "elsewhere")
    assert (ended.exit_code, ended.stderr) == (2, said)
    assert not Path("elsewhere").exists()


def test_a_run_goes_on_when_its_server_has_returned(call):
    truth, budget = 2 * 60, 20
    there = Vanishing(runs=truth + budget // 2)
    config = write(Path("a.yaml"), PLAIN | {"url": there.url, "model": "forward", "outage": 0.3})
    ended = call("run", config, "--json")
    assert ended.exit_code == 5, ended.output
    results = json.loads(ended.stdout)["summary"]["results"]
    assert {result["method"]: result["reason"] for result in results} == {
        "monte_carlo": f"no server has answered at {there.url} for 0.3 s; start it again, then --resume",
        "bootstrap": f"no server answers at {there.url}; start the UM-Bridge server there, or correct `url`",
    }
    assert {result["is_outage"] for result in results} == {True}

    there.last, made = 0, there.count
    there.appear()
    resumed = call("run", config, "--json", "--resume")
    assert resumed.exit_code == 0, resumed.output
    assert there.count == made + 2 * budget  # of the truth no run is made again
    undisturbed = call("run", config, "--json", "--results", "elsewhere")
    scores = [
        {result["method"]: result["scores"] for result in json.loads(each.stdout)["summary"]["results"]}
        for each in (resumed, undisturbed)
    ]
    assert scores[0] == scores[1]
    there.server.shutdown()


def test_ctrl_c_ends_a_run_that_waits_for_its_server(tmp_path, url):
    config = write(tmp_path / "a.yaml", PLAIN | {"url": url, "model": "waits", "parallel": 8})
    noted(url, "calls")
    # A shell starts its background jobs with SIGINT ignored, which their children would inherit.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "sgmbench", "run", config],
        cwd=tmp_path,
        env=os.environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, inherited)
    seen, end = 0, time.monotonic() + 100
    while seen < 8 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
        seen += noted(url, "calls")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stderr.splitlines()[-1] == "sgmbench: interrupted; finished cells are kept, go on with --resume"
    assert "Traceback" not in stderr

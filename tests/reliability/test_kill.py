"""A run that is killed anywhere and gone on with ends as one that nobody disturbed, byte for byte but for times.

SGMBENCH_KILLS=100 pytest tests/reliability/test_kill.py      at 100 random moments beside the chosen ones
"""

import json
import os
import signal
from collections import Counter
from pathlib import Path

import killed
import numpy as np
import pytest
import small
from held import held
from killed import attempt

from sgmbench import api

KILLS = int(os.environ.get("SGMBENCH_KILLS", "2"))
WHOLE = 1.5  # s, about as long as a run takes without its imports
EARLY = 0.05  # s
PHASES = ["result", "sample", *killed.PHASES]
DIFFUSION = {
    "kind": "diffusion",
    "representation": ["standardize"],
    "network": {"kind": "mlp", "width": 16, "blocks": 1},
    "training": {"steps": 3_000, "batch": 64, "warmup": 10, "evaluate_every": 100, "patience": 100},
    "sampler": {"kind": "dpmpp_2m_sde", "steps": 32},
    "calibration": 0,
}
OF_DIFFUSION = {"LEARNER": "sgmbench.diffusion.method:Diffusion"}


def finished(results):
    """The results of cells, with the time at which they were written."""
    paths = results.glob("line/*/cells/*/result.json")
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def checkpoints(results):
    return sorted(path.name for path in results.glob(".cache/checkpoints/*/0*"))


def parts(results):
    return [path.parent.name for path in results.rglob(".sgmbench-*.part")]


def test_at_chosen_moments(here, undisturbed, record_property):
    """What is finished is never made again, what is half written never read, a training goes on where it was.

    The third attempt makes one cell, of whose six checkpoints the first two are there, and runs no solver.
    """
    results, kept = Path("chosen"), {}

    def kill(*moment):
        nonlocal kept
        assert attempt(results, *moment).returncode == -signal.SIGKILL
        now = finished(results)
        assert {path: now[path] for path in kept} == kept
        kept = now

    kill("result", 1)
    cell = "marginal.monte_carlo.20.r0"
    (folder,) = results.glob("line/*/cells/*")
    assert (kept, folder.name, parts(folder)) == ({}, cell, [cell])
    assert (folder / "samples.nc").exists()
    kill("save", 3)
    assert (len(kept), checkpoints(results)) == (2, ["000000020", "000000040"])
    assert attempt(results).returncode == 0
    begun = json.loads(Path("phase").read_text())
    assert (begun["cell"], begun["save"], "simulate" in begun) == (1, 4, False)
    assert {path: now for path, now in finished(results).items() if path in kept} == kept
    assert held(results) == undisturbed
    record_property("injected", 2)


def test_at_random_moments(here, undisturbed, record_property):
    """A few as soon as the process begins, half of the others at any time of the run, half early in some phase."""
    rng, seen, runs = np.random.default_rng(0), Counter(), 1
    while seen.total() < KILLS:
        results, way = Path(f"random-{runs}"), rng.random()
        if way < 0.1:
            ended = attempt(results, seconds=rng.uniform(0, 3))
        elif way < 0.55:
            ended = attempt(results, "run", 1, rng.uniform(0, WHOLE))
        else:
            delay = EARLY * 10 ** rng.uniform(-3, 0)
            ended = attempt(results, rng.choice(PHASES), rng.integers(1, 5), delay)
        code = ended.returncode
        assert code in (0, -signal.SIGKILL)
        if code:
            seen[Path("phase").read_text().strip()] += 1
        else:
            assert held(results) == undisturbed
            runs += 1
    assert attempt(results).returncode == 0
    assert held(results) == undisturbed
    record_property("injected", seen.total())
    record_property("phases", ", ".join(f"{phase} {count}" for phase, count in seen.most_common()))


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["train", "sample"])
def test_while_a_diffusion_model_trains_or_samples(phase, tmp_path, monkeypatch, record_property):
    """At random moments of as much time as an undisturbed one takes for it; what is compiled is kept."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    small.write(Path("a.yaml"), methods=[DIFFUSION], budgets=[200], metrics=["energy"], keep_samples="all")
    answer = api.run("a.yaml", results="undisturbed")
    (result,) = answer.summary.results
    rng, longest = np.random.default_rng(0), max(result.cost.seconds[phase], 10 * EARLY)
    killed_so_far, runs, resumed = 0, 1, Counter()
    while killed_so_far < KILLS:
        results = Path(f"killed-{runs}")
        ended = attempt(results, phase, 1, rng.uniform(0, longest), env=OF_DIFFUSION)
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        killed_so_far += ended.returncode != 0
        resumed.update(checkpoints(results)[-1:])
        if not ended.returncode:
            assert held(results) == held(Path("undisturbed"))
            runs += 1
    assert attempt(results, env=OF_DIFFUSION).returncode == 0
    assert held(results) == held(Path("undisturbed"))
    record_property("injected", killed_so_far)
    going_on = f", going on from {len(resumed)} different checkpoints" if resumed else ""
    record_property("phases", f"{phase} {killed_so_far}{going_on}")

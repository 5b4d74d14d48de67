"""References of which some runs are kept: the same runs as of a smaller one, and moments of all."""

from pathlib import Path

import numpy as np
import pytest
import small

from sgmbench import api
from sgmbench.core.clock import Clock
from sgmbench.core.progress import silent
from sgmbench.core.rng import stream
from sgmbench.core.simulation import Simulation
from sgmbench.runner import streaming
from sgmbench.store.atomic import read_json

KEY = stream(0, "streaming")
N, KEPT = 1_000, 120


@pytest.fixture
def in_blocks(monkeypatch):
    """A streamed reference in four blocks, of which the last is short."""
    monkeypatch.setattr(streaming, "BLOCK", 300)
    return lambda problem, z=(): streaming.streamed_runs(problem, N, kept=KEPT, key=KEY, z=z, progress=silent)


@pytest.mark.parametrize("z", [(), (0.3, 1.2)])
def test_runs_are_those_of_the_stream_and_moments_those_of_all(in_blocks, z):
    runs, law = in_blocks(small.Line(), z)
    whole = Simulation(small.Line(), Clock(), at_condition=bool(z))(N, key=KEY, z=z)
    np.testing.assert_array_equal(runs.y, whole.y[:KEPT])
    np.testing.assert_array_equal(runs.z, whole.z[:KEPT])
    assert law.count == N
    np.testing.assert_allclose(law.mean, whole.y.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(law.variance, whole.y.var(axis=0, ddof=1), rtol=1e-12)


def test_failed_runs_are_in_no_moment(in_blocks):
    runs, law = in_blocks(small.SometimesNaN())
    whole = Simulation(small.SometimesNaN(), Clock(), at_condition=False)(N, key=KEY)
    assert 0 < runs.failed == KEPT - whole.ok[:KEPT].sum()
    assert law.count == whole.ok.sum() < N
    np.testing.assert_allclose(law.mean, whole.y[whole.ok].mean(axis=0), rtol=1e-13)


def test_progress_counts_all_runs(monkeypatch):
    monkeypatch.setattr(streaming, "BLOCK", 300)
    told = []

    def listen(phase, done, total, note=""):
        told.append((done, total))

    streaming.streamed_runs(small.Line(), N, kept=KEPT, key=KEY, z=(), progress=listen)
    done = [each for each, _ in told]
    assert done == sorted(done)
    assert told[-1] == (N, N)


def test_moments_are_worth_more_runs_than_are_kept(tmp_path, monkeypatch):
    """Of 1,000 runs, by energy no more is claimed than a third of those kept, by mean and quantiles a third of all."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    reference, metrics = {"size": 60_000, "kept": 600}, ["energy", "mean", {"kind": "quantiles", "levels": [0.5]}]
    plan = {"methods": ["monte_carlo"], "budgets": [1_000], "replicates": 6, "metrics": metrics}
    answer = api.run(small.write(Path("a.yaml"), targets=["marginal"], reference=reference, **plan))
    (line,) = answer.summary.targets[0].lines
    by_energy = line.equivalent["energy"]["all"]
    assert by_energy.at_least
    assert by_energy.value <= by_energy.cap == 200
    for part in ("mean/u", "quantiles/u/0.5"):
        worth = line.equivalent[part]["all"]
        assert worth.cap == 20_000
        assert by_energy.cap < worth.value < 20 * 1_000
    known = read_json(Path(answer.summary.run) / "references" / "marginal.json")["conditions"]["all"]
    assert (known["size"], known["streamed"], known["floor_size"]) == (600, 60_000, 600)

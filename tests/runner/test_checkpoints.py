"""A run that is interrupted while it trains goes on from its checkpoint and ends with the same numbers."""

from pathlib import Path

import jax
import pytest
import small

from sgmbench import api
from sgmbench.cli.orderly import Terminated
from sgmbench.errors import CellError, StoreError
from sgmbench.learning import work
from sgmbench.store.checkpoints import FolderCheckpoints
from sgmbench.store.run_folder import RunFolder

LEARNER = {"kind": "learner:Learner", "training": {"steps": 120, "warmup": 10, "evaluate_every": 20, "patience": 100}}
CHECKPOINTS = Path("results/.cache/checkpoints")


def numbers(answer):
    return {result.name: (result.content, result.status, result.scores) for result in answer.summary.results}


class Listener:
    """Hears the steps of training, and interrupts once a step is reached."""

    def __init__(self, stop_at=float("inf"), error=None):
        self.stop_at, self.error, self.steps = stop_at, error or KeyboardInterrupt(), []

    def __call__(self, phase, done, total, note=""):
        if phase == "training":
            self.steps.append(done)
            if done >= self.stop_at:
                raise self.error


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A configuration in an empty folder; figures have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sgmbench.api.running.draw_figures", lambda *arguments: None)
    return small.write(Path("a.yaml"), methods=[LEARNER], metrics=["mean"])


def test_an_interrupted_training_is_resumed_and_ends_with_the_same_numbers(config, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(work, "SAVE_EVERY", 0.0)
        with pytest.raises(KeyboardInterrupt):
            api.run(config, progress=Listener(stop_at=75))
    (content,) = CHECKPOINTS.glob("[!.]*")
    assert sorted(path.name for path in content.iterdir()) == ["000000040", "000000060"]

    heard = Listener()
    resumed = api.run(config, resume=True, progress=heard)
    assert heard.steps == [80, 100, 120]
    assert not list(CHECKPOINTS.iterdir())
    assert RunFolder(Path(resumed.summary.run)).record["status"] == "complete"
    assert numbers(resumed) == numbers(api.run(config, results=Path("elsewhere")))


def test_a_short_training_writes_no_checkpoint(config, monkeypatch):
    monkeypatch.setattr(FolderCheckpoints, "save", lambda self, step, state: pytest.fail("a checkpoint is written"))
    assert not api.run(config).has_failed_cells
    assert not CHECKPOINTS.exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CellError("no more"), "no more"),
        (
            jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: 8 bytes"),
            "memory does not suffice (RESOURCE_EXHAUSTED: 8 bytes); free some, then --resume",
        ),
    ],
)
def test_a_fit_that_fails_leaves_no_checkpoints(config, monkeypatch, error, reason):
    """Its cell is a failed result; tried again it begins anew."""
    monkeypatch.setattr(work, "SAVE_EVERY", 0.0)
    answer = api.run(config, progress=Listener(stop_at=75, error=error))
    assert [(result.status, result.reason) for result in answer.summary.results] == [("failed", reason)]
    assert not list(CHECKPOINTS.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Terminated(), StoreError("the disk is full")])
def test_what_ends_the_command_keeps_them(config, monkeypatch, error):
    monkeypatch.setattr(work, "SAVE_EVERY", 0.0)
    with pytest.raises(type(error)):
        api.run(config, progress=Listener(stop_at=75, error=error))
    (content,) = CHECKPOINTS.glob("[!.]*")
    assert sorted(path.name for path in content.iterdir()) == ["000000040", "000000060"]

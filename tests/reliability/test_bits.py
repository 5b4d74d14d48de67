"""One flipped bit in any artifact is found by `verify`, and what has one is not used: it is made again, or refused."""

import re
import shutil
from pathlib import Path

import pytest
from held import held

from sgmbench import api
from sgmbench.compare.baseline import read_baseline
from sgmbench.errors import StoreError, UsageError
from sgmbench.learning import work
from sgmbench.store.manifest import remove_manifest
from sgmbench.store.run_folder import RunFolder

CELL = "cells/marginal.learner.20.r0"
KINDS = ("reference", "floor", "runs", "fit")
DIGIT = re.compile(rb"\d\.(\d)")


@pytest.fixture
def results(copied):
    """Those of a run that has not ended: no manifest tells what its files are."""
    folder = run_in(copied)
    remove_manifest(folder.path)
    folder.write_record({**folder.record, "status": "interrupted"})
    return copied


def run_in(results):
    (path,) = results.glob("line/*/run.json")
    return RunFolder(path.parent)


def go_on(results, *, resume=True, **options):
    return api.run("a.yaml", results=results, resume=resume, **options)


def flip(path):
    """Flips a bit: of JSON in the first decimal of a number, which makes it another number (the last need not)."""
    data = bytearray(path.read_bytes())
    numbers = [match.start(1) for match in DIGIT.finditer(data)] if path.suffix == ".json" else []
    data[numbers[len(numbers) // 2] if numbers else len(data) // 2] ^= 1
    path.write_bytes(data)


def broken(folder):
    checks = api.verify(folder.path, with_scores=False).checks
    return {check.subject: check.says for check in checks if check.status == "broken"}


@pytest.mark.parametrize(
    "file", [f"{CELL}/result.json", f"{CELL}/samples.nc", "references/marginal.json", "references/marginal.nc"]
)
def test_what_a_run_has_computed(results, undisturbed, file):
    folder = run_in(results)
    assert broken(folder) == {}
    whole = (folder.path / file).read_bytes()
    flip(folder.path / file)
    assert Path(file).parent.as_posix() in {Path(subject).parent.as_posix() for subject in broken(folder)}
    go_on(results)
    assert (folder.path / file).read_bytes() == whole or file.endswith(".json")
    assert held(results) == undisturbed


@pytest.mark.parametrize("suffix", [".npz", ".json"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_the_cache_keeps(results, undisturbed, kind, suffix):
    """All that stands on it is computed again, and would use it."""
    folder = run_in(results)
    file = max(results.glob(f".cache/{kind}/*{suffix}"))
    flip(file)
    name = file.relative_to(results).with_suffix("").as_posix()
    assert broken(folder) == {name: "is not as it was written, and is not used"}
    for each in ("cells", "references"):
        shutil.rmtree(folder.path / each)
    go_on(results)
    assert held(results) == undisturbed
    assert broken(folder) == {}


def test_the_record_of_a_run(results):
    folder = run_in(results)
    path = folder.path / "run.json"
    path.write_text(path.read_text().replace('"replicates": 1', '"replicates": 0'))
    damaged = "is damaged (it does not have the checksum that it names); restore it from a copy, or run the experiment"
    assert broken(folder) == {"run.json": f"{path}: {damaged} again"}
    with pytest.raises(StoreError) as refused:
        api.run(folder.path)
    assert str(refused.value) == f"{path.resolve()}: {damaged} again"
    with pytest.raises(UsageError, match="no run of this configuration below"):
        go_on(results)


def test_the_manifest(results, undisturbed):
    folder = run_in(results)
    folder.finish("complete")
    folder.seal()
    flip(folder.path / "manifest.json")
    assert broken(folder) == {"manifest.json": "does not have the checksum that it names"}
    go_on(results)
    assert (broken(folder), held(results)) == ({}, undisturbed)


def test_a_checkpoint(here, undisturbed, monkeypatch):
    """The training goes on from the one before it."""
    monkeypatch.setattr(work, "SAVE_EVERY", 0.0)
    results, steps = Path("results"), []

    def listen(phase, done, total, note=""):
        if phase == "training":
            steps.append(done)
            if done == 80 and len(steps) < 5:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go_on(results, resume=False, progress=listen)
    older, newest = sorted(results.glob(".cache/checkpoints/*/0*"))
    assert (older.name, newest.name) == ("000000040", "000000060")
    flip(max((newest / "state").rglob("*"), key=lambda path: path.stat().st_size * path.is_file()))
    folder = run_in(results)
    assert broken(folder) == {newest.relative_to(results).as_posix(): "is not as it was written, and is not used"}
    steps[:] = [0] * 5
    go_on(results, progress=listen)
    assert steps[5:] == [60, 80, 100, 120]
    assert held(results) == undisturbed


def test_a_baseline(results):
    go_on(results)
    path = api.baseline(run_in(results).path, results=results)
    assert read_baseline(path).experiment == "line"
    flip(path)
    with pytest.raises(UsageError) as refused:
        read_baseline(path)
    assert str(refused.value) == f"{path}: is no baseline; write it again with sgmbench baseline RUN"
